/* SPDX-License-Identifier: GPL-2.0-or-later */
/* policy_rules.h - the checks of rules and policies that span members. */
#pragma once

struct validation;

void rule_validate(struct validation *v, const void *object);
void rule_rules(struct validation *v, const void *object);
void entity_validate(struct validation *v, const void *object);
void entity_rules(struct validation *v, const void *object);
void icmp_rules(struct validation *v, const void *object);
void http_validate(struct validation *v, const void *object);

void network_policy_validate(struct validation *v, const void *object);
void network_policy_rules(struct validation *v, const void *object);
void global_policy_validate(struct validation *v, const void *object);
void global_policy_rules(struct validation *v, const void *object);

void tier_validate(struct validation *v, const void *resource);
void tier_rules(struct validation *v, const void *resource);
void policy_name_validate(struct validation *v, const void *resource);
