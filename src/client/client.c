/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "client/client.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "default_allow.h"
#include "impl.h"
#include "io/loop.h"

#define CREATE_EMPTY "field must not be set for a Create request"
#define UPDATE_SET   "field must be set for an Update request"

struct client *client_new(struct loop *loop, struct store *store, unsigned timeout_ms)
{
	struct client *c = mem_new(struct client);
	*c = (struct client){ .loop = loop, .store = store, .timeout_ms = timeout_ms };
	return c;
}

struct client *client_free(struct client *c)
{
	if (c)
		buf_done(&c->error);
	free(c);
	return NULL;
}

const char *client_error(const struct client *c)
{
	return buf_str(&c->error);
}

enum client_status client_fail(struct client *c, enum client_status status, const char *fmt, ...)
{
	_cleanup_buf_ struct buf text = BUF_INIT; /* an argument may be the present error */
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	buf_clear(&c->error);
	buf_puts(&c->error, buf_str(&text));
	return status;
}

enum client_status client_fail_fields(struct client *c, struct field_errors *errors)
{
	buf_clear(&c->error);
	field_errors_text(errors, &c->error);
	return CLIENT_E_INVALID;
}

enum client_status client_fail_field(
	struct client *c, const char *name, const char *value, const char *reason)
{
	struct field_errors errors = { 0 };
	field_errors_add(&errors, name, value, reason ? "%s" : NULL, reason);
	enum client_status status = client_fail_fields(c, &errors);
	field_errors_done(&errors);
	return status;
}

enum client_status client_fail_not_found(struct client *c, const struct key *key)
{
	_cleanup_buf_ struct buf id = BUF_INIT;
	key_describe(key, &id);
	return client_fail(c, CLIENT_E_NOT_FOUND, "resource does not exist: %s with error: <nil>",
		buf_str(&id));
}

enum client_status client_fail_store(
	struct client *c, const struct key *key, const char *revision, const struct store_reply *r)
{
	_cleanup_buf_ struct buf id = BUF_INIT;
	key_describe(key, &id);
	switch (r->status) {
	case STORE_OK:
		return CLIENT_OK;
	case STORE_E_NOT_FOUND:
		return client_fail_not_found(c, key);
	case STORE_E_EXISTS:
		return client_fail(c, CLIENT_E_EXISTS,
			"resource already exists: %s with error: <nil>", buf_str(&id));
	case STORE_E_CONFLICT:
		return client_fail(c, CLIENT_E_CONFLICT, "update conflict: %s", buf_str(&id));
	case STORE_E_INVALID:
		if (!revision) /* a name that no key can hold */
			return client_fail_not_found(c, key);
		return client_fail_field(c, "ResourceVersion", revision, NULL);
	case STORE_E_UNAUTHORIZED:
		return client_fail(c, CLIENT_E_OTHER, "connection is unauthorized: %s", r->err.msg);
	case STORE_E_COMPACTED:
	case STORE_E_UNAVAILABLE:
	case STORE_E_OTHER:
		break;
	}
	return client_fail(c, CLIENT_E_OTHER, "%s", r->err.msg);
}

static struct key key_of(const struct resource *res)
{
	return key_resource(
		res->kind, kind_namespaced(res->kind) ? res->meta.ns : NULL, res->meta.name);
}

/* ---- reading */

int client_read_value(const struct kv *kv, bool list, struct resource **ret, struct err *err)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	int r = resource_decode(kv->key.kind, kv->value, kv->len, &res, err);
	if (r < 0)
		return r;
	res->meta.resource_version = arena_strdup(&res->arena, kv->revision);
	r = resource_present(res, err);
	if (r < 0)
		return r;
	resource_default_on_read(res, list);
	*ret = TAKE_PTR(res);
	return 0;
}

enum client_status client_fail_parse(
	struct client *c, const struct kv *kv, const struct err *err)
{
	_cleanup_buf_ struct buf path = BUF_INIT;
	if (key_format(&kv->key, &path) < 0)
		buf_puts(&path, "?");
	return client_fail(c, CLIENT_E_OTHER,
		"failed to parse datastore entry key=%s; value=%.*s: %s", buf_str(&path),
		(int)kv->len, kv->value, err->msg);
}

enum client_status client_get(struct client *c, enum kind kind, const char *ns, const char *name,
	const char *revision, struct resource **ret)
{
	struct key key = key_resource(kind, ns, name);
	buf_clear(&c->error);
	if (default_allow_is(kind, name)) {
		*ret = default_allow_new();
		return CLIENT_OK;
	}
	if (str_empty(name))
		return client_fail_not_found(c, &key);
	struct store_reply reply;
	struct err err = { 0 };
	enum client_status status = CLIENT_OK;
	if (call_get(c->loop, c->store, &key, revision, c->timeout_ms, &reply) != STORE_OK)
		status = client_fail_store(c, &key, revision, &reply);
	else if (client_read_value(&reply.kvs[0], false, ret, &err) < 0)
		status = client_fail_parse(c, &reply.kvs[0], &err);
	store_reply_done(&reply);
	return status;
}

void resource_list_done(struct resource_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		resource_free(l->v[i]);
	free(l->v);
	free(l->revision);
	*l = (struct resource_list){ 0 };
}

static void list_add(void *ctx, struct resource *res)
{
	struct resource_list *l = ctx;
	mem_grow(&l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = res;
}

enum client_status client_list(struct client *c, enum kind kind, const char *ns,
	const char *name_prefix, struct resource_list *ret)
{
	struct resource_list list = { 0 };
	enum client_status status =
		client_each(c, kind, ns, name_prefix, list_add, &list, &list.revision);
	if (status == CLIENT_OK)
		*ret = list;
	else
		resource_list_done(&list);
	return status;
}

/* One list that is being read. */
struct reading {
	client_each_fn fn;
	void *ctx;
	char *revision;
	struct store_reply reply; /* how it ended */
	bool done;
};

/* Takes what can be read; one bad value must not hide the others. */
static void on_page(void *ctx, const struct store_result *res)
{
	struct reading *r = ctx;
	for (size_t i = 0; i < res->n; i++) {
		struct resource *object;
		struct err err = { 0 };
		if (client_read_value(&res->kvs[i], true, &object, &err) < 0)
			log_debug("Leaving out a value that cannot be read name=%s: %s",
				res->kvs[i].key.name, err.msg);
		else
			r->fn(r->ctx, object);
	}
	if (!r->revision && res->revision)
		r->revision = mem_strdup(res->revision);
	r->reply.status = res->status;
	r->reply.err = *res->err;
	r->done = !res->more;
}

enum client_status client_each(struct client *c, enum kind kind, const char *ns,
	const char *name_prefix, client_each_fn fn, void *ctx, char **ret_revision)
{
	struct key_range range = {
		.type = KEY_RESOURCE, .kind = kind, .ns = ns, .name_prefix = name_prefix
	};
	struct reading reading = { .fn = fn, .ctx = ctx };
	struct key key = key_resource(kind, ns, NULL);
	buf_clear(&c->error);
	uint64_t deadline = c->timeout_ms ? loop_now(c->loop) + c->timeout_ms * NSEC_PER_MSEC
					  : STORE_NO_DEADLINE;
	uint64_t id = store_list(c->store, &range, NULL, deadline, on_page, &reading);
	int r = 0;
	while (!reading.done && r >= 0 && !loop_exiting(c->loop))
		r = loop_step(c->loop, -1);
	if (!reading.done) {
		store_cancel(c->store, id);
		reading.reply.status = STORE_E_OTHER;
		err_set(&reading.reply.err, -EINTR, "interrupted");
	}
	if (reading.reply.status != STORE_OK) {
		free(reading.revision);
		return client_fail_store(c, &key, NULL, &reading.reply);
	}
	if (kind == KIND_PROFILE)
		fn(ctx, default_allow_new());
	*ret_revision = reading.revision ? reading.revision : mem_strdup("");
	return CLIENT_OK;
}

/* ---- writing */

typedef void (*validate_fn)(const struct resource *res, struct field_errors *errors);

static enum client_status validate(struct client *c, const struct resource *res, validate_fn fn)
{
	struct field_errors errors = { 0 };
	fn(res, &errors);
	enum client_status status = errors.n ? client_fail_fields(c, &errors) : CLIENT_OK;
	field_errors_done(&errors);
	return status;
}

static enum client_status check_by_rules(
	struct client *c, struct resource *res, const struct kind_rules *rules, bool create)
{
	if (!rules->check)
		return CLIENT_OK;
	_cleanup_(resource_freep) struct resource *old = NULL;
	if (!create && rules->check_needs_old) {
		enum client_status status =
			client_get(c, res->kind, res->meta.ns, res->meta.name, NULL, &old);
		if (status != CLIENT_OK)
			return status;
	}
	return rules->check(c, res, old);
}

/* All that comes before the write itself. */
static enum client_status prepare(struct client *c, struct resource *res, bool create)
{
	const struct kind_rules *rules = kind_rules(res->kind);
	enum client_status status = CLIENT_OK;
	buf_clear(&c->error);
	if (rules->before)
		status = rules->before(c, res, create);
	if (status == CLIENT_OK)
		status = validate(c, res, resource_validate_first);
	if (status != CLIENT_OK)
		return status;
	resource_default_on_write(res);
	status = check_by_rules(c, res, rules, create);
	if (status == CLIENT_OK)
		status = validate(c, res, resource_validate);
	if (status == CLIENT_OK)
		status = validate(c, res, resource_validate_last);
	if (status == CLIENT_OK && rules->after)
		status = rules->after(c, res, create);
	return status;
}

static enum client_status check_namespace(struct client *c, const struct resource *res)
{
	if (!kind_namespaced(res->kind) || !str_empty(res->meta.ns))
		return CLIENT_OK;
	return client_fail_field(
		c, "Metadata.Namespace", NULL, "namespace is not specified on namespaced resource");
}

typedef enum store_status (*put_fn)(struct loop *l, struct store *s, const struct store_write *w,
	unsigned timeout_ms, struct store_reply *ret);

/* Writes, and turns *res into what readers now see. */
static enum client_status put(struct client *c, struct resource *res, put_fn fn)
{
	_cleanup_buf_ struct buf value = BUF_INIT;
	const char *revision = res->meta.resource_version;
	struct key key = key_of(res);
	resource_prepare_store(res);
	resource_encode(res, &value);
	struct store_write w = {
		.key = &key, .value = value.data, .len = value.len, .revision = revision
	};
	struct store_reply reply;
	struct err err = { 0 };
	enum client_status status = CLIENT_OK;
	if (fn(c->loop, c->store, &w, c->timeout_ms, &reply) != STORE_OK)
		status = client_fail_store(c, &key, revision, &reply);
	else
		res->meta.resource_version = arena_strdup(&res->arena, reply.kvs[0].revision);
	store_reply_done(&reply);
	if (resource_present(res, &err) < 0)
		log_debug("What was just written cannot be presented: %s", err.msg);
	return status;
}

static void stamp(struct resource *res)
{
	char uid[UID_TEXT_MAX], now[CLOCK_TEXT_MAX];
	if (str_empty(res->meta.uid)) {
		uid_make(uid);
		res->meta.uid = arena_strdup(&res->arena, uid);
	}
	if (str_empty(res->meta.creation_timestamp))
		res->meta.creation_timestamp =
			arena_strdup(&res->arena, clock_format_rfc3339(clock_wall_ns(), now));
}

/* All that comes after the checks of the kind. */
static enum client_status create_checked(struct client *c, struct resource *res)
{
	if (!str_empty(res->meta.resource_version))
		return client_fail_field(
			c, "Metadata.ResourceVersion", res->meta.resource_version, CREATE_EMPTY);
	res->meta.resource_version = NULL;
	enum client_status status = check_namespace(c, res);
	if (status != CLIENT_OK)
		return status;
	if (default_allow_is(res->kind, res->meta.name))
		return client_fail(c, CLIENT_E_EXISTS, "%s", DEFAULT_ALLOW_EXISTS);
	stamp(res);
	return put(c, res, call_create);
}

enum client_status client_create(struct client *c, struct resource *res)
{
	enum client_status status = prepare(c, res, true);
	return status == CLIENT_OK ? create_checked(c, res) : status;
}

enum client_status client_create_unsafe(struct client *c, struct resource *res)
{
	buf_clear(&c->error);
	return create_checked(c, res);
}

enum client_status client_update(struct client *c, struct resource *res)
{
	enum client_status status = prepare(c, res, false);
	if (status != CLIENT_OK)
		return status;
	if (default_allow_is(res->kind, res->meta.name))
		return client_fail(
			c, CLIENT_E_UNSUPPORTED, DEFAULT_ALLOW_FIXED, "Update", "updated");
	if (str_empty(res->meta.resource_version))
		return client_fail_field(c, "Metadata.ResourceVersion", "", UPDATE_SET);
	status = check_namespace(c, res);
	if (status != CLIENT_OK)
		return status;
	if (str_empty(res->meta.creation_timestamp))
		return client_fail_field(c, "Metadata.CreationTimestamp", NULL, UPDATE_SET);
	if (str_empty(res->meta.uid))
		return client_fail_field(c, "Metadata.UID", "", UPDATE_SET);
	return put(c, res, call_update);
}

static enum client_status delete_object(
	struct client *c, enum kind kind, const char *ns, const char *name, const char *revision)
{
	struct key key = key_resource(kind, kind_namespaced(kind) ? ns : NULL, name);
	struct store_write w = { .key = &key, .revision = str_empty(revision) ? NULL : revision };
	struct store_reply reply;
	enum client_status status = CLIENT_OK;
	if (call_delete(c->loop, c->store, &w, c->timeout_ms, &reply) != STORE_OK)
		status = client_fail_store(c, &key, w.revision, &reply);
	store_reply_done(&reply);
	return status;
}

enum client_status client_delete(
	struct client *c, enum kind kind, const char *ns, const char *name, const char *revision)
{
	const struct kind_rules *rules = kind_rules(kind);
	struct key key = key_resource(kind, kind_namespaced(kind) ? ns : NULL, name);
	buf_clear(&c->error);
	if (str_empty(name))
		return client_fail_not_found(c, &key);
	if (default_allow_is(kind, name))
		return client_fail(
			c, CLIENT_E_UNSUPPORTED, DEFAULT_ALLOW_FIXED, "Delete", "deleted");
	enum client_status status = CLIENT_OK;
	if (rules->before_delete)
		status = rules->before_delete(c, name, &revision);
	return status == CLIENT_OK ? delete_object(c, kind, ns, name, revision) : status;
}

enum client_status client_delete_unsafe(
	struct client *c, enum kind kind, const char *name, const char *revision)
{
	buf_clear(&c->error);
	return delete_object(c, kind, NULL, name, revision);
}
