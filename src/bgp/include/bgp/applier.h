/* SPDX-License-Identifier: GPL-2.0-or-later */
/* applier.h - brings a configuration into BIRD: stage, check, install, reload, and only then is it
 * done.
 *
 * A configuration that BIRD refuses never replaces one that works; a reload that was not
 * acknowledged is made again. While BIRD does not run the file is installed for it to start with.
 *
 * Source: bgp.md 1.4.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct loop;
struct applier;

struct applier *applier_new(struct loop *loop, const char *config_path, const char *socket_path);
struct applier *applier_free(struct applier *a); /* returns NULL */

/* Nothing happens when BIRD has acknowledged just this text. */
void applier_set(struct applier *a, const char *text);

struct applier_counters { /* since applier_new(); only ever grow */
	uint64_t reloads, failures;
};
struct applier_counters applier_counters(const struct applier *a);

bool applier_settled(const struct applier *a);      /* the last text given is what BIRD runs with */
const char *applier_error(const struct applier *a); /* BIRD's or ours; "" when all is well */
