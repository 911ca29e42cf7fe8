/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <netinet/in.h>
#include <stdlib.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/testing.h"
#include "bgp/applier.h"
#include "bgp/probes.h"
#include "bgp/testing.h"
#include "io/loop.h"

struct fixture {
	char directory[32], config[64], staged[64], socket[64];
	struct loop *loop;
	struct applier *applier;
	struct bgp_probes *probes;
	pid_t bird;
};

static const char protocols[] =
	"Name Proto Table State Since Info\n"
	"Mesh_a BGP --- up 10:00:00 Established\n    Neighbor address: 10.0.0.2\n"
	"Mesh_b BGP --- up 10:00:00 Established\n    Neighbor address: 10.0.0.3\n"
	"Mesh_c BGP --- start 10:00:00 Active Socket: refused\n    Neighbor address: 10.0.0.4\n"
	"Mesh_d BGP --- down 10:00:00\n    Neighbor address: 10.0.0.5\n";

static int setup(void **state)
{
	struct fixture *f = mem_new(struct fixture);

	strcpy(f->directory, "/tmp/probes-test-XXXXXX");
	assert_non_null(mkdtemp(f->directory));
	snprintf(f->config, sizeof(f->config), "%s/bird.cfg", f->directory);
	snprintf(f->staged, sizeof(f->staged), "%s/bird.cfg.new", f->directory);
	snprintf(f->socket, sizeof(f->socket), "%s/bird.ctl", f->directory);
	f->bird = fake_bird_start(f->socket, protocols);
	assert_int_equal(loop_new(&f->loop), 0);
	f->applier = applier_new(f->loop, f->config, f->socket);
	assert_int_equal(bgp_probes_new(f->loop, "localhost", 0, f->socket, f->applier, &f->probes,
				 NULL),
		0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	bgp_probes_free(f->probes);
	applier_free(f->applier);
	loop_free(f->loop);
	fake_bird_stop(f->bird);
	unlink(f->config);
	unlink(f->staged);
	unlink(f->socket);
	rmdir(f->directory);
	free(f);
	return 0;
}

static char *get(struct fixture *f, const char *path)
{
	struct sockaddr_in sa = { .sin_family = AF_INET,
		.sin_port = htons(bgp_probes_port(f->probes)) };
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	_cleanup_free_ char *request = mem_printf("GET %s HTTP/1.1\r\nHost: x\r\n\r\n", path);
	struct buf reply = BUF_INIT;
	ssize_t n = -1;

	sa.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	assert_int_equal(connect(fd, (struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_true(send(fd, request, strlen(request), MSG_NOSIGNAL) > 0);
	for (int i = 0; n && i < 1000; i++) {
		loop_step(f->loop, 1);
		n = recv(fd, buf_reserve(&reply, 8192), 8192, MSG_DONTWAIT);
		if (n > 0)
			reply.len += (size_t)n;
		reply.data[reply.len] = '\0';
	}
	return buf_take(&reply);
}

static void expect(struct fixture *f, const char *path, const char *text)
{
	_cleanup_free_ char *reply = get(f, path);

	if (!strstr(reply, text))
		fail_msg("%s: no '%s' in\n%s", path, text, reply);
}

/* Until BIRD has answered what was asked of it. */
static void await(struct fixture *f, const char *path, const char *text)
{
	for (int i = 0; i < 1000; i++) {
		_cleanup_free_ char *reply = get(f, path);

		if (strstr(reply, text))
			return;
	}
	fail_msg("%s never says %s", path, text);
}

static void ready_once_bird_has_what_the_datastore_asks_for(void **state)
{
	struct fixture *f = *state;

	expect(f, "/liveness", "HTTP/1.1 200 ");
	expect(f, "/readiness", "HTTP/1.1 503 ");
	bgp_probes_in_sync(f->probes);
	expect(f, "/readiness", "HTTP/1.1 503 ");
	applier_set(f->applier, "router id 10.0.0.1;\n");
	await(f, "/readiness", " configuration"); /* ours takes none, and says so */
	expect(f, "/readiness", "HTTP/1.1 503 ");
	expect(f, "/liveness", "HTTP/1.1 200 ");
	expect(f, "/other", "HTTP/1.1 404 ");
}

static void figures(void **state)
{
	struct fixture *f = *state;

	expect(f, "/metrics", "\nbgp_datastore_in_sync 0\n");
	bgp_probes_in_sync(f->probes);
	expect(f, "/metrics", "\nbgp_datastore_in_sync 1\n");
	await(f, "/metrics", "\nbgp_bird_up 1\n");
	expect(f, "/metrics", "\nbgp_peers{status=\"Established\"} 2\n");
	expect(f, "/metrics", "\nbgp_peers{status=\"Active\"} 1\n");
	expect(f, "/metrics", "\nbgp_peers{status=\"Other\"} 1\n");
	expect(f, "/metrics", "\nbgp_config_settled 0\n");
	expect(f, "/metrics", "text/plain; version=0.0.4");
	expect(f, "/metrics", "\nprocess_resident_memory_bytes ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
			ready_once_bird_has_what_the_datastore_asks_for, setup, teardown),
		cmocka_unit_test_setup_teardown(figures, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
