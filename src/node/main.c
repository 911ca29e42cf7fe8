/* SPDX-License-Identifier: GPL-2.0-or-later */
/* calico-node - host bring-up. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/env.h"
#include "base/log.h"
#include "base/str.h"
#include "client/client.h"
#include "io/loop.h"
#include "base/nodename.h"
#include "node/probe_command.h"
#include "node/startup.h"
#include "store/call.h"
#include "store/config.h"

#define CALL_TIMEOUT_MS 30000
#define RETRY_S         1

static const char usage[] =
	"Usage: calico-node startup\n"
	"       calico-node --bird-ready | --felix-ready | --bird-live | --felix-live ...\n"
	"       calico-node [--help | --version]\n"
	"\n"
	"Prepares this host and, if it is the first one, its cluster: decides the host's "
	"addresses,\n"
	"writes its Node, makes the default IP pools and configurations that are missing, and "
	"leaves\n"
	"the node's name in /var/lib/calico/nodename. Run it before Felix, BIRD and calico-bgp.\n"
	"\n"
	"With checks (also --bird6-ready, --bird6-live): runs them at once, prints what is not well\n"
	"and ends with status 1. --threshold-time DURATION (default 30s): how long Felix may take to\n"
	"answer, and how long after a start BGP sessions may be missing.\n"
	"\n"
	"The words of upstream's container are taken too: `calico-node -startup`,\n"
	"`calico-node component node startup`, `calico-node component node health --felix-ready`.\n"
	"\n"
	"Environment: NODENAME, IP, IP6, IP_AUTODETECTION_METHOD, IP6_AUTODETECTION_METHOD, AS,\n"
	"CALICO_IPV4POOL_CIDR, CALICO_IPV6POOL_CIDR, NO_DEFAULT_POOLS, CALICO_NETWORKING_BACKEND,\n"
	"ETCD_ENDPOINTS, WAIT_FOR_DATASTORE and others: see calico-node(8).\n";

/* Until the datastore answers; only where WAIT_FOR_DATASTORE=true. */
static int wait_for_datastore(struct loop *loop, struct store *store, struct err *err)
{
	const struct key key = key_resource(KIND_CLUSTER_INFORMATION, NULL, "default");

	for (;;) {
		struct store_reply reply = { 0 };
		enum store_status status =
			call_get(loop, store, &key, NULL, CALL_TIMEOUT_MS, &reply);

		if (status == STORE_E_UNAUTHORIZED) {
			int r = err_set(err, -1, "connection is unauthorized: %s", reply.err.msg);

			store_reply_done(&reply);
			return r;
		}
		store_reply_done(&reply);
		if (status == STORE_OK || status == STORE_E_NOT_FOUND)
			return 0;
		log_info("Waiting for datastore");
		sleep(RETRY_S);
	}
}

static int bring_up(struct loop *loop, struct store *store, struct err *err)
{
	struct host_interfaces interfaces = { 0 };
	const char *const *env = (const char *const *)environ;
	struct startup s = {
		.env = env,
		.interfaces = &interfaces,
		.nodename_file = node_name_file(env),
		.calico_version = CALICO_VERSION,
	};
	int r = 0;

	if (str_eq(env_get(env, "WAIT_FOR_DATASTORE"), "true"))
		r = wait_for_datastore(loop, store, err);
	if (!r)
		r = host_interfaces_read(&interfaces, err);
	if (!r) {
		s.client = client_new(loop, store, CALL_TIMEOUT_MS);
		r = startup_run(&s, err);
		client_free(s.client);
	}
	host_interfaces_done(&interfaces);
	return r;
}

static int startup(void)
{
	struct store_config config = { 0 };
	struct store *store = NULL;
	struct loop *loop = NULL;
	struct err err = { 0 };
	int r;

	store_config_from_env(&config);
	r = loop_new(&loop);
	if (r)
		err_set(&err, r, "cannot make an event loop: %s", strerror(-r));
	else
		r = store_open(loop, &config, &store, &err);
	if (!r)
		r = bring_up(loop, store, &err);
	if (r)
		log_error("Terminating: %s", err.msg);
	else
		log_info("Calico node startup complete");
	store_free(store);
	loop_free(loop);
	store_config_done(&config);
	return r ? 1 : 0;
}

static bool is_component(int argc, char **argv, const char *word)
{
	return argc >= 4 && str_eq(argv[1], "component") && str_eq(argv[2], "node") &&
	       str_eq(argv[3], word);
}

static bool is_startup(int argc, char **argv)
{
	if (argc == 2)
		return str_eq(argv[1], "startup") || str_eq(argv[1], "-startup") ||
		       str_eq(argv[1], "--startup");
	return is_component(argc, argv, "startup");
}

int main(int argc, char **argv)
{
	const char *const *env = (const char *const *)environ;

	log_set_component("node");
	log_screen_stdout();
	if (argc == 2 && (str_eq(argv[1], "--version") || str_eq(argv[1], "-v"))) {
		puts(CALICO_VERSION);
		return 0;
	}
	if (argc == 2 && (str_eq(argv[1], "--help") || str_eq(argv[1], "-h"))) {
		fputs(usage, stdout);
		return 0;
	}
	if (is_startup(argc, argv))
		return startup();
	if (is_component(argc, argv, "health"))
		return probe_command(argc - 3, argv + 3, env);
	if (argc >= 2 && probe_command_is(argv[1]))
		return probe_command(argc, argv, env);
	fprintf(stderr, "calico-node: unknown arguments (try calico-node --help)\n");
	return 1;
}
