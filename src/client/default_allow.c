/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "default_allow.h"

#include "model/policy.h"

static struct rule_list allow_all(struct arena *arena)
{
	struct rule *rule = arena_new(arena, struct rule);
	rule->action = "Allow";
	return (struct rule_list){ 1, rule };
}

struct resource *default_allow_new(void)
{
	struct resource *res = resource_new(KIND_PROFILE);
	res->meta.name = DEFAULT_ALLOW;
	res->meta.resource_version = "1";
	resource_profile(res)->ingress = allow_all(&res->arena);
	resource_profile(res)->egress = allow_all(&res->arena);
	return res;
}
