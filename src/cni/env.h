/* SPDX-License-Identifier: GPL-2.0-or-later */
/* env.h - what a runtime says in the environment.
 *
 * Owner:  texts borrow from the environment, those of CNI_ARGS live in the struct's arena.
 * Source: the CNI specification, "Parameters"; orchestrators.md 1.3, 1.14.
 */
#pragma once

#include <stdbool.h>

#include "base/addr.h"
#include "base/arena.h"
#include "error.h"

enum cni_verb {
	CNI_ADD,
	CNI_DEL,
	CNI_CHECK,
	CNI_STATUS,
	CNI_GC,
	CNI_VERSION,
	CNI_VERB_N,
};

struct cni_env {
	const char *const *vars; /* all of it */
	enum cni_verb verb;
	/* "" when not given. */
	const char *command, *container_id, *netns, *ifname, *path, *args;
	/* Of CNI_ARGS, after cni_env_parse_args(). */
	const char *pod_name, *pod_namespace, *pod_uid;
	struct addr ip; /* IP=; family 0: not given */
	struct arena arena;
};

/* The verb, and the variables that it needs. */
int cni_env_read(const char *const *vars, struct cni_env *ret, struct cni_error *err);
void cni_env_done(struct cni_env *env);

/* Container identifier and interface name are well-formed, where they are given. */
int cni_env_check(const struct cni_env *env, struct cni_error *err);

/* Unknown names are ignored. */
int cni_env_parse_args(struct cni_env *env, struct cni_error *err);

const char *cni_verb_name(enum cni_verb verb);

/* [a-zA-Z0-9][a-zA-Z0-9_.-]*, the alphabet of container identifiers. */
bool cni_id_valid(const char *id);
