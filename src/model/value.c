/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/duration.h"
#include "base/str.h"
#include "decode.h"
#include "encode.h"
#include "plain.h"

#define PORT_NAME_MAX 128

static const struct {
	const char *name;
	int64_t min, max;
} widths[] = {
	[INT_INT] = { "int", INT64_MIN, INT64_MAX },
	[INT_INT32] = { "int32", INT32_MIN, INT32_MAX },
	[INT_INT64] = { "int64", INT64_MIN, INT64_MAX },
	[INT_UINT8] = { "uint8", 0, UINT8_MAX },
	[INT_UINT16] = { "uint16", 0, UINT16_MAX },
	[INT_UINT32] = { "uint32", 0, UINT32_MAX },
};

const char *int_width_name(enum int_width w)
{
	return widths[w].name;
}

const char *value_text(struct arena *arena, const char *text, size_t len)
{
	const char *nul = len ? memchr(text, '\0', len) : NULL;
	size_t extra = 0;
	char *copy, *out;

	if (!nul)
		return arena_strndup(arena, text, len);
	for (size_t i = 0; i < len; i++)
		extra += text[i] == '\0';
	copy = out = arena_alloc(arena, len + extra + 1); /* zeroed: ends with a NUL */
	for (size_t i = 0; i < len; i++) {
		if (text[i]) {
			*out++ = text[i];
			continue;
		}
		*out++ = (char)0xc0;
		*out++ = (char)0x80;
	}
	return copy;
}

/* ---- one function per type ---- */

struct value {
	struct decoder *d;
	const struct field *field;
	enum scalar scalar;
	const char *text; /* NUL behind it only from YAML */
	size_t len;
	bool from_yaml; /* came unquoted: `plain` says what it looks like */
	enum plain plain;
	bool element; /* of a list or a map: empty is not absent */
};

static int not_plain(const struct value *v, const char *what)
{
	return decoder_fault(
		v->d, FAULT_PLAIN, "'%.*s' is not a plain %s", (int)v->len, v->text, what);
}

/* Upstream's sentence where upstream refuses it too; ours where it would guess. */
static int mismatch(const struct value *v, const char *go_type)
{
	const char *got = v->plain == PLAIN_OTHER_BOOL ? "bool" : scalar_name(v->scalar);
	bool text = strcmp(go_type, "string") == 0, boolean = strcmp(go_type, "bool") == 0;
	char number[80];

	if (v->plain == PLAIN_OTHER_INT && (!boolean || text))
		return not_plain(v, "decimal number");
	if (v->plain == PLAIN_OTHER_BOOL && boolean)
		return not_plain(v, "boolean (true or false)");
	if (v->plain == PLAIN_NOT_FINITE)
		return decoder_fault(v->d, FAULT_NOT_JSON, "unsupported value: %s",
			strchr("nN", v->text[v->len - 3]) ? "NaN"
			: *v->text == '-'                 ? "-Inf"
							  : "+Inf");
	if (v->scalar == SCALAR_NUMBER && !text && !boolean) {
		snprintf(number, sizeof(number), "number %.*s", (int)v->len, v->text);
		got = number;
	}
	return decoder_type_fault(v->d, got, go_type);
}

static int set_text(const struct value *v, const char **ret)
{
	if (v->scalar != SCALAR_TEXT && !v->from_yaml)
		return mismatch(v, "string");
	if (v->len)
		*ret = value_text(&v->d->res->arena, v->text, v->len);
	else
		*ret = v->element ? "" : NULL;
	return 0;
}

static int set_bool(const struct value *v, bool *ret)
{
	if (v->scalar != SCALAR_BOOL)
		return mismatch(v, "bool");
	*ret = v->text[0] == 't' || v->text[0] == 'T';
	return 0;
}

static int set_opt_bool(const struct value *v, struct opt_bool *ret)
{
	int r = set_bool(v, &ret->value);

	ret->set = r == 0;
	return r;
}

/* The text is a number by its syntax already. */
static bool whole_number(const struct value *v, int64_t *ret)
{
	char text[24];

	if (v->len >= sizeof(text))
		return false;
	memcpy(text, v->text, v->len);
	text[v->len] = '\0';
	return str_to_i64(text, ret) == 0;
}

static bool is_whole(const struct value *v)
{
	double d = strtod(v->text, NULL);

	return fabs(d) < 1e18 && d == (double)(int64_t)d;
}

static int set_int(const struct value *v, enum int_width width, int64_t *ret)
{
	int64_t n;

	if (v->plain == PLAIN_DECIMAL && is_whole(v))
		return not_plain(v, "integer");
	if (v->scalar != SCALAR_NUMBER || !whole_number(v, &n) || n < widths[width].min ||
		n > widths[width].max)
		return mismatch(v, widths[width].name);
	*ret = n;
	return 0;
}

static int set_opt_int(const struct value *v, enum int_width width, struct opt_int *ret)
{
	int r = set_int(v, width, &ret->value);

	ret->set = r == 0;
	return r;
}

static int set_float(const struct value *v, struct opt_float *ret)
{
	char text[400];
	double d;

	if (v->scalar != SCALAR_NUMBER || v->len >= sizeof(text))
		return mismatch(v, "float64");
	snprintf(text, sizeof(text), "%.*s", (int)v->len, v->text);
	d = strtod(text, NULL);
	if (!isfinite(d))
		return mismatch(v, "float64");
	if (v->from_yaml && d == 0)
		d = 0; /* upstream's way through YAML loses the sign */
	*ret = (struct opt_float){ .set = true, .value = d };
	return 0;
}

static int set_duration(const struct value *v, const char **ret)
{
	const char *text = arena_strndup(&v->d->res->arena, v->text, v->len);
	const char *unit = NULL;
	char buf[DURATION_TEXT_MAX];
	int64_t ns;
	int unit_len = 0;

	if (v->scalar != SCALAR_TEXT || v->plain == PLAIN_OTHER_BOOL)
		return mismatch(v, "string");
	switch (duration_parse(text, &ns, &unit, &unit_len)) {
	case 0:
		*ret = arena_strdup(&v->d->res->arena, duration_format(ns, buf));
		return 0;
	case DURATION_E_UNIT:
		return unit_len ? decoder_fault(v->d, FAULT_VALUE,
					  "time: unknown unit \"%.*s\" in duration \"%s\"",
					  unit_len, unit, text)
				: decoder_fault(v->d, FAULT_VALUE,
					  "time: missing unit in duration \"%s\"", text);
	default:
		return decoder_fault(v->d, FAULT_VALUE, "time: invalid duration \"%s\"", text);
	}
}

/* Users may give any RFC 3339 time; whole seconds of UTC are stored. */
static int set_time(const struct value *v, const char **ret)
{
	const char *text = NULL;
	char buf[CLOCK_TEXT_MAX];
	uint64_t ns;
	int r = set_text(v, &text);

	if (r)
		return r;
	if (text && v->d->options & DECODE_STRICT) {
		if (clock_parse_rfc3339(text, &ns) < 0)
			return decoder_fault(v->d, FAULT_VALUE,
				"parsing time \"%s\" as \"2006-01-02T15:04:05Z07:00\": cannot "
				"parse \"%s\" as \"2006\"",
				text, text);
		text = arena_strdup(&v->d->res->arena, clock_format_rfc3339(ns, buf));
	}
	*ret = text;
	return 0;
}

/* For members that take a number or a text. */
static bool is_text(const struct value *v)
{
	return v->scalar == SCALAR_TEXT && v->plain != PLAIN_OTHER_BOOL &&
	       v->plain != PLAIN_OTHER_INT;
}

static bool all_digits(const char *s)
{
	return *s && s[strspn(s, "0123456789")] == '\0';
}

static int set_port_number(const struct value *v, struct port *ret)
{
	int64_t n;
	int r = set_int(v, INT_UINT16, &n);

	if (r == 0)
		*ret = (struct port){ .min = (uint16_t)n, .max = (uint16_t)n };
	return r;
}

static bool port_of(const char *digits, uint16_t *ret)
{
	uint64_t n;

	if (str_to_u64(digits, &n) < 0 || n > UINT16_MAX)
		return false;
	*ret = (uint16_t)n;
	return true;
}

static int set_port_range(
	const struct value *v, const char *text, const char *colon, struct port *ret)
{
	struct port p = { 0 };
	char *min = arena_strndup(&v->d->res->arena, text, (size_t)(colon - text));

	if (!port_of(min, &p.min))
		return decoder_fault(
			v->d, FAULT_VALUE, "invalid minimum port number in range (%s)", text);
	if (!port_of(colon + 1, &p.max))
		return decoder_fault(
			v->d, FAULT_VALUE, "invalid maximum port number in range (%s)", text);
	if (p.min > p.max)
		return decoder_fault(v->d, FAULT_VALUE,
			"minimum port number (%u) is greater than maximum port number (%u) in port "
			"range",
			p.min, p.max);
	*ret = p;
	return 0;
}

static int set_port(const struct value *v, struct port *ret)
{
	const char *text, *colon;

	if (!is_text(v))
		return set_port_number(v, ret);
	text = arena_strndup(&v->d->res->arena, v->text, v->len);
	if (all_digits(text)) {
		if (!port_of(text, &ret->min))
			return decoder_fault(v->d, FAULT_VALUE, "invalid port format (%s)", text);
		*ret = (struct port){ .min = ret->min, .max = ret->min };
		return 0;
	}
	colon = strchr(text, ':');
	if (colon && colon > text && strspn(text, "0123456789") == (size_t)(colon - text) &&
		all_digits(colon + 1))
		return set_port_range(v, text, colon, ret);
	if (v->len == 0 || v->len > PORT_NAME_MAX || strspn(text, NAME_CHARACTERS) != v->len)
		return decoder_fault(v->d, FAULT_VALUE, "invalid name for named port (%s)", text);
	*ret = (struct port){ .name = text };
	return 0;
}

/* A number of 8 bits, or a name: protocols and DSCP values. */
static int number_or_name(const struct value *v, int64_t *number, const char **name)
{
	const char *text;
	uint64_t n;

	if (!is_text(v))
		return set_int(v, INT_UINT8, number);
	text = arena_strndup(&v->d->res->arena, v->text, v->len);
	if (all_digits(text) && str_to_u64(text, &n) == 0 && n <= UINT8_MAX)
		*number = (int64_t)n;
	else
		*name = text;
	return 0;
}

static int set_protocol(const struct value *v, struct protocol *ret)
{
	struct protocol p = { .set = true };
	int64_t n = 0;
	int r = number_or_name(v, &n, &p.name);

	p.number = (uint8_t)n;
	if (r == 0)
		*ret = p;
	return r;
}

static int set_dscp(const struct value *v, struct dscp *ret)
{
	struct dscp x = { .set = true };
	int r = number_or_name(v, &x.number, &x.name);

	if (r == 0)
		*ret = x;
	return r;
}

/* "65000", or two halves of 16 bits: "1.10". */
static bool as_number_of(const char *text, int64_t *ret)
{
	const char *dot = strchr(text, '.');
	uint64_t high, low;
	char buf[16];

	if (!dot)
		return all_digits(text) && str_to_u64(text, &low) == 0 && low <= UINT32_MAX &&
		       (*ret = (int64_t)low, true);
	if ((size_t)(dot - text) >= sizeof(buf))
		return false;
	snprintf(buf, sizeof(buf), "%.*s", (int)(dot - text), text);
	if (!all_digits(buf) || !all_digits(dot + 1) || str_to_u64(buf, &high) < 0 ||
		str_to_u64(dot + 1, &low) < 0 || high > UINT16_MAX || low > UINT16_MAX)
		return false;
	*ret = (int64_t)(high << 16 | low);
	return true;
}

/* Unquoted "1.10" means the two halves; what would also be a whole number, or a time, is not
 * guessed. */
static int set_as_number(const struct value *v, struct opt_int *ret)
{
	char text[64];
	int64_t n = 0;
	bool halves = v->plain == PLAIN_DECIMAL && !is_whole(v);

	snprintf(text, sizeof(text), "%.*s", (int)v->len, v->text);
	if (!is_text(v) && !halves) {
		if (v->scalar != SCALAR_NUMBER || v->plain == PLAIN_DECIMAL ||
			str_to_i64(text, &n) < 0 || n < 0 || n > UINT32_MAX)
			return v->plain == PLAIN_DECIMAL ? not_plain(v, "AS number")
							 : mismatch(v, "string");
	} else if (!as_number_of(text, &n)) {
		if (v->from_yaml && strchr(text, ':'))
			return not_plain(v, "AS number");
		return decoder_fault(
			v->d, FAULT_VALUE, "invalid AS Number format (%.*s)", (int)v->len, v->text);
	}
	*ret = (struct opt_int){ .set = true, .value = n };
	return 0;
}

static void set_null(enum field_type type, void *place)
{
	static const uint8_t sizes[] = {
		[FIELD_TEXT] = sizeof(const char *),
		[FIELD_TIME] = sizeof(const char *),
		[FIELD_DURATION] = sizeof(const char *),
		[FIELD_OPT_BOOL] = sizeof(struct opt_bool),
		[FIELD_OPT_INT] = sizeof(struct opt_int),
		[FIELD_OPT_FLOAT] = sizeof(struct opt_float),
		[FIELD_AS_NUMBER] = sizeof(struct opt_int),
		[FIELD_PROTOCOL] = sizeof(struct protocol),
		[FIELD_RAW] = 0,
	};

	memset(place, 0, sizes[type]);
}

int value_set(struct decoder *d, const struct field *f, enum field_type type, bool element,
	void *place, enum scalar scalar, const char *text, size_t len)
{
	struct value v = { .d = d,
		.field = f,
		.scalar = scalar,
		.text = text,
		.len = len,
		.from_yaml = scalar == SCALAR_PLAIN,
		.element = element };

	if (v.from_yaml) {
		v.plain = plain_class(text, len);
		v.scalar = scalar_of_plain(text, len);
	}
	if (v.scalar == SCALAR_NULL) {
		if (!element)
			set_null(type, place);
		return 0;
	}
	switch (type) {
	case FIELD_KIND:
		return 0;
	case FIELD_TEXT:
		return set_text(&v, place);
	case FIELD_TIME:
		return set_time(&v, place);
	case FIELD_DURATION:
		return set_duration(&v, place);
	case FIELD_BOOL:
		return set_bool(&v, place);
	case FIELD_OPT_BOOL:
		return set_opt_bool(&v, place);
	case FIELD_INT:
		return set_int(&v, (enum int_width)f->width, place);
	case FIELD_OPT_INT:
		return set_opt_int(&v, (enum int_width)f->width, place);
	case FIELD_OPT_FLOAT:
		return set_float(&v, place);
	case FIELD_AS_NUMBER:
		return set_as_number(&v, place);
	case FIELD_PORT:
		return set_port(&v, place);
	case FIELD_PROTOCOL:
		return set_protocol(&v, place);
	case FIELD_DSCP:
		return set_dscp(&v, place);
	case FIELD_OBJECT:
	case FIELD_POINTER:
	case FIELD_LIST:
	case FIELD_MAP:
	case FIELD_RAW:
		break; /* containers never come here */
	}
	return 0;
}
