/* SPDX-License-Identifier: GPL-2.0-or-later */
/* version.h - versions of the CNI specification. */
#pragma once

#include <stdbool.h>

struct buf;

#define CNI_VERSION_DEFAULT "0.2.0" /* of a configuration that names none */
#define CNI_VERSION_CURRENT "1.1.0"

bool cni_version_supported(const char *version);
/* -1, 0 or 1; -EINVAL unless both are major.minor.patch. */
int cni_version_compare(const char *a, const char *b, int *ret);
/* version >= floor; false for what is no version. */
bool cni_version_from(const char *version, const char *floor);
void cni_versions_put(struct buf *out, const char *separator); /* quoted, in order */
void cni_versions_write(struct buf *out);                      /* the answer to VERSION */
