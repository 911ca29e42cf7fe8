/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "nameserver.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/loop.h"

#define RESOLV_CONF "/mnt/resolv.conf"
#define TYPE_A      1
#define TYPE_SRV    33
#define NXDOMAIN    3
#define HEAD        12

struct record {
	char *name;
	uint16_t type;
	struct buf data;
};

struct nameserver {
	int fd;
	struct fd_watch *watch;
	struct record *records;
	size_t n, cap;
	bool silent;
	size_t questions;
};

static void put_u16(struct buf *b, uint16_t v)
{
	buf_putc(b, (char)(v >> 8));
	buf_putc(b, (char)v);
}

static void put_name(struct buf *b, const char *name)
{
	while (*name) {
		size_t len = strcspn(name, ".");

		buf_putc(b, (char)len);
		buf_put(b, name, len);
		name += len + (name[len] == '.');
	}
	buf_putc(b, '\0');
}

/* The name of the only question, as text; where it ends, 0 when it does not. */
static size_t question_name(const uint8_t *q, size_t len, struct buf *name)
{
	size_t at = HEAD;

	while (at < len && q[at] && at + q[at] < len) {
		buf_puts(name, name->len ? "." : "");
		buf_put(name, q + at + 1, q[at]);
		at += 1u + q[at];
	}
	return at + 5 <= len ? at + 1 : 0;
}

static void put_answer(struct buf *out, const struct record *r)
{
	put_u16(out, 0xc000 | HEAD); /* the name of the question */
	put_u16(out, r->type);
	put_u16(out, 1);
	put_u16(out, 0);
	put_u16(out, 1); /* one second to live */
	put_u16(out, (uint16_t)r->data.len);
	buf_put(out, r->data.data, r->data.len);
}

static void answer(const struct nameserver *n, const uint8_t *q, size_t len, struct buf *out)
{
	_cleanup_buf_ struct buf name = BUF_INIT, answers = BUF_INIT;
	size_t end = question_name(q, len, &name), known = 0;
	uint16_t type = end ? (uint16_t)(q[end] << 8 | q[end + 1]) : 0, count = 0;

	for (size_t i = 0; i < n->n; i++) {
		if (!str_eq_nocase(n->records[i].name, buf_str(&name)))
			continue;
		known++;
		if (n->records[i].type != type)
			continue;
		put_answer(&answers, &n->records[i]);
		count++;
	}
	buf_put(out, q, 2);
	put_u16(out, known ? 0x8180 : 0x8180 | NXDOMAIN);
	put_u16(out, 1);
	put_u16(out, count);
	put_u16(out, 0);
	put_u16(out, 0);
	buf_put(out, q + HEAD, end + 4 - HEAD);
	buf_put(out, buf_str(&answers), answers.len);
}

static void on_question(void *ctx, int fd, uint32_t events)
{
	struct nameserver *n = ctx;
	struct sockaddr_in from;
	socklen_t from_len = sizeof(from);
	uint8_t q[512];
	ssize_t len = recvfrom(fd, q, sizeof(q), 0, (struct sockaddr *)&from, &from_len);
	_cleanup_buf_ struct buf out = BUF_INIT;

	if (len < HEAD + 5)
		return;
	n->questions++;
	if (n->silent)
		return;
	answer(n, q, (size_t)len, &out);
	sendto(fd, out.data, out.len, 0, (struct sockaddr *)&from, from_len);
}

static struct record *add(struct nameserver *n, const char *name, uint16_t type)
{
	mem_grow(&n->records, &n->cap, n->n + 1, sizeof(*n->records));
	n->records[n->n] = (struct record){ .name = mem_strdup(name), .type = type };
	return &n->records[n->n++];
}

void nameserver_add_srv(struct nameserver *n, const char *name, uint16_t priority, uint16_t weight,
	uint16_t port, const char *target)
{
	struct buf *data = &add(n, name, TYPE_SRV)->data;

	put_u16(data, priority);
	put_u16(data, weight);
	put_u16(data, port);
	put_name(data, target);
}

void nameserver_add_address(struct nameserver *n, const char *name, const char *ipv4)
{
	struct in_addr a = { .s_addr = inet_addr(ipv4) };

	buf_put(&add(n, name, TYPE_A)->data, &a, sizeof(a));
}

void nameserver_clear(struct nameserver *n)
{
	while (n->n) {
		struct record *r = &n->records[--n->n];

		free(r->name);
		buf_done(&r->data);
	}
}

void nameserver_silence(struct nameserver *n, bool silent)
{
	n->silent = silent;
}

size_t nameserver_questions(const struct nameserver *n)
{
	return n->questions;
}

static void point_at_us(void)
{
	FILE *f = fopen(RESOLV_CONF, "we");

	if (f && fputs("nameserver 127.0.0.1\n", f) >= 0 && fclose(f) == 0 &&
		mount(RESOLV_CONF, "/etc/resolv.conf", NULL, MS_BIND, NULL) == 0)
		return;
	fprintf(stderr, "skipped: /etc/resolv.conf: %s\n", strerror(errno));
	exit(77);
}

struct nameserver *nameserver_new(struct loop *loop)
{
	struct nameserver *n = mem_new(struct nameserver);
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_port = htons(53) };

	point_at_us();
	at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	n->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (bind(n->fd, (struct sockaddr *)&at, sizeof(at)) < 0)
		abort();
	n->watch = loop_fd_add(loop, n->fd, EPOLLIN, on_question, n);
	return n;
}

struct nameserver *nameserver_free(struct nameserver *n)
{
	umount("/etc/resolv.conf");
	nameserver_clear(n);
	fd_watch_free(n->watch);
	close(n->fd);
	free(n->records);
	free(n);
	return NULL;
}
