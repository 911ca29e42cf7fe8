/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "request.h"

#include <errno.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "etcd.pb-c.h"

static ProtobufCBinaryData bytes(struct text t)
{
	return (ProtobufCBinaryData){ .len = t.len, .data = (uint8_t *)t.s };
}

static void pack(struct buf *out, const ProtobufCMessage *m)
{
	size_t size = protobuf_c_message_get_packed_size(m);

	buf_grown(out, protobuf_c_message_pack(m, (uint8_t *)buf_reserve(out, size)));
}

void prefix_end(struct text prefix, struct buf *out)
{
	size_t len = prefix.len;

	while (len && (uint8_t)prefix.s[len - 1] == 0xff)
		len--;
	buf_put(out, prefix.s, len);
	if (len)
		out->data[len - 1]++;
	else
		buf_putc(out, '\0'); /* etcd's way to say: to the very end */
}

static Etcd__RangeRequest range_message(const struct range_request *r)
{
	Etcd__RangeRequest m = ETCD__RANGE_REQUEST__INIT;

	m.key = bytes(r->key);
	m.range_end = bytes(r->end);
	m.limit = (int64_t)r->limit;
	m.revision = (int64_t)r->revision;
	m.count_only = r->count_only;
	return m;
}

void request_range(struct buf *out, const struct range_request *r)
{
	Etcd__RangeRequest m = range_message(r);

	pack(out, &m.base);
}

static Etcd__PutRequest put_message(const struct put_request *p)
{
	Etcd__PutRequest m = ETCD__PUT_REQUEST__INIT;

	m.key = bytes(p->key);
	m.value = bytes(p->value);
	m.lease = (int64_t)p->lease;
	return m;
}

static Etcd__Compare comparison(enum store_op op, const struct put_request *p)
{
	Etcd__Compare m = ETCD__COMPARE__INIT;

	m.key = bytes(p->key);
	m.result = ETCD__COMPARE__RESULT__EQUAL;
	if (op == STORE_CREATE) {
		m.target = ETCD__COMPARE__TARGET__VERSION;
		m.operand_case = ETCD__COMPARE__OPERAND_VERSION;
	} else {
		m.target = ETCD__COMPARE__TARGET__MOD;
		m.operand_case = ETCD__COMPARE__OPERAND_MOD_REVISION;
		m.mod_revision = (int64_t)p->revision;
	}
	return m;
}

/* If the key is as expected, then write, else tell what is there. */
static void pack_txn(struct buf *out, enum store_op op, const struct put_request *p)
{
	Etcd__TxnRequest txn = ETCD__TXN_REQUEST__INIT;
	Etcd__RequestOp then = ETCD__REQUEST_OP__INIT, otherwise = ETCD__REQUEST_OP__INIT;
	Etcd__RequestOp *then_list[] = { &then }, *otherwise_list[] = { &otherwise };
	Etcd__PutRequest write = put_message(p);
	Etcd__DeleteRangeRequest erase = ETCD__DELETE_RANGE_REQUEST__INIT;
	Etcd__RangeRequest look = range_message(&(struct range_request){ .key = p->key });
	Etcd__Compare compare = comparison(op, p), *compare_list[] = { &compare };

	if (op == STORE_DELETE) {
		erase.key = bytes(p->key);
		erase.prev_kv = true;
		then.request_case = ETCD__REQUEST_OP__REQUEST_DELETE_RANGE;
		then.delete_range = &erase;
	} else {
		then.request_case = ETCD__REQUEST_OP__REQUEST_PUT;
		then.put = &write;
	}
	otherwise.request_case = ETCD__REQUEST_OP__REQUEST_RANGE;
	otherwise.range = &look;
	txn.compare = compare_list;
	txn.n_compare = op == STORE_DELETE && !p->revision ? 0 : 1;
	txn.success = then_list;
	txn.n_success = 1;
	txn.failure = otherwise_list;
	txn.n_failure = 1;
	pack(out, &txn.base);
}

const char *request_write(struct buf *out, enum store_op op, const struct put_request *p)
{
	if (op == STORE_APPLY) {
		Etcd__PutRequest m = put_message(p);

		pack(out, &m.base);
		return METHOD_PUT;
	}
	pack_txn(out, op, p);
	return METHOD_TXN;
}

struct txn_parts { /* of one key */
	Etcd__Compare compare;
	Etcd__PutRequest put;
	Etcd__DeleteRangeRequest erase;
	Etcd__RangeRequest look;
	Etcd__RequestOp then, otherwise;
};

static void fill_parts(struct txn_parts *p, const struct txn_key *k)
{
	struct put_request put = { .key = k->key, .value = k->value, .revision = k->revision };

	p->compare = comparison(k->revision ? STORE_UPDATE : STORE_CREATE, &put);
	p->put = put_message(&put);
	p->erase = (Etcd__DeleteRangeRequest)ETCD__DELETE_RANGE_REQUEST__INIT;
	p->erase.key = bytes(k->key);
	p->look = range_message(&(struct range_request){ .key = k->key });
	p->then = (Etcd__RequestOp)ETCD__REQUEST_OP__INIT;
	p->otherwise = (Etcd__RequestOp)ETCD__REQUEST_OP__INIT;
	p->otherwise.request_case = ETCD__REQUEST_OP__REQUEST_RANGE;
	p->otherwise.range = &p->look;
	if (k->action == TXN_PUT) {
		p->then.request_case = ETCD__REQUEST_OP__REQUEST_PUT;
		p->then.put = &p->put;
	} else {
		p->then.request_case = ETCD__REQUEST_OP__REQUEST_DELETE_RANGE;
		p->then.delete_range = &p->erase;
	}
}

void request_txn(struct buf *out, const struct txn_key *keys, size_t n)
{
	Etcd__TxnRequest txn = ETCD__TXN_REQUEST__INIT;
	_cleanup_free_ struct txn_parts *parts = mem_new_n(struct txn_parts, n);
	Etcd__Compare *compare[STORE_STEPS_MAX];
	Etcd__RequestOp *then[STORE_STEPS_MAX], *otherwise[STORE_STEPS_MAX];

	for (size_t i = 0; i < n; i++) {
		fill_parts(&parts[i], &keys[i]);
		compare[i] = &parts[i].compare;
		otherwise[i] = &parts[i].otherwise;
		if (keys[i].action != TXN_NOTHING)
			then[txn.n_success++] = &parts[i].then;
	}
	txn.compare = compare;
	txn.n_compare = n;
	txn.success = then;
	txn.failure = otherwise;
	txn.n_failure = n;
	pack(out, &txn.base);
}

void request_lease(struct buf *out, uint32_t ttl_s)
{
	Etcd__LeaseGrantRequest m = ETCD__LEASE_GRANT_REQUEST__INIT;

	m.ttl = ttl_s;
	pack(out, &m.base);
}

void request_watch(struct buf *out, struct text key, struct text end, uint64_t start_revision)
{
	Etcd__WatchRequest m = ETCD__WATCH_REQUEST__INIT;
	Etcd__WatchCreateRequest create = ETCD__WATCH_CREATE_REQUEST__INIT;

	create.key = bytes(key);
	create.range_end = bytes(end);
	create.start_revision = (int64_t)start_revision;
	create.progress_notify = true;
	create.fragment = true;
	m.request_case = ETCD__WATCH_REQUEST__REQUEST_CREATE;
	m.create = &create;
	pack(out, &m.base);
}

void request_watch_cancel(struct buf *out, uint64_t watch_id)
{
	Etcd__WatchRequest m = ETCD__WATCH_REQUEST__INIT;
	Etcd__WatchCancelRequest cancel = ETCD__WATCH_CANCEL_REQUEST__INIT;

	cancel.watch_id = (int64_t)watch_id;
	m.request_case = ETCD__WATCH_REQUEST__REQUEST_CANCEL;
	m.cancel = &cancel;
	pack(out, &m.base);
}

void request_authenticate(struct buf *out, const char *name, const char *password)
{
	Etcd__AuthenticateRequest m = ETCD__AUTHENTICATE_REQUEST__INIT;

	m.name = (char *)name;
	m.password = (char *)password;
	pack(out, &m.base);
}

/* --- answers --- */

static void *unpack(const ProtobufCMessageDescriptor *type, const struct buf *message)
{
	return protobuf_c_message_unpack(
		type, NULL, message->len, (const uint8_t *)buf_str(message));
}

static void unpacked_freep(void *p)
{
	ProtobufCMessage *m = *(void **)p;

	if (m)
		protobuf_c_message_free_unpacked(m, NULL);
}
#define _cleanup_unpacked_ _cleanup_(unpacked_freep)

void write_answer_done(struct write_answer *a)
{
	buf_done(&a->bytes);
}

static void keep_header(struct write_answer *a, const Etcd__ResponseHeader *h)
{
	if (h)
		a->header = (struct answer_header){ h->cluster_id, (uint64_t)h->revision };
}

/* Copies to the end of `bytes`, which the result borrows from. */
static struct raw_kv put_kv(struct buf *to, const Etcd__KeyValue *kv)
{
	size_t at = to->len;

	buf_put(to, kv->key.data, kv->key.len);
	buf_put(to, kv->value.data, kv->value.len);
	return (struct raw_kv){
		.path = to->data + at,
		.path_len = kv->key.len,
		.value = to->data + at + kv->key.len,
		.value_len = kv->value.len,
		.mod_rev = (uint64_t)kv->mod_revision,
		.created = kv->mod_revision == kv->create_revision,
	};
}

static void keep_kv(struct write_answer *a, const Etcd__KeyValue *kv)
{
	a->has_kv = true;
	a->kv = put_kv(&a->bytes, kv);
}

static int answer_put(const struct buf *message, struct write_answer *ret)
{
	_cleanup_unpacked_ Etcd__PutResponse *m = unpack(&etcd__put_response__descriptor, message);

	if (!m)
		return -EBADMSG;
	keep_header(ret, m->header);
	ret->succeeded = true;
	return 0;
}

int answer_write(const struct buf *message, enum store_op op, struct write_answer *ret)
{
	_cleanup_unpacked_ Etcd__TxnResponse *m = NULL;
	const Etcd__ResponseOp *first;

	*ret = (struct write_answer){ 0 };
	if (op == STORE_APPLY)
		return answer_put(message, ret);
	m = unpack(&etcd__txn_response__descriptor, message);
	if (!m || m->n_responses != 1)
		return -EBADMSG;
	keep_header(ret, m->header);
	ret->succeeded = m->succeeded;
	first = m->responses[0];
	if (first->response_case == ETCD__RESPONSE_OP__RESPONSE_RANGE && first->range->n_kvs)
		keep_kv(ret, first->range->kvs[0]);
	else if (first->response_case == ETCD__RESPONSE_OP__RESPONSE_DELETE_RANGE &&
		 first->delete_range->n_prev_kvs)
		keep_kv(ret, first->delete_range->prev_kvs[0]);
	return 0;
}

void txn_answer_done(struct txn_answer *a)
{
	free(a->kvs);
	buf_done(&a->bytes);
}

static size_t txn_bytes(const Etcd__TxnResponse *m)
{
	size_t n = 0;

	for (size_t i = 0; i < m->n_responses; i++)
		if (m->responses[i]->response_case == ETCD__RESPONSE_OP__RESPONSE_RANGE &&
			m->responses[i]->range->n_kvs)
			n += m->responses[i]->range->kvs[0]->key.len +
			     m->responses[i]->range->kvs[0]->value.len;
	return n;
}

int answer_txn(const struct buf *message, size_t n_keys, struct txn_answer *ret)
{
	_cleanup_unpacked_ Etcd__TxnResponse *m =
		unpack(&etcd__txn_response__descriptor, message);

	*ret = (struct txn_answer){ 0 };
	if (!m || (!m->succeeded && m->n_responses != n_keys))
		return -EBADMSG;
	if (m->header)
		ret->header = (struct answer_header){ m->header->cluster_id,
			(uint64_t)m->header->revision };
	ret->succeeded = m->succeeded;
	ret->kvs = mem_new_n(struct raw_kv, n_keys);
	buf_reserve(&ret->bytes, txn_bytes(m)); /* so that pointers into it stay */
	for (size_t i = 0; !m->succeeded && i < n_keys; i++) {
		const Etcd__ResponseOp *op = m->responses[i];

		if (op->response_case != ETCD__RESPONSE_OP__RESPONSE_RANGE)
			return -EBADMSG;
		if (op->range->n_kvs)
			ret->kvs[i] = put_kv(&ret->bytes, op->range->kvs[0]);
	}
	return 0;
}

int answer_lease(const struct buf *message, uint64_t *ret_lease)
{
	_cleanup_unpacked_ Etcd__LeaseGrantResponse *m =
		unpack(&etcd__lease_grant_response__descriptor, message);

	if (!m || m->id == 0)
		return -EBADMSG;
	*ret_lease = (uint64_t)m->id;
	return 0;
}

int answer_token(const struct buf *message, char **ret)
{
	_cleanup_unpacked_ Etcd__AuthenticateResponse *m =
		unpack(&etcd__authenticate_response__descriptor, message);

	if (!m || !*m->token)
		return -EBADMSG;
	*ret = mem_strdup(m->token);
	return 0;
}
