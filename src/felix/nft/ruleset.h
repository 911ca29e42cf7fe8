/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ruleset.h - our three tables: what should stand in them, what does, and the way from one to the
 * other.
 *
 * Chains: a chain is a name and a function that says which rules it must have. The function runs
 *         only at a commit after the chain was touched; what comes out is compared by hash with
 *         what the kernel has; rules that differ are deleted and inserted by their handles, and
 *         the others keep their counters. The kernel tells the handles of rules that we put
 *         among others. Those of a chain that was new are read before its first change.
 * Sets:   elements are kernel keys; only those that changed are sent.
 * Actual: what was put into a batch counts as being in the kernel at once. If the kernel then
 *         refuses, everything is read back, which puts that right. So there is no second book.
 * Depth:  every chain has a rank and may name only chains of a higher one, so there are no loops
 *         and never more than RANK_N levels (the kernel follows 15). A chain that breaks this, or
 *         has a rule of too many expressions, is not sent but denied.
 * Owner:  the ruleset owns chains and sets from the first mention until they are neither wanted
 *         nor in the kernel. Render functions and their owners belong to the caller.
 */
#pragma once

#include <bsd/sys/queue.h>

#include "base/atom.h"
#include "base/delta.h"
#include "base/keyset.h"
#include "base/ptrs.h"
#include "kernel/nft_batch.h"
#include "kernel/nft_dump.h"
#include "standing.h"

enum table { TABLE_IP, TABLE_IP6, TABLE_ARP, TABLE_N };
#define IN_IP   (1u << TABLE_IP)
#define IN_IP6  (1u << TABLE_IP6)
#define IN_ARP  (1u << TABLE_ARP)
#define IN_BOTH (IN_IP | IN_IP6)

extern const struct nft_place table_places[TABLE_N];

enum rank { RANK_BASE, RANK_ENTRY, RANK_STACK, RANK_TIER, RANK_POLICY, RANK_LOG, RANK_N };

struct rules {
	struct arena *arena;
	enum table table;
	struct nft_rule **v;
	size_t n, cap;
};
struct nft_rule *rules_add(struct rules *r, enum nft_verdict verdict); /* a new one, at the end */
void rules_append(struct rules *r, struct nft_rule *rule);

typedef void (*render_fn)(void *owner, struct rules *out);

enum object_kind { OBJECT_TABLE, OBJECT_CHAIN, OBJECT_SET };

/* What a refused message is about. */
struct object {
	enum object_kind kind;
	bool refused; /* until it changes */
};

struct chain_state { /* in one table of the kernel */
	bool present;
	struct nft_hook hook; /* as read back */
	bool base;
	size_t n, cap;
	struct standing *rules;
	size_t untold; /* so many of its rules have no handle yet */
};

struct chain {
	struct object object; /* first */
	TAILQ_ENTRY(chain) dirty_link, dead_link;
	bool dirty, dead; /* in these lists */
	char *name;
	const struct nft_hook *hook; /* NULL: not a base chain */
	enum rank rank;
	unsigned tables; /* where it is wanted */
	const char *comment;
	char *subject;    /* for problems: what a person calls it; NULL: the chain's own name */
	render_fn render; /* NULL: not wanted */
	void *owner;
	struct chain_state in[TABLE_N];
};

struct set_key {
	uint8_t bytes[NFT_KEY_MAX]; /* of an interval set: the address, then the prefix length */
};

/* A verdict map: group -> goto chain. */
struct target {
	struct atom *chain;
};
static inline uint64_t group_hash(uint32_t g)
{
	return hash_u64(g);
}
static inline bool group_equal(uint32_t a, uint32_t b)
{
	return a == b;
}
static inline bool target_same(const struct target *a, const struct target *b)
{
	return a->chain == b->chain;
}
DELTA_DEFINE(targets, uint32_t, struct target, group_hash, group_equal, target_same);

struct set {
	struct object object; /* first */
	TAILQ_ENTRY(set) dirty_link, dead_link;
	bool dirty, dead;
	char *name;
	enum table table;
	struct nft_set_type type;
	char *subject;
	bool wanted, present;
	bool empty; /* was when its table was read back */
	struct keyset elements;
	struct targets targets; /* of a verdict map, in place of elements */
};

struct table_state {
	struct object object; /* first */
	bool present, rebuild;
	uint32_t flags; /* as it is */
	uint64_t handle;
};

MAP_DEFINE(chain_map, const char *, struct chain *, hash_str, hash_str_equal);
MAP_DEFINE(set_map, const char *, struct set *, hash_str, hash_str_equal);
TAILQ_HEAD(chain_list, chain);
TAILQ_HEAD(set_list, set);

struct range_end {
	uint8_t bytes[NFT_KEY_MAX];
	bool end;
};

struct ruleset {
	struct table_state tables[TABLE_N];
	struct chain_map chains;
	struct set_map sets[TABLE_N];
	struct chain_list dirty_chains, dead_chains;
	struct set_list dirty_sets, dead_sets;
	struct ptrs maps;   /* the wanted verdict maps */
	struct atoms names; /* their targets */
	enum nft_verdict deny;
	uint32_t table_flags; /* as our tables should be */
	uint64_t rendered;
	struct range_end *read_keys; /* of the set that is being read back */
	size_t n_read, read_cap;
	uint64_t refused;
	void (*problem)(void *ctx, const char *subject, const char *reason); /* NULL: no more */
	void *ctx;
};

void ruleset_init(struct ruleset *rs);
void ruleset_done(struct ruleset *rs);

/* Wants the chain, with these rules. The render function runs at the next commit. */
struct chain *chain_want(struct ruleset *rs, const char *name, enum rank rank, unsigned tables,
	const struct nft_hook *hook, render_fn render, void *owner);
void chain_describe(struct chain *c, const char *subject, const char *comment); /* borrowed */
void chain_touch(struct ruleset *rs, struct chain *c);  /* its rules may be others now */
void chain_unwant(struct ruleset *rs, struct chain *c); /* NULL does nothing */

struct set *set_want(struct ruleset *rs, enum table t, const char *name,
	const struct nft_set_type *type, const char *subject);
void set_unwant(struct ruleset *rs, struct set *s); /* NULL does nothing */
void set_add(struct ruleset *rs, struct set *s, const struct set_key *key);
void set_remove(struct ruleset *rs, struct set *s, const struct set_key *key);
void set_point(struct ruleset *rs, struct set *s, uint32_t group, const char *chain);
void set_unpoint(struct ruleset *rs, struct set *s, uint32_t group);

void set_clear(struct ruleset *rs, struct set *s); /* no element is wanted */

/* Refused: a chain denies, a set is left as it is and whoever looks into it denies. Both tell, and
 * take back, a problem. */
void object_refuse(struct ruleset *rs, struct object *o, const char *reason);
void object_forgive(struct ruleset *rs, struct object *o);
void ruleset_forgive(struct ruleset *rs); /* all: they are tried again at the next commit */

/* ruleset_write.c: what has to be sent goes into the batch, which may stay empty. */
bool ruleset_has_changes(const struct ruleset *rs);
bool ruleset_has_deletions(const struct ruleset *rs);
bool ruleset_lacks_handles(const struct ruleset *rs); /* to write only what differs */
void ruleset_write_changes(struct ruleset *rs, struct nft_batch *b);
void ruleset_write_deletions(struct ruleset *rs, struct nft_batch *b);

/* ruleset_read.c: from begin to end, all that is in the kernel is to be told. Ends with every
 * wanted chain touched. */
void ruleset_read_begin(struct ruleset *rs);
void ruleset_saw_table(struct ruleset *rs, const struct nft_table_info *t);
void ruleset_saw_chain(struct ruleset *rs, const struct nft_chain_info *c);
void ruleset_saw_rule(struct ruleset *rs, const struct nft_rule_info *r);
void ruleset_told_rule(struct ruleset *rs, const struct nft_rule_info *r); /* one of ours, new */
/* A chain that is about to change and lacks handles; its rules are to be told anew. */
struct chain *ruleset_read_chain(struct ruleset *rs, enum table *ret_table); /* NULL: none */
void ruleset_saw_set(struct ruleset *rs, const struct nft_set_info *s);
void ruleset_saw_elements(struct ruleset *rs, struct set *s, const struct nlmsghdr *msg);
void ruleset_saw_elements_end(struct ruleset *rs, struct set *s);
void ruleset_read_end(struct ruleset *rs);
int table_of(int family, const char *name); /* enum table, or -1: not ours */
