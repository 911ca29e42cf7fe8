/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/detect.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"
#include "model/regexp.h"

bool detect_excluded(const char *interface)
{
	static const char *const prefixes[] = { "docker", "cbr", "dummy", "podman", "virbr",
		"lxcbr", "veth", "lo", "br-", "cali", "tunl", "flannel", "kube-ipvs", "cni",
		"vxlan.calico", "vxlan-v6.calico", "wireguard.cali", "wg-v6.cali", "nodelocaldns" };

	for (size_t i = 0; i < ARRAY_SIZE(prefixes); i++)
		if (str_starts(interface, prefixes[i]))
			return true;
	return false;
}

static bool all_bytes(const struct addr *a, uint8_t value)
{
	for (size_t i = 0; i < addr_size(a); i++)
		if (a->bytes[i] != value)
			return false;
	return true;
}

bool detect_global(const struct addr *a)
{
	static const struct addr loopback6 = { .family = 6, .bytes = { [15] = 1 } };
	const uint8_t *b = a->bytes;

	if (all_bytes(a, 0))
		return false;
	if (a->family == 4)
		return b[0] != 127 && !(b[0] == 169 && b[1] == 254) && (b[0] & 0xf0) != 0xe0 &&
		       !all_bytes(a, 0xff);
	return !addr_eq(a, &loopback6) && b[0] != 0xff && !(b[0] == 0xfe && (b[1] & 0xc0) == 0x80);
}

/* A list of unanchored regular expressions. */
struct patterns {
	regex_t *v;
	size_t n;
};

static void patterns_done(struct patterns *p)
{
	for (size_t i = 0; i < p->n; i++)
		regfree(&p->v[i]);
	free(p->v);
}

static int patterns_compile(struct patterns *p, const char *list, struct err *err)
{
	_cleanup_strv_ struct strv items = { 0 };

	strv_split(&items, list, ',');
	p->v = mem_new_n(regex_t, items.n ? items.n : 1);
	/* Go's rules first: they are upstream's, and refuse the nested repetitions that would cost
	 * regcomp() all memory. */
	for (size_t i = 0; i < items.n; i++, p->n++)
		if (!regexp_is_valid(items.v[i]) ||
			regcomp(&p->v[i], items.v[i], REG_EXTENDED | REG_NOSUB))
			return err_set(
				err, DETECT_E_METHOD, "invalid interface regex %s", items.v[i]);
	return p->n ? 0 : err_set(err, DETECT_E_METHOD, "no interface regex given");
}

static bool patterns_match(const struct patterns *p, const char *text)
{
	for (size_t i = 0; i < p->n; i++)
		if (regexec(&p->v[i], text, 0, NULL, 0) == 0)
			return true;
	return false;
}

/* What a walk over the interfaces is looking for; members that are NULL do not restrict it. */
struct search {
	const struct patterns *only, *skip;
	const struct cidr *inside;
	size_t inside_n;
	bool exclude;
	int family;
};

static bool wants_interface(const struct search *s, const char *name)
{
	return (!s->only || patterns_match(s->only, name)) &&
	       (!s->skip || !patterns_match(s->skip, name)) &&
	       (!s->exclude || !detect_excluded(name));
}

static bool wants_address(const struct search *s, const struct cidr *c)
{
	if (c->addr.family != s->family || !detect_global(&c->addr))
		return false;
	for (size_t i = 0; i < s->inside_n; i++)
		if (cidr_has(&s->inside[i], &c->addr))
			return true;
	return s->inside_n == 0;
}

/* From the last interface to the first. An address with a host-only mask (a virtual IP, say) is
 * taken only when there is none with a subnet. */
static int find_address(
	const struct host_interfaces *l, const struct search *s, struct cidr *ret, struct err *err)
{
	const struct cidr *host_only = NULL;

	for (size_t i = l->n; i-- > 0;) {
		if (!wants_interface(s, l->v[i].name))
			continue;
		for (size_t a = 0; a < l->v[i].n; a++) {
			const struct cidr *c = &l->v[i].addrs[a];

			if (!wants_address(s, c))
				continue;
			if (!cidr_is_host(c)) {
				*ret = *c;
				return 0;
			}
			host_only = host_only ? host_only : c;
		}
	}
	if (!host_only)
		return err_set(
			err, DETECT_E_NONE, "no valid IPv%d address found on the host", s->family);
	*ret = *host_only;
	return 0;
}

static int detect_interface(const struct host_interfaces *l, const char *list, bool skip,
	int family, struct cidr *ret, struct err *err)
{
	_cleanup_(patterns_done) struct patterns patterns = { 0 };
	struct search s = { .family = family, .exclude = skip };
	int r = patterns_compile(&patterns, list, err);

	if (r)
		return r;
	*(skip ? &s.skip : &s.only) = &patterns;
	return find_address(l, &s, ret, err);
}

static int detect_cidr(const struct host_interfaces *l, const char *list, int family,
	struct cidr *ret, struct err *err)
{
	_cleanup_strv_ struct strv items = { 0 };
	_cleanup_free_ struct cidr *cidrs = NULL;
	struct search s = { .family = family };

	strv_split(&items, list, ',');
	cidrs = mem_new_n(struct cidr, items.n ? items.n : 1);
	for (size_t i = 0; i < items.n; i++)
		if (cidr_parse(items.v[i], &cidrs[i]))
			return err_set(err, DETECT_E_METHOD, "invalid CIDR %s", items.v[i]);
	if (!items.n)
		return err_set(err, DETECT_E_METHOD, "no CIDR given");
	s.inside = cidrs;
	s.inside_n = items.n;
	return find_address(l, &s, ret, err);
}

/* The source that the kernel would use: connecting a datagram socket sends nothing. */
static int source_towards(const struct addrinfo *ai, struct addr *ret)
{
	_cleanup_close_ int fd = socket(ai->ai_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (fd < 0 || connect(fd, ai->ai_addr, ai->ai_addrlen) ||
		getsockname(fd, (struct sockaddr *)&ss, &len))
		return -errno;
	*ret = (struct addr){ .family = ai->ai_family == AF_INET ? 4 : 6 };
	memcpy(ret->bytes,
		ai->ai_family == AF_INET ? (void *)&((struct sockaddr_in *)&ss)->sin_addr
					 : (void *)&((struct sockaddr_in6 *)&ss)->sin6_addr,
		addr_size(ret));
	return 0;
}

static int detect_can_reach(const struct host_interfaces *l, const char *destination, int family,
	struct cidr *ret, struct err *err)
{
	struct addrinfo hints = { .ai_family = family == 4 ? AF_INET : AF_INET6,
		.ai_socktype = SOCK_DGRAM },
			*ai;
	const struct cidr *on_host;
	struct addr source;
	int r = getaddrinfo(destination, "80", &hints, &ai);

	if (r)
		return err_set(
			err, DETECT_E_NONE, "cannot resolve %s: %s", destination, gai_strerror(r));
	r = source_towards(ai, &source);
	freeaddrinfo(ai);
	if (r)
		return err_set(
			err, DETECT_E_NONE, "cannot reach %s: %s", destination, strerror(-r));
	on_host = host_interfaces_find(l, &source);
	*ret = on_host ? *on_host : cidr_host(&source);
	return 0;
}

int detect_address(const struct host_interfaces *interfaces, const char *method, int family,
	struct cidr *ret, struct err *err)
{
	struct search first = { .family = family, .exclude = true };
	const char *eq = strchr(method, '=');
	const char *value = eq ? eq + 1 : "";

	if (str_empty(method) || str_eq(method, "first-found"))
		return find_address(interfaces, &first, ret, err);
	if (str_starts(method, "interface="))
		return detect_interface(interfaces, value, false, family, ret, err);
	if (str_starts(method, "skip-interface="))
		return detect_interface(interfaces, value, true, family, ret, err);
	if (str_starts(method, "cidr="))
		return detect_cidr(interfaces, value, family, ret, err);
	if (str_starts(method, "can-reach="))
		return detect_can_reach(interfaces, value, family, ret, err);
	return err_set(err, DETECT_E_METHOD, "invalid IP autodetection method: %s", method);
}
