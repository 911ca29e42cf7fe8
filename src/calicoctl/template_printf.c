/* SPDX-License-Identifier: GPL-2.0-or-later */
/* printf of templates, as Go's fmt does it for the values that a resource has. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "template_value.h"

#define WIDTH_MAX 4096

struct verb {
	bool left, zero, plus, sharp, space;
	int width, precision; /* -1 = none */
	char letter;
};

static const char *take_count(const char *p, int *ret)
{
	for (*ret = 0; *p >= '0' && *p <= '9'; p++)
		*ret = *ret * 10 + (*p - '0') > WIDTH_MAX ? WIDTH_MAX : *ret * 10 + (*p - '0');
	return p;
}

/* p is behind the percent sign; returns what follows the verb. */
static const char *take_verb(const char *p, struct verb *v)
{
	*v = (struct verb){ .width = -1, .precision = -1 };
	for (; *p && strchr("-0+# ", *p); p++) {
		v->left |= *p == '-';
		v->zero |= *p == '0';
		v->plus |= *p == '+';
		v->sharp |= *p == '#';
		v->space |= *p == ' ';
	}
	if (*p >= '1' && *p <= '9')
		p = take_count(p, &v->width);
	if (*p == '.')
		p = take_count(p + 1, &v->precision);
	v->letter = *p;
	return *p ? p + 1 : p;
}

static void put_quoted(const char *text, struct buf *out)
{
	buf_putc(out, '"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			buf_printf(out, "\\%c", *text);
		else if (*text == '\n')
			buf_puts(out, "\\n");
		else if (*text == '\t')
			buf_puts(out, "\\t");
		else if ((unsigned char)*text < ' ')
			buf_printf(out, "\\x%02x", (unsigned char)*text);
		else
			buf_putc(out, *text);
	}
	buf_putc(out, '"');
}

static bool put_int(const struct verb *v, int64_t n, struct buf *out)
{
	uint64_t size = n < 0 ? 0 - (uint64_t)n : (uint64_t)n;
	const char *sign = n < 0 ? "-" : v->plus ? "+" : v->space ? " " : "";
	switch (v->letter) {
	case 'd':
	case 'v':
		buf_printf(out, "%s%" PRIu64, sign, size);
		return true;
	case 'x':
		buf_printf(out, "%s%s%" PRIx64, sign, v->sharp ? "0x" : "", size);
		return true;
	case 'X':
		buf_printf(out, "%s%s%" PRIX64, sign, v->sharp ? "0X" : "", size);
		return true;
	case 'o':
		buf_printf(out, "%s%" PRIo64, sign, size);
		return true;
	default:
		return false;
	}
}

static bool put_float(const struct verb *v, double n, struct buf *out)
{
	int precision = v->precision < 0 ? 6 : v->precision;
	switch (v->letter) {
	case 'f':
	case 'F':
		buf_printf(out, v->plus ? "%+.*f" : "%.*f", precision, n);
		return true;
	case 'e':
		buf_printf(out, v->plus ? "%+.*e" : "%.*e", precision, n);
		return true;
	case 'g':
	case 'v':
		if (v->precision >= 0) {
			buf_printf(out, "%.*g", v->precision, n);
			return true;
		}
		struct value number = { .type = VALUE_MEMBER,
			.member = { .type = MEMBER_FLOAT, .number = n } };
		val_print(&number, out);
		return true;
	default:
		return false;
	}
}

static bool put_text(const struct verb *v, const char *text, struct buf *out)
{
	size_t len = strlen(text);
	if (v->precision >= 0 && (size_t)v->precision < len)
		len = (size_t)v->precision;
	if (v->letter == 'q')
		put_quoted(text, out);
	else if (v->letter == 's' || v->letter == 'v')
		buf_put(out, text, len);
	else if (v->letter == 'x')
		for (size_t i = 0; i < len; i++)
			buf_printf(out, "%02x", (unsigned char)text[i]);
	else
		return false;
	return true;
}

static bool put_plain(const struct verb *v, const struct value *arg, struct buf *out)
{
	if (arg->type == VALUE_MEMBER) {
		switch (arg->member.type) {
		case MEMBER_INT:
			return put_int(v, arg->member.integer, out);
		case MEMBER_FLOAT:
			return put_float(v, arg->member.number, out);
		case MEMBER_TEXT:
			return put_text(v, arg->member.text, out);
		case MEMBER_BOOL:
			if (v->letter == 't')
				val_print(arg, out);
			break;
		default:
			break;
		}
		if (arg->member.type == MEMBER_BOOL && v->letter == 't')
			return true;
	}
	if (v->letter != 'v' && v->letter != 's')
		return false;
	val_print(arg, out);
	return true;
}

static size_t count_characters(const char *s)
{
	size_t n = 0;
	for (; *s; s++)
		n += ((unsigned char)*s & 0xc0) != 0x80;
	return n;
}

static void put_padded(const struct verb *v, const struct value *arg, struct buf *out)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	if (!put_plain(v, arg, &text)) {
		buf_printf(out, "%%!%c(", v->letter);
		val_type_name(arg, out);
		buf_putc(out, '=');
		val_print(arg, out);
		buf_putc(out, ')');
		return;
	}
	size_t have = count_characters(buf_str(&text));
	int pad = v->width > 0 && (size_t)v->width > have ? v->width - (int)have : 0;
	const char *s = buf_str(&text);
	bool zeros = v->zero && !v->left;
	if (zeros && pad && (*s == '-' || *s == '+'))
		buf_putc(out, *s++);
	for (int i = 0; i < pad && !v->left; i++)
		buf_putc(out, zeros ? '0' : ' ');
	buf_puts(out, s);
	for (int i = 0; i < pad && v->left; i++)
		buf_putc(out, ' ');
}

static void put_extra(const struct value *args, size_t from, size_t n, struct buf *out)
{
	buf_puts(out, "%!(EXTRA ");
	for (size_t i = from; i < n; i++) {
		buf_puts(out, i > from ? ", " : "");
		val_type_name(&args[i], out);
		buf_putc(out, '=');
		val_print(&args[i], out);
	}
	buf_putc(out, ')');
}

int template_printf(struct template_run *run, const struct value *args, size_t n, struct buf *out)
{
	const char *p = val_as_text(&args[0]);
	size_t used = 1;
	struct verb v;
	if (!p)
		return run_fail(run, "error calling printf: the format is no text");
	while (*p) {
		if (*p != '%') {
			buf_putc(out, *p++);
			continue;
		}
		p = take_verb(p + 1, &v);
		if (v.letter == '%')
			buf_putc(out, '%');
		else if (!v.letter)
			buf_puts(out, "%!(NOVERB)");
		else if (used < n)
			put_padded(&v, &args[used++], out);
		else
			buf_printf(out, "%%!%c(MISSING)", v.letter);
	}
	if (used < n)
		put_extra(args, used, n, out);
	return 0;
}
