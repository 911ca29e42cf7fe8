/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Kernel parameters. The list is felix.md 4.1. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/sysctl.h"
#include "link_priv.h"

enum importance {
	NEEDED,
	IF_THERE,  /* no such parameter: nothing to do */
	AS_CAN_BE, /* containers may hide it */
};

static const struct setting {
	const char *before, *after; /* of the interface's name */
	const char *value;
	enum importance importance;
	bool ipv6;
} settings[] = {
	{ "net/ipv6/conf/", "/accept_ra", "0", IF_THERE, false }, /* whatever Ipv6Support says */
	{ "net/ipv4/conf/", "/route_localnet", "1", NEEDED, false },
	{ "net/ipv4/neigh/", "/proxy_delay", "0", AS_CAN_BE, false },
	{ "net/ipv4/conf/", "/proxy_arp", "1", NEEDED, false },
	{ "net/ipv4/conf/", "/forwarding", "1", NEEDED, false },
	{ "net/ipv6/conf/", "/proxy_ndp", "1", NEEDED, true },
	{ "net/ipv6/conf/", "/forwarding", "1", NEEDED, true },
};

static const char *root(const struct link_config *config)
{
	return config->sysctl_root ? config->sysctl_root : SYSCTL_ROOT;
}

static int write_setting(struct link_driver *d, const char *path, const char *value,
	enum importance importance, struct err *err)
{
	bool wrote;
	int r = sysctl_write(root(&d->config), path, value, &wrote);

	d->counters.sysctls += wrote;
	if (r == 0 || importance == AS_CAN_BE || (importance == IF_THERE && r == -ENOENT))
		return 0;
	return err_set(err, r, "cannot set %s to %s: %s", path, value, strerror(-r));
}

/* The host's own choice, and not 1; nothing is checked for those who may send from anywhere. */
static int write_rp_filter(
	struct link_driver *d, struct port *p, bool spoofing, struct err *err)
{
	char path[PATH_MAX], value[16];

	snprintf(path, sizeof(path), "net/ipv4/conf/%s/rp_filter", p->name);
	if (spoofing)
		strcpy(value, "0");
	else if (sysctl_read(root(&d->config), "net/ipv4/conf/default/rp_filter", value,
			 sizeof(value)) < 0)
		strcpy(value, "1");
	p->rp_filter = atoi(value);
	return write_setting(d, path, value, NEEDED, err);
}

int configure_port(
	struct link_driver *d, struct port *p, const struct endpoint *ep, struct err *err)
{
	char path[PATH_MAX];
	int r;

	for (size_t i = 0; i < ARRAY_SIZE(settings); i++) {
		const struct setting *s = &settings[i];

		if (s->ipv6 && !d->config.ipv6)
			continue;
		snprintf(path, sizeof(path), "%s%s%s", s->before, p->name, s->after);
		r = write_setting(d, path, s->value, s->importance, err);
		if (r < 0)
			return r;
	}
	return write_rp_filter(d, p, ep->spoofing, err);
}

static void set_host(
	const struct link_config *config, const char *path, link_problem_fn problem, void *ctx)
{
	int r = sysctl_write(root(config), path, "1", NULL);
	struct err err;

	if (r == 0)
		return;
	err_set(&err, r, "cannot set %s to 1: %s", path, strerror(-r));
	problem(ctx, err.msg);
}

void link_configure_host(
	const struct link_config *config, bool forwarding, link_problem_fn problem, void *ctx)
{
	if (forwarding)
		set_host(config, "net/ipv4/ip_forward", problem, ctx);
	if (forwarding && config->ipv6)
		set_host(config, "net/ipv6/conf/all/forwarding", problem, ctx);
	set_host(config, "net/netfilter/nf_conntrack_acct", problem, ctx);
}
