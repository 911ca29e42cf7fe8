/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ippool_rules.h - the checks of the kinds of address management that span members. */
#pragma once

struct validation;

void ip_pool_validate(struct validation *v, const void *object);
void ip_pool_rules(struct validation *v, const void *object);
void ip_pool_write(struct validation *v, const void *object);
void ipam_configuration_validate(struct validation *v, const void *object);
void block_affinity_validate(struct validation *v, const void *object);
