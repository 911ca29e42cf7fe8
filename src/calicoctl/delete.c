/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "batch.h"
#include "commands.h"
#include "operation.h"
#include "report.h"

int run_delete(struct invocation *inv)
{
	_cleanup_session_ struct session s;
	_cleanup_batch_ struct batch b;
	int r = batch_begin(&b, &s, inv, 0);
	if (r || b.in.n == 0)
		return r;
	batch_run(&b, &s, operation_delete);
	_cleanup_buf_ struct buf one = BUF_INIT, some = BUF_INIT;
	batch_noun(&b, "", &one);
	batch_noun(&b, "(s)", &some);
	if (b.handled > 0)
		printf("Successfully deleted %zu %s\n", b.handled, buf_str(&some));
	for (size_t i = 0; i < b.errors.n; i++)
		r = report_error("Failed to delete %s: %s", buf_str(&one), b.errors.v[i]);
	if (r)
		fputc('\n', stderr);
	return r;
}
