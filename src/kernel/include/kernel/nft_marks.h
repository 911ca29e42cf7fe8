/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nft_marks.h - by what a chain or a rule that others wrote tells whose it is.
 *
 * Messages: of the dumps of nft_dump.h; 0, or -EBADMSG for anything else. Texts are borrowed from
 *           the message, the comment is copied: it is cut, and not terminated, in some of them.
 * Source:   linux/netfilter/nf_tables.h, nf_tables_compat.h, xt_comment.h: a rule of iptables-nft
 *           has its comment in an xtables match, one of nft in its user data.
 */
#pragma once

#include <stdbool.h>

struct nlmsghdr;

#define NFT_MARKS_COMMENT_MAX 256

struct nft_rule_marks {
	const char *target;                  /* the chain that it jumps or goes to; NULL: none */
	char comment[NFT_MARKS_COMMENT_MAX]; /* the first one; "": none */
};

int nft_read_rule_marks(const struct nlmsghdr *nlh, struct nft_rule_marks *ret);

/* A base chain whose policy is to drop. */
bool nft_read_chain_drops(const struct nlmsghdr *nlh);
