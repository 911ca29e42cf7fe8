/* SPDX-License-Identifier: GPL-2.0-or-later */
/* call.h - one call of a plugin: what the runtime said, and what the verbs share.
 *
 * Order of checks as upstream's: variables (4), their form (4), JSON (6), name (7), version (1);
 * then what upstream's plugins check themselves.
 */
#pragma once

#include "env.h"
#include "error.h"
#include "netconf.h"
#include "result.h"
#include "session.h"

struct cni_call {
	struct cni_env env;
	struct netconf conf;
	const char *version; /* of the configuration, or the default */
	struct session session; /* opened by the first session_open(): one connection for all */
};

/* Reads the environment and standard input. */
int cni_call_read(const char *const *vars, struct cni_call *ret, struct cni_error *err);
int cni_call_read_config(struct cni_call *call, struct cni_error *err); /* only the input */
void cni_call_done(struct cni_call *call);

/* The version of the configuration allows this verb, and we know the version. */
int cni_call_check_version(const struct cni_call *call, struct cni_error *err);
