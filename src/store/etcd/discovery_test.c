/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Servers found by DNS SRV: in which order they are tried, and etcd behind them. */
#include "io/discovery.h"

#include <signal.h>
#include <string.h>

#include "../conformance.h"
#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "nameserver.h"
#include "server.h"
#include "store/config.h"

#define SSL_NAME   "_etcd-client-ssl._tcp.lab.example"
#define PLAIN_NAME "_etcd-client._tcp.lab.example"

struct world {
	struct loop *loop;
	struct nameserver *dns;
	struct discovery *discovery;
	struct buf found; /* "https://host:port " for each */
	struct err why;
	bool told;
};

static int setup(void **state)
{
	struct world *w = mem_new(struct world);

	assert_int_equal(loop_new(&w->loop), 0);
	w->dns = nameserver_new(w->loop);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	discovery_free(w->discovery);
	nameserver_free(w->dns);
	loop_free(w->loop);
	buf_done(&w->found);
	free(w);
	return 0;
}

static void on_found(void *ctx, const struct endpoint *e, size_t n, const struct err *why)
{
	struct world *w = ctx;

	for (size_t i = 0; i < n; i++)
		buf_printf(&w->found, "%s://%s ", e[i].tls ? "https" : "http", e[i].authority);
	w->why = *why;
	w->told = true;
}

static const char *discover(struct world *w, bool tls_only, uint64_t seed)
{
	struct discovery_config config = { .service = "etcd-client",
		.domain = "lab.example",
		.tls_only = tls_only,
		.seed = seed };

	discovery_free(w->discovery);
	w->discovery = discovery_new(w->loop, &config);
	w->told = false;
	buf_clear(&w->found);
	discovery_ask(w->discovery, on_found, w);
	assert_false(w->told);
	while (!w->told)
		assert_int_equal(loop_step(w->loop, 10000), 0);
	return buf_str(&w->found);
}

static void test_by_priority_then_by_weight(void **state)
{
	struct world *w = *state;
	unsigned first = 0;

	nameserver_add_srv(w->dns, PLAIN_NAME, 20, 0, 2379, "later.lab.example");
	nameserver_add_srv(w->dns, PLAIN_NAME, 10, 30, 2379, "heavy.lab.example");
	nameserver_add_srv(w->dns, PLAIN_NAME, 10, 10, 2380, "light.lab.example");
	for (uint64_t seed = 1; seed <= 400; seed++) {
		const char *found = discover(w, false, seed);
		bool heavy = !strcmp(found, "http://heavy.lab.example:2379 "
					    "http://light.lab.example:2380 "
					    "http://later.lab.example:2379 ");

		first += heavy;
		if (!heavy)
			assert_string_equal(found, "http://light.lab.example:2380 "
						   "http://heavy.lab.example:2379 "
						   "http://later.lab.example:2379 ");
	}
	assert_in_range(first, 270, 330); /* three in four */
}

static void test_servers_with_tls_hide_those_without(void **state)
{
	struct world *w = *state;

	nameserver_add_srv(w->dns, PLAIN_NAME, 0, 0, 2379, "plain.lab.example");
	assert_string_equal(discover(w, false, 1), "http://plain.lab.example:2379 ");
	nameserver_add_srv(w->dns, SSL_NAME, 5, 0, 2377, "secure.lab.example");
	assert_string_equal(discover(w, false, 1), "https://secure.lab.example:2377 ");
	assert_string_equal(discover(w, true, 1), "https://secure.lab.example:2377 ");
}

static void test_servers_without_tls_are_none_where_it_is_asked_for(void **state)
{
	struct world *w = *state;

	nameserver_add_srv(w->dns, PLAIN_NAME, 0, 0, 2379, "plain.lab.example");
	assert_string_equal(discover(w, true, 1), "");
	assert_string_equal(w->why.msg,
		"discovery by DNS SRV: " SSL_NAME ": Domain name not found");
}

static void test_nothing_there(void **state)
{
	struct world *w = *state;

	nameserver_add_srv(w->dns, PLAIN_NAME, 0, 0, 2379, ""); /* "." */
	assert_string_equal(discover(w, false, 1), "");
	assert_string_equal(w->why.msg, "discovery by DNS SRV: " SSL_NAME
					": Domain name not found, " PLAIN_NAME ": no server");
}

/* --- etcd behind it --- */

static pid_t etcd_pid;

static int group_setup(void **state)
{
	static const char *const no_args[] = { NULL };

	etcd_pid = server_start(no_args);
	return 0;
}

static int group_teardown(void **state)
{
	server_kill(etcd_pid, SIGKILL);
	return 0;
}

static struct store *open_domain(struct world *w)
{
	_cleanup_(store_config_done) struct store_config c = { 0 };
	struct err err = { 0 };
	struct store *s = NULL;

	c.discovery_srv = mem_strdup("lab.example");
	store_open(w->loop, &c, &s, &err);
	assert_string_equal(err.msg, "");
	return s;
}

static enum store_status get(struct world *w, struct store *s, unsigned ms, struct err *err)
{
	_cleanup_(store_reply_done) struct store_reply r;
	struct key key = set_key("a");
	enum store_status status = call_get(w->loop, s, &key, NULL, ms, &r);

	*err = r.err;
	return status;
}

static void test_etcd_is_found(void **state)
{
	struct world *w = *state;
	struct store *s = open_domain(w);
	struct err err;

	nameserver_add_srv(w->dns, PLAIN_NAME, 0, 0, 9, "nobody.lab.example");
	nameserver_add_srv(w->dns, PLAIN_NAME, 1, 0, 9, "etcd.lab.example");
	nameserver_add_srv(w->dns, PLAIN_NAME, 2, 0, ETCD_PORT, "etcd.lab.example");
	nameserver_add_address(w->dns, "etcd.lab.example", "127.0.0.1");
	assert_int_equal(get(w, s, 9000, &err), STORE_E_NOT_FOUND);
	store_free(s);
}

/* A call waits, and the reason stands in its end; then the record comes and the next call finds. */
static void test_records_that_come_later(void **state)
{
	struct world *w = *state;
	struct store *s = open_domain(w);
	struct err err;

	assert_int_equal(get(w, s, 600, &err), STORE_E_UNAVAILABLE);
	assert_non_null(strstr(err.msg, "(discovery by DNS SRV: " SSL_NAME
					": Domain name not found, " PLAIN_NAME));
	nameserver_add_srv(w->dns, PLAIN_NAME, 0, 0, ETCD_PORT, "etcd.lab.example");
	nameserver_add_address(w->dns, "etcd.lab.example", "127.0.0.1");
	assert_int_equal(get(w, s, 9000, &err), STORE_E_NOT_FOUND);
	store_free(s);
}

/* The cluster moved: after a round without success the domain is asked again. */
static void test_records_that_change(void **state)
{
	struct world *w = *state;
	struct store *s = open_domain(w);
	struct err err;

	nameserver_add_srv(w->dns, PLAIN_NAME, 0, 0, 9, "etcd.lab.example");
	nameserver_add_address(w->dns, "etcd.lab.example", "127.0.0.1");
	assert_int_equal(get(w, s, 600, &err), STORE_E_UNAVAILABLE);
	nameserver_clear(w->dns);
	nameserver_add_srv(w->dns, PLAIN_NAME, 0, 0, ETCD_PORT, "etcd.lab.example");
	nameserver_add_address(w->dns, "etcd.lab.example", "127.0.0.1");
	assert_int_equal(get(w, s, 9000, &err), STORE_E_NOT_FOUND);
	store_free(s);
}

/* While DNS is away the servers known so far are tried. */
static void test_dns_is_away(void **state)
{
	struct world *w = *state;
	struct store *s = open_domain(w);
	struct err err;

	nameserver_add_srv(w->dns, PLAIN_NAME, 0, 0, ETCD_PORT, "127.0.0.1");
	assert_int_equal(get(w, s, 9000, &err), STORE_E_NOT_FOUND);
	nameserver_silence(w->dns, true);
	server_kill(etcd_pid, SIGKILL);
	assert_int_equal(get(w, s, 600, &err), STORE_E_UNAVAILABLE); /* so it has asked DNS */
	group_setup(NULL);
	assert_int_equal(get(w, s, 20000, &err), STORE_E_NOT_FOUND);
	store_free(s);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_by_priority_then_by_weight),
		T(test_servers_with_tls_hide_those_without),
		T(test_servers_without_tls_are_none_where_it_is_asked_for),
		T(test_nothing_there),
		T(test_etcd_is_found),
		T(test_records_that_come_later),
		T(test_records_that_change),
		T(test_dns_is_away),
	};

	server_enter();
	return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
