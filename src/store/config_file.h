/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config_file.h - the text of a CalicoAPIConfig, apart from where it lies. */
#pragma once

#include "store/config.h"

/* *err holds what stands behind "syntax error in <path>: ". */
int store_config_parse(const char *text, size_t len, struct store_config *ret, struct err *err);
