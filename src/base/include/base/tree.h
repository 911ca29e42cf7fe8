/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tree.h - libbsd's red-black trees with static functions.
 *
 * TREE_GENERATE(name, type, field, cmp) is what RB_GENERATE_STATIC is meant to be: that one needs
 * a __unused which libbsd leaves out, because it collides with names inside of libc.
 */
#pragma once

#include <bsd/sys/tree.h>

#define TREE_GENERATE(name, type, field, cmp) \
	RB_GENERATE_INTERNAL(name, type, field, cmp, static __attribute__((unused)))
