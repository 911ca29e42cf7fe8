/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wiring.h - the veth between a host and a container, and everything around it in both kernels.
 *
 * The container's addresses stand alone (/32, /128); it sends everything to 169.254.1.1, for which
 * the host's end answers by proxy ARP, and to the link-local address of the host's end, whose MAC
 * is the same for all.
 * A second call for the same container replaces what a first one left, whole or half.
 * Source: orchestrators.md 1.10.
 */
#pragma once

#include <net/if.h>

#include "netns.h"
#include "result.h"

struct link_info;

struct wiring {
	struct loop *loop;
	const char *netns;        /* path */
	const char *ifname;       /* the container's end */
	const char *host_ifname;  /* the host's end */
	int64_t mtu, queues;      /* 0: the kernel's choice, one */
	bool forwarding;          /* the container may forward */
	bool host_routes;
	const struct cidr *addrs; /* /32 or /128 */
	size_t n_addrs;
};

/* Fills the MAC of the container's end ("02:..."). After a failure the link stays for DEL, its
 * routes on the host do not. */
int wiring_make(const struct wiring *w, char ret_mac[18], struct cni_error *err);

enum wiring_state {
	WIRING_NONE,    /* no link of that name on the host */
	WIRING_OURS,    /* a veth whose other end is in the container's namespace */
	WIRING_FOREIGN, /* a veth that leads into another namespace */
	WIRING_STRAY,   /* anything else of that name */
};
/* Who has the name on the host's side. */
int wiring_look(struct loop *loop, const char *netns, const char *host_ifname,
	enum wiring_state *ret, struct cni_error *err);

/* Deletes a link on the host; what is gone already is success. Blocks for the kernel's grace
 * period. */
int wiring_remove_host(struct loop *loop, const char *host_ifname, struct cni_error *err);

/* Compares both kernels with what the wiring should be; changes nothing. CNI_UNKNOWN_CONTAINER when
 * the namespace is gone, else CNI_CHECK_FAILED with what is missing. `mac` NULL: any. */
int wiring_check(const struct wiring *w, const char *mac, struct cni_error *err);

/* All veths of the host whose name begins so; in the arena. */
int wiring_list_host(struct loop *loop, const char *prefix, struct arena *arena,
	struct link_info **ret, size_t *ret_n, struct cni_error *err);
