/* SPDX-License-Identifier: GPL-2.0-or-later */
/* names.h - the syntax of names, labels and annotations, with the sentences for what is wrong.
 *
 * Source: datamodel.md 2.0, 2.0.3.
 */
#pragma once

#include <stdbool.h>

#define NAME_MAX_SUBDOMAIN 253
#define NAME_MAX_LABEL     63

bool name_is_subdomain(const char *text); /* DNS-1123, without a limit of length */
bool name_is_label(const char *text);     /* one part of it, "[a-z0-9]([-a-z0-9]*[a-z0-9])?" */

/* NULL, or why not. */
const char *label_key_fault(const char *key);
const char *label_value_fault(const char *value);
