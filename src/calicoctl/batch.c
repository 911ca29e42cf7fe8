/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch.h"

#include <stdio.h>

#include "report.h"

static enum kind common_kind(const struct resources *in)
{
	for (size_t i = 1; i < in->n; i++)
		if (in->v[i]->kind != in->v[0]->kind)
			return KIND_NONE;
	return in->n ? in->v[0]->kind : KIND_NONE;
}

int batch_begin(struct batch *b, struct session *s, const struct invocation *inv, unsigned options)
{
	_cleanup_buf_ struct buf error = BUF_INIT;
	*b = (struct batch){ 0 };
	*s = (struct session){ .opt = &inv->opt };
	if (!(options & BATCH_OFFLINE)) {
		int r = session_open(s, &inv->opt);
		if (r)
			return r;
		if (session_check_version(s) != CLIENT_OK)
			return report_error("%s", buf_str(&s->error));
	}
	if (input_read(inv, &b->in, &error) < 0)
		return report_error("%s", buf_str(&error));
	b->kind = common_kind(&b->in);
	if (b->in.n == 0) {
		puts("No resources specified");
		return 0;
	}
	if (options & BATCH_OFFLINE)
		return 0;
	int r = session_need_client(s);
	if (r == 0 && (options & BATCH_INITIALIZE))
		client_initialize(s->client, "", ""); /* a failure shows in what comes next */
	return r;
}

int batch_begin_one(
	struct session *s, const struct invocation *inv, const char *prefix, struct resource **ret)
{
	_cleanup_buf_ struct buf error = BUF_INIT;
	int r = session_open(s, &inv->opt);
	if (r)
		return r;
	if (session_check_version(s) != CLIENT_OK)
		return report_error("%s%s", prefix, buf_str(&s->error));
	if (input_named(inv->args[0], inv->args[1], ret, &error) < 0)
		return report_error("%s%s", prefix, buf_str(&error));
	return session_need_client(s);
}

void batch_run(struct batch *b, struct session *s, operation_fn fn)
{
	for (size_t i = 0; i < b->in.n; i++) {
		if (fn(s, b->in.v[i]) == CLIENT_OK)
			b->handled++;
		else
			strv_add(&b->errors, buf_str(&s->error));
	}
}

void batch_done(struct batch *b)
{
	resources_done(&b->in);
	strv_done(&b->errors);
}

void batch_noun(const struct batch *b, const char *plural, struct buf *out)
{
	if (b->kind != KIND_NONE)
		buf_printf(out, "'%s' ", kind_name(b->kind));
	buf_printf(out, "resource%s", plural);
}

static int report_failures(const struct batch *b, const char *verb, const char *past)
{
	_cleanup_buf_ struct buf one = BUF_INIT, many = BUF_INIT;
	_cleanup_free_ char *errors = strv_join(&b->errors, " ");
	batch_noun(b, "", &one);
	batch_noun(b, "s", &many);
	if (b->handled > b->errors.n)
		printf("Partial success: %s the first %zu out of %zu %s:\n", past, b->handled,
			b->in.n, buf_str(&many));
	if (b->handled > 0)
		return report_error("hit error: [%s]", errors);
	if (b->in.n == 1)
		return report_error("failed to %s %s: [%s]", verb, buf_str(&one), errors);
	return report_error("failed to %s any %s: [%s]", verb, buf_str(&many), errors);
}

int batch_report(const struct batch *b, const char *verb, const char *past)
{
	_cleanup_buf_ struct buf noun = BUF_INIT;
	if (b->errors.n > 0)
		return report_failures(b, verb, past);
	batch_noun(b, "(s)", &noun);
	printf("Successfully %s %zu %s\n", past, b->in.n, buf_str(&noun));
	return 0;
}

int batch_main(const struct invocation *inv, unsigned options, operation_fn fn, const char *verb,
	const char *past)
{
	_cleanup_session_ struct session s;
	_cleanup_batch_ struct batch b;
	int r = batch_begin(&b, &s, inv, options);
	if (r || b.in.n == 0)
		return r;
	batch_run(&b, &s, fn);
	return batch_report(&b, verb, past);
}
