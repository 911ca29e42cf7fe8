/* SPDX-License-Identifier: GPL-2.0-or-later */
/* attr.h - netlink attributes into a table, and addresses in them. */
#pragma once

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/addr.h"

/* Attributes of types 0 .. max of a message behind its `header` bytes, or of a nest, by type; the
 * others stay NULL. Returns 0, or -EBADMSG when the header is cut short. */
int attr_table(
	const struct nlmsghdr *nlh, size_t header, const struct nlattr **table, uint16_t max);
void attr_nest_table(const struct nlattr *nest, const struct nlattr **table, uint16_t max);

/* The value, or `otherwise` when the attribute is absent or of another size. */
uint32_t attr_u32(const struct nlattr *a, uint32_t otherwise);
uint8_t attr_u8(const struct nlattr *a, uint8_t otherwise);

/* A text that fits with its NUL. */
bool attr_text(const struct nlattr *a, char *ret, size_t cap);

/* Family 0 when the attribute is absent or of another size. */
struct addr attr_addr(const struct nlattr *a, uint8_t family);
void attr_put_addr(struct nlmsghdr *nlh, uint16_t type, const struct addr *a);

uint8_t attr_af(uint8_t family);             /* 4, 6 -> AF_INET, AF_INET6 */
uint8_t attr_family(uint8_t address_family); /* and back; 0 for others */
