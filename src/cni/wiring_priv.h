/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wiring_priv.h - what the two sides of a wiring share. */
#pragma once

#include <linux/rtnetlink.h>

#include "kernel/link.h"
#include "wiring.h"

#define GATEWAY_V4 { 4, { 169, 254, 1, 1 } }
/* The link-local address of ee:ee:ee:ee:ee:ee. */
#define GATEWAY_V6 { 6, { 0xfe, 0x80, 0, 0, 0, 0, 0, 0, 0xec, 0xee, 0xee, 0xff, 0xfe, 0xee, 0xee, 0xee } }

extern const uint8_t wiring_host_mac[6];

struct sides {
	const struct wiring *w;
	struct netns ns;
	struct rtnl host, container;
	struct link_info host_link, container_link;
	bool v4, v6; /* families with an address */
};

int wiring_ask_link(struct rtnl *r, const char *name, struct link_info *ret); /* 0 or -errno */

/* The host's side: wiring_host.c */
int host_side_prepare(struct sides *s, struct cni_error *err); /* MAC, parameters, up */
int host_side_settle(struct sides *s, struct cni_error *err);  /* its link-local address */
int host_side_route(struct sides *s, struct cni_error *err);

/* The container's side: wiring_container.c */
int container_side_prepare(struct sides *s, struct cni_error *err);  /* before the links are up */
int container_side_up(struct sides *s, struct cni_error *err);
int container_side_address(struct sides *s, struct cni_error *err); /* routes, addresses */

/* Writes root/path; the parameter's name is in the error. */
int wiring_sysctl(const char *path, const char *value, struct cni_error *err);
