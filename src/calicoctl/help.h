/* SPDX-License-Identifier: GPL-2.0-or-later */
/* help.h - the help page of a command, laid out from the table. Source: calicoctl.md 1. */
#pragma once

struct buf;
struct invocation;

/* For the last command in inv->path; inv->program is the name that the page uses. */
void help_format(const struct invocation *inv, struct buf *out);

/* The same, printed; returns 0, the exit status. */
int help_show(const struct invocation *inv);
