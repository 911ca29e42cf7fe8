/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "rules.h"

#include <errno.h>

#include "base/buf.h"
#include "proto/print.h"
#include "rule_priv.h"

/* Each identifier hashes all rules up to its own. */
static void put_ids(struct arena *a, const char *seed, Felix__Rule **rules, size_t n)
{
	_cleanup_buf_ struct buf chain = BUF_INIT;
	uint8_t hash[SHA224_LEN];
	char id[17];

	sha224(seed, strlen(seed), hash);
	for (size_t i = 0; i < n; i++) {
		buf_clear(&chain);
		buf_put(&chain, hash, sizeof(hash));
		proto_pack(&rules[i]->base, &chain);
		sha224(chain.data, chain.len, hash);
		rules[i]->rule_id = arena_strdup(a, base64url(hash, sizeof(hash), id, sizeof(id)));
	}
}

static void only_rule(
	struct arena *a, const char *action, const char *seed, Felix__Rule ***ret, size_t *ret_n)
{
	Felix__Rule *rule = arena_message(a, Felix__Rule, felix__rule__init);

	rule->action = message_text(a, action);
	*ret = arena_new(a, Felix__Rule *);
	(*ret)[0] = rule;
	*ret_n = 1;
	put_ids(a, seed, *ret, 1);
}

void rules_deny(struct arena *arena, const char *seed, Felix__Rule ***ret, size_t *ret_n)
{
	only_rule(arena, "deny", seed, ret, ret_n);
}

void rules_allow(struct arena *arena, const char *seed, Felix__Rule ***ret, size_t *ret_n)
{
	only_rule(arena, "allow", seed, ret, ret_n);
}

void rules_convert(struct rule_context *ctx, const struct rule_list *rules, const char *seed,
	Felix__Rule ***ret, size_t *ret_n, struct err *err)
{
	size_t n_specs = ctx->specs.n;

	*ret = rules->n ? arena_new_n(ctx->arena, Felix__Rule *, rules->n) : NULL;
	*ret_n = rules->n;
	for (size_t i = 0; i < rules->n; i++)
		if (rule_convert(ctx, &rules->v[i], &(*ret)[i], err)) {
			err_wrap(err, -EINVAL, "rule %zu", i + 1);
			ctx->specs.n = n_specs;
			rules_deny(ctx->arena, seed, ret, ret_n);
			return;
		}
	put_ids(ctx->arena, seed, *ret, *ret_n);
}
