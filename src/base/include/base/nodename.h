/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nodename.h - this node's name, decided alike in every program.
 *
 * NODENAME, else the nodename file, else HOSTNAME in lower case, else the host's name in lower
 * case; white space around each is stripped and what is blank counts as unset.
 * Source: bgp.md 2.1 step 1 and 2.2.
 */
#pragma once

#include "base/err.h"

#define NODENAME_FILE "/var/lib/calico/nodename"

/* The file's path: CALICO_NODENAME_FILE or NODENAME_FILE. */
const char *node_name_file(const char *const *env);

char *node_name(const char *const *env, struct err *err); /* malloc()ed; NULL with *err */

/* Written for the CNI plugin: no newline, 0644, its directory is made. */
int node_name_write(const char *path, const char *name, struct err *err);
