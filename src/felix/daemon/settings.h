/* SPDX-License-Identifier: GPL-2.0-or-later */
/* settings.h - getting from nothing to a configuration that Felix can run with.
 *
 * Environment and file first; then the datastore that they name is asked until it is ready, and its
 * FelixConfigurations are merged in. Health is served meanwhile.
 *
 * Source: felix.md 1.12, 7.1, 7.2.
 */
#pragma once

#include "base/err.h"
#include "config/config.h"
#include "store/store.h"

struct loop;
struct problems;

/* Tells the log and the problems about parameters that are unknown, bad or without effect. */
void settings_note(void *problems, enum config_note note, enum config_source source,
	const char *name, const char *value, const char *reason);

/* Environment and file; a file that is missing is fine. */
int settings_load_local(struct config *c, const char *const *env, const char *path,
	struct problems *problems, struct err *err);

/* Opens the datastore that the local sources name. */
int settings_open_store(
	const struct config_values *v, struct loop *loop, struct store **ret, struct err *err);

enum settings_outcome { SETTINGS_E_NOT_READY = 1 };

/* One attempt at the datastore's sources; resolves. SETTINGS_E_NOT_READY while datastoreReady is
 * not true. */
int settings_load_datastore(struct config *c, struct loop *loop, struct store *store,
	struct problems *problems, struct err *err);

/* ProgramClusterRoutes: does Felix make the routes of such pools, or BIRD? (felix.md 5.4) */
bool settings_owns_ipip_routes(const struct config_values *v);
bool settings_owns_no_encap_routes(const struct config_values *v);

/* Log levels and file as configured. */
void settings_apply_logs(const struct config_values *v);
