/* SPDX-License-Identifier: GPL-2.0-or-later */
/* validate.h - everything that a client refuses to write, with upstream's texts.
 *
 * Source: datamodel.md 2.0 to 2.0.3, 11; messages composed as in 1.2.1.
 */
#pragma once

#include "model/resource.h"

struct field_error {
	const char *name;   /* "Metadata.Name", "spec.ingress[0].action" */
	const char *value;  /* NULL: none is shown */
	const char *reason; /* NULL: none is shown */
};

struct field_errors {
	size_t n, cap;
	struct field_error *v;
	struct arena arena;
};

void field_errors_done(struct field_errors *e);
void field_errors_add(struct field_errors *e, const char *name, const char *value,
	const char *reason_fmt, ...) __attribute__((format(printf, 4, 5)));
/* One of them: "Name = 'value' (reason)" */
void field_error_text(const struct field_error *e, struct buf *out);
/* "error with field ..." or "error with the following fields:\n-  ...\n" */
void field_errors_text(const struct field_errors *e, struct buf *out);

/* Adds what is wrong with *res, in upstream's order; call after resource_default_on_write(). */
void resource_validate(const struct resource *res, struct field_errors *errors);

/* What create and update check before all else, and stop at: the name of a WorkloadEndpoint, the
 * CIDR of an IPPool, the templates of a KubeControllersConfiguration. */
void resource_validate_first(const struct resource *res, struct field_errors *errors);
/* What they check when resource_validate() has passed: members that only the default
 * BGPConfiguration may have. */
void resource_validate_last(const struct resource *res, struct field_errors *errors);

/* For a reader: what must not take effect, though upstream's readers may let it. The first fault
 * is named in *err. -EBADMSG or 0. Names, sizes and port names are not judged. */
int resource_check(const struct resource *res, struct err *err);
/* For kinds whose members stand for themselves, as settings do: those members of spec that are at
 * fault even when they are alone become absent, the others count. */
void resource_leave_out_invalid(struct resource *res);
