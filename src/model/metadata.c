/* SPDX-License-Identifier: GPL-2.0-or-later */
/* metadata.c - the checks of metadata. Source: datamodel.md 2.0, 2.0.3. */
#include <string.h>

#include "base/mem.h"
#include "base/str.h"
#include "model/labels.h"
#include "names.h"
#include "validation.h"

#define ANNOTATIONS_MAX ((size_t)256 * 1024)

#define SUBDOMAIN_FAULT                                                                \
	"name must consist of lower case alphanumeric characters, '-' or '.' (regex: " \
	"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*)"

static const char *name_of(const struct validation *v)
{
	return v->res->meta.name ? v->res->meta.name : "";
}

void validate_name_length(struct validation *v, size_t max)
{
	size_t len = strlen(name_of(v));

	if (len > max)
		field_errors_add(v->errors, "Metadata.Name", name_of(v),
			"name is too long by %zu bytes", len - max);
}

void validate_label_name(struct validation *v, const char *name)
{
	validate_name_length(v, NAME_MAX_LABEL);
	if (!name || !name_is_label(name))
		field_errors_add(v->errors, "Metadata.Name", name_of(v), LABEL_NAME_FAULT);
}

static void check_annotations(struct validation *v, const struct text_map *notes)
{
	size_t total = 0;

	for (size_t i = 0; i < notes->n; i++) {
		_cleanup_free_ char *lower = mem_strdup(notes->v[i].key);
		const char *fault;

		for (char *c = lower; *c; c++)
			*c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 32) : *c;
		fault = label_key_fault(lower);
		if (fault)
			field_errors_add(v->errors, "Metadata.Annotations (key)", notes->v[i].key,
				"%s", fault);
		total += strlen(notes->v[i].key) + strlen(notes->v[i].value);
	}
	if (total > ANNOTATIONS_MAX)
		field_errors_add(v->errors, "Metadata.Annotations (key)", NULL,
			"total size of annotations is too large by %zu bytes",
			total - ANNOTATIONS_MAX);
}

static void check_labels(struct validation *v, const struct text_map *labels)
{
	bool set = v->res->kind == KIND_NETWORK_SET || v->res->kind == KIND_GLOBAL_NETWORK_SET;

	for (size_t i = 0; i < labels->n; i++) {
		const char *fault = label_key_fault(labels->v[i].key);

		if (fault)
			field_errors_add(v->errors, "Metadata.Labels (label)", labels->v[i].key,
				"%s", fault);
		fault = label_value_fault(labels->v[i].value);
		if (fault)
			field_errors_add(v->errors, "Metadata.Labels (value)", labels->v[i].value,
				"%s", fault);
		if (set && strcmp(labels->v[i].key, LABEL_NAMESPACE) == 0)
			field_errors_add(v->errors, "Metadata.Labels (label)", labels->v[i].key,
				"%s is not a valid label name", LABEL_NAMESPACE);
	}
}

void validate_labels(struct validation *v)
{
	check_annotations(v, &v->res->meta.annotations);
	check_labels(v, &v->res->meta.labels);
}

/* Upstream stores any namespace; one with a slash makes a key that nothing can read. */
static void check_namespace(struct validation *v)
{
	const char *ns = v->res->meta.ns;

	if (!str_empty(ns) && (!name_is_label(ns) || strlen(ns) > NAME_MAX_LABEL))
		field_errors_add(v->errors, "Metadata.Namespace", ns,
			"namespace must consist of at most 63 lower case alphanumeric characters "
			"or "
			"'-'");
}

void validate_metadata(struct validation *v)
{
	validate_name_length(v, NAME_MAX_SUBDOMAIN);
	if (!name_is_subdomain(name_of(v)))
		field_errors_add(v->errors, "Metadata.Name", name_of(v), SUBDOMAIN_FAULT);
	check_namespace(v);
	validate_labels(v);
}
