/* SPDX-License-Identifier: GPL-2.0-or-later */
/* testing.h - messages of calc, made by hand. Only for *_test.c. */
#pragma once

#include "base/testing.h"
#include "proto/print.h"

typedef void (*send_message_fn)(void *ctx, const Felix__ToDataplane *msg);

/* An endpoint "orchestrator/workload/endpoint" of the test: k8s, <workload>, eth0. */
struct test_endpoint {
	const char *workload, *ifname;
	const char *state; /* NULL: active */
	const char *mac;
	const char *nets[4]; /* both families */
	const char *spoofed; /* NULL, or one prefix */
};

static inline void test_send_endpoint(
	const struct test_endpoint *t, send_message_fn send, void *ctx)
{
	Felix__WorkloadEndpointID id = FELIX__WORKLOAD_ENDPOINT_ID__INIT;
	Felix__WorkloadEndpoint ep = FELIX__WORKLOAD_ENDPOINT__INIT;
	Felix__WorkloadEndpointUpdate update = FELIX__WORKLOAD_ENDPOINT_UPDATE__INIT;
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;
	char *v4[4], *v6[4], *spoofed[1] = { (char *)t->spoofed };

	id.orchestrator_id = (char *)"k8s";
	id.workload_id = (char *)t->workload;
	id.endpoint_id = (char *)"eth0";
	ep.name = (char *)t->ifname;
	ep.state = (char *)(t->state ? t->state : "active");
	ep.mac = (char *)(t->mac ? t->mac : "");
	ep.ipv4_nets = v4;
	ep.ipv6_nets = v6;
	for (size_t i = 0; i < 4 && t->nets[i]; i++)
		if (strchr(t->nets[i], ':'))
			v6[ep.n_ipv6_nets++] = (char *)t->nets[i];
		else
			v4[ep.n_ipv4_nets++] = (char *)t->nets[i];
	ep.allow_spoofed_source_prefixes = spoofed;
	ep.n_allow_spoofed_source_prefixes = t->spoofed != NULL;
	update.id = &id;
	update.endpoint = &ep;
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_UPDATE;
	msg.workload_endpoint_update = &update;
	send(ctx, &msg);
}

static inline void test_send_endpoint_remove(const char *workload, send_message_fn send, void *ctx)
{
	Felix__WorkloadEndpointID id = FELIX__WORKLOAD_ENDPOINT_ID__INIT;
	Felix__WorkloadEndpointRemove remove = FELIX__WORKLOAD_ENDPOINT_REMOVE__INIT;
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;

	id.orchestrator_id = (char *)"k8s";
	id.workload_id = (char *)workload;
	id.endpoint_id = (char *)"eth0";
	remove.id = &id;
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_WORKLOAD_ENDPOINT_REMOVE;
	msg.workload_endpoint_remove = &remove;
	send(ctx, &msg);
}

static inline void test_send_route(const char *dst, const char *node, uint32_t types,
	Felix__IPPoolType pool, send_message_fn send, void *ctx)
{
	Felix__RouteUpdate update = FELIX__ROUTE_UPDATE__INIT;
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;

	update.dst = (char *)dst;
	update.dst_node_name = (char *)node;
	update.types = types;
	update.ip_pool_type = pool;
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_ROUTE_UPDATE;
	msg.route_update = &update;
	send(ctx, &msg);
}

static inline void test_send_route_remove(const char *dst, send_message_fn send, void *ctx)
{
	Felix__RouteRemove remove = FELIX__ROUTE_REMOVE__INIT;
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;

	remove.dst = (char *)dst;
	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_ROUTE_REMOVE;
	msg.route_remove = &remove;
	send(ctx, &msg);
}

static inline void test_send_in_sync(send_message_fn send, void *ctx)
{
	Felix__InSync in_sync = FELIX__IN_SYNC__INIT;
	Felix__ToDataplane msg = FELIX__TO_DATAPLANE__INIT;

	msg.payload_case = FELIX__TO_DATAPLANE__PAYLOAD_IN_SYNC;
	msg.in_sync = &in_sync;
	send(ctx, &msg);
}
