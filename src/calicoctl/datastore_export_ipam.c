/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The addresses in an export: keys as etcd has them, values as they are stored, nodes renamed.
 * A value that cannot be read ends the export, since half of the addresses is worse than none. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "datastore_export.h"
#include "json_text.h"
#include "model/block.h"
#include "report.h"
#include "store/call.h"

struct ipam_export {
	const struct node_names *names;
	struct arena *arena;
	struct buf *out;
};

#define HOST_AFFINITY  "host:"
#define NODE_ATTRIBUTE "node"

/* ---- values: re-encoded, with the nodes renamed */

static const char *map_affinity(struct ipam_export *e, const char *affinity)
{
	if (!str_starts(affinity, HOST_AFFINITY))
		return affinity;
	return arena_printf(e->arena, HOST_AFFINITY "%s",
		node_names_map(e->names, affinity + sizeof(HOST_AFFINITY) - 1));
}

/* The handle of a node's tunnel address carries the node's name. */
static const char *map_handle(struct ipam_export *e, const char *handle)
{
	static const char *const tunnels[] = { "ipip-tunnel-addr-", "vxlan-tunnel-addr-",
		"vxlan-v6-tunnel-addr-", "wireguard-tunnel-addr-", "wireguard-v6-tunnel-addr-" };
	for (size_t i = 0; i < ARRAY_SIZE(tunnels); i++)
		if (str_starts(handle, tunnels[i]))
			return arena_printf(e->arena, "%s%s", tunnels[i],
				node_names_map(e->names, handle + strlen(tunnels[i])));
	return handle;
}

static void map_attributes(struct ipam_export *e, struct text_map *m)
{
	const char *node = text_map_get(m, NODE_ATTRIBUTE);
	if (node)
		text_map_set(m, e->arena, NODE_ATTRIBUTE, node_names_map(e->names, node));
}

static int put_block(struct ipam_export *e, const struct kv *kv, struct key *key, struct err *err)
{
	struct block b;
	int r = block_decode(kv->value, kv->len, e->arena, &b, err);
	if (r < 0)
		return r;
	b.affinity = map_affinity(e, b.affinity);
	for (size_t i = 0; i < b.n_attrs; i++) {
		b.attrs[i].handle = map_handle(e, b.attrs[i].handle);
		map_attributes(e, &b.attrs[i].secondary);
		map_attributes(e, &b.attrs[i].alternate);
	}
	block_encode(&b, e->out);
	return 0;
}

static int put_affinity(
	struct ipam_export *e, const struct kv *kv, struct key *key, struct err *err)
{
	struct affinity a;
	int r = affinity_decode(kv->value, kv->len, &a, err);
	if (r < 0)
		return r;
	key->host = node_names_map(e->names, key->host);
	affinity_encode(&a, e->out);
	return 0;
}

static int put_handle(struct ipam_export *e, const struct kv *kv, struct key *key, struct err *err)
{
	struct handle h;
	int r = handle_decode(kv->value, kv->len, e->arena, &h, err);
	if (r < 0)
		return r;
	key->name = map_handle(e, key->name);
	handle_encode(&h, e->out);
	return 0;
}

static int put_config(struct ipam_export *e, const struct kv *kv, struct key *key, struct err *err)
{
	struct ipam_config c;
	int r = ipam_config_decode(kv->value, kv->len, e->arena, &c, err);
	if (r == 0)
		ipam_config_encode(&c, e->out);
	return r;
}

/* ---- entries */

typedef int (*put_fn)(
	struct ipam_export *e, const struct kv *kv, struct key *key, struct err *err);

/* {"Key": path, "Value": value, "TTL": 0}; the value comes first, as it may change the key. */
static int put_entry(struct ipam_export *e, const struct kv *kv, put_fn put, struct err *err)
{
	_cleanup_buf_ struct buf path = BUF_INIT, value = BUF_INIT;
	struct key key = kv->key;
	struct buf *out = e->out;
	e->out = &value;
	int r = put(e, kv, &key, err);
	e->out = out;
	if (r < 0) {
		key_describe(&kv->key, &path);
		return err_wrap(err, r, "%s", buf_str(&path));
	}
	r = key_format(&key, &path);
	if (r < 0)
		return err_set(err, r, "no key can hold a node's name in Kubernetes: %s", key.host);
	buf_printf(out, "{\"Key\":\"%s\",\"Value\":%s,\"TTL\":0}", buf_str(&path), buf_str(&value));
	return 0;
}

static int put_list(struct ipam_export *e, const char *member, const struct store_reply *list,
	put_fn put, struct err *err)
{
	if (list->n == 0)
		return 0;
	buf_printf(e->out, "%s\"%s\":[", e->out->len > 1 ? "," : "", member);
	for (size_t i = 0; i < list->n; i++) {
		buf_puts(e->out, i ? "," : "");
		int r = put_entry(e, &list->kvs[i], put, err);
		if (r < 0)
			return r;
	}
	buf_putc(e->out, ']');
	return 0;
}

static int read_list(struct session *s, struct ipam_export *e, const char *member,
	const struct key_range *range, put_fn put, struct err *err)
{
	struct store_reply reply;
	int r = -EIO;
	if (call_list(s->loop, s->store, range, NULL, 0, &reply) == STORE_OK)
		r = put_list(e, member, &reply, put, err);
	else
		*err = reply.err;
	store_reply_done(&reply);
	return r;
}

static int read_config(struct session *s, struct ipam_export *e, struct err *err)
{
	struct key key = { .type = KEY_IPAM_CONFIG };
	struct store_reply reply;
	int r = 0;
	enum store_status status = call_get(s->loop, s->store, &key, NULL, 0, &reply);
	if (status == STORE_OK) {
		buf_printf(e->out, "%s\"config\":", e->out->len > 1 ? "," : "");
		r = put_entry(e, &reply.kvs[0], put_config, err);
	} else if (status != STORE_E_NOT_FOUND) {
		*err = reply.err;
		r = -EIO;
	}
	store_reply_done(&reply);
	return r;
}

static int read_all(struct session *s, struct ipam_export *e, struct err *err)
{
	const struct {
		const char *member;
		struct key_range range;
		put_fn put;
	} lists[] = {
		{ "block_affinities", { .type = KEY_BLOCK_AFFINITY }, put_affinity },
		{ "blocks", { .type = KEY_BLOCK }, put_block },
		{ "handles", { .type = KEY_IPAM_HANDLE }, put_handle },
	};
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		int r = read_list(s, e, lists[i].member, &lists[i].range, lists[i].put, err);
		if (r < 0)
			return r;
	}
	return read_config(s, e, err);
}

int export_ipam(struct session *s, const struct node_names *names)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_buf_ struct buf json = BUF_INIT, text = BUF_INIT;
	struct ipam_export e = { names, &arena, &json };
	struct err err = { 0 };
	buf_putc(&json, '{');
	if (read_all(s, &e, &err) < 0)
		return report_error("error exporting IPAM information: %s", err.msg);
	buf_putc(&json, '}');
	json_text_indent((struct json_text){ buf_str(&json), json.len }, 0, &text);
	printf("%s\n", buf_str(&text));
	return 0;
}
