/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "store/config.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/cleanup.h"
#include "base/mem.h"
#include "io/endpoint.h"
#include "io/tls.h"
#include "store/etcd.h"

#define ETCD_DEFAULT_PORT 2379

void store_config_done(struct store_config *c)
{
	strv_done(&c->endpoints);
	free(c->type);
	free(c->discovery_srv);
	free(c->username);
	free(c->password);
	free(c->key_file);
	free(c->cert_file);
	free(c->ca_file);
	free(c->key_pem);
	free(c->cert_pem);
	free(c->ca_pem);
	memset(c, 0, sizeof(*c));
}

/* A copy of the variable, NULL when it is not set or empty under both names. */
static char *from_env(const char *name)
{
	char prefixed[64];
	const char *value;

	snprintf(prefixed, sizeof(prefixed), "CALICO_%s", name);
	value = getenv(prefixed);
	if (!value)
		value = getenv(name);
	return str_empty(value) ? NULL : mem_strdup(value);
}

void store_config_from_env(struct store_config *ret)
{
	_cleanup_free_ char *endpoints = from_env("ETCD_ENDPOINTS");

	*ret = (struct store_config){
		.type = from_env("DATASTORE_TYPE"),
		.discovery_srv = from_env("ETCD_DISCOVERY_SRV"),
		.username = from_env("ETCD_USERNAME"),
		.password = from_env("ETCD_PASSWORD"),
		.key_file = from_env("ETCD_KEY_FILE"),
		.cert_file = from_env("ETCD_CERT_FILE"),
		.ca_file = from_env("ETCD_CA_CERT_FILE"),
	};
	strv_split(&ret->endpoints, endpoints, ',');
}

static int check_type(const struct store_config *c, struct err *err)
{
	if (str_eq(c->type, "etcdv3"))
		return 0;
	if (str_empty(c->type) && (c->endpoints.n || !str_empty(c->discovery_srv)))
		return 0;
	if (str_empty(c->type) || str_eq(c->type, "kubernetes"))
		return err_set(err, -ENOTSUP,
			"the kubernetes datastore is not supported: set DATASTORE_TYPE to etcdv3 "
			"and "
			"ETCD_ENDPOINTS");
	return err_set(err, -EINVAL, "unknown datastore type: %s", c->type);
}

static int check_places(const struct store_config *c, struct err *err)
{
	if (c->endpoints.n && !str_empty(c->discovery_srv))
		return err_set(err, -EINVAL,
			"multiple discovery or bootstrap options specified, use either "
			"\"etcdEndpoints\" or \"etcdDiscoverySrv\"");
	if (!c->endpoints.n && str_empty(c->discovery_srv))
		return err_set(err, -EINVAL, "no etcd endpoints specified");
	return 0;
}

static bool has_tls(const struct store_config *c)
{
	return c->ca_file || c->ca_pem || c->cert_file || c->cert_pem;
}

static int make_tls(const struct store_config *c, struct tls_context **ret, struct err *err)
{
	struct tls_config tls = {
		.ca_file = c->ca_file,
		.cert_file = c->cert_file,
		.key_file = c->key_file,
		.ca_pem = c->ca_pem,
		.cert_pem = c->cert_pem,
		.key_pem = c->key_pem,
	};
	bool files = c->ca_file || c->cert_file || c->key_file;

	if (files && (c->ca_pem || c->cert_pem || c->key_pem))
		return err_set(err, -EINVAL,
			"Cannot mix inline certificate-key and certificate / key files");
	return tls_context_new(&tls, ret, err);
}

struct places {
	struct endpoint *v;
	size_t n;
	bool tls;
};

static void places_done(struct places *p)
{
	while (p->n)
		endpoint_done(&p->v[--p->n]);
	free(p->v);
}

static int parse_places(const struct store_config *c, struct places *ret, struct err *err)
{
	ret->v = mem_new_n(struct endpoint, c->endpoints.n);
	for (size_t i = 0; i < c->endpoints.n; i++) {
		int r = endpoint_parse(c->endpoints.v[i], ETCD_DEFAULT_PORT, &ret->v[i], err);

		if (r < 0)
			return r;
		ret->n++;
		ret->tls |= ret->v[i].tls;
	}
	return 0;
}

static uint64_t random_seed(void)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof(seed), GRND_NONBLOCK) < 0)
		seed = 0; /* early boot: a known jitter is better than none */
	return seed;
}

int store_open(
	struct loop *loop, const struct store_config *config, struct store **ret, struct err *err)
{
	_cleanup_(places_done) struct places places = { 0 };
	struct tls_context *tls = NULL;
	bool has_user = !str_empty(config->username) && !str_empty(config->password);
	int r = check_type(config, err);

	if (r == 0)
		r = check_places(config, err);
	if (r == 0)
		r = parse_places(config, &places, err);
	if (r == 0 && (places.tls || !str_empty(config->discovery_srv)))
		r = make_tls(config, &tls, err);
	if (r < 0)
		return r;
	*ret = etcd_store_new(loop, &(struct etcd_config){
					    .endpoints = places.v,
					    .n_endpoints = places.n,
					    .domain = str_empty(config->discovery_srv)
							      ? NULL
							      : config->discovery_srv,
					    .tls_only = has_tls(config),
					    .tls = tls,
					    .username = has_user ? config->username : NULL,
					    .password = has_user ? config->password : NULL,
					    .seed = random_seed(),
				    });
	return 0;
}
