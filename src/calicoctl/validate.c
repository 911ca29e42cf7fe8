/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "batch.h"
#include "commands.h"
#include "model/validate.h"
#include "operation.h"

static enum client_status validate(struct session *s, struct resource *res)
{
	enum client_status status = operation_namespace(s, res);
	struct field_errors errors = { 0 };
	if (status != CLIENT_OK)
		return status;
	resource_default_schema(res);
	resource_validate(res, &errors);
	if (errors.n > 0) {
		buf_clear(&s->error);
		field_errors_text(&errors, &s->error);
		status = CLIENT_E_INVALID;
	}
	field_errors_done(&errors);
	return status;
}

int run_validate(struct invocation *inv)
{
	return batch_main(inv, BATCH_OFFLINE, validate, "validate", "validated");
}
