/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "answer.h"

#include <errno.h>

enum { KV_KEY = 1, KV_CREATE_REVISION = 2, KV_MOD_REVISION = 3, KV_VALUE = 5 };
enum { EVENT_KIND = 1, EVENT_KV = 2 };
enum { EVENT_KIND_DELETE = 1 };
enum { HEADER_CLUSTER_ID = 1, HEADER_REVISION = 3 };

int answer_header(const struct wire_field *f, struct answer_header *ret)
{
	const uint8_t *at = f->data;
	struct wire_field part;
	int r;

	*ret = (struct answer_header){ 0 };
	while ((r = wire_next(&at, f->data + f->len, &part)) > 0) {
		if (part.number == HEADER_CLUSTER_ID)
			ret->cluster_id = part.value;
		else if (part.number == HEADER_REVISION)
			ret->revision = part.value;
	}
	return r;
}

/* In a field that was cut off the last part has a length beyond the end: its value. What stands
 * before it (etcd writes fields in order, the value last but for the lease) is whole. */
static int parse_kv(const uint8_t *data, size_t len, bool cut, struct raw_kv *ret)
{
	const uint8_t *at = data;
	uint64_t create_revision = 0;
	struct wire_field part;
	int r;

	*ret = (struct raw_kv){ .value = "" };
	while ((r = wire_next(&at, data + len, &part)) > 0) {
		if (part.number == KV_KEY) {
			ret->path = (const char *)part.data;
			ret->path_len = part.len;
		} else if (part.number == KV_CREATE_REVISION) {
			create_revision = part.value;
		} else if (part.number == KV_MOD_REVISION) {
			ret->mod_rev = part.value;
		} else if (part.number == KV_VALUE) {
			ret->value = (const char *)part.data;
			ret->value_len = part.len;
		}
	}
	if ((r < 0 && !cut) || !ret->path)
		return -EBADMSG;
	if (cut || ret->value_len > STORE_VALUE_MAX) {
		ret->value = NULL;
		ret->value_len = 0;
	}
	ret->created = create_revision == ret->mod_rev;
	return 0;
}

int answer_kv(const struct wire_field *f, struct raw_kv *ret)
{
	return parse_kv(f->data, f->len, f->cut, ret);
}

/* Of an event that was cut off, the kv is the part that does not fit. */
static int parse_cut_event(const uint8_t *data, size_t len, struct raw_kv *ret)
{
	const uint8_t *at = data, *end = data + len;
	struct wire_field part;

	while (at < end) {
		const uint8_t *start = at;

		if (wire_next(&at, end, &part) > 0 && part.number != EVENT_KV)
			continue;
		if (*start != (EVENT_KV << 3 | WIRE_BYTES))
			return -EBADMSG;
		for (at = start + 1; at < end && *at & 0x80; at++)
			; /* over the length */
		return at < end ? parse_kv(at + 1, (size_t)(end - at - 1), true, ret) : -EBADMSG;
	}
	return -EBADMSG;
}

int answer_event(const struct wire_field *f, struct raw_kv *ret)
{
	const uint8_t *at = f->data;
	bool deleted = false, has_kv = false;
	struct wire_field part;
	int r;

	if (f->cut)
		return parse_cut_event(f->data, f->len, ret);
	while ((r = wire_next(&at, f->data + f->len, &part)) > 0) {
		if (part.number == EVENT_KIND)
			deleted = part.value == EVENT_KIND_DELETE;
		else if (part.number == EVENT_KV && parse_kv(part.data, part.len, false, ret) < 0)
			return -EBADMSG;
		has_kv |= part.number == EVENT_KV;
	}
	if (r < 0 || !has_kv)
		return -EBADMSG;
	if (deleted) {
		ret->value = NULL;
		ret->value_len = 0;
		ret->created = false;
	}
	return 0;
}
