/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "effective.h"

#include <errno.h>

#include "base/mem.h"
#include "base/str.h"
#include "selector/selector.h"

static void replace_text(struct buf *b, const char *old, const char *new)
{
	_cleanup_buf_ struct buf from = *b;
	const char *s = buf_str(&from), *at;

	*b = BUF_INIT;
	for (; (at = strstr(s, old)); s = at + strlen(old)) {
		buf_put(b, s, (size_t)(at - s));
		buf_puts(b, new);
	}
	buf_puts(b, s);
}

/* "(so far) && term" */
static void and_term(struct buf *b, const char *term)
{
	_cleanup_buf_ struct buf before = *b;

	*b = BUF_INIT;
	if (before.len)
		buf_printf(b, "(%s) && ", buf_str(&before));
	buf_puts(b, term);
}

static int and_prefixed(
	struct buf *b, const char *selector, const char *prefix, const char *what, struct err *err)
{
	_cleanup_free_ char *prefixed = selector_prefixed(selector, prefix, err);

	if (!prefixed)
		return err_wrap(err, -EINVAL, "%s", what);
	and_term(b, prefixed);
	return 0;
}

int effective_policy_selector(
	const struct policy_spec *spec, const char *ns, struct buf *out, struct err *err)
{
	_cleanup_free_ char *in_namespace = mem_printf(LABEL_NAMESPACE " == '%s'", ns ? ns : "");
	int bad_ns = 0, bad_sa = 0;

	buf_puts(out, spec->selector ? spec->selector : "");
	if (ns) {
		and_term(out, in_namespace);
	} else if (!str_empty(spec->namespace_selector)) {
		bad_ns = and_prefixed(
			out, spec->namespace_selector, PREFIX_NAMESPACE, "namespaceSelector", err);
		replace_text(out, "all()", "has(" LABEL_NAMESPACE ")");
	}
	if (!str_empty(spec->service_account_selector)) {
		bad_sa = and_prefixed(out, spec->service_account_selector, PREFIX_SERVICE_ACCOUNT,
			"serviceAccountSelector", err);
		if (!ns)
			replace_text(out, "all()", "has(" LABEL_SERVICE_ACCOUNT ")");
	}
	return bad_ns ? bad_ns : bad_sa;
}

static void put_names(const struct text_list *names, struct buf *out)
{
	buf_puts(out, LABEL_SERVICE_ACCOUNT " in {");
	for (size_t i = 0; i < names->n; i++)
		buf_printf(out, "%s\"%s\"", i ? ", " : "", names->v[i]);
	buf_puts(out, "}");
}

/* "(so far) && (term)" */
static void and_bracketed(struct buf *b, const char *term)
{
	_cleanup_free_ char *bracketed = b->len ? mem_printf("(%s)", term) : mem_strdup(term);

	and_term(b, bracketed);
}

static int put_service_accounts(
	const struct service_account_match *match, struct buf *out, struct err *err)
{
	_cleanup_buf_ struct buf names = BUF_INIT;

	if (!str_empty(match->selector) &&
		and_prefixed(out, match->selector, PREFIX_SERVICE_ACCOUNT,
			"serviceAccounts.selector", err))
		return -EINVAL;
	if (match->names.n) {
		put_names(&match->names, &names);
		and_bracketed(out, buf_str(&names));
	}
	return 0;
}

static int put_namespace(
	const struct entity_rule *side, const char *ns, struct buf *out, struct err *err)
{
	if (!str_empty(side->namespace_selector)) {
		if (and_prefixed(out, side->namespace_selector, PREFIX_NAMESPACE,
			    "namespaceSelector", err))
			return -EINVAL;
		replace_text(out, "all()", "has(" LABEL_NAMESPACE ")");
		replace_text(out, "global()", "!has(" LABEL_NAMESPACE ")");
	} else if (ns) {
		buf_printf(out, LABEL_NAMESPACE " == '%s'", ns);
	}
	return 0;
}

int effective_side_selector(
	const struct entity_rule *side, const char *ns, struct buf *out, struct err *err)
{
	_cleanup_buf_ struct buf pods = BUF_INIT;
	bool asks = !str_empty(side->selector) || !str_empty(side->not_selector) ||
		    !str_empty(side->namespace_selector) || side->service_accounts;

	if (!asks)
		return 0;
	if (side->service_accounts && put_service_accounts(side->service_accounts, &pods, err))
		return -EINVAL;
	if (!str_empty(side->selector))
		and_bracketed(&pods, side->selector);
	if (put_namespace(side, ns, out, err))
		return -EINVAL;
	if (pods.len)
		and_bracketed(out, buf_str(&pods));
	return 0;
}
