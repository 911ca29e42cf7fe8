/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch.h"
#include "commands.h"
#include "operation.h"

int run_create(struct invocation *inv)
{
	return batch_main(inv, BATCH_INITIALIZE, operation_create, "create", "created");
}
