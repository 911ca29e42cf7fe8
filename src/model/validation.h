/* SPDX-License-Identifier: GPL-2.0-or-later */
/* validation.h - one pass over a resource, and what the rules of the kinds call.
 *
 * The walk is in validate.c; rules that span members stand in the file of their kind and are
 * hooked into the tables (object_type.validate, .rules).
 */
#pragma once

#include "base/buf.h"
#include "field.h"
#include "model/validate.h"

/* Where the schema's walk is: a member, or an element of a list. Becomes text only in messages. */
struct path_step {
	const struct path_step *up;
	const char *name; /* NULL: an element */
	size_t index;
};

struct validation {
	const struct resource *res;
	struct field_errors *errors;
	const struct path_step *path; /* NULL: the resource itself */
	bool reading;                 /* only what a reader must refuse */
};

/* "spec.ingress[0].action", or the kind for the resource itself. */
const char *path_text(const struct validation *v, struct buf *out);

/* Schema: an error at the present path. */
void rule_failed(struct validation *v, const char *reason_fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* The same, whose reason begins with "<path> in body ". */
void body_failed(struct validation *v, const char *reason_fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* On a member of the object at the present path. */
void member_rule_failed(struct validation *v, const char *member, const char *reason_fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* Field validators: an error whose value is shown as Go prints it. */
void object_failed(struct validation *v, const char *name, const struct object_type *t,
	const void *object, bool pointer, const char *reason_fmt, ...)
	__attribute__((format(printf, 6, 7)));
void member_failed(struct validation *v, const char *name, const struct object_type *t,
	const char *member, const void *object, const char *reason_fmt, ...)
	__attribute__((format(printf, 6, 7)));

/* validators.c */
void check_object(struct validation *v, const struct object_type *t, const void *object);
bool is_one_of(const char *text, const char *const *words);
bool bound_holds(const struct bound *b, int64_t n);

/* schema.c: spec of v->res, and the rules of its kind. */
void check_schema(struct validation *v);

/* dump.c: as Go's %v prints a value. */
void dump_object(struct buf *out, const struct object_type *t, const void *object);
/* An element of f, when f is a list and `type` that of its elements. */
void dump_value(struct buf *out, const struct field *f, enum field_type type, const void *at);
void dump_member(struct buf *out, const struct field *f, const void *object);

/* metadata.c: names, labels, annotations. */
#define LABEL_NAME_FAULT                                                          \
	"name must consist of lower case alphanumeric characters or '-' (regex: " \
	"[a-z0-9]([-a-z0-9]*[a-z0-9])?)"
void validate_metadata(struct validation *v);
void validate_name_length(struct validation *v, size_t max);
void validate_label_name(struct validation *v, const char *name); /* no dots */
void validate_labels(struct validation *v);

/* "PortName", "ASNumber": the Go name of a member. */
const char *field_go_name(const struct field *f, struct buf *out);

/* TCP, UDP and SCTP, by name or number. */
bool protocol_has_ports(const struct protocol *p);
