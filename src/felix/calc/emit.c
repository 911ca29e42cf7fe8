/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "emit.h"

#include <string.h>

#include "base/mem.h"

void emitter_send(struct emitter *e, Felix__ToDataplane *msg)
{
	msg->sequence_number = ++e->messages;
	e->fn(e->ctx, msg);
}

static struct packed pack(const Felix__ToDataplane *msg)
{
	struct packed p = { .len = felix__to_dataplane__get_packed_size(msg) };

	p.data = mem_alloc(p.len);
	felix__to_dataplane__pack(msg, p.data);
	return p;
}

bool packed_equal(const struct packed *a, const struct packed *b)
{
	if (!a->data || !b->data)
		return a->data == b->data;
	return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

bool packed_set(struct packed *p, const Felix__ToDataplane *msg)
{
	struct packed new = pack(msg);

	if (packed_equal(p, &new)) {
		packed_done(&new);
		return false;
	}
	packed_done(p);
	*p = new;
	return true;
}

void packed_done(struct packed *p)
{
	free(p->data);
	*p = (struct packed){ 0 };
}

/* It was packed here, so it unpacks. */
Felix__ToDataplane *packed_open(const struct packed *p)
{
	return felix__to_dataplane__unpack(NULL, p->len, p->data);
}

void packed_emit(const struct packed *p, struct emitter *e)
{
	Felix__ToDataplane *msg = packed_open(p);

	emitter_send(e, msg);
	felix__to_dataplane__free_unpacked(msg, NULL);
}
