/* SPDX-License-Identifier: GPL-2.0-or-later */
/* claims.h - one endpoint an interface: the others wait until it is theirs.
 *
 * A filter in the stream of messages. An endpoint that loses its interface to one with a lower id
 * is removed and parked; it comes back as an update when nobody before it is left.
 * Owner: keeps a packed copy of each endpoint's last update.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

typedef struct Felix__ToDataplane Felix__ToDataplane;

struct claims;

struct claims_out {
	void *ctx;
	void (*message)(void *ctx, const Felix__ToDataplane *msg);
	void (*problem)(void *ctx, const char *subject, const char *reason); /* NULL: solved */
};

struct claims *claims_new(const struct claims_out *out);
struct claims *claims_free(struct claims *c); /* returns NULL */

void claims_message(struct claims *c, const Felix__ToDataplane *msg);
size_t claims_count(const struct claims *c);
