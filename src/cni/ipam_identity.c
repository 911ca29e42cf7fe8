/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipam_identity.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/str.h"

#define UTC " +0000 UTC"

bool ipam_for_pod(const struct cni_call *call)
{
	return !str_empty(call->env.pod_name) && !str_empty(call->env.pod_namespace);
}

const char *ipam_handle_id(const struct cni_call *call, struct arena *arena)
{
	return arena_printf(arena, "%s.%s", call->conf.name, call->env.container_id);
}

const char *ipam_legacy_handle_id(const struct cni_call *call, struct arena *arena)
{
	return ipam_for_pod(call) ? arena_printf(arena, "%s.%s", call->env.pod_namespace,
					    call->env.pod_name)
				  : arena_strdup(arena, call->env.container_id);
}

struct text_map ipam_owner_attrs(
	const struct cni_call *call, const char *node, uint64_t now_ns, struct arena *arena)
{
	struct text_map m = { 0 };
	char now[IPAM_TIME_TEXT_MAX];

	text_map_set(&m, arena, "node", node);
	text_map_set(&m, arena, "timestamp", ipam_time_format(now_ns, now));
	if (ipam_for_pod(call)) {
		text_map_set(&m, arena, "pod", call->env.pod_name);
		text_map_set(&m, arena, "namespace", call->env.pod_namespace);
	}
	return m;
}

const char *ipam_time_format(uint64_t wall_ns, char buf[IPAM_TIME_TEXT_MAX])
{
	time_t seconds = (time_t)(wall_ns / NSEC_PER_SEC);
	struct tm tm;
	size_t n;

	gmtime_r(&seconds, &tm);
	n = strftime(buf, IPAM_TIME_TEXT_MAX, "%Y-%m-%d %H:%M:%S", &tm);
	if (wall_ns % NSEC_PER_SEC) {
		n += (size_t)snprintf(buf + n, IPAM_TIME_TEXT_MAX - n, ".%09u",
			(unsigned)(wall_ns % NSEC_PER_SEC));
		while (buf[n - 1] == '0')
			n--;
	}
	snprintf(buf + n, IPAM_TIME_TEXT_MAX - n, UTC);
	return buf;
}

int ipam_time_parse(const char *text, uint64_t *ret_wall_ns)
{
	char rfc[IPAM_TIME_TEXT_MAX];
	size_t n = strlen(text);

	if (!str_ends(text, UTC) || n - strlen(UTC) + 2 > sizeof(rfc) || n < 20)
		return -EINVAL;
	snprintf(rfc, sizeof(rfc), "%.*sZ", (int)(n - strlen(UTC)), text);
	if (rfc[10] != ' ')
		return -EINVAL;
	rfc[10] = 'T';
	return clock_parse_rfc3339(rfc, ret_wall_ns);
}
