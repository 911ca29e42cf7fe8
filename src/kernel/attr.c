/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "attr.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

static void keep(const struct nlattr *a, const struct nlattr **table, uint16_t max)
{
	if (mnl_attr_get_type(a) <= max)
		table[mnl_attr_get_type(a)] = a;
}

int attr_table(const struct nlmsghdr *nlh, size_t header, const struct nlattr **table, uint16_t max)
{
	const struct nlattr *attr;
	const char *payload = mnl_nlmsg_get_payload(nlh);
	size_t len = mnl_nlmsg_get_payload_len(nlh);

	memset(table, 0, (max + 1u) * sizeof(*table));
	header = MNL_ALIGN(header);
	if (len < header)
		return -EBADMSG;
	mnl_attr_for_each_payload((const void *)(payload + header), len - header)
		keep(attr, table, max);
	return 0;
}

void attr_nest_table(const struct nlattr *nest, const struct nlattr **table, uint16_t max)
{
	const struct nlattr *attr;

	memset(table, 0, (max + 1u) * sizeof(*table));
	if (!nest)
		return;
	mnl_attr_for_each_nested(attr, nest)
		keep(attr, table, max);
}

uint32_t attr_u32(const struct nlattr *a, uint32_t otherwise)
{
	return a && mnl_attr_get_payload_len(a) == sizeof(uint32_t) ? mnl_attr_get_u32(a)
								    : otherwise;
}

uint8_t attr_u8(const struct nlattr *a, uint8_t otherwise)
{
	return a && mnl_attr_get_payload_len(a) == sizeof(uint8_t) ? mnl_attr_get_u8(a) : otherwise;
}

bool attr_text(const struct nlattr *a, char *ret, size_t cap)
{
	if (!a)
		return false;

	size_t len = strnlen(mnl_attr_get_payload(a), mnl_attr_get_payload_len(a));

	if (len >= cap)
		return false;
	memcpy(ret, mnl_attr_get_payload(a), len);
	ret[len] = '\0';
	return true;
}

struct addr attr_addr(const struct nlattr *a, uint8_t family)
{
	struct addr ret = { .family = family };

	if (!a || mnl_attr_get_payload_len(a) != addr_size(&ret))
		return (struct addr){ 0 };
	memcpy(ret.bytes, mnl_attr_get_payload(a), addr_size(&ret));
	return ret;
}

void attr_put_addr(struct nlmsghdr *nlh, uint16_t type, const struct addr *a)
{
	mnl_attr_put(nlh, type, addr_size(a), a->bytes);
}

uint8_t attr_af(uint8_t family)
{
	return family == 4 ? AF_INET : AF_INET6;
}

uint8_t attr_family(uint8_t address_family)
{
	return address_family == AF_INET ? 4 : address_family == AF_INET6 ? 6 : 0;
}
