/* SPDX-License-Identifier: GPL-2.0-or-later */
/* IP_AUTODETECTION_METHOD: what is found is an address of some interface, in the asked family. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"
#include "node/detect.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void add(struct host_interfaces *l, const char *name, unsigned index, const char *cidr)
{
	struct cidr c;

	if (cidr_parse_net(cidr, &c))
		abort();
	host_interfaces_add(l, name, index, &c);
}

static void check(const struct host_interfaces *l, const char *method, int family)
{
	struct err err = { 0 };
	struct cidr c;
	int r = detect_address(l, method, family, &c, &err);

	if (r < 0 || r > DETECT_E_METHOD || (r && !*err.msg))
		abort();
	if (r == 0 && (c.addr.family != family || !host_interfaces_find(l, &c.addr)))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *method = mem_strndup((const char *)data, size);
	struct host_interfaces l = { 0 };

	if (str_starts(method, "can-reach=")) /* asks the resolver */
		return 0;
	add(&l, "lo", 1, "127.0.0.1/8");
	add(&l, "eth0", 2, "192.0.2.5/24");
	add(&l, "eth0", 2, "2001:db8::5/64");
	add(&l, "docker0", 3, "172.17.0.1/16");
	add(&l, "eth1", 4, "10.0.0.5/8");
	host_interfaces_add(&l, "eth2", 5, NULL);
	check(&l, method, 4);
	check(&l, method, 6);
	host_interfaces_done(&l);
	return 0;
}
