/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "model/validate.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"
#include "bgp_rules.h"
#include "ippool_rules.h"
#include "kubernetes_rules.h"
#include "validation.h"
#include "wepname.h"

static void check_spec_and_status(struct validation *v)
{
	const struct resource *res = v->res;

	check_object(v, kind_spec(res->kind), res->spec);
	if (res->status)
		check_object(v, kind_status(res->kind), res->status);
}

void resource_validate(const struct resource *res, struct field_errors *errors)
{
	struct validation v = { .res = res, .errors = errors };
	const struct object_type *t = kind_object(res->kind);

	validate_metadata(&v);
	check_spec_and_status(&v);
	if (t->validate)
		t->validate(&v, res);
	if (kind_has_schema(res->kind))
		check_schema(&v);
}

static void check_workload_name(struct validation *v)
{
	const struct workload_endpoint_spec *s = resource_workload_endpoint(v->res);
	_cleanup_buf_ struct buf name = BUF_INIT;
	struct field_error fault;

	if (!wep_name_build(s, &name, &fault))
		field_errors_add(v->errors, fault.name, fault.value, "%s", fault.reason);
	else if (!str_empty(v->res->meta.name) && !str_eq(v->res->meta.name, buf_str(&name)))
		field_errors_add(v->errors, "Name", v->res->meta.name,
			"the WorkloadEndpoint name does not match the primary identifiers assigned "
			"in "
			"the Spec: expected name %s",
			buf_str(&name));
}

void resource_validate_first(const struct resource *res, struct field_errors *errors)
{
	struct validation v = { .res = res, .errors = errors };

	if (res->kind == KIND_WORKLOAD_ENDPOINT)
		check_workload_name(&v);
	else if (res->kind == KIND_IP_POOL)
		ip_pool_write(&v, res->spec);
	else if (res->kind == KIND_KUBE_CONTROLLERS_CONFIGURATION)
		kube_controllers_write(&v, res->spec);
}

void resource_validate_last(const struct resource *res, struct field_errors *errors)
{
	struct validation v = { .res = res, .errors = errors };

	if (res->kind == KIND_BGP_CONFIGURATION && !str_eq(res->meta.name, "default"))
		bgp_configuration_default_only(&v, res->spec);
}

static void check_for_reader(const struct resource *res, struct field_errors *errors)
{
	struct validation v = { .res = res, .errors = errors, .reading = true };

	check_object(&v, kind_spec(res->kind), res->spec);
	check_schema(&v);
}

int resource_check(const struct resource *res, struct err *err)
{
	struct field_errors errors = { 0 };
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r = 0;

	check_for_reader(res, &errors);
	if (errors.n) {
		field_error_text(&errors.v[0], &text);
		r = err_set(err, -EBADMSG, "%s", buf_str(&text));
	}
	field_errors_done(&errors);
	return r;
}

/* How much is wrong with a spec that has but this member; NULL: none. */
static size_t faults_alone(const struct resource *res, const struct field *f)
{
	_cleanup_free_ void *spec = mem_zalloc(kind_spec(res->kind)->size);
	const struct resource alone = { .kind = res->kind, .spec = spec };
	struct field_errors errors = { 0 };
	size_t n;

	if (f)
		memcpy(field_at(f, spec), field_at(f, res->spec), field_size(f));
	check_for_reader(&alone, &errors);
	n = errors.n;
	field_errors_done(&errors);
	return n;
}

void resource_leave_out_invalid(struct resource *res)
{
	const struct object_type *t = kind_spec(res->kind);
	size_t always = faults_alone(res, NULL);

	for (size_t i = 0; i < t->n_fields; i++) {
		const struct field *f = &t->fields[i];

		if (!field_is_empty(f, res->spec) && faults_alone(res, f) > always)
			memset(field_at(f, res->spec), 0, field_size(f));
	}
}
