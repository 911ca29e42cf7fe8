/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/str.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/buf.h"
#include "base/mem.h"

static const char *text(const char *s)
{
	return s ? s : "";
}

bool str_eq(const char *a, const char *b)
{
	return strcmp(text(a), text(b)) == 0;
}

bool str_eq_nocase(const char *a, const char *b)
{
	return strcasecmp(text(a), text(b)) == 0;
}

bool str_empty(const char *s)
{
	return !s || !*s;
}

bool str_starts(const char *s, const char *prefix)
{
	return strncmp(text(s), text(prefix), strlen(text(prefix))) == 0;
}

bool str_ends(const char *s, const char *suffix)
{
	size_t len = strlen(text(s)), tail = strlen(text(suffix));

	return tail <= len && memcmp(text(s) + len - tail, text(suffix), tail) == 0;
}

int str_cmp(const char *a, const char *b)
{
	return strcmp(text(a), text(b));
}

int str_to_u64(const char *s, uint64_t *ret)
{
	uint64_t value = 0;

	if (str_empty(s))
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		if (__builtin_mul_overflow(value, 10, &value) ||
			__builtin_add_overflow(value, (uint64_t)(*s - '0'), &value))
			return -ERANGE;
	}
	*ret = value;
	return 0;
}

int str_to_i64(const char *s, int64_t *ret)
{
	bool negative = s && *s == '-';
	uint64_t magnitude;
	int r;

	r = str_to_u64(s && (*s == '-' || *s == '+') ? s + 1 : s, &magnitude);
	if (r)
		return r;
	if (magnitude > (uint64_t)INT64_MAX + negative)
		return -ERANGE;
	*ret = negative ? (int64_t)(0 - magnitude) : (int64_t)magnitude;
	return 0;
}

void strv_done(struct strv *l)
{
	for (size_t i = 0; i < l->n; i++)
		free(l->v[i]);
	free(l->v);
	*l = (struct strv){ 0 };
}

void strv_addn(struct strv *l, const char *s, size_t len)
{
	mem_grow(&l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = mem_strndup(s, len);
}

void strv_add(struct strv *l, const char *s)
{
	strv_addn(l, s, strlen(s));
}

bool strv_has(const struct strv *l, const char *s)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i], s))
			return true;
	return false;
}

static int compare_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

void strv_sort(struct strv *l)
{
	if (l->n)
		qsort(l->v, l->n, sizeof(*l->v), compare_text);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t';
}

static void add_trimmed(struct strv *l, const char *s, size_t len)
{
	while (len && is_blank(*s)) {
		s++;
		len--;
	}
	while (len && is_blank(s[len - 1]))
		len--;
	if (len)
		strv_addn(l, s, len);
}

void strv_split(struct strv *ret, const char *s, char sep)
{
	for (const char *end; s; s = end ? end + 1 : NULL) {
		end = strchr(s, sep);
		add_trimmed(ret, s, end ? (size_t)(end - s) : strlen(s));
	}
}

char *strv_join(const struct strv *l, const char *sep)
{
	struct buf b = BUF_INIT;

	for (size_t i = 0; i < l->n; i++) {
		if (i)
			buf_puts(&b, sep);
		buf_puts(&b, l->v[i]);
	}
	return buf_take(&b);
}
