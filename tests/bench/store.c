/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store - the datastore's client against a real etcd on this host, both on loopback.
 *
 *   store KEYS CALLS
 *
 * A snapshot of KEYS values of 500 bytes, CALLS reads one after the other, CALLS puts with the
 * event at a second client, and what an idle client holds in memory. Each part is a process of its
 * own.
 */
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "identity.h"
#include "io/grpc_session.h"
#include "io/loop.h"
#include "request.h"
#include "sample.h"
#include "server.h"
#include "store/call.h"
#include "store/config.h"

#define VALUE_SIZE 500
#define IN_FLIGHT  256
#define PKI        "/mnt/"

static const struct key_range sets = { .type = KEY_RESOURCE, .kind = KIND_NETWORK_SET };

struct bench {
	struct loop *loop;
	struct store *store;
	unsigned n, left, next;
	char value[VALUE_SIZE + 1];
};

static struct store *open_url(struct loop *loop, const char *url, const char *ca_file)
{
	struct store_config c = { .ca_file = (char *)ca_file };
	struct store *s;
	struct err err;

	strv_add(&c.endpoints, url);
	if (store_open(loop, &c, &s, &err) < 0) {
		fprintf(stderr, "%s\n", err.msg);
		exit(1);
	}
	strv_done(&c.endpoints);
	return s;
}

static struct store *open_store(struct loop *loop)
{
	return open_url(loop, "http://127.0.0.1:2379", NULL);
}

static void run(struct bench *b, const unsigned *left)
{
	while (*left)
		if (loop_step(b->loop, 10000) < 0)
			abort();
}

static double cpu_ms(void)
{
	struct rusage u;

	getrusage(RUSAGE_SELF, &u);
	return (double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) * 1000 +
	       (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1000;
}

/* A line of /proc/self/smaps_rollup or status, in KiB. */
static double memory_kib(const char *file, const char *field)
{
	FILE *f = fopen(file, "re");
	char line[256];
	double kib = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, field, strlen(field)))
			kib = strtod(line + strlen(field), NULL);
	if (f)
		fclose(f);
	return kib;
}

/* --- parts --- */

static void put_next(struct bench *b);

static void on_put(void *ctx, const struct store_result *res)
{
	struct bench *b = ctx;

	if (res->status != STORE_OK)
		abort();
	b->left--;
	put_next(b);
}

static void put_next(struct bench *b)
{
	struct key key;
	struct store_write w;
	char name[32];

	if (b->next == b->n)
		return;
	snprintf(name, sizeof(name), "set-%08u", b->next++);
	key = key_resource(KIND_NETWORK_SET, "bench", name);
	w = (struct store_write){ .key = &key, .value = b->value, .len = VALUE_SIZE };
	store_apply(b->store, &w, STORE_NO_DEADLINE, on_put, b);
}

static void fill(struct bench *b)
{
	uint64_t start = clock_boot_ns();

	b->left = b->n;
	for (int i = 0; i < IN_FLIGHT; i++)
		put_next(b);
	run(b, &b->left);
	sample("puts, 256 in flight", OURS, "1/s",
		b->n / ((double)(clock_boot_ns() - start) / NSEC_PER_SEC));
}

static void on_list(void *ctx, const struct store_result *res)
{
	struct bench *b = ctx;

	b->n -= (unsigned)res->n;
	if (res->status != STORE_OK)
		abort();
	if (!res->more)
		b->left = 0;
}

static void snapshot(struct bench *b)
{
	double cpu = cpu_ms();
	uint64_t start = clock_boot_ns();

	b->left = 1;
	store_list(b->store, &sets, NULL, 0, on_list, b);
	run(b, &b->left);
	sample_ms("snapshot", OURS, clock_boot_ns() - start);
	sample("snapshot, CPU of the client", OURS, "ms", cpu_ms() - cpu);
	sample("snapshot, peak RSS", OURS, "MiB", memory_kib("/proc/self/status", "VmHWM:") / 1024);
	if (b->n)
		abort(); /* keys are missing */
}

static void reads(struct bench *b)
{
	struct key key = key_resource(KIND_NETWORK_SET, "bench", "set-00000000");
	double cpu = cpu_ms();
	uint64_t start = clock_boot_ns();

	for (unsigned i = 0; i < b->n; i++) {
		_cleanup_(store_reply_done) struct store_reply r;

		if (call_get(b->loop, b->store, &key, NULL, 10000, &r) != STORE_OK)
			abort();
	}
	sample("reads, one after the other", OURS, "1/s",
		b->n / ((double)(clock_boot_ns() - start) / NSEC_PER_SEC));
	sample("read, CPU of the client", OURS, "us", (cpu_ms() - cpu) * 1000 / b->n);
}

/* --- the floor: the same reads by the HTTP/2 session alone, over a socket that blocks --- */

static int on_piece(void *ctx, const uint8_t *data, size_t len, bool end)
{
	return 0;
}

static void on_done(void *ctx, const struct grpc_status *status)
{
	*(bool *)ctx = true;
}

static void exchange(struct grpc_session *s, int fd, const bool *done)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	char in[32768];

	while (!*done) {
		ssize_t n;

		buf_clear(&out);
		grpc_session_output(s, &out);
		if (out.len && send(fd, out.data, out.len, 0) < 0)
			abort();
		n = recv(fd, in, sizeof(in), 0);
		if (n <= 0 || grpc_session_feed(s, in, (size_t)n, 1) < 0)
			abort();
	}
}

static int connect_blocking(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(ETCD_PORT) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;

	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		abort();
	return fd;
}

static void reads_floor(struct bench *b)
{
	static const struct grpc_call_ops ops = { on_piece, on_done };
	static const struct grpc_session_config config = { "http", "127.0.0.1:2379", "floor", 1,
		1 };
	static const char path[] =
		"/calico/resources/v3/projectcalico.org/networksets/bench/set-00000000";
	struct grpc_session *s = grpc_session_new(&config, 1);
	_cleanup_buf_ struct buf request = BUF_INIT;
	_cleanup_close_ int fd = connect_blocking();
	double cpu = cpu_ms();
	uint64_t start = clock_boot_ns();

	request_range(
		&request, &(struct range_request){ .key = { path, sizeof(path) - 1 }, .limit = 1 });
	for (unsigned i = 0; i < b->n; i++) {
		bool done = false;
		struct grpc_call *c =
			grpc_call_start(s, METHOD_RANGE, NULL, 0, 10 * NSEC_PER_SEC, &ops, &done);

		grpc_call_send(c, request.data, request.len);
		grpc_call_end(c);
		exchange(s, fd, &done);
	}
	sample("reads, one after the other", FLOOR, "1/s",
		b->n / ((double)(clock_boot_ns() - start) / NSEC_PER_SEC));
	sample("read, CPU of the client", FLOOR, "us", (cpu_ms() - cpu) * 1000 / b->n);
	grpc_session_free(s);
}

static void on_event(void *ctx, const struct store_result *res)
{
	if (res->n)
		*(unsigned *)ctx = 0;
}

static void on_applied(void *ctx, const struct store_result *res)
{
}

static void events(struct bench *b)
{
	struct key key = key_resource(KIND_NETWORK_SET, "bench", "watched");
	struct store_write w = { .key = &key, .value = b->value, .len = VALUE_SIZE };
	struct store *other = open_store(b->loop);
	_cleanup_(store_reply_done) struct store_reply r = { 0 };
	unsigned waiting;

	call_get(b->loop, other, &key, NULL, 10000, &r);
	store_watch(b->store, &sets, r.revision, on_event, &waiting);
	for (unsigned i = 0; i < b->n; i++) {
		uint64_t start = clock_boot_ns();

		waiting = 1;
		store_apply(other, &w, 0, on_applied, NULL);
		run(b, &waiting);
		if (i > 10)
			sample("put to event at another client", OURS, "ms",
				(double)(clock_boot_ns() - start) / NSEC_PER_MSEC);
	}
	store_free(other);
}

static void sample_memory(const char *who)
{
	static const struct {
		const char *field, *what;
	} memory[] = { { "Pss:", "PSS" }, { "Private_Dirty:", "private dirty" },
		{ "Rss:", "RSS" } };

	for (size_t i = 0; i < ARRAY_SIZE(memory); i++) {
		_cleanup_free_ char *name = mem_printf("%s, %s", who, memory[i].what);

		sample(name, OURS, "KiB", memory_kib("/proc/self/smaps_rollup", memory[i].field));
	}
}

static void rest(struct bench *b, const char *who)
{
	unsigned waiting = 1;

	b->left = b->n;
	put_next(b);
	run(b, &b->left);
	store_watch(b->store, &sets, NULL, on_event, &waiting);
	for (int i = 0; i < 10; i++)
		loop_step(b->loop, 10);
	sample_memory(who);
}

static void idle(struct bench *b)
{
	rest(b, "idle client, plain");
}

static void idle_tls(struct bench *b)
{
	store_free(b->store);
	b->store = open_url(b->loop, "https://127.0.0.1:2377", PKI "ca.pem");
	rest(b, "idle client, TLS");
}

static void write_text(const char *path, char *text)
{
	FILE *f = fopen(path, "we");

	if (!f || fputs(text, f) < 0)
		abort();
	fclose(f);
	free(text);
}

static void make_pki(struct bench *b)
{
	struct identity ca = identity_new("ca", NULL, NULL);
	struct identity server = identity_new("etcd", "IP:127.0.0.1", &ca);

	write_text(PKI "ca.pem", identity_cert_pem(&ca));
	write_text(PKI "server.pem", identity_cert_pem(&server));
	write_text(PKI "server.key", identity_key_pem(&server));
	identity_free(&ca);
	identity_free(&server);
}

/* In a process of its own: memory and CPU are those of the part alone. */
static void part(void (*fn)(struct bench *b), unsigned n)
{
	struct bench b = { .n = n };
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid) {
		waitpid(pid, &status, 0);
		if (status)
			exit(1);
		return;
	}
	memset(b.value, 'v', VALUE_SIZE);
	if (loop_new(&b.loop) < 0)
		abort();
	b.store = open_store(b.loop);
	fn(&b);
	fflush(stdout);
	_exit(0);
}

static const char *const etcd_args[] = { "--listen-client-urls",
	"http://127.0.0.1:2379,https://127.0.0.1:2377", "--cert-file", PKI "server.pem",
	"--key-file", PKI "server.key", NULL };

int main(int argc, char **argv)
{
	unsigned keys = argc > 1 ? (unsigned)atoi(argv[1]) : 100000;
	unsigned calls = argc > 2 ? (unsigned)atoi(argv[2]) : 3000;
	pid_t etcd;

	server_enter();
	part(make_pki, 0); /* a process of its own: OpenSSL stays out of the others */
	etcd = server_start(etcd_args);
	part(idle, 1);
	part(idle_tls, 1);
	part(fill, keys);
	for (int i = 0; i < 3; i++)
		part(snapshot, keys);
	part(reads_floor, calls);
	part(reads, calls);
	part(events, calls);
	server_kill(etcd, SIGKILL);
	return 0;
}
