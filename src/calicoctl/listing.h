/* SPDX-License-Identifier: GPL-2.0-or-later */
/* listing.h - the order in which objects are listed. Source: calicoctl.md 6.1. */
#pragma once

#include "client/client.h"

/* Tiers by their order, those without one last; other kinds stay in the order of their keys. */
void listing_sort(enum kind kind, struct resource_list *list);
