/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names.h"

#include <ctype.h>
#include <string.h>

#include "base/sha.h"
#include "base/str.h"

const char *direction_word(enum direction d)
{
	return d == INBOUND ? "ingress" : "egress";
}

const char *kind_short(const char *kind)
{
	static const struct {
		const char *kind, *text;
	} kinds[] = {
		{ "NetworkPolicy", "np" },
		{ "GlobalNetworkPolicy", "gnp" },
		{ "KubernetesNetworkPolicy", "knp" },
		{ "KubernetesClusterNetworkPolicy", "kcnp" },
		{ "StagedNetworkPolicy", "snp" },
		{ "StagedGlobalNetworkPolicy", "sgnp" },
		{ "StagedKubernetesNetworkPolicy", "sknp" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
		if (str_eq(kinds[i].kind, kind))
			return kinds[i].text;
	return kind;
}

bool kind_is_staged(const char *kind)
{
	return str_starts(kind, "Staged");
}

char *policy_text(struct arena *a, const Felix__PolicyID *id)
{
	if (str_empty(id->namespace_))
		return arena_printf(a, "%s/%s", kind_short(id->kind), id->name);
	return arena_printf(a, "%s/%s/%s", kind_short(id->kind), id->namespace_, id->name);
}

static void hash_text(const char *content, char ret[HASH_TEXT_LEN + 1])
{
	uint8_t digest[SHA256_LEN];

	sha256(content, strlen(content), digest);
	base64url(digest, sizeof(digest), ret, HASH_TEXT_LEN + 1);
}

static bool is_plain(char c)
{
	return isascii(c) && (isalnum(c) || strchr("/-.", c));
}

static bool all_plain(const char *s)
{
	for (; *s; s++)
		if (!is_plain(*s))
			return false;
	return true;
}

/* A name that is kept has no '_', one that was changed has: so they never meet. */
static char *join(struct arena *a, const char *prefix, const char *name)
{
	char hash[HASH_TEXT_LEN + 1];
	char *cut;

	if (all_plain(name) && strlen(prefix) + strlen(name) <= CHAIN_TEXT_MAX)
		return arena_printf(a, "%s%s", prefix, name);
	hash_text(name, hash);
	cut = arena_printf(a, "%s%.100s", prefix, name);
	for (char *s = cut; *s; s++)
		if (!is_plain(*s))
			*s = '-';
	return arena_printf(a, "%s_%s", cut, hash);
}

char *name_policy_chain(struct arena *a, enum direction d, const char *policy)
{
	return join(a, d == INBOUND ? "cali-pi-" : "cali-po-", policy);
}

char *name_profile_chain(struct arena *a, enum direction d, const char *profile)
{
	return join(a, d == INBOUND ? "cali-pri-" : "cali-pro-", profile);
}

char *name_log_chain(struct arena *a, enum direction d, const char *owner, size_t rule)
{
	return join(
		a, d == INBOUND ? "cali-li-" : "cali-lo-", arena_printf(a, "%s/%zu", owner, rule));
}

char *name_tier_chain(struct arena *a, enum direction d, const char *tier, const char *content)
{
	char hash[HASH_TEXT_LEN + 1];

	hash_text(content, hash);
	return arena_printf(
		a, "%s-%s", join(a, d == INBOUND ? "cali-ti-" : "cali-to-", tier), hash);
}

char *name_stack_chain(struct arena *a, enum direction d, const char *content)
{
	char hash[HASH_TEXT_LEN + 1];

	hash_text(content, hash);
	return arena_printf(a, "%s%s", d == INBOUND ? "cali-tw-" : "cali-fw-", hash);
}

/* Identifiers of sets are hashes already: letters, digits, '-', '_' and a ':', which nft does not
 * take in a name. */
char *name_set(struct arena *a, const char *id, bool net)
{
	char *name = arena_printf(a, "%.*s%s", CHAIN_TEXT_MAX - 4, id, net ? "-net" : "");

	for (char *s = name; *s; s++)
		if (!is_plain(*s) && *s != '_')
			*s = '-';
	return name;
}
