/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A real etcd behind TLS, with client certificates or with user names. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../conformance.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/str.h"
#include "identity.h"
#include "server.h"
#include "store/config.h"
#include "store/etcd.h"

#define DIR "/mnt/pki/"

static pid_t etcd_pid;

static const char *const tls_args[] = { "--listen-client-urls",
	"http://127.0.0.1:2379,https://127.0.0.1:2377", "--cert-file", DIR "server.pem",
	"--key-file", DIR "server.key", "--trusted-ca-file", DIR "ca.pem", "--client-cert-auth",
	NULL };
static const char *const plain_args[] = { "--data-dir", "/mnt/users", NULL };

static struct identity ca;

static void make(const char *name, const char *alt, bool expired)
{
	struct identity i = identity_new(name, alt, &ca);
	_cleanup_free_ char *path = mem_printf(DIR "%s", name);

	if (expired)
		identity_expire(&i, &ca);
	identity_write(&i, path);
	identity_free(&i);
}

static void make_server(bool expired)
{
	make("server", "IP:127.0.0.1", expired);
}

static void write_pki(void)
{
	struct identity stranger = identity_new("stranger", NULL, NULL);

	ca = identity_new("ca", NULL, NULL);
	mkdir(DIR, 0700);
	identity_write(&ca, DIR "ca");
	identity_write(&stranger, DIR "stranger");
	identity_free(&stranger);
	make_server(false);
	make("client", NULL, false);
	make("old", NULL, true);
}

/* --- TLS --- */

static int tls_setup(void **state)
{
	write_pki();
	etcd_pid = server_start(tls_args);
	return 0;
}

static int server_end(void **state)
{
	server_kill(etcd_pid, SIGKILL);
	return 0;
}

static int tls_end(void **state)
{
	identity_free(&ca);
	return server_end(state);
}

static const char *authority = "ca"; /* that is trusted */

static struct store *open_tls(struct loop *loop, const char *host, const char *who)
{
	_cleanup_(store_config_done) struct store_config c = { 0 };
	_cleanup_free_ char *url = mem_printf("https://%s:2377", host);
	struct store *s = NULL;
	struct err err = { 0 };

	strv_add(&c.endpoints, url);
	c.ca_file = mem_printf(DIR "%s.pem", authority);
	if (who) {
		c.cert_file = mem_printf(DIR "%s.pem", who);
		c.key_file = mem_printf(DIR "%s.key", who);
	}
	store_open(loop, &c, &s, &err);
	assert_string_equal(err.msg, "");
	return s;
}

static enum store_status create(
	struct loop *l, struct store *s, unsigned timeout_ms, struct store_reply *r)
{
	struct key key = set_key("a");
	struct store_write w = { .key = &key, .value = "1", .len = 1 };

	return call_create(l, s, &w, timeout_ms, r);
}

static void test_tls_with_a_client_certificate(void **state)
{
	_cleanup_(store_reply_done) struct store_reply r, list;
	struct fixture f = { 0 };
	struct heard h = { 0 };

	assert_int_equal(loop_new(&f.loop), 0);
	f.store = f.other = open_tls(f.loop, "127.0.0.1", "client");
	assert_int_equal(create(f.loop, f.store, 10000, &r), STORE_OK);
	watch_sets(&f, f.store, &h);
	assert_int_equal(put(&f, f.store, "b", "2"), STORE_OK);
	wait_heard(&f, &h, "b=2 ");
	assert_int_equal(call_list(f.loop, f.store, &all_sets, NULL, 10000, &list), STORE_OK);
	assert_int_equal(list.n, 2);
	heard_done(&h);
	store_free(f.store);
	loop_free(f.loop);
}

static void expect_unreachable(const char *host, const char *who, const char *why)
{
	_cleanup_(store_reply_done) struct store_reply r;
	struct loop *loop;
	struct store *s;

	assert_int_equal(loop_new(&loop), 0);
	s = open_tls(loop, host, who);
	assert_int_equal(create(loop, s, 1500, &r), STORE_E_UNAVAILABLE);
	if (!strstr(r.err.msg, why))
		assert_string_equal(r.err.msg, why);
	store_free(s);
	loop_free(loop);
}

static void test_tls_to_a_name_that_is_not_in_the_certificate(void **state)
{
	expect_unreachable("localhost", "client", "localhost:2377: TLS: the server's "
						  "certificate is refused: it is not for "
						  "'localhost' but for 127.0.0.1");
}

static void test_tls_with_the_certificate_of_a_stranger(void **state)
{
	expect_unreachable("127.0.0.1", "stranger", "127.0.0.1:2377: TLS: the server "
						  "refuses our client certificate of "
						  "the authority 'stranger' (");
}

static void test_tls_with_an_expired_certificate(void **state)
{
	expect_unreachable("127.0.0.1", "old",
		"127.0.0.1:2377: TLS: the server refuses our client certificate: it expired at ");
}

static void test_tls_without_a_certificate(void **state)
{
	expect_unreachable("127.0.0.1", NULL,
		"127.0.0.1:2377: TLS: the server wants a client certificate and none is "
		"configured (");
}

static void test_tls_with_another_authority(void **state)
{
	authority = "stranger";
	expect_unreachable("127.0.0.1", "client",
		"127.0.0.1:2377: TLS: the server's certificate is refused: its authority 'ca' is "
		"not one that is trusted here");
	authority = "ca";
}

/* etcd reads its own files for each connection, too. */
static void test_tls_to_a_server_whose_certificate_has_expired(void **state)
{
	make_server(true);
	expect_unreachable("127.0.0.1", "client",
		"127.0.0.1:2377: TLS: the server's certificate is refused: it expired at ");
	make_server(false);
}

/* One who was refused goes on as soon as the files are good. */
static void test_tls_with_a_certificate_that_is_renewed(void **state)
{
	_cleanup_(store_reply_done) struct store_reply r, again;
	struct loop *loop;
	struct store *s;

	assert_int_equal(loop_new(&loop), 0);
	make("renewed", NULL, true);
	s = open_tls(loop, "127.0.0.1", "renewed");
	assert_int_equal(create(loop, s, 1000, &r), STORE_E_UNAVAILABLE);
	make("renewed", NULL, false);
	assert_int_not_equal(create(loop, s, 20000, &again), STORE_E_UNAVAILABLE);
	store_free(s);
	loop_free(loop);
}

static void test_plain_where_tls_is_spoken(void **state)
{
	_cleanup_(store_config_done) struct store_config c = { 0 };
	_cleanup_(store_reply_done) struct store_reply r;
	struct loop *loop;
	struct store *s;

	assert_int_equal(loop_new(&loop), 0);
	strv_add(&c.endpoints, "http://127.0.0.1:2377");
	assert_int_equal(store_open(loop, &c, &s, NULL), 0);
	assert_int_equal(create(loop, s, 1500, &r), STORE_E_UNAVAILABLE);
	store_free(s);
	loop_free(loop);
}

/* --- users --- */

static void etcdctl(const char *words)
{
	_cleanup_free_ char *command =
		mem_printf("ETCDCTL_API=3 etcdctl %s >/dev/null 2>&1", words);

	assert_int_equal(system(command), 0);
}

static int users_setup(void **state)
{
	etcd_pid = server_start(plain_args);
	etcdctl("user add root:secret");
	etcdctl("role add root");
	etcdctl("user grant-role root root");
	etcdctl("user add guest:guest");
	etcdctl("user add reader:reading");
	etcdctl("role add reader");
	etcdctl("role grant-permission reader --prefix=true read "
		"/calico/resources/v3/projectcalico.org/networksets/");
	etcdctl("user grant-role reader reader");
	etcdctl("auth enable");
	return 0;
}

static struct store *open_as(struct loop *loop, const char *user, const char *password)
{
	_cleanup_(store_config_done) struct store_config c = { 0 };
	struct store *s = NULL;

	strv_add(&c.endpoints, "http://127.0.0.1:2379");
	c.username = user ? mem_strdup(user) : NULL;
	c.password = password ? mem_strdup(password) : NULL;
	assert_int_equal(store_open(loop, &c, &s, NULL), 0);
	return s;
}

/* Tokens vanish with a member's restart. */
static void test_a_user_outlives_its_token(void **state)
{
	_cleanup_(store_reply_done) struct store_reply r;
	struct fixture f = { 0 };
	struct heard h = { 0 };

	assert_int_equal(loop_new(&f.loop), 0);
	f.store = f.other = open_as(f.loop, "root", "secret");
	assert_int_equal(create(f.loop, f.store, 10000, &r), STORE_OK);
	watch_sets(&f, f.store, &h);
	assert_int_equal(put(&f, f.store, "b", "2"), STORE_OK);
	wait_heard(&f, &h, "b=2 ");
	server_kill(etcd_pid, SIGKILL);
	etcd_pid = server_start(plain_args);
	assert_int_equal(drop(&f, f.store, "b"), STORE_OK);
	wait_heard(&f, &h, "b=2 -b ");
	assert_false(h.ended);
	heard_done(&h);
	store_free(f.store);
	loop_free(f.loop);
}

static void expect_unauthorized(const char *user, const char *password, const char *text)
{
	_cleanup_(store_reply_done) struct store_reply r;
	struct heard h = { 0 };
	struct fixture f = { 0 };

	assert_int_equal(loop_new(&f.loop), 0);
	f.store = open_as(f.loop, user, password);
	store_watch(f.store, &all_sets, NULL, on_heard, &h);
	assert_int_equal(create(f.loop, f.store, 10000, &r), STORE_E_UNAUTHORIZED);
	assert_string_equal(r.err.msg, text);
	assert_null(strstr(r.err.msg, password ? password : "nothing"));
	run_until(&f, &h.ended);
	assert_int_equal(h.status, STORE_E_UNAUTHORIZED);
	heard_done(&h);
	store_free(f.store);
	loop_free(f.loop);
}

static void test_a_wrong_password(void **state)
{
	expect_unauthorized(
		"root", "not this", "etcdserver: authentication failed, invalid user ID or password");
}

static void test_a_user_without_the_right(void **state)
{
	expect_unauthorized("guest", "guest", "etcdserver: permission denied");
}

static void test_nobody(void **state)
{
	expect_unauthorized(NULL, NULL, "etcdserver: user name is empty");
}

/* --- rights that change --- */

/* A store that looks after its watches often. */
static struct store *open_reader(struct loop *loop)
{
	struct endpoint e;
	struct store *s;

	assert_int_equal(endpoint_parse("http://127.0.0.1:2379", ETCD_PORT, &e, NULL), 0);
	s = etcd_store_new(loop, &(struct etcd_config){ .endpoints = &e,
					 .n_endpoints = 1,
					 .username = "reader",
					 .password = "reading",
					 .silence_ns = 200 * NSEC_PER_MSEC });
	endpoint_done(&e);
	return s;
}

static enum store_status get(struct fixture *f, struct store_reply *r)
{
	struct key key = set_key("a");

	return call_get(f->loop, f->store, &key, NULL, 10000, r);
}

/* etcd itself lets a watch go on whose right is gone. */
static void test_a_role_is_revoked(void **state)
{
	_cleanup_(store_reply_done) struct store_reply r, before, after, again;
	struct fixture f = { 0 };
	_cleanup_(heard_done) struct heard h = { 0 };

	assert_int_equal(loop_new(&f.loop), 0);
	f.store = open_reader(f.loop);
	f.other = open_as(f.loop, "root", "secret");
	assert_int_equal(create(f.loop, f.store, 10000, &r), STORE_E_UNAUTHORIZED); /* reads only */
	assert_int_not_equal(get(&f, &before), STORE_E_UNAUTHORIZED);
	watch_sets(&f, f.store, &h);
	assert_int_equal(put(&f, f.other, "b", "2"), STORE_OK);
	wait_heard(&f, &h, "b=2 ");
	while (etcd_counters(f.store).watches_checked < 2)
		assert_int_equal(loop_step(f.loop, 1000), 0);
	assert_false(h.ended); /* to check it takes no more rights than to watch */
	etcdctl("--user root:secret user revoke-role reader reader");
	for (int i = 0; i < 4000 && !h.ended; i++)
		assert_int_equal(loop_step(f.loop, 5), 0);
	assert_true(h.ended);
	assert_int_equal(h.status, STORE_E_UNAUTHORIZED);
	assert_int_equal(get(&f, &after), STORE_E_UNAUTHORIZED);
	assert_string_equal(after.err.msg, "etcdserver: permission denied");
	etcdctl("--user root:secret user grant-role reader reader");
	assert_int_not_equal(get(&f, &again), STORE_E_UNAUTHORIZED);
	store_free(f.store);
	store_free(f.other);
	loop_free(f.loop);
}

/* Who brings a password where none is asked for is served, and goes on when that changes. */
static void test_authentication_is_enabled_later(void **state)
{
	_cleanup_(store_reply_done) struct store_reply r, again;
	struct fixture f = { 0 };

	etcdctl("--user root:secret auth disable");
	assert_int_equal(loop_new(&f.loop), 0);
	f.store = open_as(f.loop, "root", "secret");
	assert_int_not_equal(get(&f, &r), STORE_E_UNAUTHORIZED);
	etcdctl("auth enable");
	assert_int_not_equal(get(&f, &again), STORE_E_UNAUTHORIZED);
	store_free(f.store);
	loop_free(f.loop);
}

/* --- tokens that expire --- */

static int tokens_setup(void **state)
{
	static const char *const args[] = { "--data-dir", "/mnt/tokens", "--auth-token",
		"jwt,sign-method=HS256,priv-key=/mnt/signing,ttl=1s", NULL };
	FILE *f = fopen("/mnt/signing", "we");

	fputs("a key that signs", f);
	fclose(f);
	etcd_pid = server_start(args);
	etcdctl("user add root:secret");
	etcdctl("role add root");
	etcdctl("user grant-role root root");
	etcdctl("auth enable");
	return 0;
}

static void test_a_token_expires(void **state)
{
	_cleanup_(store_reply_done) struct store_reply r, got;
	struct fixture f = { 0 };
	_cleanup_(heard_done) struct heard h = { 0 };
	uint64_t requests;

	assert_int_equal(loop_new(&f.loop), 0);
	f.store = f.other = open_as(f.loop, "root", "secret");
	assert_int_equal(create(f.loop, f.store, 10000, &r), STORE_OK);
	sleep(2);
	requests = etcd_counters(f.store).requests;
	watch_sets(&f, f.store, &h);
	assert_int_equal(get(&f, &got), STORE_OK);
	assert_true(etcd_counters(f.store).requests - requests > 2); /* one was refused first */
	sleep(2);
	assert_int_equal(put(&f, f.store, "b", "2"), STORE_OK);
	wait_heard(&f, &h, "b=2 ");
	store_free(f.store);
	loop_free(f.loop);
}

int main(void)
{
	const struct CMUnitTest tls[] = {
		cmocka_unit_test(test_tls_with_a_client_certificate),
		cmocka_unit_test(test_tls_to_a_name_that_is_not_in_the_certificate),
		cmocka_unit_test(test_tls_with_the_certificate_of_a_stranger),
		cmocka_unit_test(test_tls_with_an_expired_certificate),
		cmocka_unit_test(test_tls_without_a_certificate),
		cmocka_unit_test(test_tls_with_another_authority),
		cmocka_unit_test(test_tls_to_a_server_whose_certificate_has_expired),
		cmocka_unit_test(test_tls_with_a_certificate_that_is_renewed),
		cmocka_unit_test(test_plain_where_tls_is_spoken),
	};
	const struct CMUnitTest users[] = {
		cmocka_unit_test(test_a_user_outlives_its_token),
		cmocka_unit_test(test_a_wrong_password),
		cmocka_unit_test(test_a_user_without_the_right),
		cmocka_unit_test(test_nobody),
		cmocka_unit_test(test_a_role_is_revoked),
		cmocka_unit_test(test_authentication_is_enabled_later),
	};
	const struct CMUnitTest tokens[] = {
		cmocka_unit_test(test_a_token_expires),
	};
	int failed;

	server_enter();
	failed = cmocka_run_group_tests(tls, tls_setup, tls_end);
	failed += cmocka_run_group_tests(users, users_setup, server_end);
	failed += cmocka_run_group_tests(tokens, tokens_setup, server_end);
	return failed;
}
