/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "bgp/peers.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"

#define HEADING "name proto table state since info"

void bird_peers_done(struct bird_peers *p)
{
	free(p->v);
	arena_done(&p->arena);
	*p = (struct bird_peers){ 0 };
}

static struct strv words_of(const char *line, size_t len)
{
	struct strv words = { 0 };
	for (const char *p = line, *end = line + len; p < end;) {
		size_t n = 0;
		while (p + n < end && p[n] != ' ' && p[n] != '\t' && p[n] != '\r')
			n++;
		if (n > 0)
			strv_addn(&words, p, n);
		p += n + 1;
	}
	return words;
}

static bool is_heading(const struct strv *words)
{
	_cleanup_free_ char *line = strv_join(words, " ");
	return str_eq_nocase(line, HEADING);
}

static const char *peer_type(const char *protocol)
{
	static const struct {
		const char *prefix, *type;
	} types[] = { { "Global_", "global" }, { "Node_", "node specific" },
		{ "Mesh_", "node-to-node mesh" } };
	for (size_t i = 0; i < ARRAY_SIZE(types); i++)
		if (str_starts(protocol, types[i].prefix))
			return types[i].type;
	return NULL;
}

/* "Mesh_10_0_0_2", "Mesh_fd00__2": used until the line with the address comes. */
static struct addr addr_of_name(const char *protocol)
{
	struct addr addr = { 0 };
	for (const char *with = ".:"; *with && !addr.family; with++) {
		_cleanup_free_ char *text = mem_strdup(strchr(protocol, '_') + 1);
		for (char *p = text; *p; p++)
			if (*p == '_')
				*p = *with;
		addr_parse(text, &addr);
	}
	return addr;
}

static const char *join_from(struct arena *arena, const struct strv *words, size_t from)
{
	struct strv rest = { words->v + from, words->n - from, 0 };
	_cleanup_free_ char *text = strv_join(&rest, " ");
	return arena_strdup(arena, text);
}

/* A date before a time of day: the two words that one of BIRD's time formats writes. */
static bool is_split_time(const struct strv *words)
{
	return words->n > 5 && strlen(words->v[4]) == 10 && words->v[4][4] == '-' &&
	       words->v[5][0] >= '0' && words->v[5][0] <= '9' && strchr(words->v[5], ':');
}

/* name proto table state since info...; true when it is a session of ours. */
static bool add_row(struct bird_peers *p, const struct strv *words)
{
	if (words->n < 5 || !str_eq(words->v[1], "BGP") || !peer_type(words->v[0]))
		return false;
	size_t info = is_split_time(words) ? 6 : 5;
	struct strv since = { words->v + 4, info - 4, 0 };
	_cleanup_free_ char *since_text = strv_join(&since, " ");
	mem_grow(&p->v, &p->cap, p->n + 1, sizeof(*p->v));
	p->v[p->n++] = (struct bird_peer){
		.addr = addr_of_name(words->v[0]),
		.type = peer_type(words->v[0]),
		.state = arena_strdup(&p->arena, words->v[3]),
		.since = arena_strdup(&p->arena, since_text),
		.info = join_from(&p->arena, words, info),
	};
	return true;
}

/* "Neighbor address: fe80::1%eth0" */
static void take_address(struct bird_peer *peer, const struct strv *words)
{
	if (words->n < 3 || !str_eq(words->v[0], "Neighbor") || !str_eq(words->v[1], "address:"))
		return;
	_cleanup_free_ char *text = mem_strndup(words->v[2], strcspn(words->v[2], "%"));
	struct addr addr;
	if (addr_parse(text, &addr) == 0)
		peer->addr = addr;
}

int bird_peers_parse(const char *text, struct bird_peers *ret, struct err *err)
{
	bool heading = false, ours = false;
	for (const char *line = text; *line;) {
		size_t len = strcspn(line, "\n");
		_cleanup_strv_ struct strv words = words_of(line, len);
		if (!heading && words.n > 0) {
			if (!is_heading(&words))
				return err_set(err, -EBADMSG, "unknown BIRD table output format");
			heading = true;
		} else if (words.n > 0 && *line != ' ' && *line != '\t') {
			ours = add_row(ret, &words);
		} else if (ours) {
			take_address(&ret->v[ret->n - 1], &words);
		}
		line += len + (line[len] == '\n');
	}
	return heading ? 0 : err_set(err, -EBADMSG, "unknown BIRD table output format");
}
