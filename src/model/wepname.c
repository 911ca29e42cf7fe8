/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wepname.c - the names of WorkloadEndpoints. Source: datamodel.md 3.1. */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/str.h"
#include "wepname.h"

/* The end of the segment at s: a single '-', or the end of the text. */
static const char *segment_end(const char *s)
{
	const char *c = *s ? s + 1 : s; /* the first byte is never a separator */

	while (*c && (*c != '-' || c[1] == '-'))
		c += *c == '-' ? 2 : 1;
	return c;
}

static const char *undouble(struct arena *arena, const char *s, const char *end)
{
	char *text = arena_strndup(arena, s, (size_t)(end - s)), *out = text;

	for (const char *c = text; *c; c++) {
		*out++ = *c;
		if (*c == '-' && c[1] == '-')
			c++;
	}
	*out = '\0';
	return text;
}

int wep_name_parse(const char *name, struct arena *arena, struct wep_name *ret)
{
	const char *parts[4];
	int n = 0;

	for (;; n++) {
		const char *end = segment_end(name);

		if (n == 4 || end == name)
			return -EINVAL;
		parts[n] = undouble(arena, name, end);
		if (!*end)
			break;
		name = end + 1;
	}
	if (n != 3)
		return -EINVAL;
	*ret = (struct wep_name){ parts[0], parts[1], parts[2], parts[3] };
	return 0;
}

/* False with what is wrong in *fault. */
static bool put_segment(
	struct buf *out, const char *member, const char *value, struct field_error *fault)
{
	*fault = (struct field_error){ .name = member, .value = value ? value : "" };
	if (str_empty(value))
		fault->reason = "field should be assigned";
	else if (value[0] == '-')
		fault->reason = "field must not begin with a '-'";
	else if (str_ends(value, "-"))
		fault->reason = "field must not end with a '-'";
	if (fault->reason) {
		if (str_empty(value) && strcmp(member, "node") == 0)
			fault->value = NULL; /* upstream shows none here */
		return false;
	}
	for (; *value; value++) {
		buf_putc(out, *value);
		if (*value == '-')
			buf_putc(out, '-');
	}
	return true;
}

struct named_segment {
	const char *member, *value;
};

/* The segments of a name in order; the third depends on the orchestrator. */
static void name_segments(const struct workload_endpoint_spec *s, struct named_segment ret[4])
{
	struct named_segment third = { "workload", s->workload };

	if (str_eq(s->orchestrator, "k8s"))
		third = (struct named_segment){ "pod", s->pod };
	else if (str_eq(s->orchestrator, "cni"))
		third = (struct named_segment){ "containerID", s->container_id };
	else if (str_eq(s->orchestrator, "libnetwork"))
		third = (struct named_segment){ "orchestrator", s->orchestrator };
	ret[0] = (struct named_segment){ "node", s->node };
	ret[1] = (struct named_segment){ "orchestrator", s->orchestrator };
	ret[2] = third;
	ret[3] = (struct named_segment){ "endpoint", s->endpoint };
}

bool wep_name_build(
	const struct workload_endpoint_spec *spec, struct buf *out, struct field_error *fault)
{
	struct named_segment segments[4];

	name_segments(spec, segments);
	for (int i = 0; i < 4; i++) {
		if (i)
			buf_putc(out, '-');
		if (!put_segment(out, segments[i].member, segments[i].value, fault))
			return false;
	}
	return true;
}

static int segment_error(const struct field_error *fault, struct err *err)
{
	return err_set(err, -EINVAL, "error with field %s%s%s%s (%s)", fault->name,
		fault->value ? " = '" : "", fault->value ? fault->value : "",
		fault->value ? "'" : "", fault->reason);
}

int wep_name_make(const struct workload_endpoint_spec *spec, struct buf *out, struct err *err)
{
	_cleanup_buf_ struct buf name = BUF_INIT;
	struct field_error fault;

	if (!wep_name_build(spec, &name, &fault))
		return segment_error(&fault, err);
	buf_put(out, name.data, name.len);
	return 0;
}

int wep_name_prefix(const struct workload_endpoint_spec *spec, struct buf *out, struct err *err)
{
	struct named_segment segments[4];
	_cleanup_buf_ struct buf name = BUF_INIT;
	struct field_error fault;

	name_segments(spec, segments);
	for (int i = 0; i < 4 && (i == 0 || !str_empty(segments[i].value)); i++) {
		if (!put_segment(&name, segments[i].member, segments[i].value, &fault))
			return segment_error(&fault, err);
		if (i < 3)
			buf_putc(&name, '-');
	}
	buf_put(out, name.data, name.len);
	return 0;
}
