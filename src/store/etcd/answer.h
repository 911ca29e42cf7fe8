/* SPDX-License-Identifier: GPL-2.0-or-later */
/* answer.h - etcd's big answers, decoded by hand. Field numbers are those of etcdserverpb. */
#pragma once

#include "../reply.h"
#include "wire.h"

enum {
	RANGE_HEADER = 1,
	RANGE_KVS = 2,
	RANGE_MORE = 3,
	RANGE_COUNT = 4,

	WATCH_HEADER = 1,
	WATCH_ID = 2,
	WATCH_CREATED = 3,
	WATCH_CANCELED = 4,
	WATCH_COMPACT_REVISION = 5,
	WATCH_CANCEL_REASON = 6,
	WATCH_FRAGMENT = 7,
	WATCH_EVENTS = 11,
};

struct answer_header {
	uint64_t cluster_id;
	uint64_t revision;
};

/* All return 0 or -EBADMSG; what they fill borrows from the field. A value over STORE_VALUE_MAX, or
 * cut off by the wire, becomes NULL. */
int answer_header(const struct wire_field *f, struct answer_header *ret);
int answer_kv(const struct wire_field *f, struct raw_kv *ret);    /* mvccpb.KeyValue */
int answer_event(const struct wire_field *f, struct raw_kv *ret); /* mvccpb.Event */
