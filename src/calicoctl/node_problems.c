/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <stdlib.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"
#include "commands.h"
#include "report.h"
#include "table.h"

#define FELIX_SOCKET    "/var/run/calico/felix.sock"
#define REQUEST         "problems\n"
#define REPLY_MAX       (16 * 1024 * 1024)
#define FELIX_TIMEOUT_S 5

static int connect_felix(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = FELIX_SOCKET };
	struct timeval timeout = { .tv_sec = FELIX_TIMEOUT_S };
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (struct sockaddr *)&addr, sizeof(addr)) < 0)
		return -errno;
	return TAKE_FD(fd);
}

/* Up to the end of the reply's line, or of the connection. */
static int read_line(int fd, struct buf *out)
{
	while (out->len < REPLY_MAX) {
		ssize_t n = recv(fd, buf_reserve(out, 4096), 4096, 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
		if (out->data[out->len - 1] == '\n')
			return 0;
	}
	return -EMSGSIZE;
}

static int ask_felix(struct buf *reply)
{
	_cleanup_close_ int fd = connect_felix();
	if (fd < 0)
		return fd;
	if (send(fd, REQUEST, strlen(REQUEST), MSG_NOSIGNAL) < 0)
		return -errno;
	return read_line(fd, reply);
}

static const char *why(int r)
{
	switch (-r) {
	case ENOENT:
	case ECONNREFUSED:
		return "Felix does not run on this host";
	case EAGAIN:
		return "Felix does not answer";
	default:
		return strerror(-r);
	}
}

static void put_cell(struct table *t, json_t *problem, const char *member)
{
	const char *text = json_string_value(json_object_get(problem, member));
	table_put(t, text ? text : "");
}

static void print_table(json_t *problems)
{
	static const char *const members[] = { "source", "subject", "reason" };
	_cleanup_table_ struct table t;
	_cleanup_buf_ struct buf text = BUF_INIT;
	size_t i;
	json_t *problem;
	table_init(&t, ARRAY_SIZE(members));
	if (json_array_size(problems) == 0) {
		puts("No problems found.");
		return;
	}
	table_put(&t, "SOURCE");
	table_put(&t, "SUBJECT");
	table_put(&t, "REASON");
	json_array_foreach(problems, i, problem) {
		for (size_t m = 0; m < ARRAY_SIZE(members); m++)
			put_cell(&t, problem, members[m]);
	}
	table_format(&t, &text);
	fputs(buf_str(&text), stdout);
}

static int print_json(json_t *reply)
{
	char *text = json_dumps(reply, JSON_INDENT(2));
	puts(text);
	free(text);
	return 0;
}

int run_node_problems(struct invocation *inv)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	bool as_json = str_eq(inv->opt.output, "json");
	if (!as_json && !str_eq(inv->opt.output, "ps"))
		return report_error("unrecognized output format '%s'", inv->opt.output);
	int r = ask_felix(&text);
	if (r < 0)
		return report_error("cannot ask Felix over %s: %s", FELIX_SOCKET, why(r));
	json_auto_t *reply = json_loads(buf_str(&text), 0, NULL);
	json_t *problems = json_object_get(reply, "problems");
	if (!json_is_array(problems))
		return report_error("Felix gave an answer that makes no sense");
	if (as_json)
		return print_json(reply);
	print_table(problems);
	return 0;
}
