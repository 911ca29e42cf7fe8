/* SPDX-License-Identifier: GPL-2.0-or-later */
/* result.h - the result of ADD, written and read in the form of any version.
 *
 * Owner:  lists and texts live in the struct's arena; a zeroed struct is an empty result.
 * Source: the CNI specification, "Result types", of each version; orchestrators.md 1.15.
 */
#pragma once

#include "base/addr.h"
#include "base/arena.h"
#include "base/err.h"
#include "model/json_tree.h"
#include "model/resource.h"

struct cni_interface {
	const char *name, *mac, *sandbox; /* NULL or "": not given */
	int64_t mtu;                      /* 0: not given; written from 1.0.0 on */
};

struct cni_ip {
	struct cidr address; /* host bits are kept */
	struct addr gateway; /* family 0: none */
	int interface;       /* index into interfaces, -1: none */
};

struct cni_route {
	struct cidr dst; /* host bits are kept */
	struct addr gw;  /* family 0: none */
	struct opt_int mtu, advmss, priority, table, scope; /* written from 1.1.0 on */
};

struct cni_dns {
	struct text_list nameservers, search, options;
	const char *domain;
};

struct cni_result {
	size_t n_interfaces, n_ips, n_routes;
	struct cni_interface *interfaces;
	struct cni_ip *ips;
	struct cni_route *routes;
	struct cni_dns dns;
	struct arena arena;
};

void cni_result_done(struct cni_result *result);

void cni_result_add_interface(struct cni_result *result, const struct cni_interface *interface);
void cni_result_add_ip(struct cni_result *result, const struct cidr *address, int interface);
void cni_result_add_route(struct cni_result *result, const struct cidr *dst);

/* In the form of `version`, which is a supported one. Before 0.3.0 there is room for one address of
 * each family, so there must be one: -EINVAL without. */
int cni_result_write(
	const struct cni_result *result, const char *version, struct buf *out, struct err *err);

/* What another plugin printed, or prevResult; the form is that of its own cniVersion, or else of
 * `version`. -EBADMSG with the member in *err. */
int cni_result_read(const struct json_value *root, const char *version, struct cni_result *ret,
	struct err *err) MUST_CHECK;
