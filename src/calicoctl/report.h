/* SPDX-License-Identifier: GPL-2.0-or-later */
/* report.h - what goes to the terminal. Source: calicoctl.md 1. */
#pragma once

struct buf;

/* Shortens what a decoder said to what the user has to know. */
void error_polish(const char *text, struct buf *out);

/* Prints the polished text as one line on stderr; returns 1, the exit status. */
int report_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
