/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "status.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "io/loop.h"
#include "link/link.h"
#include "status/endpoint.h"
#include "status/files.h"
#include "status/process.h"

struct status {
	struct process_status *process;
	struct endpoint_status *endpoints; /* NULL: not reported */
	struct status_files *files;        /* NULL: none */
	bool files_failed;
};

static struct status_files *open_files(const char *prefix)
{
	struct status_files *files;
	struct err err = { 0 };

	if (str_empty(prefix))
		return NULL;
	(void)mkdir(prefix, 0755);
	files = status_files_new(prefix, &err);
	if (!files)
		log_warning("No endpoint status files: %s", err.msg);
	return files;
}

struct status *status_new(struct loop *loop, struct store *store, const struct config_values *v)
{
	_cleanup_free_ char *region = str_empty(v->openstack_region)
					      ? mem_strdup("no-region")
					      : mem_printf("region-%s", v->openstack_region);
	const struct process_status_config process = { v->hostname, region,
		v->reporting_interval_ns, (uint32_t)(v->reporting_ttl_ns / NSEC_PER_SEC) };
	const struct endpoint_status_config endpoints = { v->hostname, region,
		v->endpoint_reporting_delay_ns };
	struct status *s = mem_new(struct status);

	s->process = process_status_new(loop, store, &process, loop_now(loop));
	if (v->endpoint_reporting)
		s->endpoints = endpoint_status_new(loop, store, &endpoints, loop_now(loop));
	s->files = open_files(v->endpoint_status_path);
	return s;
}

struct status *status_free(struct status *s)
{
	if (!s)
		return NULL;
	process_status_free(s->process);
	endpoint_status_free(s->endpoints);
	status_files_free(s->files);
	free(s);
	return NULL;
}

void status_link(struct status *s, const struct link_status *link)
{
	static const char *const words[] = {
		[LINK_DOWN] = "down", [LINK_UP] = "up", [LINK_GONE] = NULL
	};
	const struct status_file file = {
		.interface = link->ifname,
		.mac = link->mac,
		.ipv4_n = link->ipv4_nets->n,
		.ipv4_nets = link->ipv4_nets->v,
		.ipv6_n = link->ipv6_nets->n,
		.ipv6_nets = link->ipv6_nets->v,
	};

	if (s->endpoints)
		endpoint_status_set(s->endpoints, link->orchestrator, link->workload,
			link->endpoint, words[link->state]);
	if (s->files)
		status_files_set(s->files, link->orchestrator, link->workload, link->endpoint,
			link->state == LINK_UP ? &file : NULL);
}

void status_settled(struct status *s, bool first)
{
	struct err err = { 0 };
	bool failed;

	if (first && s->endpoints)
		endpoint_status_dataplane_in_sync(s->endpoints);
	if (!s->files)
		return;
	failed = status_files_apply(s->files, &err) != 0;
	if (failed && !s->files_failed)
		log_warning("Endpoint status files: %s", err.msg);
	s->files_failed = failed;
}
