/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "call.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/str.h"
#include "version.h"

#define INPUT_MAX (2u << 20)

static int read_input(struct buf *ret, struct cni_error *err)
{
	ssize_t n = 1;

	while (n > 0 && ret->len <= INPUT_MAX) {
		n = read(STDIN_FILENO, buf_reserve(ret, 4096), 4096);
		if (n > 0)
			buf_grown(ret, (size_t)n);
		else if (n < 0 && errno == EINTR)
			n = 1;
	}
	if (n < 0)
		return cni_fail(err, CNI_IO, "error reading from stdin: %s", strerror(errno));
	return 0;
}

int cni_call_read_config(struct cni_call *call, struct cni_error *err)
{
	_cleanup_buf_ struct buf input = BUF_INIT;
	int r = read_input(&input, err);

	if (!r)
		r = netconf_read(input.data, input.len, &call->conf, err);
	call->version = call->conf.cni_version ? call->conf.cni_version : CNI_VERSION_DEFAULT;
	return r;
}

int cni_call_read(const char *const *vars, struct cni_call *ret, struct cni_error *err)
{
	int r;

	*ret = (struct cni_call){ .version = CNI_VERSION_DEFAULT };
	r = cni_env_read(vars, &ret->env, err);
	if (!r)
		r = cni_env_check(&ret->env, err);
	if (r || ret->env.verb == CNI_VERSION)
		return r;
	return cni_call_read_config(ret, err);
}

void cni_call_done(struct cni_call *call)
{
	session_close(&call->session);
	netconf_done(&call->conf);
	cni_env_done(&call->env);
}

static int check_verb(
	const struct cni_call *call, const char *first, const char *verb, struct cni_error *err)
{
	if (!cni_version_from(call->version, first))
		return cni_fail(err, CNI_INCOMPATIBLE, "config version does not allow %s", verb);
	if (!cni_version_from(CNI_VERSION_CURRENT, call->version))
		return cni_fail(err, CNI_INCOMPATIBLE, "plugin version does not allow %s", verb);
	return 0;
}

int cni_call_check_version(const struct cni_call *call, struct cni_error *err)
{
	_cleanup_buf_ struct buf known = BUF_INIT;

	switch (call->env.verb) {
	case CNI_CHECK:
		return check_verb(call, "0.4.0", "CHECK", err);
	case CNI_STATUS:
		return check_verb(call, "1.1.0", "STATUS", err);
	case CNI_GC:
		return check_verb(call, "1.1.0", "GC", err);
	case CNI_ADD:
	case CNI_DEL:
	case CNI_VERSION:
	case CNI_VERB_N:
		break;
	}
	if (cni_version_supported(call->version))
		return 0;
	cni_versions_put(&known, " ");
	cni_fail(err, CNI_INCOMPATIBLE, "incompatible CNI versions");
	return cni_details(
		err, "config is \"%s\", plugin supports [%s]", call->version, buf_str(&known));
}
