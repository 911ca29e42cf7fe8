/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bgp_rules.h - the checks of the BGP kinds that span members. */
#pragma once

struct validation;

void bgp_configuration_validate(struct validation *v, const void *object);
void bgp_configuration_rules(struct validation *v, const void *object);
void bgp_configuration_default_only(struct validation *v, const void *object);
void bgp_peer_validate(struct validation *v, const void *object);
void bgp_peer_rules(struct validation *v, const void *object);
void bgp_filter_rule_rules(struct validation *v, const void *object);
void bgp_filter_operation_schema(struct validation *v, const void *object);
