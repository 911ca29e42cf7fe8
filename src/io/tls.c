/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/tls.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/addr.h"
#include "base/cleanup.h"
#include "base/mem.h"

struct tls_context {
	SSL_CTX *ctx;
};

struct tls {
	SSL *ssl;
	BIO *in, *out; /* owned by ssl */
	char *alpn;
	bool ready;
};

static void bio_freep(BIO **b)
{
	BIO_free(*b);
}

static void x509_freep(X509 **x)
{
	X509_free(*x);
}

static void pkey_freep(EVP_PKEY **k)
{
	EVP_PKEY_free(*k);
}

/* The newest reason of OpenSSL, in its own words. */
static const char *reason(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return text ? text : "unknown reason";
}

static BIO *pem_bio(const char *file, const char *pem)
{
	return pem ? BIO_new_mem_buf(pem, -1) : BIO_new_file(file, "r");
}

static int load_authorities(SSL_CTX *ctx, const char *file, const char *pem, struct err *err)
{
	_cleanup_(bio_freep) BIO *bio = pem_bio(file, pem);
	X509_STORE *store = SSL_CTX_get_cert_store(ctx);
	unsigned n = 0;

	for (;;) {
		_cleanup_(x509_freep) X509 *x =
			bio ? PEM_read_bio_X509(bio, NULL, NULL, NULL) : NULL;

		if (!x)
			break;
		n += X509_STORE_add_cert(store, x) == 1;
	}
	if (!n)
		return err_set(err, -EINVAL, "cannot read CA certificates from %s: %s",
			pem ? "the configuration" : file, reason());
	ERR_clear_error(); /* the end of the file counts as an error */
	return 0;
}

/* The first certificate is ours, those after it lead to its authority. */
static int load_chain(SSL_CTX *ctx, BIO *bio)
{
	_cleanup_(x509_freep) X509 *leaf = PEM_read_bio_X509(bio, NULL, NULL, NULL);
	X509 *x;

	if (!leaf || SSL_CTX_use_certificate(ctx, leaf) != 1)
		return -EINVAL;
	while ((x = PEM_read_bio_X509(bio, NULL, NULL, NULL)))
		if (SSL_CTX_add0_chain_cert(ctx, x) != 1) {
			X509_free(x);
			return -EINVAL;
		}
	ERR_clear_error();
	return 0;
}

static int load_identity(SSL_CTX *ctx, const struct tls_config *c, struct err *err)
{
	_cleanup_(bio_freep) BIO *cert = pem_bio(c->cert_file, c->cert_pem);
	_cleanup_(bio_freep) BIO *key = pem_bio(c->key_file, c->key_pem);
	_cleanup_(pkey_freep) EVP_PKEY *pkey = NULL;

	if (!cert || load_chain(ctx, cert) < 0)
		return err_set(err, -EINVAL, "cannot read the client certificate: %s", reason());
	pkey = key ? PEM_read_bio_PrivateKey(key, NULL, NULL, NULL) : NULL;
	if (!pkey || SSL_CTX_use_PrivateKey(ctx, pkey) != 1)
		return err_set(err, -EINVAL, "cannot use the client key: %s", reason());
	return 0;
}

static int context_fill(SSL_CTX *ctx, const struct tls_config *c, struct err *err)
{
	int r = 0;

	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (c->ca_file || c->ca_pem)
		r = load_authorities(ctx, c->ca_file, c->ca_pem, err);
	else
		SSL_CTX_set_default_verify_paths(ctx);
	if (r == 0 && (c->cert_file || c->cert_pem) && (c->key_file || c->key_pem))
		r = load_identity(ctx, c, err);
	return r;
}

int tls_context_new(const struct tls_config *config, struct tls_context **ret, struct err *err)
{
	struct tls_context *c;
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int r = ctx ? context_fill(ctx, config, err) : err_set(err, -ENOMEM, "%s", reason());

	if (r < 0) {
		SSL_CTX_free(ctx);
		return r;
	}
	c = mem_new(struct tls_context);
	c->ctx = ctx;
	*ret = c;
	return 0;
}

struct tls_context *tls_context_free(struct tls_context *c)
{
	if (c)
		SSL_CTX_free(c->ctx);
	free(c);
	return NULL;
}

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

	t->ssl = SSL_new(c->ctx);
	t->in = BIO_new(BIO_s_mem());
	t->out = BIO_new(BIO_s_mem());
	if (!t->ssl || !t->in || !t->out)
		abort(); /* only for want of memory */
	t->alpn = mem_strndup(alpn, strnlen(alpn, 255));
	SSL_set_bio(t->ssl, t->in, t->out);
	SSL_set_connect_state(t->ssl);
	expect_host(t->ssl, host);
	offer_protocol(t->ssl, t->alpn);
	return t;
}

struct tls *tls_free(struct tls *t)
{
	if (!t)
		return NULL;
	SSL_free(t->ssl);
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
	long verdict;

	switch (SSL_get_error(t->ssl, ret)) {
	case SSL_ERROR_WANT_READ:
	case SSL_ERROR_WANT_WRITE:
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return err_set(err, -ECONNRESET, "the server closed the connection");
	default:
		verdict = SSL_get_verify_result(t->ssl);
		return err_set(err, -EPROTO, "TLS: %s",
			verdict != X509_V_OK ? X509_verify_cert_error_string(verdict) : reason());
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
		return err_set(err, -ENOMEM, "TLS: %s", reason());
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
