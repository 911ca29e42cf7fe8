/* SPDX-License-Identifier: GPL-2.0-or-later */
/* plugin.h - the verbs of a plugin; one table for `calico`, one for `calico-ipam`.
 *
 * Each returns 0 or the code of the failure, with *err filled. ADD fills the result.
 */
#pragma once

#include "call.h"

struct plugin {
	const char *name;
	int (*add)(struct cni_call *call, struct cni_result *ret, struct cni_error *err);
	int (*del)(struct cni_call *call, struct cni_error *err);
	int (*check)(struct cni_call *call, struct cni_error *err);
	int (*status)(struct cni_call *call, struct cni_error *err);
	int (*gc)(struct cni_call *call, struct cni_error *err);
	const char *check_says; /* on success; "" = nothing */
};

extern const struct plugin calico_plugin;

/* Runs the verb that the environment asks for; standard input to standard output. The exit status.
 */
int plugin_run(const struct plugin *plugin, const char *const *vars);
