/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tls_verdict.h"

#include <arpa/inet.h>
#include <errno.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

#include "base/buf.h"
#include "base/cleanup.h"

const char *tls_reason(void)
{
	unsigned long code = ERR_peek_last_error();
	const char *text = code ? ERR_reason_error_string(code) : NULL;

	ERR_clear_error();
	return text ? text : "unknown reason";
}

static void put_time(struct buf *out, const ASN1_TIME *t)
{
	struct tm tm;

	if (ASN1_TIME_to_tm(t, &tm))
		buf_printf(out, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900, tm.tm_mon + 1,
			tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

static void put_address(struct buf *out, const ASN1_OCTET_STRING *ip)
{
	int family = ASN1_STRING_length(ip) == 4 ? AF_INET : AF_INET6;
	char text[INET6_ADDRSTRLEN];

	if (ASN1_STRING_length(ip) == 4 || ASN1_STRING_length(ip) == 16)
		buf_puts(out, inet_ntop(family, ASN1_STRING_get0_data(ip), text, sizeof(text)));
}

/* The names and addresses that a certificate is for. */
static void put_names(struct buf *out, X509 *x)
{
	GENERAL_NAMES *names = X509_get_ext_d2i(x, NID_subject_alt_name, NULL, NULL);
	size_t before = out->len;

	for (int i = 0; i < sk_GENERAL_NAME_num(names); i++) {
		const GENERAL_NAME *n = sk_GENERAL_NAME_value(names, i);

		if (n->type != GEN_DNS && n->type != GEN_IPADD)
			continue;
		buf_puts(out, out->len == before ? "" : ", ");
		if (n->type == GEN_DNS)
			buf_put(out, ASN1_STRING_get0_data(n->d.dNSName),
				(size_t)ASN1_STRING_length(n->d.dNSName));
		else
			put_address(out, n->d.iPAddress);
	}
	if (out->len == before)
		buf_puts(out, "no name at all");
	GENERAL_NAMES_free(names);
}

static void put_issuer(struct buf *out, X509 *x)
{
	char name[256] = "";

	X509_NAME_get_text_by_NID(X509_get_issuer_name(x), NID_commonName, name, sizeof(name));
	buf_printf(out, "'%s'", name);
}

static int on_verify(int good, X509_STORE_CTX *store)
{
	SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
	struct tls_refused *r = SSL_get_app_data(ssl);

	if (!good) {
		tls_refused_done(r);
		r->cert = X509_STORE_CTX_get_current_cert(store);
		r->depth = X509_STORE_CTX_get_error_depth(store);
		if (r->cert)
			X509_up_ref(r->cert);
	}
	return good;
}

void tls_verify(SSL *ssl, struct tls_refused *refused)
{
	SSL_set_app_data(ssl, refused);
	SSL_set_verify(ssl, SSL_VERIFY_PEER, on_verify);
}

void tls_refused_done(struct tls_refused *r)
{
	X509_free(r->cert);
	r->cert = NULL;
}

static void put_expiry(struct buf *out, const struct tls_refused *r)
{
	buf_puts(out, r->depth ? "the authority that signed it expired at " : "it expired at ");
	put_time(out, X509_get0_notAfter(r->cert));
}

/* What is wrong with the server's certificate. */
static void put_refusal(
	struct buf *out, const char *host, long verdict, const struct tls_refused *r)
{
	buf_puts(out, "the server's certificate is refused: ");
	switch (r->cert ? verdict : X509_V_ERR_UNSPECIFIED) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
		put_expiry(out, r);
		break;
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		buf_printf(out, "it is not for '%s' but for ", host);
		put_names(out, r->cert);
		break;
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		buf_puts(out, "its authority ");
		put_issuer(out, r->cert);
		buf_puts(out, " is not one that is trusted here");
		break;
	default:
		buf_puts(out, X509_verify_cert_error_string(verdict));
	}
}

/* The alerts by which a server says that it does not like our certificate, or the want of one.
 * They tell little: Go's, of which etcd is made, calls most of them "bad certificate". */
static bool is_about_our_certificate(unsigned long code)
{
	switch (ERR_GET_REASON(code)) {
	case SSL_R_SSLV3_ALERT_BAD_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_UNSUPPORTED_CERTIFICATE:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_REVOKED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_EXPIRED:
	case SSL_R_SSLV3_ALERT_CERTIFICATE_UNKNOWN:
	case SSL_R_TLSV1_ALERT_UNKNOWN_CA:
	case SSL_R_TLSV1_ALERT_ACCESS_DENIED:
	case SSL_R_TLSV13_ALERT_CERTIFICATE_REQUIRED:
		return true;
	default:
		return false;
	}
}

static void put_our_fault(struct buf *out, SSL *ssl)
{
	X509 *own = SSL_get_certificate(ssl);

	if (!own) {
		buf_puts(out, "the server wants a client certificate and none is configured");
	} else if (X509_cmp_current_time(X509_get0_notAfter(own)) < 0) {
		buf_puts(out, "the server refuses our client certificate: it expired at ");
		put_time(out, X509_get0_notAfter(own));
	} else {
		buf_puts(out, "the server refuses our client certificate of the authority ");
		put_issuer(out, own);
	}
}

int tls_verdict(SSL *ssl, const char *host, const char *trouble, struct err *err)
{
	const struct tls_refused *refused = SSL_get_app_data(ssl);
	unsigned long code = ERR_peek_last_error();
	long verdict = SSL_get_verify_result(ssl);
	_cleanup_buf_ struct buf text = BUF_INIT;

	if (verdict != X509_V_OK) {
		put_refusal(&text, host, verdict, refused);
	} else if (is_about_our_certificate(code)) {
		put_our_fault(&text, ssl);
		buf_printf(&text, " (%s)", ERR_reason_error_string(code));
	} else {
		buf_puts(&text, code ? tls_reason() : "unknown reason");
	}
	if (*trouble)
		buf_printf(&text, "; newer files are not in use: %s", trouble);
	ERR_clear_error();
	return err_set(err, -EPROTO, "TLS: %s", buf_str(&text));
}
