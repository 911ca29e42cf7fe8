/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A real etcd behind TLS, with client certificates or with user names. */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../conformance.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"
#include "identity.h"
#include "server.h"
#include "store/config.h"

#define DIR "/mnt/pki/"

static pid_t etcd_pid;

static const char *const tls_args[] = { "--listen-client-urls",
	"http://127.0.0.1:2379,https://127.0.0.1:2377", "--cert-file", DIR "server.pem",
	"--key-file", DIR "server.key", "--trusted-ca-file", DIR "ca.pem", "--client-cert-auth",
	NULL };
static const char *const plain_args[] = { "--data-dir", "/mnt/users", NULL };

static void write_text(const char *path, char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
	free(text);
}

static void write_identity(const char *name, const struct identity *i)
{
	char path[64];

	snprintf(path, sizeof(path), DIR "%s.pem", name);
	write_text(path, identity_cert_pem(i));
	snprintf(path, sizeof(path), DIR "%s.key", name);
	write_text(path, identity_key_pem(i));
}

static void write_pki(void)
{
	struct identity ca = identity_new("ca", NULL, NULL);
	struct identity server = identity_new("etcd", "IP:127.0.0.1", &ca);
	struct identity client = identity_new("felix", NULL, &ca);
	struct identity stranger = identity_new("stranger", NULL, NULL);

	mkdir(DIR, 0700);
	write_identity("ca", &ca);
	write_identity("server", &server);
	write_identity("client", &client);
	write_identity("stranger", &stranger);
	identity_free(&ca);
	identity_free(&server);
	identity_free(&client);
	identity_free(&stranger);
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

static struct store *open_tls(struct loop *loop, const char *host, const char *who)
{
	_cleanup_(
		store_config_done) struct store_config c = { .ca_file = mem_strdup(DIR "ca.pem") };
	_cleanup_free_ char *url = mem_printf("https://%s:2377", host);
	struct store *s = NULL;
	struct err err = { 0 };

	strv_add(&c.endpoints, url);
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
	run_until(&f, &h.ended);
	assert_int_equal(h.status, STORE_E_UNAUTHORIZED);
	heard_done(&h);
	store_free(f.store);
	loop_free(f.loop);
}

static void test_a_wrong_password(void **state)
{
	expect_unauthorized(
		"root", "wrong", "etcdserver: authentication failed, invalid user ID or password");
}

static void test_a_user_without_the_right(void **state)
{
	expect_unauthorized("guest", "guest", "etcdserver: permission denied");
}

static void test_nobody(void **state)
{
	expect_unauthorized(NULL, NULL, "etcdserver: user name is empty");
}

int main(void)
{
	const struct CMUnitTest tls[] = {
		cmocka_unit_test(test_tls_with_a_client_certificate),
		cmocka_unit_test(test_tls_to_a_name_that_is_not_in_the_certificate),
		cmocka_unit_test(test_tls_with_the_certificate_of_a_stranger),
		cmocka_unit_test(test_plain_where_tls_is_spoken),
	};
	const struct CMUnitTest users[] = {
		cmocka_unit_test(test_a_user_outlives_its_token),
		cmocka_unit_test(test_a_wrong_password),
		cmocka_unit_test(test_a_user_without_the_right),
		cmocka_unit_test(test_nobody),
	};
	int failed;

	server_enter();
	failed = cmocka_run_group_tests(tls, tls_setup, server_end);
	failed += cmocka_run_group_tests(users, users_setup, server_end);
	return failed;
}
