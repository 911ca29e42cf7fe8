/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe.h - is what runs on this host alive and ready? What orchestrators and scripts ask.
 *
 * All checks run at once; the first that fails is told, in upstream's words.
 * Units:  nanoseconds.
 * Source: bgp.md 6.4. Where upstream asks runit for its daemons, the process is looked for; where
 *         there is but one BIRD for both families, it answers for bird6 too.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct loop;

enum probe_check {
	PROBE_BIRD_READY,
	PROBE_BIRD6_READY,
	PROBE_BIRD_LIVE,
	PROBE_BIRD6_LIVE,
	PROBE_FELIX_READY,
	PROBE_FELIX_LIVE,
	PROBE_N
};

struct probe {
	bool wanted[PROBE_N];
	uint64_t threshold_ns; /* for HTTP answers, and how long after its start a node may ... */
	const char *nodename_file; /* ... be short of sessions; its time is that start */
	uint64_t now_ns;	   /* CLOCK_REALTIME */
	const char *felix_host;
	uint16_t felix_port;
	const char *socket_directories[2]; /* BIRD's, the first that has a socket */
};

/* 0, or -EAGAIN with the sentence that follows "calico/node is not ready: ". */
int probe_run(const struct probe *p, struct loop *loop, struct err *err);

/* The rules of BGP readiness, for the sessions of one family: BIRD's answers to "show protocols all"
 * and "show status". `starting`: the node started just now. */
int probe_judge_bgp(const char *protocols, const char *status, int family, bool starting,
	struct err *err);
