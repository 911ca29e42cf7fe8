/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mtu.h - the MTU of a container's link. Source: orchestrators.md 1.2 mtu, require_mtu_file. */
#pragma once

#include <stdint.h>

#include "netconf.h"

#define MTU_FILE "/var/lib/calico/mtu" /* Felix writes it */

/* That of the configuration, else of the file, else 0. The file is read in any case: one that
 * cannot be read is an error, a missing one only when it is required. */
int mtu_choose(
	const struct netconf *conf, const char *file, int64_t *ret, struct cni_error *err);
