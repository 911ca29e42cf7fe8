/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The TLS client against OpenSSL's own server, without a socket; certificates are made on the spot.
 */
#include "io/tls.h"

#include <errno.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/testing.h"
#include "identity.h"

/* --- a server --- */

struct world {
	struct identity ca, server, client;
	SSL_CTX *ctx;
	SSL *ssl;
	bool speaks_h2;
	struct tls_context *context;
	struct tls *tls;
	struct buf plain;
	struct err err;
};

static int choose_protocol(SSL *ssl, const unsigned char **out, unsigned char *out_len,
	const unsigned char *in, unsigned in_len, void *ctx)
{
	static const unsigned char h2[] = { 2, 'h', '2' };
	struct world *w = ctx;

	if (!w->speaks_h2)
		return SSL_TLSEXT_ERR_NOACK;
	return SSL_select_next_proto((unsigned char **)out, out_len, h2, sizeof(h2), in, in_len) ==
			       OPENSSL_NPN_NEGOTIATED
		       ? SSL_TLSEXT_ERR_OK
		       : SSL_TLSEXT_ERR_ALERT_FATAL;
}

static void server_start(struct world *w)
{
	w->ctx = SSL_CTX_new(TLS_server_method());
	SSL_CTX_use_certificate(w->ctx, w->server.cert);
	SSL_CTX_use_PrivateKey(w->ctx, w->server.key);
	SSL_CTX_set_alpn_select_cb(w->ctx, choose_protocol, w);
	X509_STORE_add_cert(SSL_CTX_get_cert_store(w->ctx), w->ca.cert);
	SSL_CTX_set_verify(w->ctx, SSL_VERIFY_PEER, NULL); /* a client without one may pass */
	w->ssl = SSL_new(w->ctx);
	SSL_set_bio(w->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
	SSL_set_accept_state(w->ssl);
}

static int setup(void **state)
{
	struct world *w = mem_new(struct world);

	w->ca = identity_new("ca", NULL, NULL);
	w->server = identity_new(
		"server", "DNS:etcd.example,IP:10.0.0.7,IP:fd00:0:0:0:0:0:0:7", &w->ca);
	w->client = identity_new("felix", NULL, &w->ca);
	w->speaks_h2 = true;
	server_start(w);
	*state = w;
	return 0;
}

static int teardown(void **state)
{
	struct world *w = *state;

	tls_free(w->tls);
	tls_context_free(w->context);
	SSL_free(w->ssl);
	SSL_CTX_free(w->ctx);
	identity_free(&w->ca);
	identity_free(&w->server);
	identity_free(&w->client);
	buf_done(&w->plain);
	free(w);
	return 0;
}

static void client_start(
	struct world *w, const struct identity *trusted, const char *host, bool with_identity)
{
	_cleanup_free_ char *ca = identity_cert_pem(trusted);
	_cleanup_free_ char *cert = with_identity ? identity_cert_pem(&w->client) : NULL;
	_cleanup_free_ char *key = with_identity ? identity_key_pem(&w->client) : NULL;
	struct tls_config config = { .ca_pem = ca, .cert_pem = cert, .key_pem = key };

	assert_int_equal(tls_context_new(&config, &w->context, &w->err), 0);
	w->tls = tls_new(w->context, host, "h2");
}

/* Carries what is there both ways, a few times; the client's verdict. */
static int carry(struct world *w)
{
	_cleanup_buf_ struct buf in = BUF_INIT;
	int r = 0;

	for (int i = 0; i < 6 && r == 0; i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		char data[4096];
		int n;

		r = tls_feed(w->tls, in.data, in.len, &w->plain, &out, &w->err);
		if (out.len)
			BIO_write(SSL_get_rbio(w->ssl), out.data, (int)out.len);
		SSL_do_handshake(w->ssl);
		buf_clear(&in);
		while ((n = BIO_read(SSL_get_wbio(w->ssl), data, sizeof(data))) > 0)
			buf_put(&in, data, (size_t)n);
	}
	return r;
}

static void expect_accepted(struct world *w, const char *host)
{
	client_start(w, &w->ca, host, false);
	assert_int_equal(carry(w), 0);
	assert_true(tls_ready(w->tls));
}

static void test_a_name(void **state)
{
	expect_accepted(*state, "etcd.example");
}

static void test_an_ipv4_address(void **state)
{
	expect_accepted(*state, "10.0.0.7");
}

static void test_an_ipv6_address(void **state)
{
	expect_accepted(*state, "fd00::7");
}

static void expect_refused(struct world *w, const char *why)
{
	assert_int_equal(carry(w), -EPROTO);
	assert_string_equal(w->err.msg, why);
}

static void test_another_name(void **state)
{
	struct world *w = *state;

	client_start(w, &w->ca, "other.example", false);
	expect_refused(w, "TLS: the server's certificate is refused: it is not for 'other.example' but for "
		"etcd.example, 10.0.0.7, fd00::7");
}

static void test_another_address(void **state)
{
	struct world *w = *state;

	client_start(w, &w->ca, "10.0.0.8", false);
	expect_refused(w, "TLS: the server's certificate is refused: it is not for '10.0.0.8' but for "
		"etcd.example, 10.0.0.7, fd00::7");
}

static void test_another_authority(void **state)
{
	struct world *w = *state;
	struct identity other = identity_new("other", NULL, NULL);

	client_start(w, &other, "etcd.example", false);
	identity_free(&other);
	expect_refused(w, "TLS: the server's certificate is refused: its authority 'ca' is not one that is "
		"trusted here");
}

static void test_an_expired_server(void **state)
{
	struct world *w = *state;

	identity_expire(&w->server, &w->ca);
	SSL_use_certificate(w->ssl, w->server.cert);
	client_start(w, &w->ca, "etcd.example", false);
	assert_int_equal(carry(w), -EPROTO);
	assert_memory_equal(w->err.msg, "TLS: the server's certificate is refused: it expired at 2",
		strlen("TLS: the server's certificate is refused: it expired at 2"));
}

static void expect_client_refused(struct world *w, bool with_identity, const char *why)
{
	SSL_set_verify(w->ssl, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
	client_start(w, &w->ca, "etcd.example", with_identity);
	assert_int_equal(carry(w), -EPROTO);
	if (strncmp(w->err.msg, why, strlen(why)) != 0)
		assert_string_equal(w->err.msg, why);
}

static void test_a_client_that_shows_nothing(void **state)
{
	expect_client_refused(*state, false,
		"TLS: the server wants a client certificate and none is configured (");
}

static void test_an_expired_client(void **state)
{
	struct world *w = *state;

	identity_expire(&w->client, &w->ca);
	expect_client_refused(
		w, true, "TLS: the server refuses our client certificate: it expired at 2");
}

static void test_a_client_of_another_authority(void **state)
{
	struct world *w = *state;
	struct identity other = identity_new("other", NULL, NULL);

	identity_free(&w->client);
	w->client = identity_new("felix", NULL, &other);
	identity_free(&other);
	expect_client_refused(w, true,
		"TLS: the server refuses our client certificate of the authority 'other' (");
}

static void test_a_server_without_http2(void **state)
{
	struct world *w = *state;

	w->speaks_h2 = false;
	client_start(w, &w->ca, "etcd.example", false);
	expect_refused(w, "TLS: the server does not speak h2");
}

static void test_bytes_that_are_not_tls(void **state)
{
	struct world *w = *state;
	_cleanup_buf_ struct buf out = BUF_INIT;

	client_start(w, &w->ca, "etcd.example", false);
	assert_int_equal(tls_feed(w->tls, "HTTP/1.1 400 Bad Request", 24, &w->plain, &out, &w->err),
		-EPROTO);
}

static void test_our_certificate_is_shown(void **state)
{
	struct world *w = *state;
	char name[64];
	X509 *peer;

	client_start(w, &w->ca, "etcd.example", true);
	assert_int_equal(carry(w), 0);
	peer = SSL_get0_peer_certificate(w->ssl);
	assert_non_null(peer);
	X509_NAME_get_text_by_NID(X509_get_subject_name(peer), NID_commonName, name, sizeof(name));
	assert_string_equal(name, "felix");
	assert_int_equal(SSL_get_verify_result(w->ssl), X509_V_OK);
}

static void test_bytes_both_ways_and_the_end(void **state)
{
	struct world *w = *state;
	_cleanup_buf_ struct buf out = BUF_INIT;
	char data[4096];
	int n;

	expect_accepted(w, "etcd.example");
	assert_int_equal(tls_send(w->tls, "question", 8, &out, &w->err), 0);
	BIO_write(SSL_get_rbio(w->ssl), out.data, (int)out.len);
	n = SSL_read(w->ssl, data, sizeof(data));
	assert_int_equal(n, 8);
	assert_memory_equal(data, "question", 8);
	SSL_write(w->ssl, "answer", 6);
	SSL_shutdown(w->ssl);
	n = BIO_read(SSL_get_wbio(w->ssl), data, sizeof(data));
	assert_int_equal(tls_feed(w->tls, data, (size_t)n, &w->plain, &out, &w->err), -ECONNRESET);
	assert_string_equal(buf_str(&w->plain), "answer");
}

static void test_configurations_that_cannot_work(void **state)
{
	static const struct tls_config configs[] = {
		{ .ca_file = "/nonexistent" },
		{ .ca_pem = "no certificate" },
		{ .cert_file = "/nonexistent", .key_file = "/nonexistent" },
		{ .cert_pem = "x", .key_pem = "y" },
		{ .cert_pem = "x" },
		{ .key_file = "/nonexistent" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(configs); i++) {
		struct tls_context *c = NULL;
		struct err err = { 0 };

		assert_int_equal(tls_context_new(&configs[i], &c, &err), -EINVAL);
		assert_string_not_equal(err.msg, "");
	}
}

/* --- files that change --- */

struct files {
	char dir[32], *ca, *cert, *key;
};

static void files_open(struct files *f, const struct world *w)
{
	_cleanup_free_ char *ca = NULL, *client = NULL;

	strcpy(f->dir, "/tmp/calico-tls-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	ca = mem_printf("%s/ca", f->dir);
	client = mem_printf("%s/client", f->dir);
	identity_write(&w->ca, ca);
	identity_write(&w->client, client);
	f->ca = mem_printf("%s.pem", ca);
	f->cert = mem_printf("%s.pem", client);
	f->key = mem_printf("%s.key", client);
}

static void files_close(struct files *f)
{
	_cleanup_free_ char *ca_key = mem_printf("%s/ca.key", f->dir);

	unlink(f->ca);
	unlink(ca_key);
	unlink(f->cert);
	unlink(f->key);
	rmdir(f->dir);
	free(f->ca);
	free(f->cert);
	free(f->key);
}

static void again(struct world *w)
{
	tls_free(w->tls);
	SSL_free(w->ssl);
	SSL_CTX_free(w->ctx);
	server_start(w);
	w->tls = tls_new(w->context, "etcd.example", "h2");
}

static void expect_shown(struct world *w, const char *common_name)
{
	char name[64] = "";

	assert_int_equal(carry(w), 0);
	X509_NAME_get_text_by_NID(X509_get_subject_name(SSL_get0_peer_certificate(w->ssl)),
		NID_commonName, name, sizeof(name));
	assert_string_equal(name, common_name);
}

static void replace_client(struct world *w, struct files *f, const char *name)
{
	_cleanup_free_ char *path = mem_printf("%s/client", f->dir);

	identity_free(&w->client);
	w->client = identity_new(name, NULL, &w->ca);
	identity_write(&w->client, path);
}

static void start_from_files(struct world *w, const struct files *f)
{
	struct tls_config config = { .ca_file = f->ca, .cert_file = f->cert, .key_file = f->key };

	assert_int_equal(tls_context_new(&config, &w->context, &w->err), 0);
	w->tls = tls_new(w->context, "etcd.example", "h2");
}

static void test_a_new_certificate_is_used_from_the_next_connection_on(void **state)
{
	struct world *w = *state;
	struct files f;

	files_open(&f, w);
	start_from_files(w, &f);
	expect_shown(w, "felix");
	replace_client(w, &f, "felix-2");
	again(w);
	expect_shown(w, "felix-2");
	files_close(&f);
}

/* One who renews a certificate writes two files: in between they do not fit. */
static void test_files_that_do_not_fit_leave_the_old_ones_in_use(void **state)
{
	struct world *w = *state;
	struct files f;

	files_open(&f, w);
	start_from_files(w, &f);
	replace_client(w, &f, "felix-2");
	assert_int_equal(truncate(f.key, 10), 0);
	again(w);
	expect_shown(w, "felix");
	replace_client(w, &f, "felix-3");
	again(w);
	expect_shown(w, "felix-3");
	files_close(&f);
}

static void test_a_failure_tells_of_files_that_are_not_in_use(void **state)
{
	struct world *w = *state;
	struct files f;

	files_open(&f, w);
	start_from_files(w, &f);
	assert_int_equal(truncate(f.key, 10), 0);
	identity_expire(&w->server, &w->ca);
	again(w);
	assert_int_equal(carry(w), -EPROTO);
	assert_non_null(strstr(w->err.msg, "; newer files are not in use: cannot use the client "
					   "key from /tmp/calico-tls-"));
	files_close(&f);
}

static void test_a_new_authority_is_trusted_from_the_next_connection_on(void **state)
{
	struct world *w = *state;
	struct identity other = identity_new("other", NULL, NULL);
	_cleanup_free_ char *ca = NULL;
	struct files f;

	files_open(&f, w);
	start_from_files(w, &f);
	expect_shown(w, "felix");
	ca = mem_printf("%s/ca", f.dir);
	identity_write(&other, ca);
	identity_free(&other);
	again(w);
	expect_refused(w, "TLS: the server's certificate is refused: its authority 'ca' is not one "
			  "that is trusted here");
	files_close(&f);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_a_name),
		T(test_an_ipv4_address),
		T(test_an_ipv6_address),
		T(test_another_name),
		T(test_another_address),
		T(test_another_authority),
		T(test_an_expired_server),
		T(test_a_client_that_shows_nothing),
		T(test_an_expired_client),
		T(test_a_client_of_another_authority),
		T(test_a_server_without_http2),
		T(test_bytes_that_are_not_tls),
		T(test_our_certificate_is_shown),
		T(test_bytes_both_ways_and_the_end),
		T(test_configurations_that_cannot_work),
		T(test_a_new_certificate_is_used_from_the_next_connection_on),
		T(test_files_that_do_not_fit_leave_the_old_ones_in_use),
		T(test_a_failure_tells_of_files_that_are_not_in_use),
		T(test_a_new_authority_is_trusted_from_the_next_connection_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
