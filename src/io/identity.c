/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "identity.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/mem.h"

static void add_name(X509 *x, const char *common_name)
{
	X509_NAME *name = X509_get_subject_name(x);

	X509_NAME_add_entry_by_txt(
		name, "CN", MBSTRING_ASC, (const unsigned char *)common_name, -1, -1, 0);
}

static void add_extension(X509 *x, int nid, const char *value)
{
	X509_EXTENSION *ext = X509V3_EXT_conf_nid(NULL, NULL, nid, value);

	if (!ext)
		abort();
	X509_add_ext(x, ext, -1);
	X509_EXTENSION_free(ext);
}

struct identity identity_new(const char *name, const char *alt, const struct identity *issuer)
{
	struct identity i = { EVP_EC_gen("P-256"), X509_new() };

	X509_set_version(i.cert, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(i.cert), 1);
	X509_gmtime_adj(X509_getm_notBefore(i.cert), -60);
	X509_gmtime_adj(X509_getm_notAfter(i.cert), 3600);
	X509_set_pubkey(i.cert, i.key);
	add_name(i.cert, name);
	X509_set_issuer_name(i.cert, X509_get_subject_name(issuer ? issuer->cert : i.cert));
	if (!issuer)
		add_extension(i.cert, NID_basic_constraints, "critical,CA:TRUE");
	if (alt)
		add_extension(i.cert, NID_subject_alt_name, alt);
	if (X509_sign(i.cert, issuer ? issuer->key : i.key, EVP_sha256()) <= 0)
		abort();
	return i;
}

void identity_expire(struct identity *i, const struct identity *issuer)
{
	X509_gmtime_adj(X509_getm_notBefore(i->cert), -7200);
	X509_gmtime_adj(X509_getm_notAfter(i->cert), -60);
	if (X509_sign(i->cert, issuer->key, EVP_sha256()) <= 0)
		abort();
}

void identity_free(struct identity *i)
{
	EVP_PKEY_free(i->key);
	X509_free(i->cert);
}

static char *bio_text(BIO *b)
{
	char *data;
	long len = BIO_get_mem_data(b, &data);
	char *text = mem_strndup(data, (size_t)len);

	BIO_free(b);
	return text;
}

char *identity_cert_pem(const struct identity *i)
{
	BIO *b = BIO_new(BIO_s_mem());

	PEM_write_bio_X509(b, i->cert);
	return bio_text(b);
}

char *identity_key_pem(const struct identity *i)
{
	BIO *b = BIO_new(BIO_s_mem());

	PEM_write_bio_PrivateKey(b, i->key, NULL, NULL, 0, NULL, NULL);
	return bio_text(b);
}

static void write_text(const char *path, const char *ending, char *text)
{
	char *name = mem_printf("%s.%s", path, ending);
	FILE *f = fopen(name, "we");

	if (!f || fputs(text, f) < 0 || fclose(f) != 0)
		abort();
	free(name);
	free(text);
}

void identity_write(const struct identity *i, const char *path)
{
	write_text(path, "pem", identity_cert_pem(i));
	write_text(path, "key", identity_key_pem(i));
}
