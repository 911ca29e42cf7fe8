/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/health.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"

struct reporter {
	char *name, *detail;
	unsigned aspects;
	uint64_t timeout_ns, reported_ns;
	bool live, ready;
};

struct override {
	char *name;
	uint64_t timeout_ns;
};

struct health {
	struct reporter *reporters; /* sorted by name */
	size_t n, cap;
	struct override *overrides;
	size_t overrides_n, overrides_cap;
};

struct health *health_new(void)
{
	return mem_new(struct health);
}

static void clear_overrides(struct health *h)
{
	for (size_t i = 0; i < h->overrides_n; i++)
		free(h->overrides[i].name);
	h->overrides_n = 0;
}

struct health *health_free(struct health *h)
{
	if (!h)
		return NULL;
	for (size_t i = 0; i < h->n; i++) {
		free(h->reporters[i].name);
		free(h->reporters[i].detail);
	}
	clear_overrides(h);
	free(h->reporters);
	free(h->overrides);
	free(h);
	return NULL;
}

static struct reporter *find(const struct health *h, const char *name)
{
	for (size_t i = 0; i < h->n; i++)
		if (str_eq(h->reporters[i].name, name))
			return &h->reporters[i];
	return NULL;
}

void health_register(
	struct health *h, const char *name, unsigned aspects, uint64_t timeout_ns, uint64_t now_ns)
{
	size_t at = h->n;

	if (find(h, name))
		return;
	mem_grow(&h->reporters, &h->cap, h->n + 1, sizeof(*h->reporters));
	while (at && str_cmp(h->reporters[at - 1].name, name) > 0)
		at--;
	memmove(&h->reporters[at + 1], &h->reporters[at], (h->n - at) * sizeof(*h->reporters));
	h->reporters[at] = (struct reporter){
		.name = mem_strdup(name),
		.detail = mem_strdup(""),
		.aspects = aspects,
		.timeout_ns = timeout_ns,
		.reported_ns = now_ns,
		.live = true,
	};
	h->n++;
}

void health_report(struct health *h, const char *name, bool live, bool ready, const char *detail,
	uint64_t now_ns)
{
	struct reporter *r = find(h, name);

	if (!r)
		return;
	r->live = live;
	r->ready = ready;
	r->reported_ns = now_ns;
	if (!str_eq(r->detail, detail)) {
		free(r->detail);
		r->detail = mem_strdup(detail ? detail : "");
	}
}

/* Go's duration text: numbers with units, or a bare 0. */
static int parse_duration(const char *s, uint64_t *ret)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = { { "ms", 1e6 }, { "us", 1e3 }, { "ns", 1 }, { "s", 1e9 }, { "m", 6e10 },
		{ "h", 3.6e12 } };
	double total = 0;

	if (str_eq(s, "0")) {
		*ret = 0;
		return 0;
	}
	while (*s) {
		size_t unit = 0;
		char *end;
		double number = strtod(s, &end);

		if (end == s || !(isdigit((unsigned char)*s) || *s == '.'))
			return -1;
		while (unit < ARRAY_SIZE(units) && !str_starts(end, units[unit].unit))
			unit++;
		if (unit == ARRAY_SIZE(units))
			return -1;
		total += number * units[unit].ns;
		s = end + strlen(units[unit].unit);
	}
	*ret = (uint64_t)total;
	return 0;
}

void health_set_overrides(struct health *h, const char *text)
{
	_cleanup_strv_ struct strv items = { 0 };

	clear_overrides(h);
	strv_split(&items, text, ',');
	for (size_t i = 0; i < items.n; i++) {
		char *eq = strchr(items.v[i], '=');
		uint64_t timeout;

		if (!eq || parse_duration(eq + 1, &timeout))
			continue;
		mem_grow(&h->overrides, &h->overrides_cap, h->overrides_n + 1,
			sizeof(*h->overrides));
		h->overrides[h->overrides_n++] =
			(struct override){ mem_strndup(items.v[i], (size_t)(eq - items.v[i])),
				timeout };
	}
}

static uint64_t timeout_of(const struct health *h, const struct reporter *r, bool *overridden)
{
	for (size_t i = 0; i < h->overrides_n; i++) {
		if (str_eq(h->overrides[i].name, r->name)) {
			*overridden = true;
			return h->overrides[i].timeout_ns;
		}
	}
	*overridden = false;
	return r->timeout_ns;
}

static bool timed_out(const struct health *h, const struct reporter *r, uint64_t now_ns)
{
	bool overridden;
	uint64_t timeout = timeout_of(h, r, &overridden);

	return timeout && now_ns > r->reported_ns + timeout;
}

static bool all_good(const struct health *h, unsigned aspect, uint64_t now_ns)
{
	for (size_t i = 0; i < h->n; i++) {
		const struct reporter *r = &h->reporters[i];

		if (!(r->aspects & aspect))
			continue;
		if (timed_out(h, r, now_ns) || !(aspect == HEALTH_LIVE ? r->live : r->ready))
			return false;
	}
	return true;
}

bool health_live(const struct health *h, uint64_t now_ns)
{
	return all_good(h, HEALTH_LIVE, now_ns);
}

bool health_ready(const struct health *h, uint64_t now_ns)
{
	return all_good(h, HEALTH_READY, now_ns);
}

enum { COLUMNS = 5 };
typedef char row[COLUMNS][128];

static void fill_timeout(const struct health *h, const struct reporter *r, char *cell, size_t size)
{
	bool overridden;
	uint64_t s = timeout_of(h, r, &overridden) / NSEC_PER_SEC;

	if (!s)
		snprintf(cell, size, "-%s", overridden ? " (override)" : "");
	else if (s < 60)
		snprintf(cell, size, "%us%s", (unsigned)s, overridden ? " (override)" : "");
	else
		snprintf(cell, size, "%um%us%s", (unsigned)(s / 60), (unsigned)(s % 60),
			overridden ? " (override)" : "");
}

static void fill_row(const struct health *h, const struct reporter *r, uint64_t now_ns, row cells)
{
	bool silent = timed_out(h, r, now_ns);

	snprintf(cells[0], sizeof(cells[0]), "%s", r->name);
	fill_timeout(h, r, cells[1], sizeof(cells[1]));
	snprintf(cells[2], sizeof(cells[2]), "%s",
		!(r->aspects & HEALTH_LIVE) ? "-"
		: silent                    ? "timed out"
		: r->live                   ? "reporting live"
					    : "reporting non-live");
	snprintf(cells[3], sizeof(cells[3]), "%s",
		!(r->aspects & HEALTH_READY) ? "-"
		: silent                     ? "timed out"
		: r->ready                   ? "reporting ready"
					     : "reporting non-ready");
	snprintf(cells[4], sizeof(cells[4]), "%s", r->detail);
}

static void put_rule(struct buf *out, const size_t widths[COLUMNS])
{
	for (int c = 0; c < COLUMNS; c++) {
		buf_putc(out, '+');
		for (size_t i = 0; i < widths[c] + 2; i++)
			buf_putc(out, '-');
	}
	buf_puts(out, "+\n");
}

static void put_row(struct buf *out, const size_t widths[COLUMNS], row cells)
{
	for (int c = 0; c < COLUMNS; c++)
		buf_printf(out, "| %-*s ", (int)widths[c], cells[c]);
	buf_puts(out, "|\n");
}

void health_table(const struct health *h, uint64_t now_ns, struct buf *out)
{
	row *rows = mem_zalloc((h->n + 1) * sizeof(*rows));
	size_t widths[COLUMNS] = { 0 };
	static const char *const headings[COLUMNS] = { "COMPONENT", "TIMEOUT", "LIVENESS",
		"READINESS", "DETAIL" };

	for (int c = 0; c < COLUMNS; c++)
		snprintf(rows[0][c], sizeof(rows[0][c]), "%s", headings[c]);
	for (size_t i = 0; i < h->n; i++)
		fill_row(h, &h->reporters[i], now_ns, rows[i + 1]);
	for (size_t i = 0; i <= h->n; i++)
		for (int c = 0; c < COLUMNS; c++)
			if (strlen(rows[i][c]) > widths[c])
				widths[c] = strlen(rows[i][c]);
	put_rule(out, widths);
	for (size_t i = 0; i <= h->n; i++) {
		put_row(out, widths, rows[i]);
		if (i == 0 || i == h->n)
			put_rule(out, widths);
	}
	free(rows);
}
