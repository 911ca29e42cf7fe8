/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probes.h - what calico-bgp tells of itself over HTTP: /liveness, /readiness, /metrics.
 *
 * Ready: the datastore was read and BIRD has acknowledged what follows from it. The figures of
 * BIRD's sessions are asked for from time to time, and only while somebody may ask for them here.
 *
 * Source: as Felix, felix.md 6.4; bgp.md 6.3.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct applier;
struct bgp_probes;
struct loop;

/* Port 0: the kernel's choice. *err when the host is no address. */
int bgp_probes_new(struct loop *loop, const char *host, uint16_t port, const char *bird_socket,
	const struct applier *applier, struct bgp_probes **ret, struct err *err);
struct bgp_probes *bgp_probes_free(struct bgp_probes *p); /* returns NULL */

void bgp_probes_in_sync(struct bgp_probes *p); /* p NULL: nobody asks */
uint16_t bgp_probes_port(const struct bgp_probes *p);
