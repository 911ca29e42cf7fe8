/* SPDX-License-Identifier: GPL-2.0-or-later */
/* address.h - what one family's address on the Node should be, given IP or IP6.
 *
 * Source: bgp.md 2.2.
 */
#pragma once

#include "base/addr.h"
#include "base/err.h"
#include "node/interfaces.h"

struct address_request {
	const char *env_name; /* "IP", for messages */
	const char *setting;  /* its value; NULL = unset */
	const char *method;   /* of autodetection; NULL = first-found */
	const char *recorded; /* the address on the Node; NULL = none */
	int family;
};

/* 0: *ret is the address to record, "" when the family is off; malloc()ed.
 * -EINVAL: start-up must end, *err says why. */
int address_select(const struct address_request *req, const struct host_interfaces *interfaces,
	char **ret, struct err *err);
