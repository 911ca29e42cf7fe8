/* SPDX-License-Identifier: GPL-2.0-or-later */
/* unplug.h - taking the link out of a container, while the datastore is asked.
 *
 * Deleting a veth takes the kernel a grace period of some 20 ms, for the whole of which the thread
 * that asks is blocked; so it is a thread of its own. It shares nothing: own socket, own namespace,
 * and its errors are numbers.
 * Source: orchestrators.md 1.6, "Netns cleanup details".
 */
#pragma once

#include <net/if.h>
#include <pthread.h>

#include "netns.h"

struct unplug {
	pthread_t thread;
	bool running;
	struct netns ns;
	char ifname[IFNAMSIZ];
	int error; /* of the thread: 0 or -errno */
};

/* A path that is empty or leads nowhere, and the host's own namespace, leave nothing to do. */
void unplug_start(struct unplug *u, const char *netns, const char *ifname);
/* Waits; a link that is gone is success. */
int unplug_finish(struct unplug *u, struct cni_error *err);
