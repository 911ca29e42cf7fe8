/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/endpoint.h"

#include <errno.h>
#include <string.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"

void endpoint_done(struct endpoint *e)
{
	free(e->host);
	free(e->authority);
	memset(e, 0, sizeof(*e));
}

static const char *skip_scheme(const char *url, bool *tls)
{
	const char *sep = strstr(url, "://");

	*tls = false;
	if (!sep)
		return url;
	if (!strncmp(url, "https://", 8))
		*tls = true;
	else if (strncmp(url, "http://", 7))
		return NULL;
	return sep + 3;
}

/* Splits "host", "host:port", "[v6]", "[v6]:port"; a bare IPv6 address has no port. */
static int split_port(char *text, char **host, const char **port)
{
	char *colon = strrchr(text, ':');

	*host = text;
	*port = NULL;
	if (*text == '[') {
		char *close = strchr(text, ']');

		if (!close || (close[1] && close[1] != ':'))
			return -EINVAL;
		*host = text + 1;
		*close = '\0';
		*port = close[1] ? close + 2 : NULL;
	} else if (colon && strchr(text, ':') == colon) {
		*colon = '\0';
		*port = colon + 1;
	}
	return **host ? 0 : -EINVAL;
}

int endpoint_parse(const char *url, uint16_t default_port, struct endpoint *ret, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	const char *rest, *port;
	uint64_t number = default_port;
	struct addr addr;
	char *host;
	bool tls;

	rest = skip_scheme(url, &tls);
	if (!rest)
		return err_set(err, -EINVAL, "'%s' is neither http:// nor https://", url);
	if (memchr(rest, '@', strcspn(rest, "/"))) /* perhaps with a password: not to be repeated */
		return err_set(err, -EINVAL,
			"an endpoint holds a user name or password: give them as user name and "
			"password of the datastore, not in the URL");
	text = mem_strndup(rest, strcspn(rest, "/"));
	if (split_port(text, &host, &port) < 0)
		return err_set(err, -EINVAL, "'%s' names no host", url);
	if (port && (str_to_u64(port, &number) < 0 || number == 0 || number > UINT16_MAX))
		return err_set(err, -EINVAL, "'%s' has a bad port", url);
	*ret = (struct endpoint){ .tls = tls, .host = mem_strdup(host), .port = (uint16_t)number };
	ret->authority =
		mem_printf(addr_parse(host, &addr) == 0 && addr.family == 6 ? "[%s]:%u" : "%s:%u",
			host, (unsigned)number);
	return 0;
}
