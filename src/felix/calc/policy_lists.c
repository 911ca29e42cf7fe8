/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which policies an endpoint goes through, and in what order. Source: felix.md 1.5. */
#include "base/str.h"
#include "endpoints.h"
#include "message.h"

static int compare_policies(const void *a, const void *b, void *ctx)
{
	const struct policy *x = *(void *const *)a, *y = *(void *const *)b;

	if (x->tier != y->tier)
		return tiers_compare(ctx, x->tier->text, y->tier->text);
	if (x->traits.order != y->traits.order)
		return x->traits.order < y->traits.order ? -1 : 1;
	return str_cmp(x->rank, y->rank);
}

/* Untracked and pre-DNAT policies do nothing on workloads. */
static struct ptrs collect(const struct tiers *tiers, const struct ptrs *selectors)
{
	struct ptrs ret = { 0 };

	for (uint32_t i = 0; i < selectors->n; i++) {
		const struct policy_selector *s = selectors->v[i];
		for (uint32_t j = 0; j < s->policies.n; j++) {
			const struct policy *policy = s->policies.v[j];
			if (!policy->traits.untracked && !policy->traits.pre_dnat)
				ptrs_add(&ret, s->policies.v[j]);
		}
	}
	if (ret.n)
		qsort_r(ret.v, ret.n, sizeof(*ret.v), compare_policies, (void *)tiers);
	return ret;
}

static Felix__PolicyID *policy_id(const struct policy *policy, struct arena *a)
{
	Felix__PolicyID *id = arena_message(a, Felix__PolicyID, felix__policy_id__init);

	id->name = policy->name; /* outlives the message */
	id->kind = (char *)kind_name(policy->kind);
	if (policy->ns)
		id->namespace_ = policy->ns->text;
	return id;
}

/* Policies v[0..n) are those of one tier. */
static Felix__TierInfo *tier_info(const struct tiers *tiers, void **v, size_t n, struct arena *a)
{
	Felix__TierInfo *info = arena_message(a, Felix__TierInfo, felix__tier_info__init);
	const struct atom *name = ((struct policy *)v[0])->tier;
	const struct tier *tier = tiers_get(tiers, name->text);

	info->name = message_text(a, name->text);
	if (tier)
		info->default_action = (char *)tier->default_action;
	info->ingress_policies = arena_new_n(a, Felix__PolicyID *, n);
	info->egress_policies = arena_new_n(a, Felix__PolicyID *, n);
	for (size_t i = 0; i < n; i++) {
		const struct policy *policy = v[i];
		Felix__PolicyID *id = policy_id(policy, a);
		if (policy->traits.ingress)
			info->ingress_policies[info->n_ingress_policies++] = id;
		if (policy->traits.egress)
			info->egress_policies[info->n_egress_policies++] = id;
	}
	return info;
}

void policy_lists(const struct tiers *tiers, const struct ptrs *selectors, struct arena *arena,
	Felix__TierInfo ***ret, size_t *ret_n)
{
	struct ptrs policies = collect(tiers, selectors);
	uint32_t end;

	*ret = arena_new_n(arena, Felix__TierInfo *, policies.n + 1);
	*ret_n = 0;
	for (uint32_t i = 0; i < policies.n; i = end) {
		const struct policy *first = policies.v[i];
		for (end = i + 1; end < policies.n; end++)
			if (((struct policy *)policies.v[end])->tier != first->tier)
				break;
		(*ret)[(*ret_n)++] = tier_info(tiers, policies.v + i, end - i, arena);
	}
	ptrs_done(&policies);
}
