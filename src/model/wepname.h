/* SPDX-License-Identifier: GPL-2.0-or-later */
/* wepname.h - what is wrong with the members that name a WorkloadEndpoint. */
#pragma once

#include "model/endpoint.h"
#include "model/validate.h"

/* False: *fault says which member is wrong; it borrows from spec. */
bool wep_name_build(
	const struct workload_endpoint_spec *spec, struct buf *out, struct field_error *fault);
