/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "node/address.h"

#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "node/detect.h"

static char *cidr_text(const struct cidr *c)
{
	char text[CIDR_TEXT_MAX];

	return mem_strdup(cidr_format(c, text));
}

static const struct cidr *recorded_on_host(
	const struct address_request *req, const struct host_interfaces *interfaces)
{
	struct cidr recorded;

	if (str_empty(req->recorded) || cidr_parse_net(req->recorded, &recorded))
		return NULL;
	return host_interfaces_find(interfaces, &recorded.addr);
}

static void warn_if_not_local(
	const struct address_request *req, const struct host_interfaces *interfaces)
{
	if (!str_empty(req->recorded) && !recorded_on_host(req, interfaces))
		log_warning("Unable to confirm IPv%d address %s is assigned to this host",
			req->family, req->recorded);
}

static int detect(const struct address_request *req, const struct host_interfaces *interfaces,
	char **ret, struct err *err)
{
	bool any = str_empty(req->method) || str_eq(req->method, "first-found");
	const struct cidr *known = any ? recorded_on_host(req, interfaces) : NULL;
	struct cidr found;
	int r;

	if (known) { /* an address that is still there does not move to another interface */
		*ret = cidr_text(known);
		return 0;
	}
	r = detect_address(interfaces, req->method ? req->method : "", req->family, &found, err);
	if (r == 0) {
		*ret = cidr_text(&found);
		log_info("Using autodetected IPv%d address %s, detected by %s", req->family, *ret,
			any ? "first-found" : req->method);
		return 0;
	}
	if (r == DETECT_E_METHOD || str_empty(req->recorded))
		return err_wrap(err, -EINVAL,
			"cannot detect an IPv%d address for this host (set %s or "
			"%s_AUTODETECTION_METHOD)",
			req->family, req->env_name, req->env_name);
	log_warning("Could not detect an IPv%d address (%s): keeping %s", req->family, err->msg,
		req->recorded);
	*ret = mem_strdup(req->recorded);
	return 0;
}

static int take_literal(const struct address_request *req, const struct host_interfaces *interfaces,
	char **ret, struct err *err)
{
	const struct cidr *local;
	struct cidr c;

	if (cidr_parse_net(req->setting, &c) || c.addr.family != req->family)
		return err_set(err, -EINVAL, "%s=%s is not an IPv%d address", req->env_name,
			req->setting, req->family);
	local = host_interfaces_find(interfaces, &c.addr);
	if (!local)
		log_warning("Address %s=%s is on no interface of this host", req->env_name,
			req->setting);
	else if (req->family == 4 && !strchr(req->setting, '/'))
		c = *local;
	*ret = cidr_text(&c);
	return 0;
}

static int keep(
	const struct address_request *req, const struct host_interfaces *interfaces, char **ret)
{
	warn_if_not_local(req, interfaces);
	*ret = mem_strdup(req->recorded ? req->recorded : "");
	return 0;
}

int address_select(const struct address_request *req, const struct host_interfaces *interfaces,
	char **ret, struct err *err)
{
	if (str_empty(req->setting))
		return req->family == 4 && str_empty(req->recorded)
			       ? detect(req, interfaces, ret, err)
			       : keep(req, interfaces, ret);
	if (str_eq(req->setting, "autodetect"))
		return detect(req, interfaces, ret, err);
	if (str_eq(req->setting, "none"))
		return keep(req, interfaces, ret);
	return take_literal(req, interfaces, ret, err);
}
