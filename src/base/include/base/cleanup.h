/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cleanup.h - ownership that ends with the scope.
 *
 * A local that owns something is declared with _cleanup_(destructor); moving it out is spelled
 * TAKE_PTR() or TAKE_FD(), so that a reader can follow ownership inside one function.
 */
#pragma once

#include <unistd.h>

#define _cleanup_(fn) __attribute__((cleanup(fn)))

/* Defines `void namep(type *)` for _cleanup_ out of a destructor that accepts NULL. */
#define DEFINE_CLEANUP(type, fn)          \
	static inline void fn##p(type *p) \
	{                                 \
		fn(*p);                   \
	}                                 \
	struct fn##_needs_semicolon

#define TAKE_PTR(p)                         \
	({                                  \
		__typeof__(p) taken_ = (p); \
		(p) = NULL;                 \
		taken_;                     \
	})

#define TAKE_FD(fd)                \
	({                         \
		int taken_ = (fd); \
		(fd) = -1;         \
		taken_;            \
	})

static inline void close_fdp(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
#define _cleanup_close_ _cleanup_(close_fdp)

#define ARRAY_SIZE(a)                   (sizeof(a) / sizeof((a)[0]))
#define container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))
#define MUST_CHECK                      __attribute__((warn_unused_result))
