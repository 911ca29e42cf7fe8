/* SPDX-License-Identifier: GPL-2.0-or-later */
/* client.h - what the parts of the etcd store share.
 *
 *   etcd.c   the store's interface, the cluster's identity
 *   rpc.c    one request with its deadline, repeats and authentication
 *   read.c   get and list          write.c  create, update, apply, delete
 *   run.c    a list of steps as one transaction
 *   watch.c  all watches on one stream
 */
#pragma once

#include <bsd/sys/queue.h>

#include "../pending.h"
#include "base/rng.h"
#include "io/grpc_channel.h"
#include "request.h"
#include "store/etcd.h"

struct etcd;

/* --- rpc.c --- */

struct rpc {
	TAILQ_ENTRY(rpc) link;
	struct etcd *e;
	const struct rpc_ops *ops;
	uint64_t id;          /* of the store's call; 0 = of our own */
	uint64_t serial;      /* id of its timer */
	uint64_t call;        /* of the channel; 0 = waiting for a repeat or for a token */
	uint64_t deadline_ns; /* UINT64_MAX = none */
	uint64_t floor;       /* newest revision known when it was sent */
	const char *method;
	struct buf request;
	unsigned token;       /* number of the one it was sent with */
	unsigned tries;       /* that failed */
	bool repeatable;      /* nothing is changed by doing it twice */
	struct buf refusal; /* what the server said when it was refused last */
	bool parked, renewed; /* waits for a token; had one renewed already */
};

struct rpc_ops {
	/* Before the request is sent (again): sets method, request, repeatable. */
	void (*prepare)(struct rpc *r);
	int (*piece)(struct rpc *r, const uint8_t *data, size_t len, bool end);
	void (*answered)(struct rpc *r); /* all pieces came; send again, or post and free */
	void (*failed)(struct rpc *r, enum store_status status, const char *text); /* free it */
	void (*free)(struct rpc *r);
	void (*turn)(struct rpc *r); /* after rpc_turn() */
};

#define RPC_TIMEOUT_NS (10 * NSEC_PER_SEC)
#define RPC_TURN       (UINT64_C(1) << 63) /* in the id of a timer: not to repeat it, but its turn */

/* Of the watch stream; no rpc has the serial 0. */
enum { TIMER_WATCH_PAUSE = 0 };
#define TIMER_WATCH_SILENCE RPC_TURN

void rpc_init(struct rpc *r, struct etcd *e, const struct rpc_ops *ops, uint64_t id);
void rpc_send(struct rpc *r);
void rpc_turn(struct rpc *r); /* its ops' turn() comes once others have been heard */
void rpc_done(struct rpc *r); /* forgets and cancels; the owner frees its own parts */

/* Whether calls may be sent; else a token is being fetched, and auth_done() will be told. */
bool auth_ready(struct etcd *e);
void auth_renew(struct etcd *e, unsigned token); /* that one is no good any more */
bool auth_is_error(unsigned code, const char *text);

enum store_status status_of(unsigned code, const char *text);

/* --- watch.c --- */

struct watch;

struct watcher {
	TAILQ_HEAD(, watch) watches;
	uint64_t call;          /* of the channel; 0 = no stream */
	struct watch *creating; /* asked for, not confirmed yet: one at a time */
	bool creating_gone;     /* it was cancelled meanwhile */
	bool pausing;           /* before the next stream */
	bool heard;             /* the present stream has said something */
	unsigned token;         /* the number of the token it was opened with */
	unsigned failures;      /* streams in a row that said nothing */
	uint64_t silence_ns;    /* of a watch, until it is checked */
	bool silence_armed;
	struct wire_stream wire;
	struct response { /* the one that is arriving */
		struct answer_header header;
		int64_t watch_id;
		bool created, canceled, fragment;
		uint64_t compact_revision;
		uint64_t last_revision; /* of its events */
		struct buf reason, reply;
	} r;
};

uint64_t watch_start(struct etcd *e, const struct key_range *range, const char *revision,
	store_done_fn done, void *ctx);
bool watch_cancel(struct etcd *e, uint64_t id);
void watcher_resume(struct etcd *e); /* registers the next watch that is not; opens the stream */
void watcher_pause_over(struct etcd *e);
void watcher_silence_over(struct etcd *e);
/* What came of etcd_verify() for a watch, which may be gone. */
void watch_verified(struct etcd *e, uint64_t id, uint64_t revision);
void watch_not_verified(struct etcd *e, uint64_t id, enum store_status status, const char *text);
void watcher_end_all(struct etcd *e, enum store_status status, const char *text);
void watcher_done(struct etcd *e);

/* --- etcd.c --- */

struct etcd {
	struct store base;
	struct loop *loop;
	struct inbox *inbox; /* timers: those of the watch stream, else the serial of an rpc */
	struct grpc_channel *channel;
	struct tls_context *tls;
	struct pending *pending;
	struct rng rng;
	TAILQ_HEAD(, rpc) rpcs;
	uint64_t last_serial;
	struct watcher watcher;
	uint64_t cluster_id, newest; /* revision */
	char *username, *password;
	uint64_t auth_call;
	struct buf auth_answer;
	bool has_token;
	unsigned tokens; /* so far */
	struct etcd_counters counters;
};

/* Takes note of where the cluster is. False, with all watches ended, when this is not the cluster
 * we knew, or the same one from before `floor`: somebody restored a backup. */
bool etcd_check_header(struct etcd *e, const struct answer_header *h, uint64_t floor);
/* A linearizable read of what a watch watches, so that it needs no other right. */
void etcd_verify(struct etcd *e, uint64_t watch_id, struct text key, struct text end);

uint64_t read_start(struct etcd *e, const struct key *key, const struct key_range *range,
	const char *revision, uint64_t deadline_ns, store_done_fn done, void *ctx);
uint64_t write_start(struct etcd *e, enum store_op op, const struct store_write *w,
	uint64_t deadline_ns, store_done_fn done, void *ctx);
uint64_t run_start(struct etcd *e, const struct store_step *steps, size_t n, uint64_t deadline_ns,
	store_done_fn done, void *ctx);

void post_invalid_revision(struct etcd *e, uint64_t id, const char *revision);
