/* SPDX-License-Identifier: GPL-2.0-or-later */
/* peers.h - the BGP sessions in BIRD 2's answer to "show protocols all".
 *
 * Source: bgp.md 3.4, 6.5; calicoctl.md 9.
 */
#pragma once

#include <stddef.h>

#include "base/addr.h"
#include "base/arena.h"
#include "base/cleanup.h"
#include "base/err.h"

struct bird_peer {
	struct addr addr;
	const char *type; /* "node-to-node mesh", ... */
	const char *state, *since, *info;
};

struct bird_peers {
	size_t n, cap;
	struct bird_peer *v; /* in BIRD's order */
	struct arena arena;
};

/* The answer's lines without their codes. Sessions that are not of our making are left out.
 * -EBADMSG when it is no such answer. */
int bird_peers_parse(const char *text, struct bird_peers *ret, struct err *err) MUST_CHECK;
void bird_peers_done(struct bird_peers *p);
