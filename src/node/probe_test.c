/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The rules of BGP readiness, and whole runs against sockets of our own. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/testing.h"
#include "bgp/testing.h"
#include "io/http_server.h"
#include "io/loop.h"
#include "node/probe.h"

#define HEADING "Name Proto Table State Since Info\n"
#define UP(ADDR) "Mesh_x BGP --- up 10:00:00 Established\n    Neighbor address: " ADDR "\n"
#define DOWN(ADDR) "Node_x BGP --- start 10:00:00 Active Socket: refused\n    Neighbor address: " ADDR "\n"
#define STATUS FAKE_BIRD_STATUS
#define GR "BIRD 2.0.12\nGraceful restart recovery in progress\n  Waiting for 1 channels\n"

static void rules_of_readiness(void **state)
{
	static const struct {
		const char *protocols, *status;
		int family;
		bool starting;
		const char *fault; /* NULL: ready */
	} cases[] = {
		{ HEADING, STATUS, 4, true, NULL },
		{ HEADING UP("10.0.0.2"), STATUS, 4, true, NULL },
		{ HEADING UP("10.0.0.2"), GR, 4, true, "graceful restart in progress" },
		{ HEADING UP("10.0.0.2"), GR, 4, false, NULL },
		{ HEADING, GR, 4, true, NULL },
		{ HEADING UP("10.0.0.2") DOWN("10.0.0.3") DOWN("10.0.0.4"), STATUS, 4, true,
			"BGP not established with 10.0.0.3,10.0.0.4" },
		{ HEADING UP("10.0.0.2") DOWN("10.0.0.3"), STATUS, 4, false, NULL },
		{ HEADING DOWN("10.0.0.3") DOWN("10.0.0.4"), STATUS, 4, false,
			"BGP not established with 10.0.0.3,10.0.0.4" },
		{ HEADING DOWN("fd00::1") UP("10.0.0.2"), STATUS, 4, true, NULL },
		{ HEADING DOWN("fd00::1") UP("10.0.0.2"), STATUS, 6, false,
			"BGP not established with fd00::1" },
		{ "nonsense\n", STATUS, 4, true, "unknown BIRD table" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		struct err err = { 0 };
		int r = probe_judge_bgp(cases[i].protocols, cases[i].status, cases[i].family,
			cases[i].starting, &err);

		if (!r != !cases[i].fault || (r && !strstr(err.msg, cases[i].fault)))
			fail_msg("case %zu: %d %s", i, r, err.msg);
	}
}

/* ---- whole runs ---- */

struct fixture {
	char directory[32], nodename[64], socket[64];
	struct probe probe;
	int status; /* of Felix; 0: it does not listen */
	pid_t bird; /* 0: none */
};

static void serve(void *ctx, const char *path, struct http_reply *reply)
{
	if (str_eq(path, "/readiness") || str_eq(path, "/liveness"))
		reply->status = *(int *)ctx;
}

static void make_nodename(const struct fixture *f)
{
	int fd = open(f->nodename, O_CREAT | O_WRONLY | O_CLOEXEC, 0644);

	assert_true(fd >= 0);
	close(fd);
}

static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	strcpy(f->directory, "/tmp/probe-test-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	snprintf(f->nodename, sizeof(f->nodename), "%s/nodename", f->directory);
	snprintf(f->socket, sizeof(f->socket), "%s/bird.ctl", f->directory);
	make_nodename(f);
	f->status = 200;
	f->probe = (struct probe){
		.threshold_ns = 30 * NSEC_PER_SEC,
		.nodename_file = f->nodename,
		.now_ns = clock_wall_ns(),
		.felix_host = "127.0.0.1",
		.socket_directories = { "/nonexistent", f->directory },
	};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	f->bird = fake_bird_stop(f->bird);
	unlink(f->nodename);
	unlink(f->socket);
	rmdir(f->directory);
	free(f);
	return 0;
}

/* Each run has a loop of its own, on which Felix answers too. */
static void expect(struct fixture *f, const char *fault)
{
	struct http_server *felix = NULL;
	struct loop *loop = NULL;
	struct err err = { 0 };
	int r;

	assert_int_equal(loop_new(&loop), 0);
	assert_int_equal(
		http_server_new(loop, "localhost", 0, serve, &f->status, &felix, NULL), 0);
	f->probe.felix_port = http_server_port(felix);
	if (f->status == 0) /* nobody listens */
		felix = http_server_free(felix);
	r = probe_run(&f->probe, loop, &err);
	if (!r != !fault || (r && !strstr(err.msg, fault)))
		fail_msg("got %d '%s', not '%s'", r, err.msg, fault ? fault : "");
	http_server_free(felix);
	loop_free(loop);
}

static void felix_says(void **state)
{
	struct fixture *f = *state;

	f->probe.wanted[PROBE_FELIX_READY] = true;
	expect(f, NULL);
	f->status = 399;
	expect(f, NULL);
	f->status = 503;
	expect(f, "felix is not ready: readiness probe reporting 503");
	f->status = 0;
	expect(f, "felix is not ready: Get \"http://127.0.0.1:");
	expect(f, "/readiness\": Connection refused");
	f->probe.wanted[PROBE_FELIX_READY] = false;
	f->probe.wanted[PROBE_FELIX_LIVE] = true;
	f->status = 503;
	expect(f, "Felix is not live: liveness probe reporting 503");
}

static void bird_says(void **state)
{
	struct fixture *f = *state;

	f->probe.wanted[PROBE_BIRD_READY] = true;
	f->probe.wanted[PROBE_FELIX_READY] = true;
	expect(f, "BIRD is not ready: error querying BIRD: unable to connect to BIRDv4 socket: ");
	f->bird = fake_bird_start(f->socket, HEADING UP("10.0.0.2") DOWN("10.0.0.3") DOWN("fd00::1"));
	expect(f, "BIRD is not ready: BGP not established with 10.0.0.3");
	f->probe.now_ns += 31 * NSEC_PER_SEC; /* one of two is enough by then */
	expect(f, NULL);
	f->probe.wanted[PROBE_BIRD6_READY] = true;
	expect(f, "BIRD6 is not ready: BGP not established with fd00::1");
	f->probe.wanted[PROBE_BIRD6_READY] = false;
	unlink(f->nodename);
	expect(f, "BIRD is not ready: ");
	make_nodename(f);
	f->bird = fake_bird_stop(f->bird);
	expect(f, "BIRD is not ready: error querying BIRD: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rules_of_readiness),
		cmocka_unit_test_setup_teardown(felix_says, setup, teardown),
		cmocka_unit_test_setup_teardown(bird_says, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
