/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "batch.h"
#include "commands.h"
#include "operation.h"
#include "report.h"

int run_replace(struct invocation *inv)
{
	_cleanup_session_ struct session s;
	_cleanup_batch_ struct batch b;
	int r = batch_begin(&b, &s, inv, BATCH_INITIALIZE);
	if (r || b.in.n == 0)
		return r;
	batch_run(&b, &s, operation_replace);
	if (b.errors.n == 0)
		return batch_report(&b, "replace", "replaced");
	/* Scripts know this text: it counts the failed ones too, and shows the last error only. */
	_cleanup_buf_ struct buf noun = BUF_INIT;
	batch_noun(&b, "s", &noun);
	printf("Partial success: replaced the first %zu out of %zu %s:\n", b.in.n, b.in.n,
		buf_str(&noun));
	return report_error("hit error: %s", b.errors.v[b.errors.n - 1]);
}
