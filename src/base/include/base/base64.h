/* SPDX-License-Identifier: GPL-2.0-or-later */
/* base64.h - bytes out of their standard base64 text (RFC 4648, with padding). */
#pragma once

#include <stddef.h>

struct buf;

/* Blanks and line ends are skipped. Appends to out; -EINVAL when the text is not base64. */
int base64_decode(const char *text, size_t len, struct buf *out);
