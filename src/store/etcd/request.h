/* SPDX-License-Identifier: GPL-2.0-or-later */
/* request.h - what is sent to etcd, as packed messages; and the small answers. */
#pragma once

#include "../reply.h"
#include "answer.h"
#include "base/buf.h"

#define METHOD_RANGE        "/etcdserverpb.KV/Range"
#define METHOD_PUT          "/etcdserverpb.KV/Put"
#define METHOD_TXN          "/etcdserverpb.KV/Txn"
#define METHOD_WATCH        "/etcdserverpb.Watch/Watch"
#define METHOD_LEASE_GRANT  "/etcdserverpb.Lease/LeaseGrant"
#define METHOD_AUTHENTICATE "/etcdserverpb.Auth/Authenticate"

struct text { /* bytes that may hold anything */
	const char *s;
	size_t len;
};

static inline struct text text_of(const struct buf *b)
{
	return (struct text){ buf_str(b), b->len };
}

/* The first key behind all that begin with the prefix. */
void prefix_end(struct text prefix, struct buf *out);

struct range_request {
	struct text key, end; /* no end: just the key */
	uint64_t limit, revision;
	bool count_only;
};
void request_range(struct buf *out, const struct range_request *r);

struct put_request {
	struct text key, value;
	uint64_t lease;    /* 0 = none */
	uint64_t revision; /* update, delete: compare; delete: 0 = whatever is there */
};
/* Packs the write and returns the method that takes it. */
const char *request_write(struct buf *out, enum store_op op, const struct put_request *p);

/* A key of a transaction: compared once, written at most once. */
struct txn_key {
	struct text key, value;
	uint64_t revision; /* it must have; 0 = it must not exist */
	enum { TXN_NOTHING, TXN_PUT, TXN_DELETE } action;
};
/* If all keys are as expected, then all writes, else tell what is there of each. */
void request_txn(struct buf *out, const struct txn_key *keys, size_t n);
void request_lease(struct buf *out, uint32_t ttl_s);
void request_watch(struct buf *out, struct text key, struct text end, uint64_t start_revision);
void request_watch_cancel(struct buf *out, uint64_t watch_id);
void request_authenticate(struct buf *out, const char *name, const char *password);

struct write_answer {
	struct answer_header header;
	bool succeeded;
	bool has_kv; /* what is there (compare failed) or was there (delete) */
	struct raw_kv kv;
	struct buf bytes; /* owns what kv points to */
};
void write_answer_done(struct write_answer *a);
/* All return 0 or -EBADMSG. */
int answer_write(const struct buf *message, enum store_op op, struct write_answer *ret);

struct txn_answer {
	struct answer_header header;
	bool succeeded;
	struct raw_kv *kvs; /* of each key when it did not; path NULL = not there */
	struct buf bytes;   /* owns what they point to */
};
void txn_answer_done(struct txn_answer *a);
int answer_txn(const struct buf *message, size_t n_keys, struct txn_answer *ret);
int answer_lease(const struct buf *message, uint64_t *ret_lease);
int answer_token(const struct buf *message, char **ret);
