/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "env.h"

#include <net/if.h>
#include <string.h>

#include "base/buf.h"
#include "base/env.h"
#include "base/str.h"

#define BIT(verb) (1u << (verb))

static const char *const verbs[CNI_VERB_N] = {
	[CNI_ADD] = "ADD",
	[CNI_DEL] = "DEL",
	[CNI_CHECK] = "CHECK",
	[CNI_STATUS] = "STATUS",
	[CNI_GC] = "GC",
	[CNI_VERSION] = "VERSION",
};

/* In the order in which missing ones are named. */
static const struct {
	const char *name;
	size_t member;
	unsigned needed_by;
} variables[] = {
	{ "CNI_COMMAND", offsetof(struct cni_env, command), ~0u },
	{ "CNI_CONTAINERID", offsetof(struct cni_env, container_id),
		BIT(CNI_ADD) | BIT(CNI_DEL) | BIT(CNI_CHECK) },
	{ "CNI_NETNS", offsetof(struct cni_env, netns), BIT(CNI_ADD) | BIT(CNI_CHECK) },
	{ "CNI_IFNAME", offsetof(struct cni_env, ifname),
		BIT(CNI_ADD) | BIT(CNI_DEL) | BIT(CNI_CHECK) },
	{ "CNI_PATH", offsetof(struct cni_env, path),
		BIT(CNI_ADD) | BIT(CNI_DEL) | BIT(CNI_CHECK) | BIT(CNI_STATUS) | BIT(CNI_GC) },
	{ "CNI_ARGS", offsetof(struct cni_env, args), 0 },
};

const char *cni_verb_name(enum cni_verb verb)
{
	return verbs[verb];
}

static enum cni_verb verb_of(const char *command)
{
	for (int i = 0; i < CNI_VERB_N; i++)
		if (str_eq(verbs[i], command))
			return (enum cni_verb)i;
	return CNI_VERB_N;
}

int cni_env_read(const char *const *vars, struct cni_env *ret, struct cni_error *err)
{
	_cleanup_buf_ struct buf missing = BUF_INIT;

	*ret = (struct cni_env){ .vars = vars };
	ret->verb = verb_of(env_get(vars, "CNI_COMMAND"));
	for (size_t i = 0; i < ARRAY_SIZE(variables); i++) {
		const char *value = env_get(vars, variables[i].name);

		*(const char **)((char *)ret + variables[i].member) = value ? value : "";
		if (str_empty(value) && (variables[i].needed_by & BIT(ret->verb)))
			buf_printf(&missing, "%s%s", missing.len ? "," : "", variables[i].name);
	}
	if (missing.len)
		return cni_fail(err, CNI_BAD_ENVIRONMENT, "required env variables [%s] missing",
			buf_str(&missing));
	if (ret->verb == CNI_VERB_N)
		return cni_fail(
			err, CNI_BAD_ENVIRONMENT, "unknown CNI_COMMAND: %s", ret->command);
	return 0;
}

void cni_env_done(struct cni_env *env)
{
	arena_done(&env->arena);
}

static bool is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool cni_id_valid(const char *id)
{
	if (!is_alnum(*id))
		return false;
	while (is_alnum(*id) || (*id && strchr("_.-", *id)))
		id++;
	return !*id;
}

static int check_interface(const char *name, struct cni_error *err)
{
	if (strlen(name) >= IFNAMSIZ) {
		cni_fail(err, CNI_BAD_ENVIRONMENT, "interface name is too long");
		return cni_details(err, "interface name should be less than 16 characters");
	}
	if (str_eq(name, ".") || str_eq(name, ".."))
		return cni_fail(err, CNI_BAD_ENVIRONMENT, "interface name is . or ..");
	if (strpbrk(name, "/: \t\n\v\f\r"))
		return cni_fail(err, CNI_BAD_ENVIRONMENT,
			"interface name contains / or : or whitespace characters");
	return 0;
}

int cni_env_check(const struct cni_env *env, struct cni_error *err)
{
	if (env->verb != CNI_ADD && env->verb != CNI_DEL && env->verb != CNI_CHECK)
		return 0;
	if (!cni_id_valid(env->container_id)) {
		cni_fail(err, CNI_BAD_ENVIRONMENT, "invalid characters in containerID");
		return cni_details(err, "%s", env->container_id);
	}
	return check_interface(env->ifname, err);
}

static int take_pair(struct cni_env *env, const char *pair, struct cni_error *err)
{
	const struct {
		const char *name;
		const char **value;
	} known[] = {
		{ "K8S_POD_NAME", &env->pod_name },
		{ "K8S_POD_NAMESPACE", &env->pod_namespace },
		{ "K8S_POD_UID", &env->pod_uid },
	};
	const char *eq = strchr(pair, '=');

	if (!eq || strchr(eq + 1, '='))
		return cni_fail(err, CNI_OTHER, "ARGS: invalid pair \"%s\"", pair);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (strlen(known[i].name) == (size_t)(eq - pair) &&
			str_starts(pair, known[i].name))
			*known[i].value = eq + 1;
	if (!str_starts(pair, "IP="))
		return 0;
	env->ip = (struct addr){ 0 };
	if (eq[1] && addr_parse(eq + 1, &env->ip) < 0)
		return cni_fail(err, CNI_OTHER,
			"ARGS: error parsing value of pair \"%s\": invalid IP address: %s", pair,
			eq + 1);
	return 0;
}

int cni_env_parse_args(struct cni_env *env, struct cni_error *err)
{
	char *rest = arena_strdup(&env->arena, env->args), *pair;
	int r = 0;

	env->pod_name = env->pod_namespace = env->pod_uid = "";
	while (!r && (pair = strsep(&rest, ";")))
		if (*pair)
			r = take_pair(env, pair, err);
	return r;
}
