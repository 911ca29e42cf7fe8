/* SPDX-License-Identifier: GPL-2.0-or-later */
/* feed.h - from the resources that configure Felix to the datastore's sources of config.h.
 *
 * ClusterInformation and FelixConfiguration `default` make the global source; the
 * FelixConfiguration whose node selector matches this host's Node (the oldest, when several do) the
 * selector one; FelixConfiguration `node.<host>` and the Node's tunnel addresses the host's own.
 *
 * Owner:  keeps copies of the few resources that it needs.
 * Source: felix.md 7.1, datamodel.md 2.18.
 */
#pragma once

#include <stdbool.h>

#include "model/key.h"

struct config;
struct config_feed;
struct resource;

/* Until config_feed_apply() is called for the first time the config is left as it is: a snapshot
 * counts only when it is whole. */
struct config_feed *config_feed_new(struct config *config, const char *hostname);
struct config_feed *config_feed_free(struct config_feed *f); /* returns NULL; not the config */

/* True when sources of the config were set anew: resolve it. `res` NULL = gone. */
bool config_feed_update(struct config_feed *f, const struct key *key, const struct resource *res);
void config_feed_apply(struct config_feed *f);

/* ClusterInformation.spec.datastoreReady; false while it is absent or unset. */
bool config_feed_ready(const struct config_feed *f);
