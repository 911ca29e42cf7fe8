/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/map.h"
#include "config/param.h"

static uint64_t hash_nocase(const char *s)
{
	uint64_t h = 0xcbf29ce484222325ULL;

	for (; *s; s++)
		h = (h ^ (uint64_t)tolower((unsigned char)*s)) * 0x100000001b3ULL;
	return hash_u64(h);
}

struct raw { /* a text as a source gave it */
	char *name, *value;
};

MAP_DEFINE(raw_map, const char *, struct raw, hash_nocase, str_eq_nocase);

struct config {
	struct raw_map raw[CONFIG_SOURCE_N];
	char **effective; /* per row of params[]: canonical text */
	bool resolved;
	struct config_values values;
};

static void raw_map_free(struct raw_map *m)
{
	MAP_FOREACH(raw_map, m, e)
	{
		free(e->value.name);
		free(e->value.value);
	}
	raw_map_done(m);
}

static void free_texts(char **texts)
{
	for (size_t i = 0; texts && i < params_n; i++)
		free(texts[i]);
	free(texts);
}

struct config *config_new(void)
{
	return mem_new(struct config);
}

struct config *config_free(struct config *c)
{
	if (!c)
		return NULL;
	for (int s = 0; s < CONFIG_SOURCE_N; s++)
		raw_map_free(&c->raw[s]);
	free_texts(c->effective);
	free(c);
	return NULL;
}

void config_clear_source(struct config *c, enum config_source source)
{
	raw_map_free(&c->raw[source]);
}

void config_set(struct config *c, enum config_source source, const char *name, const char *value)
{
	struct raw *r = raw_map_get(&c->raw[source], name);

	if (r) {
		free(r->value);
		r->value = mem_strdup(value);
		return;
	}
	char *key = mem_strdup(name);

	r = raw_map_put(&c->raw[source], key, NULL);
	*r = (struct raw){ key, mem_strdup(value) };
}

void config_set_environment(struct config *c, const char *const *environment)
{
	for (; environment && *environment; environment++) {
		const char *eq = strchr(*environment, '=');

		if (!eq || strncasecmp(*environment, "FELIX_", 6) != 0 || eq - *environment <= 6)
			continue;
		_cleanup_free_ char *name =
			mem_strndup(*environment + 6, (size_t)(eq - *environment - 6));
		const struct param *p = param_find(name);

		config_set(c, CONFIG_ENV, p ? p->name : name, eq + 1);
	}
}

static char *trim(char *s)
{
	size_t len;

	s += strspn(s, " \t\r\n");
	len = strlen(s);
	while (len && strchr(" \t\r\n", s[len - 1]))
		s[--len] = '\0';
	return s;
}

static int set_file_line(
	struct config *c, char *line, int number, const char *path, struct err *err)
{
	char *text = trim(line), *sep;

	if (!*text || *text == '#' || *text == ';' || *text == '[')
		return 0;
	sep = strpbrk(text, "=:");
	if (!sep || sep == text)
		return err_set(err, -EINVAL, "%s line %d: expected Name = value, found \"%s\"",
			path, number, text);
	*sep = '\0';
	config_set(c, CONFIG_FILE, trim(text), trim(sep + 1));
	return 0;
}

int config_set_lines(struct config *c, FILE *f, const char *name, struct err *err)
{
	_cleanup_free_ char *line = NULL;
	size_t cap = 0;
	int number = 0, r = 0;

	while (!r && getline(&line, &cap, f) >= 0)
		r = set_file_line(c, line, ++number, name, err);
	if (!r && ferror(f))
		r = err_set(err, -EIO, "cannot read %s", name);
	return r;
}

int config_set_file(struct config *c, const char *path, struct err *err)
{
	FILE *f = fopen(path, "re");
	int r;

	if (!f)
		return err_set(err, -errno, "cannot open %s: %s", path, strerror(errno));
	r = config_set_lines(c, f, path, err);
	fclose(f);
	return r;
}

struct note {
	config_note_fn fn;
	void *ctx;
};

static void tell(const struct note *n, enum config_note note, enum config_source source,
	const struct raw *r, const char *reason)
{
	if (n->fn)
		n->fn(n->ctx, note, source, r->name, r->value, reason);
}

static bool ignored(const struct param *p, enum config_source source, const struct raw *r,
	const struct note *note)
{
	if (str_empty(r->value))
		return true;
	if ((p->flags & PARAM_LOCAL) && source < CONFIG_FILE) {
		tell(note, CONFIG_NOTE_LOCAL_ONLY, source, r,
			"only read from file and environment");
		return true;
	}
	return false;
}

/* From the lowest source up. A bad value that is not fatal gives the default and still hides the
 * sources below, as upstream's does. */
static int resolve_param(const struct config *c, const struct param *p, const struct note *note,
	char **ret, struct err *err)
{
	_cleanup_free_ char *text = mem_strdup(p->def);

	for (int s = CONFIG_GLOBAL; s < CONFIG_SOURCE_N; s++) {
		const struct raw *r = raw_map_get(&c->raw[s], p->name);
		struct err why = { 0 };
		char *parsed = NULL;

		if (!r || ignored(p, (enum config_source)s, r, note))
			continue;
		if (param_parse(p, r->value, &parsed, &why)) {
			tell(note, CONFIG_NOTE_BAD, (enum config_source)s, r, why.msg);
			if (p->flags & PARAM_FATAL)
				return err_set(err, -EINVAL, "%s = \"%s\" (%s): %s", p->name,
					r->value, config_source_name((enum config_source)s),
					why.msg);
			parsed = mem_strdup(p->def);
		} else if (p->offset < 0 && !str_eq(parsed, p->def)) {
			tell(note, CONFIG_NOTE_NOT_APPLIED, (enum config_source)s, r,
				"known, but not applied by this version");
		}
		free(text);
		text = parsed;
	}
	*ret = TAKE_PTR(text);
	return 0;
}

static uint64_t to_ns(const char *text, double unit)
{
	double value = strtod(text, NULL) * unit;

	return value > 0 ? (uint64_t)value : 0;
}

static void set_member(struct config_values *v, const struct param *p, const char *text)
{
	void *at = (char *)v + p->offset;

	switch (p->type) {
	case PARAM_BOOL:
		*(bool *)at = str_eq(text, "true");
		break;
	case PARAM_INT:
	case PARAM_MASK:
		*(int64_t *)at = strtoll(text, NULL, 10);
		break;
	case PARAM_SECONDS:
		*(uint64_t *)at = to_ns(text, NSEC_PER_SEC);
		break;
	case PARAM_MILLIS:
		*(uint64_t *)at = to_ns(text, NSEC_PER_MSEC);
		break;
	case PARAM_STRING:
	case PARAM_ENUM:
	case PARAM_PREFIX_LIST:
	case PARAM_NAME_LIST:
	case PARAM_DEV_NAME:
	case PARAM_DEV_NAME_LIST:
	case PARAM_HOSTNAME:
	case PARAM_HOST:
	case PARAM_HOST_PORT:
	case PARAM_FILE:
	case PARAM_URL_LIST:
	case PARAM_PROTO_PORT_LIST:
	case PARAM_CIDR_LIST:
	case PARAM_PORT_RANGE:
	case PARAM_PORT_RANGE_LIST:
	case PARAM_KEY_VALUE_LIST:
	case PARAM_KEY_DURATION_LIST:
	case PARAM_TABLE_RANGE:
	case PARAM_RATE:
	case PARAM_DNS_LABEL:
	case PARAM_DSCP:
	case PARAM_IPV4:
	case PARAM_IPV6:
	case PARAM_IP:
		*(const char **)at = text;
		break;
	}
}

static void tell_unknown(const struct config *c, const struct note *note)
{
	for (int s = CONFIG_GLOBAL; s < CONFIG_SOURCE_N; s++) {
		MAP_FOREACH(raw_map, &c->raw[s], e)
		{
			if (!param_find(e->key))
				tell(note, CONFIG_NOTE_UNKNOWN, (enum config_source)s, &e->value,
					"no such parameter");
		}
	}
}

static enum config_change compare(char *const *before, char *const *after)
{
	enum config_change change = CONFIG_SAME;

	for (size_t i = 0; i < params_n; i++) {
		if (str_eq(before[i], after[i]))
			continue;
		if (!(params[i].flags & PARAM_IN_PLACE))
			return CONFIG_NEEDS_RESTART;
		change = CONFIG_CHANGED_IN_PLACE;
	}
	return change;
}

int config_resolve(
	struct config *c, config_note_fn fn, void *ctx, enum config_change *ret, struct err *err)
{
	struct note note = { fn, ctx };
	char **texts = mem_new_n(char *, params_n);

	tell_unknown(c, &note);
	for (size_t i = 0; i < params_n; i++) {
		int r = resolve_param(c, &params[i], &note, &texts[i], err);

		if (r) {
			free_texts(texts);
			return r;
		}
	}
	*ret = c->resolved ? compare(c->effective, texts) : CONFIG_SAME;
	for (size_t i = 0; i < params_n; i++)
		if (params[i].offset >= 0)
			set_member(&c->values, &params[i], texts[i]);
	free_texts(c->effective);
	c->effective = texts;
	c->resolved = true;
	return 0;
}

const struct config_values *config_values(const struct config *c)
{
	return &c->values;
}

void config_each_raw(const struct config *c, config_each_fn fn, void *ctx)
{
	for (int s = CONFIG_GLOBAL; s < CONFIG_SOURCE_N; s++)
		MAP_FOREACH(raw_map, &c->raw[s], e)
	fn(ctx, (enum config_source)s, e->value.name, e->value.value);
}

static void put_quoted(struct buf *b, const char *s)
{
	buf_putc(b, '"');
	for (; *s; s++) {
		if (*s == '"' || *s == '\\')
			buf_putc(b, '\\');
		buf_putc(b, *s);
	}
	buf_putc(b, '"');
}

static void put_pair(void *ctx, enum config_source source, const char *name, const char *value)
{
	struct buf *b = ctx;

	if (b->len)
		buf_puts(b, ", ");
	put_quoted(b, name);
	buf_putc(b, ':');
	put_quoted(b, value);
}

char *config_raw_text(const struct config *c)
{
	struct buf b = BUF_INIT;

	config_each_raw(c, put_pair, &b);
	return buf_take(&b);
}

const char *config_source_name(enum config_source source)
{
	static const char *const names[] = {
		"default",
		"datastore (global)",
		"datastore (per-node-selector)",
		"datastore (per-host)",
		"config file",
		"environment variable",
		"internal override",
	};
	_Static_assert(ARRAY_SIZE(names) == CONFIG_SOURCE_N, "a name for each source");

	return names[source];
}
