/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "status.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/map.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/config.h"
#include "io/loop.h"
#include "proto/felixbackend.pb-c.h"
#include "status/endpoint.h"
#include "status/files.h"
#include "status/process.h"

struct endpoint { /* what its file says, and whether it is there */
	struct arena arena;
	const char *orchestrator, *workload, *endpoint;
	struct status_file content;
	bool known, up;
};

MAP_DEFINE(endpoint_map, const char *, struct endpoint *, hash_str, str_eq);

struct status {
	struct process_status *process;
	struct endpoint_status *endpoints;
	struct status_files *files;
	struct endpoint_map map; /* key: the three ids, owned by the endpoint's arena */
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

static void endpoint_free(struct endpoint *e)
{
	struct arena arena = e->arena;

	free(e);
	arena_done(&arena);
}

struct status *status_free(struct status *s)
{
	if (!s)
		return NULL;
	MAP_FOREACH(endpoint_map, &s->map, e)
		endpoint_free(e->value);
	endpoint_map_done(&s->map);
	process_status_free(s->process);
	endpoint_status_free(s->endpoints);
	status_files_free(s->files);
	free(s);
	return NULL;
}

static char *endpoint_key(const char *orchestrator, const char *workload, const char *endpoint)
{
	return mem_printf("%s\n%s\n%s", orchestrator, workload, endpoint);
}

static struct endpoint *endpoint_for(
	struct status *s, const char *orchestrator, const char *workload, const char *endpoint)
{
	_cleanup_free_ char *key = endpoint_key(orchestrator, workload, endpoint);
	struct endpoint **found = endpoint_map_get(&s->map, key);
	struct endpoint *e;

	if (found)
		return *found;
	e = mem_new(struct endpoint);
	e->orchestrator = arena_strdup(&e->arena, orchestrator);
	e->workload = arena_strdup(&e->arena, workload);
	e->endpoint = arena_strdup(&e->arena, endpoint);
	*endpoint_map_put(&s->map, arena_strdup(&e->arena, key), NULL) = e;
	return e;
}

static char **copy_texts(struct arena *a, size_t n, char *const *texts)
{
	char **copy = arena_new_n(a, char *, n + 1);

	for (size_t i = 0; i < n; i++)
		copy[i] = arena_strdup(a, texts[i]);
	return copy;
}

static void tell_file(struct status *s, const struct endpoint *e)
{
	if (s->files)
		status_files_set(s->files, e->orchestrator, e->workload, e->endpoint,
			e->up && e->known ? &e->content : NULL);
}

static void drop_if_gone(struct status *s, struct endpoint *e)
{
	_cleanup_free_ char *key = NULL;

	if (e->known || e->up)
		return;
	key = endpoint_key(e->orchestrator, e->workload, e->endpoint);
	endpoint_map_remove(&s->map, key);
	endpoint_free(e);
}

static void on_update(struct status *s, const Felix__WorkloadEndpointUpdate *u)
{
	const Felix__WorkloadEndpointID *id = u->id;
	struct endpoint *e = endpoint_for(s, id->orchestrator_id, id->workload_id, id->endpoint_id);
	struct arena *a = &e->arena;

	e->content = (struct status_file){
		.interface = arena_strdup(a, u->endpoint->name),
		.mac = arena_strdup(a, u->endpoint->mac),
		.ipv4_n = u->endpoint->n_ipv4_nets,
		.ipv4_nets = copy_texts(a, u->endpoint->n_ipv4_nets, u->endpoint->ipv4_nets),
		.ipv6_n = u->endpoint->n_ipv6_nets,
		.ipv6_nets = copy_texts(a, u->endpoint->n_ipv6_nets, u->endpoint->ipv6_nets),
	};
	e->known = true;
	tell_file(s, e);
}

void status_message(struct status *s, const Felix__ToDataplane *msg)
{
	if (msg->payload_case == FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_UPDATE) {
		on_update(s, msg->workload_endpoint_update);
	} else if (msg->payload_case == FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_REMOVE) {
		const Felix__WorkloadEndpointID *id = msg->workload_endpoint_remove->id;
		struct endpoint *e =
			endpoint_for(s, id->orchestrator_id, id->workload_id, id->endpoint_id);

		e->known = false;
		tell_file(s, e);
		drop_if_gone(s, e);
	}
}

void status_endpoint(struct status *s, const char *orchestrator, const char *workload,
	const char *endpoint, const char *status)
{
	struct endpoint *e = endpoint_for(s, orchestrator, workload, endpoint);

	e->up = str_eq(status, "up");
	tell_file(s, e);
	if (s->endpoints)
		endpoint_status_set(s->endpoints, orchestrator, workload, endpoint, status);
	drop_if_gone(s, e);
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
