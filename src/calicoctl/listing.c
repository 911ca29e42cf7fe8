/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "listing.h"

#include <math.h>
#include <stdlib.h>

#include "base/str.h"
#include "model/policy.h"

static double order_of(const struct resource *tier)
{
	struct opt_float order = resource_tier(tier)->order;
	return order.set ? order.value : INFINITY;
}

static int cmp_tier(const void *a, const void *b)
{
	const struct resource *const *x = a, *const *y = b;
	double p = order_of(*x), q = order_of(*y);
	return p != q ? (p > q) - (p < q) : str_cmp((*x)->meta.name, (*y)->meta.name);
}

void listing_sort(enum kind kind, struct resource_list *list)
{
	if (kind == KIND_TIER && list->n > 0)
		qsort(list->v, list->n, sizeof(struct resource *), cmp_tier);
}
