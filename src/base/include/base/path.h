/* SPDX-License-Identifier: GPL-2.0-or-later */
/* path.h - the directories that a file needs. */
#pragma once

/* Makes the missing directories above `path`, mode 0755. 0 or -errno. */
int path_make_parents(const char *path);
