/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft_dump.h - reading back what is in the kernel: requests, and what their messages say.
 *
 * Requests:  one message each, at the end of the buffer, for netlink_dump(); nft_ask_generation()
 *            is a get, for netlink_batch().
 * Messages:  nft_read_x() returns 0, or -EBADMSG for anything that is not such a message; texts
 *            are borrowed from the message.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "kernel/nft_batch.h"

struct nlmsghdr;

void nft_ask_generation(struct buf *b);
void nft_ask_tables(struct buf *b, int family);
void nft_ask_chains(struct buf *b, int family); /* of all tables: the kernel cannot choose */
void nft_ask_sets(struct buf *b, const struct nft_place *p);
void nft_ask_rules(struct buf *b, const struct nft_place *p, const char *chain); /* NULL: of all */
void nft_ask_elements(struct buf *b, const struct nft_place *p, const char *set);

/* Of a notification: who committed the transaction that it ends. */
struct nft_generation_info {
	uint32_t generation, pid;
	const char *program; /* NULL: not told */
};

struct nft_table_info {
	int family;
	const char *name;
	uint32_t flags, use; /* use: chains, sets and the like in it */
	uint64_t handle;     /* never used again for another table */
};

struct nft_chain_info {
	int family;
	const char *table, *name;
	bool base;
	struct nft_hook hook; /* type "" when not told */
};

struct nft_rule_info {
	int family;
	const char *table, *chain;
	uint64_t handle; /* never used again for another rule of the table */
	bool has_hash;   /* written by nft_batch_rule() */
	uint64_t hash;
};

struct nft_set_info {
	int family;
	const char *table, *name;
	uint32_t flags, key_type, key_size;
	bool empty; /* told by newer kernels only: its elements need not be asked for */
};

struct nft_element_info {
	const uint8_t *key;
	size_t key_size;
	bool end;
	const char *target; /* goto this chain; NULL for any other data, or none */
};

int nft_read_generation(const struct nlmsghdr *nlh, uint32_t *ret);
int nft_read_generation_info(const struct nlmsghdr *nlh, struct nft_generation_info *ret);
/* Any message about an object, new or gone: the table that it is in. */
int nft_read_place(const struct nlmsghdr *nlh, int *ret_family, const char **ret_table);
int nft_read_table(const struct nlmsghdr *nlh, struct nft_table_info *ret);
int nft_read_chain(const struct nlmsghdr *nlh, struct nft_chain_info *ret);
int nft_read_rule(const struct nlmsghdr *nlh, struct nft_rule_info *ret);
int nft_read_set(const struct nlmsghdr *nlh, struct nft_set_info *ret);

typedef void (*nft_element_fn)(void *ctx, const struct nft_element_info *e);
int nft_read_elements(const struct nlmsghdr *nlh, nft_element_fn fn, void *ctx);
