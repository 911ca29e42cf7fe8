/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input.h - from the datastore's stream to calc and to the configuration.
 *
 * Decodes and checks each value. What cannot be used is named once, with key and field; calc gets
 * what could be read, and takes of it what cannot open anything (calc.h). Of settings the good ones
 * apply.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "model/key.h"

struct calc;
struct config_feed;
struct input;
struct kv;
struct problems;

/* What Felix watches. */
size_t input_ranges(const struct key_range **ret);

struct input *input_new(struct calc *calc, struct config_feed *feed, struct problems *problems);
struct input *input_free(struct input *in); /* returns NULL */

/* True when the sources of the configuration changed. */
bool input_update(struct input *in, const struct kv *kv);
