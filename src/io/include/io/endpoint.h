/* SPDX-License-Identifier: GPL-2.0-or-later */
/* endpoint.h - where a server is, as its users write it: "http://10.0.0.1:2379", "https://[::1]".
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct endpoint {
	bool tls;
	char *host; /* a name or an address without brackets */
	uint16_t port;
	char *authority; /* host:port, with brackets around an IPv6 address */
};

/* A text without scheme means http; a missing port means `default_port`. -EINVAL and *err. */
int endpoint_parse(const char *url, uint16_t default_port, struct endpoint *ret, struct err *err);
void endpoint_done(struct endpoint *e);
