/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status.h - what Felix says about itself and its endpoints: process and endpoint status in the
 * datastore, files for the CNI plugin.
 *
 * Endpoint status is told only after the kernel holds what it claims (felix.md 1.7 step 12).
 */
#pragma once

#include <stdbool.h>

struct config_values;
struct link_status;
struct loop;
struct status;
struct store;

struct status *status_new(struct loop *loop, struct store *store, const struct config_values *v);
struct status *status_free(struct status *s); /* returns NULL */

void status_link(struct status *s, const struct link_status *link);
void status_settled(struct status *s, bool first);
