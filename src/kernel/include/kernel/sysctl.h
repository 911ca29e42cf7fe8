/* SPDX-License-Identifier: GPL-2.0-or-later */
/* sysctl.h - kernel parameters by path, "net/ipv4/conf/eth0/forwarding".
 *
 * The network part of /proc/sys is that of the process's network namespace. Names of interfaces
 * may contain dots, which is why these are paths and not the dotted names of sysctl(8).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#define SYSCTL_ROOT "/proc/sys"

/* Without the final newline. 0 or a negative errno: -ENOENT when the parameter does not exist,
 * -ENOSPC when it does not fit. */
int sysctl_read(const char *root, const char *path, char *ret, size_t cap);

/* Writes only what differs; says in *ret_wrote, if given, whether it did. */
int sysctl_write(const char *root, const char *path, const char *value, bool *ret_wrote);
