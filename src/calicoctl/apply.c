/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch.h"
#include "commands.h"
#include "operation.h"

int run_apply(struct invocation *inv)
{
	return batch_main(inv, BATCH_INITIALIZE, operation_apply, "apply", "applied");
}
