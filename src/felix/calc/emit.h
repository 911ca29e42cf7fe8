/* SPDX-License-Identifier: GPL-2.0-or-later */
/* emit.h - the way out of the graph, and messages kept until then.
 *
 * What may be sent later, or again, is kept packed: 10,000 policies of which 100 are used here
 * cost their bytes, not their structs.
 */
#pragma once

#include "calc/calc.h"
#include "proto/felixbackend.pb-c.h"

struct emitter {
	calc_output_fn fn;
	void *ctx;
	uint64_t messages; /* is also the sequence number of the last one */
	uint64_t members;
};

void emitter_send(struct emitter *e, Felix__ToDataplane *msg);

#define emit_payload(EMITTER, CASE, MEMBER, VALUE)                       \
	do {                                                             \
		Felix__ToDataplane msg_ = FELIX__TO_DATAPLANE__INIT;     \
		msg_.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_##CASE; \
		msg_.MEMBER = (VALUE);                                   \
		emitter_send((EMITTER), &msg_);                          \
	} while (0)

struct packed {
	uint8_t *data; /* NULL: nothing */
	size_t len;
};

bool packed_set(struct packed *p, const Felix__ToDataplane *msg); /* false: it was just that */
bool packed_equal(const struct packed *a, const struct packed *b);
void packed_done(struct packed *p);
/* The caller ends it with felix__to_dataplane__free_unpacked(msg, NULL). */
Felix__ToDataplane *packed_open(const struct packed *p);
void packed_emit(const struct packed *p, struct emitter *e);
