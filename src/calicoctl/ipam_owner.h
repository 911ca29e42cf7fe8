/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipam_owner.h - who has an address. Source: datamodel.md 6.12. */
#pragma once

#include "base/addr.h"
#include "model/block.h"
#include "session.h"

enum owner_result {
	OWNER_FOUND,
	OWNER_NONE,    /* in no pool, in no block, or free */
	OWNER_COOLING, /* s->error says so */
	OWNER_ERROR,   /* s->error says what failed */
};

/* The attribute is in the arena. */
enum owner_result ipam_owner(struct session *s, const struct addr *address, struct arena *arena,
	struct block_attr *ret) MUST_CHECK;
