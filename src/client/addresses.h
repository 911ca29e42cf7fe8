/* SPDX-License-Identifier: GPL-2.0-or-later */
/* addresses.h - what address management gives back when a Node or an IPPool goes away.
 *
 * Source: datamodel.md 2.1, 2.8. Each leaves the text in client_error().
 */
#pragma once

#include "base/addr.h"
#include "client/client.h"

/* Of the node's endpoints, and those of its IPv4 tunnels: whoever has them. */
enum client_status node_release_addresses(struct client *c, const char *node);
/* The node's claims on blocks. Addresses in them that are still in use stay so. */
enum client_status node_release_blocks(struct client *c, const char *node);
/* All nodes' claims on the blocks of a pool. */
enum client_status pool_release_blocks(struct client *c, const struct cidr *pool);
