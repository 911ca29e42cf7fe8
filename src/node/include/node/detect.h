/* SPDX-License-Identifier: GPL-2.0-or-later */
/* detect.h - which of the host's addresses is the node's?
 *
 * Source: bgp.md 2.2.
 */
#pragma once

#include <stdbool.h>

#include "base/addr.h"
#include "base/err.h"
#include "node/interfaces.h"

enum detect_outcome {
	DETECT_E_NONE = 1,  /* the method found no address */
	DETECT_E_METHOD = 2 /* no such method, or bad arguments: err says which */
};

/* method: "first-found", "interface=...", "skip-interface=...", "cidr=...", "can-reach=..." ;
 * family 4 or 6. 0 and the address with its interface's mask, or an outcome with words in *err. */
int detect_address(const struct host_interfaces *interfaces, const char *method, int family,
	struct cidr *ret, struct err *err);

/* Interfaces of containers, tunnels and the like, left out by first-found and in spec.interfaces.
 */
bool detect_excluded(const char *interface);

/* Neither loopback, link-local, multicast nor unspecified. */
bool detect_global(const struct addr *a);
