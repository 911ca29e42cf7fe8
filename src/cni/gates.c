/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "gates.h"

#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"

#define GATE_PAUSE_S    5
#define GATE_LIMIT_S    30
#define GATE_REQUEST_MS 5000
#define DIR_AGAIN_MS    500
#define STATUS_DIR      "/var/run/calico/endpoint-status"

/* ---- URLs */

struct gate {
	char *host, *port, *path;
};

static void gate_done(struct gate *g)
{
	free(g->host);
	free(g->port);
	free(g->path);
}

static int bad_url(struct cni_error *err, const char *url, const char *why)
{
	return cni_fail(err, CNI_OTHER,
		"invalid URL set for ReadinessGates:%s Error:parse \"%s\": %s", url, url, why);
}

/* host[:port], [v6]:port */
static bool take_authority(const char *s, size_t len, struct gate *g)
{
	const char *end = s + len, *host = s, *host_end, *colon;

	if (len && *s == '[') {
		host = s + 1;
		host_end = memchr(s, ']', len);
		if (!host_end)
			return false;
		colon = host_end + 1 < end && host_end[1] == ':' ? host_end + 1 : NULL;
	} else {
		colon = memchr(s, ':', len);
		host_end = colon ? colon : end;
	}
	g->host = mem_strndup(host, (size_t)(host_end - host));
	g->port = colon ? mem_strndup(colon + 1, (size_t)(end - colon - 1)) : mem_strdup("80");
	return host_end > host;
}

static int parse_url(const char *url, struct gate *ret, struct cni_error *err)
{
	size_t scheme = strspn(url, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ+-.");
	const char *rest = url + scheme, *path;

	*ret = (struct gate){ 0 };
	if (!scheme || *rest != ':')
		return bad_url(err, url, *url == ':' ? "missing protocol scheme"
						     : "invalid URI for request");
	if (!str_starts(rest, "://"))
		return bad_url(err, url, "invalid URI for request");
	if (scheme != 4 || strncasecmp(url, "http", 4) != 0)
		return bad_url(err, url, "only http is supported");
	rest += 3;
	path = rest + strcspn(rest, "/?#");
	if (!take_authority(rest, (size_t)(path - rest), ret))
		return bad_url(err, url, "no host in it");
	ret->path = mem_printf("%s%.*s", *path == '/' ? "" : "/", (int)strcspn(path, "#"), path);
	return 0;
}

/* ---- one request */

static int connect_to(const struct gate *g)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	const struct timeval limit = { .tv_sec = GATE_REQUEST_MS / 1000 };
	struct addrinfo *list = NULL;
	int fd = -1;

	if (getaddrinfo(g->host, g->port, &hints, &list) != 0)
		return -1;
	for (struct addrinfo *a = list; a && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
		if (fd < 0)
			continue;
		(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
		(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
		if (connect(fd, a->ai_addr, a->ai_addrlen) < 0) {
			close(fd);
			fd = -1;
		}
	}
	freeaddrinfo(list);
	return fd;
}

static bool is_ready(const struct gate *g)
{
	_cleanup_close_ int fd = connect_to(g);
	_cleanup_buf_ struct buf request = BUF_INIT;
	char answer[64] = "";
	size_t have = 0;
	int status = 0;

	if (fd < 0)
		return false;
	buf_printf(&request, "GET %s HTTP/1.1\r\nHost: %s\r\nConnection: close\r\n\r\n", g->path,
		g->host);
	if (write(fd, request.data, request.len) != (ssize_t)request.len)
		return false;
	while (have < sizeof(answer) - 1 && !strchr(answer, '\n')) {
		ssize_t n = read(fd, answer + have, sizeof(answer) - 1 - have);

		if (n <= 0)
			break;
		have += (size_t)n;
		answer[have] = '\0';
	}
	return sscanf(answer, "HTTP/%*1u.%*1u %3d", &status) == 1 && status >= 200 && status < 400;
}

int gates_check_urls(const struct netconf *conf, struct cni_error *err)
{
	int r = 0;

	for (size_t i = 0; i < conf->readiness_gates.n && !r; i++) {
		_cleanup_(gate_done) struct gate g = { 0 };

		r = parse_url(conf->readiness_gates.v[i], &g, err);
	}
	return r;
}

int gates_wait(const struct netconf *conf, struct cni_error *err)
{
	int r = gates_check_urls(conf, err);

	for (size_t i = 0; i < conf->readiness_gates.n && !r; i++) {
		_cleanup_(gate_done) struct gate g = { 0 };
		unsigned waited = 0;
		bool ready = false;

		r = parse_url(conf->readiness_gates.v[i], &g, err);
		for (; !r && !ready && waited < GATE_LIMIT_S; waited += GATE_PAUSE_S) {
			(void)sleep(GATE_PAUSE_S);
			ready = is_ready(&g);
		}
		if (!r && !ready)
			r = cni_fail(err, CNI_TRY_LATER,
				"readiness gate %s is not ready after %d seconds",
				conf->readiness_gates.v[i], GATE_LIMIT_S);
	}
	return r;
}

/* ---- Felix's word on an endpoint */

static void put_escaped(struct buf *out, const char *text)
{
	for (; *text; text++) {
		if (isalnum((unsigned char)*text) || strchr("-_.~$&+=:@", *text))
			buf_putc(out, *text);
		else
			buf_printf(out, "%%%02X", (unsigned char)*text);
	}
}

char *gates_endpoint_file(const char *orchestrator, const char *workload, const char *endpoint)
{
	struct buf out = BUF_INIT;

	put_escaped(&out, orchestrator);
	buf_putc(&out, ' ');
	put_escaped(&out, workload);
	buf_putc(&out, ' ');
	put_escaped(&out, endpoint);
	return buf_take(&out);
}

/* Until something happens in the directory, or so long. */
static void wait_for_change(int fd, const char *dir, int timeout_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	char events[4096];
	int watch = inotify_add_watch(fd, dir, IN_CREATE | IN_MOVED_TO);

	if (watch < 0 && timeout_ms > DIR_AGAIN_MS)
		timeout_ms = DIR_AGAIN_MS;
	if (poll(&p, 1, timeout_ms) > 0 && read(fd, events, sizeof(events)) < 0)
		log_debug("Cannot read from inotify: %s", strerror(errno));
}

bool gates_wait_endpoint(const struct netconf *conf, const char *orchestrator, const char *workload,
	const char *endpoint)
{
	const char *dir = conf->endpoint_status_dir ? conf->endpoint_status_dir : STATUS_DIR;
	_cleanup_free_ char *file = gates_endpoint_file(orchestrator, workload, endpoint);
	_cleanup_free_ char *path = mem_printf("%s/%s", dir, file);
	_cleanup_close_ int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
	uint64_t end = clock_boot_ns() +
		       (uint64_t)conf->policy_setup_timeout_seconds * NSEC_PER_SEC;
	struct stat st;
	bool watched = false;

	/* The first look only sets the watch, so that nothing is missed between look and wait. */
	for (;;) {
		uint64_t now = clock_boot_ns();
		uint64_t left = now < end ? (end - now) / NSEC_PER_MSEC : 0;

		if (stat(path, &st) == 0)
			return true;
		if (!left)
			return false;
		wait_for_change(fd, dir, !watched ? 0 : left > 1000 ? 1000 : (int)left);
		watched = true;
	}
}
