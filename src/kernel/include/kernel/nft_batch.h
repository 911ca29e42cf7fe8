/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft_batch.h - one nf_tables transaction under construction.
 *
 * Shape:  messages in the order of the calls, between a begin and an end message; hand `msgs` to
 *         netlink_transaction(). Every call names an object of the caller (any pointer, NULL for
 *         none): nft_batch_object() maps the index of a refused message back to it.
 * Order:  inside a transaction the kernel wants an object before what refers to it: tables, chains,
 *         sets, elements, rules; verdict elements after their chains; deletions the other way.
 * Owner:  texts are copied into the messages. A batch may be reset and used again.
 * Source: linux/netfilter/nf_tables.h, nfnetlink.h; limits.md part 2.
 */
#pragma once

#include "base/buf.h"
#include "kernel/nft_rule.h"

struct nft_counters { /* only ever grow */
	uint64_t messages, rules, elements;
};

struct nft_batch {
	struct buf msgs;
	void **objects; /* by index of message */
	size_t n, cap;
	uint32_t set_ids;
	struct nft_counters counters;
};

struct nft_place { /* a table */
	int family;
	const char *table;
};

/* generation: refuse (-ERESTART for message 0) if the ruleset is not at it any more; 0: whatever */
void nft_batch_begin(struct nft_batch *b, uint32_t generation);
void nft_batch_end(struct nft_batch *b);
void nft_batch_set_generation(struct nft_batch *b, uint32_t generation); /* of one begun with one */
bool nft_batch_empty(const struct nft_batch *b); /* nothing since the begin */
void nft_batch_done(struct nft_batch *b);
void nft_batch_release(struct nft_batch *b); /* the memory, not the counters */
void *nft_batch_object(const struct nft_batch *b, uint32_t index); /* NULL: none */

#define NFT_TABLE_OWNER   0x2 /* only this socket may write; vanishes with it unless persistent */
#define NFT_TABLE_PERSIST 0x4 /* since Linux 6.9 */

void nft_batch_table(struct nft_batch *b, void *object, const struct nft_place *p, uint32_t flags);
void nft_batch_delete_table(struct nft_batch *b, void *object, const struct nft_place *p);

struct nft_hook {
	const char *type; /* "filter" */
	uint32_t num;     /* NF_INET_FORWARD, NF_ARP_OUT, ... */
	int32_t priority;
};

/* hook NULL: not a base chain. Policy is accept. comment may be NULL; it never changes later. */
void nft_batch_chain(struct nft_batch *b, void *object, const struct nft_place *p, const char *name,
	const struct nft_hook *hook, const char *comment);
void nft_batch_delete_chain(
	struct nft_batch *b, void *object, const struct nft_place *p, const char *name);

/* Appends to the chain. */
void nft_batch_rule(struct nft_batch *b, void *object, const struct nft_place *p, const char *chain,
	const struct nft_rule *rule, uint64_t hash);

/* Elsewhere than at the end, by the handles that the kernel gave (nft_read_rule()). */
struct nft_spot {
	const char *chain;
	uint64_t before; /* the rule that follows; 0: none */
	/* The new rule comes back with its handle once it is committed, to the watch of the socket,
	 * as if a group had been joined, and before the acknowledgement. */
	bool tell;
};
void nft_batch_rule_at(struct nft_batch *b, void *object, const struct nft_place *p,
	const struct nft_spot *spot, const struct nft_rule *rule, uint64_t hash);
void nft_batch_delete_rule(struct nft_batch *b, void *object, const struct nft_place *p,
	const char *chain, uint64_t handle);
void nft_batch_flush_chain(
	struct nft_batch *b, void *object, const struct nft_place *p, const char *chain);

struct nft_set_type {
	enum nft_field fields[3];
	uint8_t n_fields;
	bool interval, verdict_map;
};
size_t nft_set_key_size(const struct nft_set_type *t, int family); /* fields padded to 4 bytes */
uint32_t nft_set_key_type(const struct nft_set_type *t, int family);
uint32_t nft_set_flags(const struct nft_set_type *t);

void nft_batch_set(struct nft_batch *b, void *object, const struct nft_place *p, const char *name,
	const struct nft_set_type *type);
void nft_batch_delete_set(
	struct nft_batch *b, void *object, const struct nft_place *p, const char *name);

#define NFT_KEY_MAX 32
struct nft_element {
	uint8_t key[NFT_KEY_MAX];
	bool end;           /* of an interval: the first value behind it */
	const char *target; /* verdict map: goto this chain; NULL otherwise */
};

enum nft_change { NFT_ADD, NFT_DELETE };

/* All elements of one call are of the same set; cut into messages that the kernel can take. */
void nft_batch_elements(struct nft_batch *b, void *object, const struct nft_place *p,
	const char *set, const struct nft_set_type *type, enum nft_change change,
	const struct nft_element *e, size_t n);

/* Both ends of the closed range; the second one is missing at the end of the number space. */
size_t nft_range_elements(
	const uint8_t *first, const uint8_t *last, size_t size, struct nft_element ret[2]);
