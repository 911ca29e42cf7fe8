/* SPDX-License-Identifier: GPL-2.0-or-later */
/* impl.h - what the files of client/ share: the client itself, its errors, and the rules by kind.
 */
#pragma once

#include "base/buf.h"
#include "client/client.h"
#include "model/validate.h"
#include "store/call.h"

struct client {
	struct loop *loop;
	struct store *store;
	unsigned timeout_ms;
	struct buf error;
};

/* Each leaves the text in client_error() and returns the status. */
enum client_status client_fail(struct client *c, enum client_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
enum client_status client_fail_fields(struct client *c, struct field_errors *errors);
enum client_status client_fail_field(
	struct client *c, const char *name, const char *value, const char *reason);
enum client_status client_fail_not_found(struct client *c, const struct key *key);
/* What the store said, in the words of upstream. `revision` is what the caller asked for. */
enum client_status client_fail_store(struct client *c, const struct key *key, const char *revision,
	const struct store_reply *r);
enum client_status client_fail_parse(
	struct client *c, const struct kv *kv, const struct err *err);

/* What a kind asks for beyond the tables of the model. A rule that is NULL asks for nothing; each
 * stops the operation by failing. */
struct kind_rules {
	/* Before defaults and validation. */
	enum client_status (*before)(struct client *c, struct resource *res, bool create);
	/* Between defaults and validation; `old` is NULL on create. */
	enum client_status (*check)(
		struct client *c, struct resource *res, const struct resource *old);
	bool check_needs_old;
	/* After validation, last before the write. */
	enum client_status (*after)(struct client *c, struct resource *res, bool create);
	/* Before a delete. May change what is deleted: *revision. */
	enum client_status (*before_delete)(
		struct client *c, const char *name, const char **revision);
};

const struct kind_rules *kind_rules(enum kind kind);

/* The steps of the rules that are long enough for files of their own. */
enum client_status pool_check(struct client *c, struct resource *res, const struct resource *old);
enum client_status pool_check_blocks(struct client *c, struct resource *res, bool create);
enum client_status pool_before_delete(struct client *c, const char *name, const char **revision);
enum client_status node_before_delete(struct client *c, const char *name, const char **revision);
enum client_status tier_before_delete(struct client *c, const char *name, const char **revision);

/* A random RFC 4122 version 4 text. */
#define UID_TEXT_MAX 37
void uid_make(char ret[UID_TEXT_MAX]);
