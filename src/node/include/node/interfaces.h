/* SPDX-License-Identifier: GPL-2.0-or-later */
/* interfaces.h - the host's interfaces and addresses, as address detection sees them.
 *
 * Order:  the kernel's (by index); within one interface the order of its addresses.
 * Owner:  the list owns all; host_interfaces_done() frees it.
 * Source: getifaddrs(3).
 */
#pragma once

#include <stddef.h>

#include "base/addr.h"
#include "base/err.h"

struct host_interface {
	char *name;
	unsigned index;
	struct cidr *addrs; /* with host bits */
	size_t n, cap;
};

struct host_interfaces {
	struct host_interface *v;
	size_t n, cap;
};

int host_interfaces_read(struct host_interfaces *ret, struct err *err);
void host_interfaces_done(struct host_interfaces *l);
void host_interfaces_add(struct host_interfaces *l, const char *name, unsigned index,
	const struct cidr *addr); /* NULL: an interface without address */

/* The prefix under which some interface holds this address; NULL when none does. */
const struct cidr *host_interfaces_find(const struct host_interfaces *l, const struct addr *addr);
