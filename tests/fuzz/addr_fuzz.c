/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Addresses, prefixes and MAC addresses: what parses prints a text that parses to the same. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/mem.h"

static void check_addr(const char *text)
{
	char out[ADDR_TEXT_MAX];
	struct addr a, again;

	if (addr_parse(text, &a))
		return;
	if (addr_parse(addr_format(&a, out), &again) || !addr_eq(&a, &again))
		abort();
}

static void check_cidr(const char *text)
{
	char out[CIDR_TEXT_MAX];
	struct cidr c, again, masked;

	if (cidr_parse(text, &c))
		return;
	if (cidr_parse_net(cidr_format(&c, out), &again) || !cidr_eq(&c, &again))
		abort();
	masked = cidr_mask(&c);
	if (!cidr_is_masked(&masked) || !cidr_covers(&masked, &c) || !cidr_has(&c, &masked.addr))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = mem_strndup((const char *)data, size);
	uint8_t mac[6];

	check_addr(text);
	check_cidr(text);
	(void)mac_parse(text, mac);
	free(text);
	return 0;
}
