/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule.h - policy routing rules that look a table up, in netlink's words.
 *
 * Source: rtnetlink(7), linux/fib_rules.h.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

struct nlmsghdr;

struct rule {
	uint8_t family; /* 4 or 6 */
	bool invert;    /* applies to packets that do not match */
	uint32_t priority;
	uint32_t table;
	uint32_t mark, mask;       /* mask 0: any mark */
	int32_t suppress_prefixes; /* look-ups that find a route up to this length go on; -1: none
				    */
};

/* 0; -EBADMSG when cut short; -ENOENT when it matches or does more than this struct can say. */
int rule_parse(const struct nlmsghdr *nlh, struct rule *ret);
bool rule_eq(const struct rule *a, const struct rule *b);

void rule_put_new(struct buf *b, const struct rule *r);
void rule_put_delete(struct buf *b, const struct rule *r);
void rule_put_dump(struct buf *b, uint8_t family);
