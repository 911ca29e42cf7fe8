/* SPDX-License-Identifier: GPL-2.0-or-later */
/* object.h - what selectors see: endpoints and network sets with their labels and addresses. */
#pragma once

#include "evaluator/evaluator.h"
#include "model/policy.h"

/* A label_fn: the value that `object` has for the key, its own or inherited. */
struct labelled {
	const struct world *world;
	const struct resource *object;
};
const char *object_label(const void *labelled, const char *key);

bool object_is_selectable(const struct resource *object);
bool object_has_address(const struct resource *object, const struct addr *a);
/* A named port of this protocol and number. */
bool object_has_port(
	const struct resource *object, const char *name, uint8_t protocol, uint16_t port);

const struct text_list *object_profiles(const struct resource *endpoint);

/* NULL when there is none of this name. */
const struct resource *world_find(const struct world *w, enum kind kind, const char *name);

/* The number of "TCP", "tcp", 6, ...; 0 when unknown. */
uint8_t protocol_number(const struct protocol *p);
