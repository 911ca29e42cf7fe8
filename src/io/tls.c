/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/addr.h"
#include "base/mem.h"
#include "tls_context.h"
#include "tls_verdict.h"

struct tls {
	SSL *ssl;
	BIO *in, *out; /* owned by ssl */
	char *host, *alpn;
	struct tls_context *context;
	struct tls_refused refused;
	bool ready;
};

static void expect_host(SSL *ssl, const char *host)
{
	struct addr addr;

	if (addr_parse(host, &addr) == 0) {
		X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host);
		return;
	}
	SSL_set_tlsext_host_name(ssl, host);
	SSL_set1_host(ssl, host);
}

static void offer_protocol(SSL *ssl, const char *alpn)
{
	unsigned char wire[256];
	size_t len = strlen(alpn);

	wire[0] = (unsigned char)len;
	memcpy(wire + 1, alpn, len);
	SSL_set_alpn_protos(ssl, wire, (unsigned)len + 1);
}

struct tls *tls_new(struct tls_context *c, const char *host, const char *alpn)
{
	struct tls *t = mem_new(struct tls);

	t->ssl = SSL_new(tls_context_fresh(c));
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (!t->ssl || !t->in || !t->out)
		abort(); /* only for want of memory */
	t->context = c;
	t->host = mem_strdup(host);
	t->alpn = mem_strndup(alpn, strnlen(alpn, 255));
	SSL_set_bio(t->ssl, t->in, t->out);
	SSL_set_connect_state(t->ssl);
	tls_verify(t->ssl, &t->refused);
	expect_host(t->ssl, host);
	offer_protocol(t->ssl, t->alpn);
	return t;
}

struct tls *tls_free(struct tls *t)
{
	if (!t)
		return NULL;
	SSL_free(t->ssl);
	tls_refused_done(&t->refused);
	free(t->host);
	free(t->alpn);
	free(t);
	return NULL;
}

static void collect_output(struct tls *t, struct buf *out)
{
	size_t pending = BIO_ctrl_pending(t->out);
	int n;

	if (!pending)
		return;
	n = BIO_read(t->out, buf_reserve(out, pending), (int)pending);
	if (n > 0)
		buf_grown(out, (size_t)n);
}

/* What a failed call of OpenSSL means for the connection. */
static int outcome(struct tls *t, int ret, struct err *err)
{
	switch (SSL_get_error(t->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return err_set(err, -ECONNRESET, "the server closed the connection");
	default:
		return tls_verdict(t->ssl, t->host, tls_context_trouble(t->context), err);
	}
}

static int check_protocol(struct tls *t, struct err *err)
{
	const unsigned char *got;
	unsigned len;

	SSL_get0_alpn_selected(t->ssl, &got, &len);
	if (len != strlen(t->alpn) || memcmp(got, t->alpn, len))
		return err_set(err, -EPROTO, "TLS: the server does not speak %s", t->alpn);
	return 0;
}

static int handshake(struct tls *t, struct err *err)
{
	int r = SSL_do_handshake(t->ssl);

	if (r != 1)
		return outcome(t, r, err);
	t->ready = true;
	return check_protocol(t, err);
}

static int read_plain(struct tls *t, struct buf *plain, struct err *err)
{
	for (;;) {
		int n = SSL_read(t->ssl, buf_reserve(plain, 16384), 16384);

		if (n <= 0)
			return outcome(t, n, err);
		buf_grown(plain, (size_t)n);
	}
}

int tls_feed(struct tls *t, const void *data, size_t len, struct buf *plain, struct buf *out,
	struct err *err)
{
	int r = 0;

	ERR_clear_error();
	if (len && BIO_write(t->in, data, (int)len) != (int)len)
		return err_set(err, -ENOMEM, "TLS: %s", tls_reason());
	if (!t->ready)
		r = handshake(t, err);
	if (r == 0 && t->ready)
		r = read_plain(t, plain, err);
	collect_output(t, out);
	return r;
}

bool tls_ready(const struct tls *t)
{
	return t->ready;
}

int tls_send(struct tls *t, const void *plain, size_t len, struct buf *out, struct err *err)
{
	int r = 0;

	ERR_clear_error();
	if (len && SSL_write(t->ssl, plain, (int)len) <= 0)
		r = outcome(t, -1, err);
	collect_output(t, out);
	return r;
}
