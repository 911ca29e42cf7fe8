/* SPDX-License-Identifier: GPL-2.0-or-later */
/* class.h - which link wants which group: what the link driver and the nft driver tell each other.
 *
 * Endpoints with equal policy lists form a class, and a class is a number: the group of their
 * links. The nft driver decides on numbers and keeps them; the link driver writes them to links
 * and says which links carry what, because a number must not get another meaning while a link
 * carries it. Group 0 is denied.
 *
 * Order:  a class is answered for only once its stacks are in the kernel, so whenever the link
 *         driver asks, it may write at once what it hears. It asks in PHASE_UNGROUP (for links that
 *         must go to 0) and in PHASE_GROUPS (for all others), about the links that it was told of
 *         by `changed` and those that are new to it.
 * Names:  only links whose name begins with a workload prefix are of interest here.
 */
#pragma once

#include <stdint.h>

struct driver;

enum nft_group_answer {
	NFT_GROUP_KEEP, /* leave the link as it is for now; `changed` will tell when to ask again */
	NFT_GROUP_DENY, /* group 0: no endpoint, admin down */
	NFT_GROUP_SET,  /* *ret_group, whose stacks are in the kernel */
};

enum nft_group_answer nft_group_wanted(
	const struct driver *nft, const char *ifname, uint32_t *ret_group);

/* The answer for this name may be another one now. Called from message() and from acknowledged
 * transactions; may be followed by nft_group_wanted() at once. */
typedef void (*nft_group_changed_fn)(void *ctx, const char *ifname);
void nft_group_watch(struct driver *nft, nft_group_changed_fn changed, void *ctx);

/* A link exists and carries this group (also after each change, a rename included); it is gone.
 * The state belongs to the index, not to the name. All links that exist at start are to be told
 * before the first PHASE_TABLES. */
void nft_link_seen(struct driver *nft, uint32_t ifindex, const char *ifname, uint32_t group);
void nft_link_gone(struct driver *nft, uint32_t ifindex);
