/* SPDX-License-Identifier: GPL-2.0-or-later */
/* decode.h - builds a resource from a stream of events, by the tables of field.h.
 *
 * Any reader of JSON or YAML feeds the same decoder. A scalar carries either its JSON type or,
 * from YAML, only its unquoted text: then the type of the member that it fills decides what it
 * means, never the look of the text.
 *
 * Shape:  lists and maps grow in a scratch stack and move into the arena when they end, so that
 *         the arena holds nothing that the resource does not use.
 * Limits: DECODE_DEPTH levels. The reader limits the size of the text.
 * Owner:  the decoder borrows the resource until decoder_done().
 * Source: Go's encoding/json as upstream uses it; datamodel.md 1.4, 5.3; calicoctl.md 5.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "model/resource.h"
#include "field.h"

#define DECODE_DEPTH      24
#define DECODE_FIELDS_MAX 256

enum scalar {
	SCALAR_NULL,
	SCALAR_BOOL, /* "true" or "false" */
	SCALAR_NUMBER,
	SCALAR_TEXT,
	SCALAR_PLAIN, /* unquoted in YAML */
};

enum decode_option {
	DECODE_STRICT = 1 << 0,  /* unknown and repeated members are faults, texts are checked */
	DECODE_LENIENT = 1 << 1, /* go on behind a member of wrong type or value, leave it out */
};

/* What was wrong first. Unknown members yield to any other fault. */
enum fault_type {
	FAULT_NONE,
	FAULT_UNKNOWN, /* text: the member's name */
	FAULT_REPEATED,
	FAULT_TYPE,     /* text: Go's sentence, "json: cannot unmarshal ..." */
	FAULT_VALUE,    /* text: Go's sentence of a value's own parser */
	FAULT_PLAIN,    /* text: why this unquoted text does not fit the member */
	FAULT_NOT_JSON, /* text: a number that JSON cannot hold */
	FAULT_DEPTH,
};

struct decode_fault {
	enum fault_type type;
	char member[256]; /* "spec.ingress[0].protocol" */
	char text[512];
};

/* An address that survives the growth of the scratch stack. */
struct place {
	char *base; /* NULL: the scratch stack */
	size_t offset;
};

struct decode_frame {
	enum { FRAME_OBJECT, FRAME_LIST, FRAME_MAP } type;
	const struct object_type *object; /* FRAME_OBJECT */
	const struct field *field;        /* the member now read; the list's or map's own member */
	struct place place;               /* the object, the list or the map */
	size_t hint;                      /* FRAME_OBJECT: where the next member probably is */
	size_t bottom;                    /* FRAME_LIST, FRAME_MAP: its part of the scratch stack */
	size_t count;
	size_t extras;
	bool lost; /* FRAME_LIST, FRAME_MAP: an element was at fault */
};

struct decode_extra {
	struct place owner;
	const struct object_type *type;
	const struct field *after; /* NULL: before all others */
	const char *name, *json;
};

struct decoder {
	struct resource *res; /* lends its arena, and takes the unknown members */
	const struct object_type *root;
	void *object; /* of type root */
	unsigned options;
	int depth;
	struct decode_frame frames[DECODE_DEPTH];
	uint64_t seen[DECODE_DEPTH]
		     [DECODE_FIELDS_MAX / 64]; /* DECODE_STRICT: members of the frame */
	struct buf scratch;
	struct decode_extra *extras;
	size_t n_extras, cap_extras;
	int raw_depth;        /* > 0: inside a value that is carried as text */
	bool raw_key;         /* the next value follows a member name */
	const char *raw_name; /* NULL: the value of a FIELD_RAW member */
	bool raw_lost;        /* it does not fit its member, and is left out */
	struct buf raw;
	struct decode_fault fault;
};

/* The text's top level is `object` of type `root`: the resource, or one of its parts. */
void decoder_init(struct decoder *d, struct resource *res, const struct object_type *root,
	void *object, unsigned options);
void decoder_done(struct decoder *d);

/* 0, or -EBADMSG when d->fault says why the reader should stop. */
int decoder_begin_object(struct decoder *d);
int decoder_key(struct decoder *d, const char *name, size_t len);
int decoder_end_object(struct decoder *d);
int decoder_begin_list(struct decoder *d);
int decoder_end_list(struct decoder *d);
int decoder_scalar(struct decoder *d, enum scalar type, const char *text, size_t len);

/* After the last event: moves the unknown members to the resource; -EBADMSG when a fault waits.
 * With DECODE_LENIENT the resource is whole then, apart from what was left out. */
int decoder_finish(struct decoder *d);

/* A fault at the member that is now read; returns -EBADMSG. */
int decoder_fault(struct decoder *d, enum fault_type type, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* Go's sentence for a value of JSON type (or number text) `got` where go_type is wanted. */
int decoder_type_fault(struct decoder *d, const char *got, const char *go_type);

/* What a reader takes for a selector that is no text: it does not parse, so that nobody takes it
 * for one that was left out, which selects all. */
#define SELECTOR_UNREADABLE "?"

/* How many members left out resource.lost names; behind them it says that everything is lost. */
#define LOST_MAX	32
#define LOST_EVERYTHING ""

/* resource_json.c: a JSON text into `object`; *err names the member. */
int json_decode(struct resource *res, const struct object_type *root, void *object,
	const char *json, size_t len, struct err *err);

/* value.c: one scalar into its place, as a value of `type`. `element`: in a list or a map, where
 * an empty text is not an absent one and null changes nothing. */
int value_set(struct decoder *d, const struct field *f, enum field_type type, bool element,
	void *place, enum scalar scalar, const char *text, size_t len);

/* plain.c: what an unquoted text is where no member says what it should be. NUL behind it. */
enum scalar scalar_of_plain(const char *text, size_t len);
const char *scalar_name(enum scalar type); /* as Go calls it: "string" */

/* The text as the arena keeps it: a NUL inside becomes the pair C0 80, which is not valid UTF-8
 * and so stands for nothing else. */
const char *value_text(struct arena *arena, const char *text, size_t len);
