/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/addr.h"
#include "base/mem.h"
#include "base/number.h"
#include "base/str.h"
#include "commands.h"
#include "node_run.h"
#include "report.h"

#define FAILED "error executing command: "

/* What makes no sense as an argument is said on standard output. */
static int bad_argument(const char *what, const char *text)
{
	printf("Error executing command: invalid %s specified: %s\n", what, text);
	return 1;
}

/* ---- addresses */

static bool is_given(const char *ip)
{
	return !str_empty(ip) && !str_eq(ip, "autodetect");
}

static int check_form(const char *ip)
{
	struct addr a;
	return is_given(ip) && addr_parse(ip, &a) < 0 ? bad_argument("IP address", ip) : 0;
}

static int check_family(const char *flag, const char *ip, int family)
{
	struct addr a;
	if (!is_given(ip) || addr_parse(ip, &a) < 0 || a.family == family)
		return 0;
	return report_error(FAILED "--%s is wrong IP version", flag);
}

/* ---- how an address is found */

static int check_destination(const char *name, int family)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	bool found = false;
	if (getaddrinfo(name, NULL, &hints, &list) != 0)
		return report_error(
			FAILED "cannot resolve address specified for IP autodetection: %s", name);
	for (const struct addrinfo *i = list; i; i = i->ai_next)
		found |= i->ai_family == (family == 4 ? AF_INET : AF_INET6);
	freeaddrinfo(list);
	if (found)
		return 0;
	return report_error(FAILED "address for IP autodetection does not resolve to an IPv%d "
				   "address: %s",
		family, name);
}

static int check_patterns(const char *patterns)
{
	_cleanup_strv_ struct strv list = { 0 };
	strv_split(&list, patterns, ',');
	for (size_t i = 0; i < list.n; i++) {
		regex_t re;
		if (regcomp(&re, list.v[i], REG_EXTENDED | REG_NOSUB) != 0)
			return report_error(
				FAILED "invalid interface regex specified for IP autodetection: %s",
				list.v[i]);
		regfree(&re);
	}
	return 0;
}

static int check_method(const char *method, int family)
{
	const char *eq = strchr(method, '=');
	if (str_empty(method) || str_eq(method, "first-found"))
		return 0;
	if (str_starts(method, "can-reach="))
		return check_destination(eq + 1, family);
	if (str_starts(method, "interface=") || str_starts(method, "skip-interface="))
		return check_patterns(eq + 1);
	return report_error(FAILED "invalid IP autodetection method: %s", method);
}

/* ---- the rest */

static int check_backend(const char *backend)
{
	if (str_eq(backend, "bird") || str_eq(backend, "none"))
		return 0;
	return report_error(FAILED "unknown backend '%s'", backend);
}

static int find_name(const char *given, char **ret)
{
	char host[256];
	if (!str_empty(given)) {
		*ret = mem_strdup(given);
		return 0;
	}
	if (gethostname(host, sizeof(host)) < 0 || !host[0])
		return report_error(FAILED "unable to determine node name");
	host[sizeof(host) - 1] = '\0';
	for (char *p = host; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	*ret = mem_strdup(host);
	return 0;
}

static int read_config(const char *path, struct store_config *ret)
{
	struct err err = { 0 };
	int r = str_empty(path) ? -ENOENT : store_config_from_file(path, ret, &err);
	if (r == -ENOENT && !str_eq(path, CONFIG_DEFAULT)) {
		printf("Error reading config file: %s\n", path);
		return 1;
	}
	if (r == -ENOENT)
		store_config_from_env(ret);
	else if (r < 0)
		return report_error(FAILED "invalid config file");
	if (!str_empty(ret->type) && !str_eq(ret->type, "etcdv3"))
		return report_error(FAILED "unsupported backend specified in config");
	return 0;
}

static int check_flags(const struct options *opt, struct node_run *ret)
{
	int r = 0;
	ret->as_number = -1;
	if ((r = check_form(opt->ip)) || (r = check_form(opt->ip6)))
		return r;
	if (!str_empty(opt->as_number) && number_parse_as(opt->as_number, &ret->as_number) < 0)
		return bad_argument("AS Number", opt->as_number);
	if ((r = check_family("ip", opt->ip, 4)) || (r = check_family("ip6", opt->ip6, 6)) ||
		(r = check_backend(opt->backend)) || (r = check_method(opt->ip_method, 4)))
		return r;
	return check_method(opt->ip6_method, 6);
}

int node_run_check(const struct options *opt, struct node_run *ret)
{
	*ret = (struct node_run){ .opt = opt };
	int r = check_flags(opt, ret);
	if (r == 0)
		r = find_name(opt->name, &ret->name);
	return r ? r : read_config(opt->config, &ret->config);
}

void node_run_done(struct node_run *n)
{
	free(n->name);
	store_config_done(&n->config);
}
