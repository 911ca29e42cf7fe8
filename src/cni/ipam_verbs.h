/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ipam_verbs.h - address management as `calico-ipam` does it, for both programs.
 *
 * `calico` calls these in its own process when ipam.type is "calico-ipam", with its own session;
 * the program `calico-ipam` calls them through ipam_plugin.
 * The result of ADD has ips (without interface) and routes.
 * Source: orchestrators.md 1.8.
 */
#pragma once

#include "plugin.h"

extern const struct plugin ipam_plugin; /* of the program calico-ipam */

int ipam_add(struct cni_call *call, struct cni_result *ret, struct cni_error *err);
int ipam_del(struct cni_call *call, struct cni_error *err);
int ipam_check(struct cni_call *call, struct cni_error *err);  /* the handle owns the addresses */
int ipam_status(struct cni_call *call, struct cni_error *err); /* a pool is there: 0, or 50 */
int ipam_gc(struct cni_call *call, struct cni_error *err); /* handles not in valid_attachments */

/* calico-ipam -upgrade. The exit status. */
int ipam_upgrade(const char *const *vars);
