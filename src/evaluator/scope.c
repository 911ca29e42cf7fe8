/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "scope.h"

#include <errno.h>
#include <string.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "selector/selector.h"

#define NAMESPACE       "projectcalico.org/namespace"
#define SERVICE_ACCOUNT "projectcalico.org/serviceaccount"

static char *replace_all(char *text, const char *what, const char *with)
{
	struct buf out = BUF_INIT;
	const char *at = text, *found;

	for (; (found = strstr(at, what)) != NULL; at = found + strlen(what)) {
		buf_put(&out, at, (size_t)(found - at));
		buf_puts(&out, with);
	}
	buf_puts(&out, at);
	free(text);
	return buf_take(&out);
}

/* "(a) && b", or the one that is there. Takes both. */
static char *joined(char *a, char *b)
{
	_cleanup_free_ char *first = a, *second = b;

	if (str_empty(a) || !b)
		return b ? TAKE_PTR(second) : TAKE_PTR(first);
	return mem_printf("(%s) && %s", a, b);
}

static char *in_namespace(const char *ns)
{
	return mem_printf(NAMESPACE " == '%s'", ns);
}

static char *copy_or_empty(const char *text)
{
	return mem_strdup(text ? text : "");
}

static bool parses(const char *text)
{
	_cleanup_(selector_freep) struct selector *s = NULL;

	return selector_parse(text, &s, NULL) == 0;
}

/* The main selector, narrowed to the policy's namespace if it has one; NULL when it is broken. With
 * `lenient` it is left out then. */
static char *main_scope(const struct resource *policy, bool lenient)
{
	const struct policy_spec *spec = resource_policy(policy);
	bool broken = !parses(spec->selector);

	if (broken && !lenient)
		return NULL;
	if (policy->kind != KIND_NETWORK_POLICY)
		return copy_or_empty(broken ? NULL : spec->selector);
	return joined(copy_or_empty(broken ? NULL : spec->selector),
		in_namespace(policy->meta.ns));
}

/* Takes `scope`. With `lenient`, a selector that does not parse is left out. */
static char *narrowed(
	char *scope, const char *selector, const char *prefix, const char *all, bool lenient)
{
	char *narrower;

	if (!scope || str_empty(selector))
		return scope;
	narrower = selector_prefixed(selector, prefix, NULL);
	if (!narrower && lenient)
		return scope;
	if (!narrower) {
		free(scope);
		return NULL;
	}
	scope = joined(scope, narrower);
	return all ? replace_all(scope, "all()", all) : scope;
}

static char *policy_scope(const struct resource *policy, bool lenient)
{
	const struct policy_spec *spec = resource_policy(policy);
	bool global = policy->kind == KIND_GLOBAL_NETWORK_POLICY;
	char *scope = main_scope(policy, lenient);

	if (global)
		scope = narrowed(
			scope, spec->namespace_selector, "pcns.", "has(" NAMESPACE ")", lenient);
	scope = narrowed(scope, spec->service_account_selector, "pcsa.",
		global ? "has(" SERVICE_ACCOUNT ")" : NULL, lenient);
	if (str_empty(scope) && !parses(spec->selector)) { /* nothing that can be read bounds it */
		free(scope);
		return NULL;
	}
	return scope;
}

char *scope_of_policy(const struct resource *policy)
{
	return policy_scope(policy, false);
}

char *scope_of_broken_policy(const struct resource *policy)
{
	return policy_scope(policy, true);
}

static char *one_of_names(const struct text_list *names)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	buf_puts(&b, SERVICE_ACCOUNT " in {");
	for (size_t i = 0; i < names->n; i++)
		buf_printf(&b, "%s'%s'", i ? ", " : "", names->v[i]);
	buf_putc(&b, '}');
	return selector_normalise(b.data);
}

/* "(a) && (b)", or the one that is there. Takes both. */
static char *both(char *a, char *b)
{
	char *wrapped;

	if (str_empty(a) || str_empty(b)) {
		free(str_empty(a) ? a : b);
		return str_empty(a) ? b : a;
	}
	wrapped = mem_printf("(%s)", b);
	free(b);
	return joined(a, wrapped);
}

/* Each part of a side: 0 with *ret NULL when it is not given, -EINVAL when it does not parse. */

static int account_scope(const struct service_account_match *accounts, char **ret)
{
	char *selected = NULL;

	*ret = NULL;
	if (!accounts)
		return 0;
	if (!str_empty(accounts->selector)) {
		selected = selector_prefixed(accounts->selector, "pcsa.", NULL);
		if (!selected)
			return -EINVAL;
	}
	*ret = both(selected, accounts->names.n ? one_of_names(&accounts->names) : NULL);
	return 0;
}

static int namespace_scope(const char *selector, char **ret)
{
	char *text;

	*ret = NULL;
	if (str_empty(selector))
		return 0;
	text = selector_prefixed(selector, "pcns.", NULL);
	if (!text)
		return -EINVAL;
	text = replace_all(text, "all()", "has(" NAMESPACE ")");
	*ret = replace_all(text, "global()", "!has(" NAMESPACE ")");
	return 0;
}

int scope_of_side(const struct entity_rule *side, const char *policy_ns, char **ret)
{
	_cleanup_free_ char *ns = NULL, *accounts = NULL, *pods = NULL;
	bool asked;

	*ret = NULL;
	if (!parses(side->selector) || namespace_scope(side->namespace_selector, &ns) ||
		account_scope(side->service_accounts, &accounts))
		return -EINVAL;
	asked = ns || accounts || !str_empty(side->selector) || !str_empty(side->not_selector);
	if (!asked)
		return 0;
	if (!ns && policy_ns)
		ns = in_namespace(policy_ns);
	pods = both(
		TAKE_PTR(accounts), str_empty(side->selector) ? NULL : mem_strdup(side->selector));
	*ret = both(TAKE_PTR(ns), TAKE_PTR(pods));
	return 0;
}
