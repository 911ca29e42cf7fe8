/* SPDX-License-Identifier: GPL-2.0-or-later */
/* meta.c - what all kinds share: metadata, and the conditions of a status. */
#include "model/node.h"
#include "tables.h"

#define T struct object_meta
static const struct field object_meta_fields[] = {
	TEXT("name", T, name),
	TEXT("generateName", T, generate_name),
	TEXT("namespace", T, ns),
	TEXT("selfLink", T, self_link, .flags = FIELD_NOT_STORED),
	TEXT("uid", T, uid),
	TEXT("resourceVersion", T, resource_version, .flags = FIELD_NOT_STORED),
	OPT_INT("generation", T, generation, INT_INT64),
	TIME("creationTimestamp", T, creation_timestamp),
	TIME("deletionTimestamp", T, deletion_timestamp),
	OPT_INT("deletionGracePeriodSeconds", T, deletion_grace_period_seconds, INT_INT64),
	MAP("labels", T, labels),
	MAP("annotations", T, annotations),
	RAW("ownerReferences", T, owner_references),
	RAW("finalizers", T, finalizers),
	RAW("managedFields", T, managed_fields),
};
#undef T
OBJECT_TYPE(object_meta_type, "v1", "ObjectMeta", struct object_meta, object_meta_fields);

#define T struct condition
static const struct field condition_fields[] = {
	TEXT("type", T, type, .flags = FIELD_ALWAYS),
	TEXT("status", T, status, .flags = FIELD_ALWAYS),
	INT("observedGeneration", T, observed_generation, INT_INT64),
	TIME("lastTransitionTime", T, last_transition_time, .flags = FIELD_ALWAYS),
	TEXT("reason", T, reason, .flags = FIELD_ALWAYS),
	TEXT("message", T, message, .flags = FIELD_ALWAYS),
};
#undef T
static OBJECT_TYPE(condition_type, "v1", "Condition", struct condition, condition_fields);

static const struct field conditions_fields[] = {
	LIST("conditions", struct conditions_status, conditions, condition_type),
};
OBJECT_TYPE(conditions_type, "v3", "Status", struct conditions_status, conditions_fields);
