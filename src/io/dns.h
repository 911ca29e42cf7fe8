/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dns.h - within io: c-ares on the loop, for one question at a time. */
#pragma once

#include <ares.h>

#include "base/err.h"
#include "io/loop.h"

struct dns;

struct dns *dns_new(struct loop *loop);
struct dns *dns_free(struct dns *d); /* returns NULL */

/* A channel that lives for one question, because resolv.conf may have changed by the next. NULL and
 * *err. It gives up by itself after some 5 s. */
ares_channel dns_open(struct dns *d, struct err *err);
void dns_asked(struct dns *d); /* after each question put to it */
/* Answers that are still to come are told as ARES_EDESTRUCTION. Not from within an answer. */
void dns_close(struct dns *d);
