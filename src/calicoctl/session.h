/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session.h - one run of the program: its connection, and the text of the last failure.
 *
 * Source: calicoctl.md 2, 3.
 */
#pragma once

#include "args.h"
#include "base/buf.h"
#include "client/client.h"

struct session {
	const struct options *opt;
	struct loop *loop;
	struct store *store;
	struct client *client; /* NULL: no_client says why */
	struct err no_client;
	struct buf error;
	struct inbox *patience; /* its timer says what is waited for */
	struct buf waiting;     /* what it said last */
};

/* Reads the configuration and prepares the client; nothing is sent yet. 0, or the exit status after
 * the message was printed. That no client can be made is for later: some verbs need none. */
int session_open(struct session *s, const struct options *opt) MUST_CHECK;
void session_close(struct session *s);

/* Opens, checks the version and that there is a client, as the verbs do that edit no resources: what
 * fails goes to stderr. 0, or the exit status. */
int session_begin(struct session *s, const struct options *opt) MUST_CHECK;

/* Prints why there is no client; 0 when there is one, else the exit status. */
int session_need_client(struct session *s) MUST_CHECK;

/* Compares the cluster's version with ours; a mismatch leaves its text in s->error. */
enum client_status session_check_version(struct session *s) MUST_CHECK;

/* Leaves a text in s->error and returns the status. */
enum client_status session_fail(struct session *s, enum client_status status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same with the client's own text; CLIENT_OK passes. */
enum client_status session_result(struct session *s, enum client_status status);

#define _cleanup_session_ _cleanup_(session_close)
