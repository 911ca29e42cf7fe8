/* SPDX-License-Identifier: GPL-2.0-or-later */
/* class.h - classes of endpoints, their numbers, and the links that carry them.
 *
 * A class is a pair of stacks; its number is the group of its links and the key in the verdict
 * maps `from` and `to`. Numbers are given when a transaction is written:
 *
 *   adopted   the maps of the kernel already have such a pair (after a restart)
 *   taken     every link that carries a number has moved to this one class: its members go
 *             together, so the number's elements are pointed to the new stacks, and no link changes
 *   fresh     the lowest number that no class, no link and no element of the kernel has
 */
#pragma once

#include "nft/class.h"
#include "stack.h"

struct endpoint;

struct class
{
	struct stack *stack[DIRECTION_N];
	uint32_t group;          /* 0: not yet given */
	bool written, committed; /* in a batch; in the kernel */
	struct ptrs members;     /* struct endpoint */
};

struct class_key {
	const struct stack *stack[DIRECTION_N];
};
static inline uint64_t class_key_hash(struct class_key k)
{
	return hash_u64(hash_str(k.stack[INBOUND]->key)) ^ hash_str(k.stack[OUTBOUND]->key);
}
static inline bool class_key_equal(struct class_key a, struct class_key b)
{
	return a.stack[0] == b.stack[0] && a.stack[1] == b.stack[1];
}
MAP_DEFINE(class_map, struct class_key, struct class *, class_key_hash, class_key_equal);
MAP_DEFINE(group_map, uint32_t, struct class *, group_hash, group_equal);
MAP_DEFINE(carrier_map, uint32_t, uint32_t, group_hash, group_equal);

struct link {
	uint32_t index;
	char name[16];
	uint32_t group;
};
MAP_DEFINE(link_map, uint32_t, struct link *, group_hash, group_equal);
MAP_DEFINE(link_name_map, const char *, struct link *, hash_str, hash_str_equal);

/* "from\nto" of the kernel's maps at the last reading -> number. */
MAP_DEFINE(pair_map, const char *, uint32_t, hash_str, hash_str_equal);

struct classes {
	struct ruleset *rs;
	struct stacks *stacks;
	struct set *maps[2][DIRECTION_N]; /* by table: INBOUND is `to`, OUTBOUND is `from` */
	unsigned n_tables;                /* 2, or 1 without IPv6 */
	struct class_map map;
	struct group_map groups;
	struct link_map links;           /* by index */
	struct link_name_map link_names; /* the one seen last */
	struct carrier_map carriers;     /* group -> how many links */
	struct pair_map pairs;
	struct arena pair_texts;
	struct ptrs unnumbered, uncommitted; /* struct class */
	uint32_t lowest;                     /* no number below it is free */
};

void classes_init(struct classes *all); /* after rs, stacks, n_tables */
void classes_done(struct classes *all);

/* The endpoint becomes, or no longer is, a member of the class that its policies ask for. */
struct class *class_join(
	struct classes *all, const Felix__WorkloadEndpoint *msg, struct endpoint *e);
void class_leave(struct classes *all, struct class *c, struct endpoint *e); /* may free it */

void classes_read(struct classes *all);   /* the maps were read back */
void classes_number(struct classes *all); /* before a transaction is written */
/* It is committed; calls for every member whose group may be set now. */
void classes_committed(struct classes *all, void (*fn)(void *ctx, struct endpoint *e), void *ctx);

void links_seen(struct classes *all, uint32_t ifindex, const char *name, uint32_t group);
void links_gone(struct classes *all, uint32_t ifindex);
