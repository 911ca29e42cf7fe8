/* SPDX-License-Identifier: GPL-2.0-or-later */
/* labels.h - label and annotation keys that mean something, and prefixes of inherited labels.
 *
 * Source: datamodel.md 3.2, 3.3.
 */
#pragma once

#define LABEL_NAMESPACE       "projectcalico.org/namespace"
#define LABEL_ORCHESTRATOR    "projectcalico.org/orchestrator"
#define LABEL_SERVICE_ACCOUNT "projectcalico.org/serviceaccount"
#define LABEL_NAME            "projectcalico.org/name"
#define LABEL_TIER            "projectcalico.org/tier"
#define LABEL_CREATED_BY      "projectcalico.org/created-by"

#define ANNOTATION_METADATA    "projectcalico.org/metadata"
#define ANNOTATION_KUBE_LABELS "projectcalico.org/kube-labels"
#define ANNOTATION_FELIX_PARAM "config.projectcalico.org/"
#define ANNOTATION_DSCP        "qos.projectcalico.org/dscp"

#define NAMESPACE_LABEL_PREFIX       "pcns."
#define SERVICE_ACCOUNT_LABEL_PREFIX "pcsa."

#define TIER_DEFAULT_ORDER 1000000
