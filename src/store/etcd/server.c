/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "etcd.pb-c.h"
#include "io/grpc_channel.h"
#include "request.h"

#define DATA_DIR "/mnt"

static _Noreturn void skip(const char *why)
{
	fprintf(stderr, "skipped: %s: %s\n", why, strerror(errno));
	exit(77);
}

static void write_file(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		skip(path);
}

static void enter_user_namespace(void)
{
	char map[64];
	uid_t uid = getuid();
	gid_t gid = getgid();

	if (uid == 0)
		return;
	if (unshare(CLONE_NEWUSER) < 0)
		skip("user namespace");
	write_file("/proc/self/setgroups", "deny");
	snprintf(map, sizeof(map), "0 %u 1", uid);
	write_file("/proc/self/uid_map", map);
	snprintf(map, sizeof(map), "0 %u 1", gid);
	write_file("/proc/self/gid_map", map);
}

static void loopback_up(void)
{
	_cleanup_close_ int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	struct ifreq req = { .ifr_name = "lo", .ifr_flags = IFF_UP };

	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &req) < 0)
		skip("loopback");
}

void server_enter(void)
{
	enter_user_namespace();
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0)
		skip("namespaces");
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
		mount("tmpfs", DATA_DIR, "tmpfs", 0, NULL) < 0)
		skip("tmpfs");
	loopback_up();
}

static _Noreturn void exec_program(const char *const *args)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	execvp(args[0], (char *const *)args);
	_exit(77);
}

static _Noreturn void exec_etcd(const char *const *extra)
{
	const char *args[40] = { "etcd", "--data-dir", DATA_DIR "/etcd", "--log-level", "fatal",
		"--logger", "zap", "--listen-client-urls", "http://127.0.0.1:2379",
		"--advertise-client-urls", "http://127.0.0.1:2379", "--listen-peer-urls",
		"http://127.0.0.1:2380", "--max-request-bytes", "16777216", "--unsafe-no-fsync" };
	size_t n = 0;

	while (args[n])
		n++;
	while (extra && *extra && n < ARRAY_SIZE(args) - 1)
		args[n++] = *extra++;
	exec_program(args);
}

static bool answers(uint16_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(port) };
	_cleanup_close_ int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connect(fd, (struct sockaddr *)&to, sizeof(to)) == 0;
}

static pid_t fork_or_skip(void)
{
	pid_t pid = fork();

	if (pid < 0)
		skip("fork");
	return pid;
}

pid_t server_spawn(const char *const *extra_args)
{
	pid_t pid = fork_or_skip();

	if (!pid)
		exec_etcd(extra_args);
	return pid;
}

pid_t server_spawn_program(const char *const *args)
{
	pid_t pid = fork_or_skip();

	if (!pid)
		exec_program(args);
	return pid;
}

void server_await(pid_t pid, uint16_t port)
{
	while (!answers(port)) {
		if (waitpid(pid, NULL, WNOHANG) == pid) {
			fprintf(stderr, "skipped: etcd ended\n");
			exit(77);
		}
		usleep(20000);
	}
}

pid_t server_start(const char *const *extra_args)
{
	pid_t pid = server_spawn(extra_args);

	server_await(pid, ETCD_PORT);
	return pid;
}

void server_kill(pid_t pid, int signo)
{
	kill(pid, signo);
	waitpid(pid, NULL, 0);
}

/* --- the raw client --- */

struct raw {
	struct loop *loop;
	struct grpc_channel *channel;
	struct buf answer;
	unsigned code; /* of the last call; 0 = it was done */
	bool done;
};

struct raw *raw_new(void)
{
	struct endpoint e;
	struct raw *r = mem_new(struct raw);

	if (endpoint_parse("http://127.0.0.1:2379", ETCD_PORT, &e, NULL) < 0 ||
		loop_new(&r->loop) < 0)
		abort();
	r->channel = grpc_channel_new(
		r->loop, &(struct grpc_channel_config){ .endpoints = &e, .n_endpoints = 1 });
	endpoint_done(&e);
	return r;
}

struct raw *raw_free(struct raw *r)
{
	grpc_channel_free(r->channel);
	loop_free(r->loop);
	buf_done(&r->answer);
	free(r);
	return NULL;
}

static int on_piece(void *ctx, const uint8_t *data, size_t len, bool end)
{
	struct raw *r = ctx;

	buf_put(&r->answer, data, len);
	return 0;
}

static void on_done(void *ctx, const struct grpc_status *status)
{
	struct raw *r = ctx;

	if (status->code)
		fprintf(stderr, "raw call: %u %s\n", status->code, status->message);
	r->code = status->code;
	r->done = true;
}

static void call(struct raw *r, const char *method, const struct buf *request)
{
	static const struct grpc_call_ops ops = { on_piece, on_done };

	r->done = false;
	buf_clear(&r->answer);
	channel_call(r->channel, method, buf_str(request), request->len, true,
		loop_now(r->loop) + 10 * NSEC_PER_SEC, &ops, r);
	while (!r->done)
		loop_step(r->loop, -1);
}

void raw_put(struct raw *r, const char *path, const void *value, size_t len)
{
	_cleanup_buf_ struct buf request = BUF_INIT;
	struct put_request put = { .key = { path, strlen(path) }, .value = { value, len } };
	const char *method = request_write(&request, value ? STORE_APPLY : STORE_DELETE, &put);

	call(r, method, &request);
}

/* DeleteRangeRequest { key = 1, range_end = 2 } */
void raw_delete_all(struct raw *r)
{
	static const char message[] = "\x0a\x01/\x12\x01"
				      "0";
	_cleanup_buf_ struct buf request = BUF_INIT;

	buf_put(&request, message, sizeof(message) - 1);
	r->code = GRPC_UNKNOWN;
	for (int i = 0; r->code && i < 20; i++) /* a cluster that was just disturbed may be late */
		call(r, "/etcdserverpb.KV/DeleteRange", &request);
	if (r->code)
		abort();
}

static uint64_t revision_now(struct raw *r)
{
	_cleanup_buf_ struct buf request = BUF_INIT;
	struct answer_header h = { 0 };
	struct wire_field f;
	const uint8_t *at;

	request_range(&request, &(struct range_request){ .key = { "/", 1 } });
	call(r, METHOD_RANGE, &request);
	at = (const uint8_t *)r->answer.data;
	while (wire_next(&at, (const uint8_t *)r->answer.data + r->answer.len, &f) > 0)
		if (f.number == RANGE_HEADER)
			answer_header(&f, &h);
	return h.revision;
}

/* CompactionRequest { revision = 1, physical = 2 } */
void raw_compact(struct raw *r)
{
	uint64_t revision = revision_now(r);
	_cleanup_buf_ struct buf request = BUF_INIT;

	buf_putc(&request, 0x08);
	for (; revision > 0x7f; revision >>= 7)
		buf_putc(&request, (char)(revision | 0x80));
	buf_putc(&request, (char)revision);
	buf_put(&request, "\x10\x01", 2);
	call(r, "/etcdserverpb.KV/Compact", &request);
}
