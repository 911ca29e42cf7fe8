/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/interfaces.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "base/str.h"

static const uint8_t *sockaddr_bytes(const struct sockaddr *sa)
{
	if (sa->sa_family == AF_INET)
		return (const uint8_t *)&((const struct sockaddr_in *)sa)->sin_addr;
	return (const uint8_t *)&((const struct sockaddr_in6 *)sa)->sin6_addr;
}

static bool read_cidr(const struct ifaddrs *i, struct cidr *ret)
{
	struct cidr c = { 0 };

	if (!i->ifa_addr || !i->ifa_netmask ||
		(i->ifa_addr->sa_family != AF_INET && i->ifa_addr->sa_family != AF_INET6))
		return false;
	c.addr.family = i->ifa_addr->sa_family == AF_INET ? 4 : 6;
	memcpy(c.addr.bytes, sockaddr_bytes(i->ifa_addr), addr_size(&c.addr));
	for (size_t b = 0; b < addr_size(&c.addr); b++)
		c.len += (uint8_t)__builtin_popcount(sockaddr_bytes(i->ifa_netmask)[b]);
	*ret = c;
	return true;
}

static struct host_interface *interface_for(
	struct host_interfaces *l, const char *name, unsigned index)
{
	for (size_t i = 0; i < l->n; i++)
		if (str_eq(l->v[i].name, name))
			return &l->v[i];
	mem_grow(&l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n] = (struct host_interface){ .name = mem_strdup(name), .index = index };
	return &l->v[l->n++];
}

void host_interfaces_add(
	struct host_interfaces *l, const char *name, unsigned index, const struct cidr *addr)
{
	struct host_interface *i = interface_for(l, name, index);

	if (!addr)
		return;
	mem_grow(&i->addrs, &i->cap, i->n + 1, sizeof(*i->addrs));
	i->addrs[i->n++] = *addr;
}

static int compare_index(const void *a, const void *b)
{
	const struct host_interface *x = a, *y = b;

	return x->index < y->index ? -1 : x->index > y->index;
}

int host_interfaces_read(struct host_interfaces *ret, struct err *err)
{
	struct ifaddrs *list;

	if (getifaddrs(&list))
		return err_set(err, -errno, "cannot list interfaces: %s", strerror(errno));
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		struct cidr c;

		host_interfaces_add(ret, i->ifa_name, if_nametoindex(i->ifa_name),
			read_cidr(i, &c) ? &c : NULL);
	}
	freeifaddrs(list);
	if (ret->n)
		qsort(ret->v, ret->n, sizeof(*ret->v), compare_index);
	return 0;
}

void host_interfaces_done(struct host_interfaces *l)
{
	for (size_t i = 0; i < l->n; i++) {
		free(l->v[i].name);
		free(l->v[i].addrs);
	}
	free(l->v);
	*l = (struct host_interfaces){ 0 };
}

const struct cidr *host_interfaces_find(const struct host_interfaces *l, const struct addr *addr)
{
	for (size_t i = 0; i < l->n; i++)
		for (size_t a = 0; a < l->v[i].n; a++)
			if (addr_eq(&l->v[i].addrs[a].addr, addr))
				return &l->v[i].addrs[a];
	return NULL;
}
