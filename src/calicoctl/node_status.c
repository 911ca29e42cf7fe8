/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One BIRD 2 speaks both families, so one question answers for both. */
#include <errno.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/process.h"
#include "base/str.h"
#include "bgp/control.h"
#include "bgp/peers.h"
#include "commands.h"
#include "io/loop.h"
#include "report.h"
#include "table.h"

#define BIRD_TIMEOUT_NS (2 * NSEC_PER_SEC)

/* What BIRD said. */
struct answer {
	struct loop *loop;
	bool answered;
	struct buf text;
};

static void on_reply(void *ctx, const struct control_reply *reply)
{
	struct answer *a = ctx;
	a->answered = reply->answered;
	buf_puts(&a->text, reply->text);
	loop_exit(a->loop, 0);
}

static int ask(const char *socket_path, struct answer *a)
{
	int r = loop_new(&a->loop);
	if (r < 0)
		return r;
	struct control *c = control_send(
		a->loop, socket_path, "show protocols all", BIRD_TIMEOUT_NS, on_reply, a);
	r = loop_run(a->loop);
	control_free(c);
	a->loop = loop_free(a->loop);
	return r;
}

static const char *socket_path(void)
{
	static const char *const paths[] = { "/var/run/calico/bird.ctl", "/var/run/bird/bird.ctl" };
	return access(paths[0], F_OK) == 0 ? paths[0] : paths[1];
}

static void print_peers(const struct bird_peers *peers, int family)
{
	static const char *const headings[] = { "PEER ADDRESS", "PEER TYPE", "STATE", "SINCE",
		"INFO" };
	_cleanup_table_ struct table t;
	_cleanup_buf_ struct buf text = BUF_INIT;
	size_t n = 0;
	table_init(&t, ARRAY_SIZE(headings));
	for (size_t i = 0; i < ARRAY_SIZE(headings); i++)
		table_put(&t, headings[i]);
	for (size_t i = 0; i < peers->n; i++) {
		const struct bird_peer *p = &peers->v[i];
		char addr[ADDR_TEXT_MAX];
		if (p->addr.family != family)
			continue;
		const char *cells[] = { addr_format(&p->addr, addr), p->type, p->state, p->since,
			p->info };
		for (size_t c = 0; c < ARRAY_SIZE(cells); c++)
			table_put(&t, cells[c]);
		n++;
	}
	if (n == 0) {
		printf("No IPv%d peers found.\n", family);
		return;
	}
	table_format_boxed(&t, &text);
	fputs(buf_str(&text), stdout);
}

static int print_bgp(void)
{
	static const int families[] = { 4, 6 };
	struct answer a = { 0 };
	struct bird_peers peers = { 0 };
	struct err err = { 0 };
	int r = ask(socket_path(), &a);
	if (r == 0 && a.answered)
		r = bird_peers_parse(buf_str(&a.text), &peers, &err);
	for (size_t i = 0; r >= 0 && i < ARRAY_SIZE(families); i++) {
		printf("\nIPv%d BGP status\n", families[i]);
		if (a.answered)
			print_peers(&peers, families[i]);
		else
			printf("Error querying BIRD: unable to connect to BIRDv%d socket: %s",
				families[i], buf_str(&a.text));
	}
	bird_peers_done(&peers);
	buf_done(&a.text);
	return r < 0 ? report_error("error executing command: %s", err.msg) : 0;
}

int run_node_status(struct invocation *inv)
{
	int r = 0;
	if (geteuid() != 0) {
		puts("Need super user privileges: Operation not permitted");
		return 1;
	}
	if (!process_runs("calico-felix", NULL) && !process_runs("calico-node", "-felix"))
		return report_error("Calico process is not running.");
	puts("Calico process is running.");
	if (process_runs("bird", NULL))
		r = print_bgp();
	else
		puts("\nThe BGP backend process (BIRD) is not running.");
	putchar('\n');
	return r;
}
