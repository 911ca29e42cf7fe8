/* SPDX-License-Identifier: GPL-2.0-or-later */
/* resource.h - one decoded projectcalico.org/v3 object of any kind.
 *
 * Every kind is described once, by a table of fields (field.h); decoding, encoding, defaults,
 * validation and the command line all read that table. The typed structs of spec and status are
 * in the kind's own header, e.g. policy.h; the table ties their members to the JSON names.
 *
 * Owner:  a resource owns an arena that holds all its texts and lists. resource_free() ends it.
 *         Whoever changes a resource allocates from `arena`.
 * Absent: texts are NULL, lists have n = 0, optional scalars have set = false, pointers are NULL.
 *         The empty text and the absent text are the same thing (datamodel.md 1.4).
 * Unknown members are kept, in place and order, and written again.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/err.h"
#include "model/key.h"
#include "model/kind.h"

struct buf;

struct opt_bool {
	bool set, value;
};
struct opt_int {
	bool set;
	int64_t value;
};
struct opt_float {
	bool set;
	double value;
};

struct text_list {
	size_t n;
	const char **v;
};
struct text_pair {
	const char *key, *value;
};
struct text_map { /* sorted by key, bytewise */
	size_t n;
	struct text_pair *v;
};
struct raw_json {         /* a member that we carry and do not look into; NULL when absent */
	const char *text; /* compact JSON */
};

/* metadata. uid, times and resourceVersion are texts as stored; resource_version is never stored.
 */
struct object_meta {
	const char *name, *generate_name, *ns, *self_link, *uid, *resource_version;
	struct opt_int generation;
	const char *creation_timestamp, *deletion_timestamp;
	struct opt_int deletion_grace_period_seconds;
	struct text_map labels, annotations;
	struct raw_json owner_references, finalizers, managed_fields;
};

/* A condition of a status, as Kubernetes writes them. */
struct condition {
	const char *type, *status;
	int64_t observed_generation;
	const char *last_transition_time, *reason, *message;
};
struct condition_list {
	size_t n;
	struct condition *v;
};
struct conditions_status { /* of Tier and IPPool */
	struct condition_list conditions;
};

struct extra; /* an unknown member, kept for the next write */

struct resource {
	enum kind kind;
	const char *api_version;
	struct object_meta meta;
	void *spec;   /* the kind's own struct, never NULL */
	void *status; /* NULL for kinds without one, or when absent and not always written */
	struct extra *extras;
	size_t n_extras;
	struct text_list lost; /* what a lenient reader left out; not copied, never written */
	struct arena arena;
};

#define API_VERSION "projectcalico.org/v3"

struct resource *resource_new(enum kind kind);        /* with its apiVersion, else empty */
struct resource *resource_free(struct resource *res); /* returns NULL */
DEFINE_CLEANUP(struct resource *, resource_free);

/* Stored JSON -> resource. `kind` says what the key says; the text's own kind is not trusted.
 * On failure *err names the member ("spec.ingress[0].protocol: ..."), *ret is untouched.
 * Return: 0, -EBADMSG (not JSON, wrong type or value), -EMSGSIZE (beyond the limits). */
int resource_decode(enum kind kind, const char *json, size_t len, struct resource **ret,
	struct err *err) MUST_CHECK;

/* As resource_decode(), and with -EBADMSG a resource too, if all that is wrong are types and values
 * of members below spec and metadata: those are absent then, so that what the rest says can be made
 * use of. A list or map with a wrong element is absent as a whole, but lists of an endpoint's or a
 * set's addresses keep the good ones; a selector that is no text becomes one that does not parse,
 * because an absent one selects all. *err names the first fault. */
int resource_decode_lenient(enum kind kind, const char *json, size_t len, struct resource **ret,
	struct err *err) MUST_CHECK;

/* Whether the lenient reader left out the member ("spec.ports"), what it stands in, or a part of it. */
bool resource_lost(const struct resource *res, const char *member);
/* The same for what decides an endpoint's or a set's labels, so that nothing can be said about
 * which selectors it matches. */
bool resource_lost_labels(const struct resource *res);
/* What stands for a value that does not decode at all: everything is lost, and the selector of a
 * policy does not parse. */
struct resource *resource_unreadable(enum kind kind);

/* Compact JSON as upstream stores it: member order, Go escaping, defaults left out. Without
 * resourceVersion and selfLink. */
void resource_encode(const struct resource *res, struct buf *out);
/* The same with resourceVersion and selfLink, for people. */
void resource_encode_full(const struct resource *res, struct buf *out);

struct resource *resource_copy(const struct resource *res);

/* Where a text or duration member of spec ("reportingInterval") stands; NULL when the kind has no
 * such member. */
const char **resource_text(struct resource *res, const char *member);

/* Gives a text or duration member of spec ("reportingInterval") a value if it has none; whether it
 * did. */
bool resource_fill_text(struct resource *res, const char *member, const char *value);

const char *text_map_get(const struct text_map *m, const char *key); /* NULL when absent */
void text_map_set(struct text_map *m, struct arena *a, const char *key, const char *value);
bool text_map_remove(struct text_map *m, const char *key);

/* Defaults that clients fill in on write, and those that readers fill in (datamodel.md 2.0). */
void resource_default_on_write(struct resource *res);
void resource_default_schema(struct resource *res); /* only those that no other member decides */
void resource_default_on_read(struct resource *res, bool list);

/* The policy-name annotation, the default tier prefix and label (datamodel.md 1.6). -EBADMSG when
 * the annotation is not JSON. */
int resource_present(struct resource *res, struct err *err);
void resource_prepare_store(struct resource *res);
