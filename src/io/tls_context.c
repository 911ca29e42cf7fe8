/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Certificates and keys, read from files or texts, and again when the files change. */
#include "tls_context.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "base/str.h"
#include "tls_verdict.h"

enum { CA, CERT, KEY, N_FILES };

struct stamp { /* of a file, as far as it tells that it was replaced or written */
	dev_t dev;
	ino_t ino;
	off_t size;
	struct timespec mtime;
};

struct tls_context {
	SSL_CTX *ctx;
	char *files[N_FILES];
	struct stamp stamps[N_FILES];
	struct err trouble;
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
			pem ? "the configuration" : file, tls_reason());
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

/* A key behind a pass phrase is no use to a daemon: nobody is asked for it. */
static int no_passphrase(char *to, int size, int writing, void *ctx)
{
	return -1;
}

static const char *or_inline(const char *file)
{
	return file ? file : "the configuration";
}

static int load_identity(SSL_CTX *ctx, const struct tls_config *c, struct err *err)
{
	_cleanup_(bio_freep) BIO *cert = pem_bio(c->cert_file, c->cert_pem);
	_cleanup_(bio_freep) BIO *key = pem_bio(c->key_file, c->key_pem);
	_cleanup_(pkey_freep) EVP_PKEY *pkey = NULL;

	if (!cert || load_chain(ctx, cert) < 0)
		return err_set(err, -EINVAL, "cannot read the client certificate from %s: %s",
			or_inline(c->cert_file), tls_reason());
	pkey = key ? PEM_read_bio_PrivateKey(key, NULL, no_passphrase, NULL) : NULL;
	if (!pkey || SSL_CTX_use_PrivateKey(ctx, pkey) != 1)
		return err_set(err, -EINVAL, "cannot use the client key from %s: %s",
			or_inline(c->key_file), tls_reason());
	return 0;
}

static int context_fill(SSL_CTX *ctx, const struct tls_config *c, struct err *err)
{
	bool cert = c->cert_file || c->cert_pem, key = c->key_file || c->key_pem;
	int r = 0;

	if (cert != key)
		return err_set(err, -EINVAL,
			"a client certificate needs its key: set both or none of them");
	SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
	SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
	if (c->ca_file || c->ca_pem)
		r = load_authorities(ctx, c->ca_file, c->ca_pem, err);
	else
		SSL_CTX_set_default_verify_paths(ctx);
	return r == 0 && cert ? load_identity(ctx, c, err) : r;
}

static int context_load(const struct tls_config *c, SSL_CTX **ret, struct err *err)
{
	SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
	int r = ctx ? context_fill(ctx, c, err) : err_set(err, -ENOMEM, "%s", tls_reason());

	if (r < 0)
		SSL_CTX_free(ctx);
	else
		*ret = ctx;
	return r;
}

/* All zero for a file that is not there. */
static void take_stamps(const struct tls_context *c, struct stamp stamps[N_FILES])
{
	memset(stamps, 0, N_FILES * sizeof(*stamps));
	for (int i = 0; i < N_FILES; i++) {
		struct stat st;

		if (!c->files[i] || stat(c->files[i], &st) < 0)
			continue;
		stamps[i].dev = st.st_dev;
		stamps[i].ino = st.st_ino;
		stamps[i].size = st.st_size;
		stamps[i].mtime = st.st_mtim;
	}
}

int tls_context_new(const struct tls_config *config, struct tls_context **ret, struct err *err)
{
	const char *files[N_FILES] = { config->ca_file, config->cert_file, config->key_file };
	struct tls_context *c = mem_new(struct tls_context);
	int r;

	for (int i = 0; i < N_FILES; i++)
		c->files[i] = files[i] ? mem_strdup(files[i]) : NULL;
	take_stamps(c, c->stamps); /* before: what changes while it is read is read again */
	r = context_load(config, &c->ctx, err);
	if (r < 0)
		tls_context_free(c);
	else
		*ret = c;
	return r;
}

struct tls_context *tls_context_free(struct tls_context *c)
{
	if (!c)
		return NULL;
	SSL_CTX_free(c->ctx);
	for (int i = 0; i < N_FILES; i++)
		free(c->files[i]);
	free(c);
	return NULL;
}

/* Only files change, and a configuration has either files or texts. */
SSL_CTX *tls_context_fresh(struct tls_context *c)
{
	struct tls_config config = { .ca_file = c->files[CA],
		.cert_file = c->files[CERT],
		.key_file = c->files[KEY] };
	struct stamp now[N_FILES];
	SSL_CTX *ctx;

	take_stamps(c, now);
	if (!memcmp(now, c->stamps, sizeof(now)))
		return c->ctx;
	c->trouble = (struct err){ 0 };
	if (context_load(&config, &ctx, &c->trouble) == 0) {
		SSL_CTX_free(c->ctx); /* connections that are open keep theirs */
		c->ctx = ctx;
		memcpy(c->stamps, now, sizeof(now));
	}
	return c->ctx;
}

const char *tls_context_trouble(const struct tls_context *c)
{
	return c->trouble.msg;
}
