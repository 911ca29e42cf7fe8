/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rig.h - the calculation graph, the sequence of an apply and the nf_tables driver, wired as in
 * Felix and fed by hand, over the kernel of the present network namespace.
 *
 * With a record, what is sent to the kernel is also written down: a struct rig_record and so many
 * bytes, again and again. replay.c sends the same without us.
 */
#pragma once

#include <stdint.h>
#include <stdio.h>

#include "base/err.h"
#include "calc/calc.h"
#include "nft/nft.h"
#include "object.h"

struct rig_record {
	char name[24];   /* what the change is called; "" while the first state is built */
	uint32_t change; /* counts the changes; 0: the first state */
	uint32_t len;
};

struct rig {
	struct loop *loop;
	struct inbox *inbox;
	struct netlink *nl;
	struct calc *calc;
	struct dataplane *dataplane;
	struct driver *nft;
	bool settled;
	unsigned problems;

	FILE *record;
	struct rig_record head;
	int fd; /* with a record: the socket is ours */
	struct fd_watch *watch;
};

/* record NULL: none. Nothing is applied before the first rig_settle(). */
int rig_init(struct rig *r, const char *hostname, FILE *record, struct err *err);
void rig_done(struct rig *r);

/* Gives calc one object; `present` false takes it away. */
void rig_give(struct rig *r, const struct object *o, bool present);
/* Until the kernel has acknowledged everything. */
int rig_settle(struct rig *r);

/* One change from calc's input to the kernel's acknowledgement: nanoseconds, 0 on failure. */
uint64_t rig_change(struct rig *r, const char *name, const struct object *o, bool present);
