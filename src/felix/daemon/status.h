/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status.h - what Felix says about itself and its endpoints: process and endpoint status in the
 * datastore, files for the CNI plugin.
 *
 * Endpoint status is told only after the kernel holds what it claims (felix.md 1.7 step 12).
 */
#pragma once

#include <stdbool.h>

typedef struct Felix__ToDataplane Felix__ToDataplane;
struct config_values;
struct loop;
struct status;
struct store;

struct status *status_new(struct loop *loop, struct store *store, const struct config_values *v);
struct status *status_free(struct status *s); /* returns NULL */

/* Sees every message: remembers what the files of endpoints say. */
void status_message(struct status *s, const Felix__ToDataplane *msg);
/* "up", "down", or NULL = gone. */
void status_endpoint(struct status *s, const char *orchestrator, const char *workload,
	const char *endpoint, const char *status);
void status_settled(struct status *s, bool first);
