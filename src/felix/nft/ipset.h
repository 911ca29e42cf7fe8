/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipset.h - IP sets of calc as sets of the kernel.
 *
 * Shape:  per family one hash set of hosts, or of address, protocol and port; and, while there are
 *         any, one interval set of prefixes. The kernel refuses overlapping intervals, so of the
 *         prefixes only those are shown that no other one covers.
 * Users:  policies that name the set. They hear when the set of prefixes comes or goes, and when
 *         the set itself does: then their rules are others.
 */
#pragma once

#include "base/lpm.h"
#include "base/ptrs.h"
#include "proto/felixbackend.pb-c.h"
#include "ruleset.h"

struct ipset {
	char *id;
	bool known; /* calc sent it; else it is only named by a policy */
	Felix__IPSetUpdate__IPSetType type;
	struct {
		struct set *hosts, *nets;
		struct lpm prefixes;
	} in[2]; /* by enum table */
	struct ptrs users;
};

MAP_DEFINE(ipset_map, const char *, struct ipset *, hash_str, hash_str_equal);

struct ipsets {
	struct ruleset *rs;
	bool ipv6;
	struct ipset_map map;
	void (*changed)(void *ctx, void *user);
	void *ctx;
};

void ipsets_done(struct ipsets *all);
void ipsets_update(struct ipsets *all, const Felix__IPSetUpdate *msg);
void ipsets_delta(struct ipsets *all, const Felix__IPSetDeltaUpdate *msg);
void ipsets_remove(struct ipsets *all, const Felix__IPSetRemove *msg);

/* Each use is paid back by an unuse. */
void ipsets_use(struct ipsets *all, const char *id, void *user);
void ipsets_unuse(struct ipsets *all, const char *id, void *user);
bool ipsets_has_nets(const struct ipsets *all, const char *id, enum table t);
