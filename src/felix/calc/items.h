/* SPDX-License-Identifier: GPL-2.0-or-later */
/* items.h - everything that can be a member of a set: endpoints of all hosts, and network sets.
 *
 * There may be 100,000 of them, so an item is one allocation: its place in the matcher, its nets
 * in 5 or 17 bytes each, its name.
 */
#pragma once

#include "base/addr.h"
#include "base/map.h"
#include "matcher.h"
#include "members.h"
#include "model/key.h"

struct item_port {
	struct atom *name;
	uint16_t port;
	uint8_t protocol;
};

struct item {
	struct match_item match; /* first */
	uint32_t n4, n6;
	enum kind kind;
	struct atom *ns;         /* NULL: none */
	struct item_port *ports; /* ends with a NULL name; NULL: none */
	uint8_t data[];          /* nets, then the name */
};

uint64_t item_hash(const struct item *i);
bool item_equal(const struct item *a, const struct item *b);
MAP_DEFINE(item_map, const struct item *, struct item *, item_hash, item_equal);

struct items {
	struct atoms *atoms;
	struct matcher *matcher;
	struct item_map map;
};

/* What an object contributes. Nets as they become members; ports with borrowed names. */
struct item_input {
	const struct text_pair *labels; /* sorted by key */
	size_t n_labels;
	const char *const *parents;
	size_t n_parents;
	const struct cidr *nets;
	size_t n_nets;
	const struct item_port_input {
		const char *name;
		uint16_t port;
		uint8_t protocol;
	} * ports;
	size_t n_ports;
};

void items_set(struct items *s, const struct key *key, const struct item_input *in);
void items_remove(struct items *s, const struct key *key);
void items_done(struct items *s);

/* The members that the item stands for in a set of addresses (port NULL) or of ports. */
void item_members(const struct item *i, const struct atom *port, uint8_t protocol,
	void (*fn)(void *ctx, const struct member *member), void *ctx);
