/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "yaml_order.h"

#include <ctype.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Beyond ASCII everything counts as a letter, which holds for the scripts that labels are in. */
static bool is_letter(char c)
{
	return isalpha((unsigned char)c) || (unsigned char)c >= 0x80;
}

/* A zero in the middle of a number must not look like a leading zero. */
static bool inside_number(const char *s, size_t i)
{
	while (i > 0 && is_digit(s[i - 1]))
		if (s[--i] != '0')
			return true;
	return false;
}

static uint64_t number_at(const char *s, size_t i, uint64_t start, size_t *end)
{
	uint64_t n = start;
	for (; is_digit(s[i]); i++)
		n = n * 10 + (uint64_t)(s[i] - '0');
	*end = i;
	return n;
}

int yaml_key_cmp(const char *a, const char *b)
{
	size_t i = 0;
	while (a[i] && a[i] == b[i])
		i++;
	if (!a[i] || !b[i])
		return (a[i] != 0) - (b[i] != 0);
	if (is_letter(a[i]) != is_letter(b[i]))
		return is_letter(a[i]) ? 1 : -1;
	if (!is_letter(a[i])) {
		size_t a_end, b_end;
		uint64_t start = (a[i] == '0' || b[i] == '0') && inside_number(a, i);
		uint64_t x = number_at(a, i, start, &a_end), y = number_at(b, i, start, &b_end);
		if (x != y)
			return x < y ? -1 : 1;
		if (a_end != b_end)
			return a_end < b_end ? -1 : 1;
	}
	return (unsigned char)a[i] < (unsigned char)b[i] ? -1 : 1;
}

static int cmp_member(const void *a, const void *b)
{
	const struct yaml_member *x = a, *y = b;
	return yaml_key_cmp(x->key, y->key);
}

struct yaml_members yaml_members_sorted(struct json_text object)
{
	struct yaml_members m = { 0 };
	struct json_walk w = json_walk(object);
	for (struct json_text key, value; json_walk_next(&w, &key, &value);) {
		_cleanup_buf_ struct buf text = BUF_INIT;
		json_text_unescape(key, &text);
		mem_grow(&m.v, &m.cap, m.n + 1, sizeof(*m.v));
		m.v[m.n++] = (struct yaml_member){ buf_take(&text), value };
	}
	if (m.n > 0)
		qsort(m.v, m.n, sizeof(*m.v), cmp_member);
	return m;
}

void yaml_members_done(struct yaml_members *m)
{
	for (size_t i = 0; i < m->n; i++)
		free(m->v[i].key);
	free(m->v);
}
