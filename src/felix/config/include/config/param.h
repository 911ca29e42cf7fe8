/* SPDX-License-Identifier: GPL-2.0-or-later */
/* param.h - every Felix parameter as data: name, type, bounds, default and where its value goes.
 *
 * A parameter that Felix applies names a member of struct config_values; the others are known,
 * checked, and reported as not applied.
 *
 * Source: felix.md 7.2, 7.3.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

enum param_type {
	PARAM_STRING,
	PARAM_BOOL,
	PARAM_INT,
	PARAM_SECONDS, /* decimal number, fraction allowed */
	PARAM_MILLIS,
	PARAM_ENUM, /* `words`, any case */
	PARAM_MASK,
	PARAM_PREFIX_LIST,
	PARAM_NAME_LIST, /* names or /regex/ */
	PARAM_DEV_NAME,
	PARAM_DEV_NAME_LIST,
	PARAM_HOSTNAME,
	PARAM_HOST,
	PARAM_HOST_PORT,
	PARAM_FILE,
	PARAM_URL_LIST,
	PARAM_PROTO_PORT_LIST,
	PARAM_CIDR_LIST,
	PARAM_PORT_RANGE,
	PARAM_PORT_RANGE_LIST,
	PARAM_KEY_VALUE_LIST,
	PARAM_KEY_DURATION_LIST,
	PARAM_TABLE_RANGE,
	PARAM_RATE, /* N/second|minute|hour|day */
	PARAM_DNS_LABEL,
	PARAM_DSCP,
	PARAM_IPV4,
	PARAM_IPV6,
	PARAM_IP,
};

enum param_flag {
	PARAM_FATAL = 1 << 0,    /* X: a bad value keeps Felix from starting */
	PARAM_LOCAL = 1 << 1,    /* L: ignored when it comes from the datastore */
	PARAM_NONZERO = 1 << 2,  /* Z: "none" is an error */
	PARAM_IN_PLACE = 1 << 3, /* a change needs no restart */
};

struct param {
	const char *name;
	enum param_type type;
	unsigned flags;
	const char *def;   /* canonical text, "" = the type's zero */
	const char *words; /* PARAM_ENUM: "DROP|ACCEPT|RETURN" in the listed spelling */
	int64_t min, max;  /* PARAM_INT */
	int offset;        /* of the member in struct config_values, -1 = not applied */
};

extern const struct param params[];
extern const size_t params_n;

const struct param *param_find(const char *name); /* any case; NULL when unknown */

/* Text -> canonical text (malloc()ed): numbers in decimal, words in their listed spelling, lists
 * without blanks; equal values have equal canonical texts. -EINVAL with a reason otherwise. */
int param_parse(const struct param *p, const char *text, char **ret, struct err *err);
