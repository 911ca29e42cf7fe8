/* SPDX-License-Identifier: GPL-2.0-or-later */
/* merge.h - a patch laid over a JSON document: members are merged, null deletes, lists and all else
 * are replaced. Source: calicoctl.md 6.1, patch. */
#pragma once

struct buf;

/* Compact JSON to out; -EBADMSG when one of the texts is no JSON object. */
int merge_patch(const char *document, const char *patch, struct buf *out);
