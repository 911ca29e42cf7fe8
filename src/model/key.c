/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/key.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/map.h"
#include "base/str.h"

/* A path is made of segments: words, and parts of the key. */
enum part {
	WORD,
	KIND,
	NS,
	NAME,
	HOST,
	REGION,
	AFFINITY_TYPE,
	FAMILY, /* of the cidr that follows */
	CIDR,
	ORCHESTRATOR, /* these three are escaped */
	WORKLOAD,
	ENDPOINT,
};

struct segment {
	enum part part;
	const char *word;
};

#define SEGMENTS_MAX 11

struct path {
	enum key_type type;
	bool namespaced;
	struct segment segments[SEGMENTS_MAX];
	int n;
};

#define W(TEXT)            \
	{                  \
		WORD, TEXT \
	}
#define PATH(TYPE, NAMESPACED, ...)                                                        \
	{                                                                                  \
		TYPE, NAMESPACED, { __VA_ARGS__ },                                         \
			sizeof((struct segment[]){ __VA_ARGS__ }) / sizeof(struct segment) \
	}
#define RESOURCES                                                     \
	W("calico"), W("resources"), W("v3"), W("projectcalico.org"), \
	{                                                             \
		KIND                                                  \
	}
#define IPAM W("calico"), W("ipam"), W("v2")
#define STATUS                                                   \
	W("calico"), W("felix"), W("v2"), { REGION }, W("host"), \
	{                                                        \
		HOST                                             \
	}

static const struct path paths[] = {
	PATH(KEY_RESOURCE, false, RESOURCES, { NAME }),
	PATH(KEY_RESOURCE, true, RESOURCES, { NS }, { NAME }),
	PATH(KEY_BLOCK, false, IPAM, W("assignment"), { FAMILY }, W("block"), { CIDR }),
	PATH(KEY_BLOCK_AFFINITY, false, IPAM, { AFFINITY_TYPE }, { HOST }, { FAMILY }, W("block"),
		{ CIDR }),
	PATH(KEY_IPAM_HANDLE, false, IPAM, W("handle"), { NAME }),
	PATH(KEY_IPAM_CONFIG, false, IPAM, W("config")),
	PATH(KEY_IPAM_HOST, false, IPAM, W("host"), { HOST }),
	PATH(KEY_FELIX_STATUS, false, STATUS, W("status")),
	PATH(KEY_FELIX_LAST_STATUS, false, STATUS, W("last_reported_status")),
	PATH(KEY_WORKLOAD_STATUS, false, STATUS, W("workload"), { ORCHESTRATOR }, { WORKLOAD },
		W("endpoint"), { ENDPOINT }),
	PATH(KEY_HOST_ENDPOINT_STATUS, false, W("calico"), W("felix"), W("v1"), W("host"), { HOST },
		W("endpoint"), { ENDPOINT }),
};

static const struct path *path_of(enum key_type type, enum kind kind)
{
	bool namespaced = type == KEY_RESOURCE && kind != KIND_NONE && kind_namespaced(kind);

	for (size_t i = 0; i < ARRAY_SIZE(paths); i++)
		if (paths[i].type == type && paths[i].namespaced == namespaced)
			return &paths[i];
	return NULL;
}

/* The member of a key that holds a part of text. */
static const char **text_part(struct key *key, enum part part)
{
	switch (part) {
	case NS:
		return &key->ns;
	case NAME:
		return &key->name;
	case HOST:
		return &key->host;
	case REGION:
		return &key->region;
	case AFFINITY_TYPE:
		return &key->affinity_type;
	case ORCHESTRATOR:
		return &key->orchestrator;
	case WORKLOAD:
		return &key->workload;
	case ENDPOINT:
		return &key->endpoint;
	case WORD:
	case KIND:
	case FAMILY:
	case CIDR:
		break;
	}
	return NULL;
}

static const char *key_text(const struct key *key, enum part part)
{
	return *text_part((struct key *)key, part);
}

/* Only workload statuses are escaped; a host endpoint's name stands as it is. */
static bool is_escaped(enum key_type type, enum part part)
{
	return type == KEY_WORKLOAD_STATUS && part >= ORCHESTRATOR;
}

/* ---- key to path ---- */

static void put_escaped(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '%')
			buf_puts(out, "%25");
		else if (*s == '/')
			buf_puts(out, "%2f");
		else
			buf_putc(out, *s);
	}
}

static int put_text(struct buf *out, const char *text, bool escape)
{
	if (str_empty(text) || (!escape && strchr(text, '/')))
		return -EINVAL;
	if (escape)
		put_escaped(out, text);
	else
		buf_puts(out, text);
	return 0;
}

static int put_cidr(struct buf *out, const struct cidr *cidr)
{
	struct cidr net;
	char text[CIDR_TEXT_MAX];

	if (!cidr->addr.family)
		return -EINVAL;
	net = cidr_mask(cidr);
	cidr_format(&net, text);
	*strchr(text, '/') = '-';
	buf_puts(out, text);
	return 0;
}

static int put_segment(struct buf *out, const struct key *key, const struct segment *s)
{
	switch (s->part) {
	case WORD:
		buf_puts(out, s->word);
		return 0;
	case KIND:
		if (key->kind <= KIND_NONE || key->kind >= KIND_N)
			return -EINVAL;
		buf_puts(out, kind_plural(key->kind));
		return 0;
	case FAMILY:
		if (!key->cidr.addr.family)
			return -EINVAL;
		buf_printf(out, "ipv%u", key->cidr.addr.family);
		return 0;
	case CIDR:
		return put_cidr(out, &key->cidr);
	case NS:
	case NAME:
	case HOST:
	case REGION:
	case AFFINITY_TYPE:
	case ORCHESTRATOR:
	case WORKLOAD:
	case ENDPOINT:
		break;
	}
	return put_text(out, key_text(key, s->part), is_escaped(key->type, s->part));
}

int key_format(const struct key *key, struct buf *out)
{
	const struct path *p = path_of(key->type, key->kind);
	size_t start = out->len;

	if (!p)
		return -EINVAL;
	for (int i = 0; i < p->n; i++) {
		buf_putc(out, '/');
		if (put_segment(out, key, &p->segments[i]) == 0)
			continue;
		out->len = start;
		out->data[start] = '\0';
		return -EINVAL;
	}
	return 0;
}

/* Segments up to the first one that the range leaves open. */
int key_range_format(const struct key_range *range, struct buf *out)
{
	struct key key = { .type = range->type,
		.kind = range->kind,
		.ns = range->ns,
		.host = range->host,
		.region = range->region,
		.affinity_type = range->affinity_type ? range->affinity_type : "host",
		.cidr.addr.family = range->family };
	const struct path *p = path_of(range->type, range->kind);

	if (!p || (range->type == KEY_RESOURCE && range->kind == KIND_NONE))
		return -EINVAL;
	for (int i = 0; i < p->n; i++) {
		buf_putc(out, '/');
		if (p->segments[i].part == NAME || p->segments[i].part == CIDR ||
			put_segment(out, &key, &p->segments[i]) < 0) {
			if (p->segments[i].part == NAME && range->name_prefix)
				buf_puts(out, range->name_prefix);
			return 0;
		}
	}
	return 0;
}

/* ---- path to key ---- */

struct span {
	const char *s;
	size_t len;
};

static bool span_is(struct span t, const char *word)
{
	return strlen(word) == t.len && memcmp(t.s, word, t.len) == 0;
}

static char *unescape(struct arena *arena, struct span t)
{
	char *text = arena_strndup(arena, t.s, t.len), *out = text;

	for (const char *s = text; *s; s++) {
		bool slash = strncasecmp(s, "%2f", 3) == 0;

		if (slash || strncmp(s, "%25", 3) == 0) {
			*out++ = slash ? '/' : '%';
			s += 2;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
	return text;
}

static bool parse_cidr(struct span t, struct cidr *ret)
{
	char text[CIDR_TEXT_MAX];
	uint8_t family = ret->addr.family;
	char *dash;

	if (t.len >= sizeof(text))
		return false;
	memcpy(text, t.s, t.len);
	text[t.len] = '\0';
	dash = strchr(text, '-');
	if (!dash)
		return false;
	*dash = '/';
	if (cidr_parse(text, ret) < 0 || ret->addr.family != family)
		return false;
	*ret = cidr_mask(ret);
	return true;
}

static bool parse_segment(
	struct span t, const struct segment *s, struct arena *arena, struct key *key)
{
	switch (s->part) {
	case WORD:
		return span_is(t, s->word);
	case KIND:
		key->kind = kind_by_plural(t.s, t.len);
		return key->kind != KIND_NONE;
	case FAMILY:
		key->cidr.addr.family = span_is(t, "ipv4") ? 4 : span_is(t, "ipv6") ? 6 : 0;
		return key->cidr.addr.family;
	case CIDR:
		return parse_cidr(t, &key->cidr);
	case AFFINITY_TYPE:
		if (!span_is(t, "host") && !span_is(t, "virtual") && !span_is(t, "@"))
			return false;
		break;
	case NS:
	case NAME:
	case HOST:
	case REGION:
	case ORCHESTRATOR:
	case WORKLOAD:
	case ENDPOINT:
		break;
	}
	*text_part(key, s->part) = is_escaped(key->type, s->part)
					   ? unescape(arena, t)
					   : arena_strndup(arena, t.s, t.len);
	return true;
}

/* The count of segments, or 0 for what cannot be one of our paths. */
static int split(const char *path, size_t len, struct span ret[SEGMENTS_MAX])
{
	const char *end = path + len;
	int n = 0;

	if (memchr(path, '\0', len))
		return 0;
	while (path < end) {
		const char *next;

		if (*path++ != '/' || n == SEGMENTS_MAX)
			return 0;
		next = memchr(path, '/', (size_t)(end - path));
		ret[n] = (struct span){ path, (size_t)((next ? next : end) - path) };
		if (!ret[n++].len)
			return 0;
		path = next ? next : end;
	}
	return n;
}

static bool words_match(const struct path *p, const struct span *spans, int n)
{
	if (p->n != n)
		return false;
	for (int i = 0; i < n; i++)
		if (p->segments[i].part == WORD && !span_is(spans[i], p->segments[i].word))
			return false;
	return true;
}

static bool parse_path(
	const struct path *p, const struct span *spans, struct arena *arena, struct key *ret)
{
	struct key key = { .type = p->type };

	for (int i = 0; i < p->n; i++)
		if (!parse_segment(spans[i], &p->segments[i], arena, &key))
			return false;
	if (p->type == KEY_RESOURCE && kind_namespaced(key.kind) != p->namespaced)
		return false;
	*ret = key;
	return true;
}

int key_parse(const char *path, size_t len, struct arena *arena, struct key *ret)
{
	struct span spans[SEGMENTS_MAX];
	int n = split(path, len, spans);

	for (size_t i = 0; n && i < ARRAY_SIZE(paths); i++)
		if (words_match(&paths[i], spans, n) && parse_path(&paths[i], spans, arena, ret))
			return 0;
	return -EINVAL;
}

/* ---- keys as values ---- */

static const enum part text_parts[] = { NS, NAME, HOST, REGION, AFFINITY_TYPE, ORCHESTRATOR,
	WORKLOAD, ENDPOINT };

struct key key_copy(const struct key *key, struct arena *arena)
{
	struct key copy = *key;

	for (size_t i = 0; i < ARRAY_SIZE(text_parts); i++) {
		const char **text = text_part(&copy, text_parts[i]);

		*text = arena_strdup(arena, *text);
	}
	return copy;
}

bool key_eq(const struct key *a, const struct key *b)
{
	if (a->type != b->type || a->kind != b->kind || !cidr_eq(&a->cidr, &b->cidr))
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(text_parts); i++)
		if (!str_eq(key_text(a, text_parts[i]), key_text(b, text_parts[i])))
			return false;
	return true;
}

uint64_t key_hash(const struct key *key)
{
	uint64_t h = hash_u64((uint64_t)key->type << 32 | (uint64_t)key->kind);

	if (key->cidr.addr.family)
		h = hash_u64(h ^ cidr_hash(&key->cidr));
	for (size_t i = 0; i < ARRAY_SIZE(text_parts); i++) {
		const char *text = key_text(key, text_parts[i]);

		if (!str_empty(text))
			h = hash_u64(h + hash_str(text));
	}
	return h;
}

static const char *shown(const char *s)
{
	return s ? s : "";
}

void key_describe(const struct key *key, struct buf *out)
{
	char cidr[CIDR_TEXT_MAX] = "";

	if (key->cidr.addr.family)
		cidr_format(&key->cidr, cidr);
	switch (key->type) {
	case KEY_NONE:
		return;
	case KEY_RESOURCE:
		buf_printf(out, "%s(%s%s%s)", kind_name(key->kind), shown(key->ns),
			str_empty(key->ns) ? "" : "/", shown(key->name));
		return;
	case KEY_BLOCK:
		buf_printf(out, "BlockKey(cidr=%s)", cidr);
		return;
	case KEY_BLOCK_AFFINITY:
		buf_printf(out, "BlockAffinityKey(cidr=%s, host=%s, affinityType=%s)", cidr,
			shown(key->host), shown(key->affinity_type));
		return;
	case KEY_IPAM_HANDLE:
		buf_printf(out, "IPAMHandleKey(id=%s)", shown(key->name));
		return;
	case KEY_IPAM_CONFIG:
		buf_puts(out, "IPAMConfigKey()");
		return;
	case KEY_IPAM_HOST:
		buf_printf(out, "IPAMHostKey(host=%s)", shown(key->host));
		return;
	case KEY_FELIX_STATUS:
	case KEY_FELIX_LAST_STATUS:
		buf_printf(out, "Status(region=%s, host=%s)", shown(key->region), shown(key->host));
		return;
	case KEY_WORKLOAD_STATUS:
		buf_printf(out,
			"WorkloadEndpointStatus(region=%s, host=%s, orchestrator=%s, workload=%s, "
			"endpoint=%s)",
			shown(key->region), shown(key->host), shown(key->orchestrator),
			shown(key->workload), shown(key->endpoint));
		return;
	case KEY_HOST_ENDPOINT_STATUS:
		buf_printf(out, "HostEndpointStatus(host=%s, name=%s)", shown(key->host),
			shown(key->endpoint));
		return;
	}
}
