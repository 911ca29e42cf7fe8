/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/nodename.h"
#include "base/str.h"
#include "client/client.h"
#include "io/loop.h"
#include "netconf.h"
#include "store/config.h"

static void override(char **setting, const char *given)
{
	if (str_empty(given))
		return;
	free(*setting);
	*setting = mem_strdup(given);
}

static void override_endpoints(struct strv *endpoints, const struct netconf *conf)
{
	_cleanup_free_ char *old = NULL;
	const char *given = conf->etcd_endpoints;

	if (!given && !endpoints->n && conf->etcd_authority) /* the oldest spelling */
		given = old = mem_printf("%s://%s",
			conf->etcd_scheme ? conf->etcd_scheme : "http", conf->etcd_authority);
	if (!given)
		return;
	strv_done(endpoints);
	*endpoints = (struct strv){ 0 };
	strv_split(endpoints, given, ',');
}

static void configure(const struct netconf *conf, struct store_config *ret)
{
	store_config_from_env(ret);
	override(&ret->type, conf->datastore_type);
	override_endpoints(&ret->endpoints, conf);
	override(&ret->discovery_srv, conf->etcd_discovery_srv);
	override(&ret->key_file, conf->etcd_key_file);
	override(&ret->cert_file, conf->etcd_cert_file);
	override(&ret->ca_file, conf->etcd_ca_cert_file);
}

int session_open(const struct netconf *conf, struct session *s, struct cni_error *err)
{
	struct store_config config = { 0 };
	struct err why = { 0 };
	int r;

	if (s->client)
		return 0;
	configure(conf, &config);
	r = s->loop ? 0 : loop_new(&s->loop);
	if (r < 0)
		err_set(&why, r, "cannot make an event loop: %s", strerror(-r));
	else
		r = store_open(s->loop, &config, &s->store, &why);
	store_config_done(&config);
	if (r < 0)
		return cni_fail(err, CNI_OTHER, "error creating calico client: %s", why.msg);
	s->client = client_new(
		s->loop, s->store, s->timeout_ms ? s->timeout_ms : SESSION_TIMEOUT_MS);
	return 0;
}

void session_close(struct session *s)
{
	client_free(s->client);
	if (s->store)
		store_free(s->store);
	if (s->loop)
		loop_free(s->loop);
	*s = (struct session){ 0 };
}

/* ---- the node's name */

static const char *node_file(const struct netconf *conf)
{
	return conf->nodename_file ? conf->nodename_file : NODENAME_FILE;
}

static char *read_node_file(const char *path)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char text[512];
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text));

	return n > 0 && (size_t)n < sizeof(text) ? mem_strndup(text, (size_t)n) : NULL;
}

static char *host_name(void)
{
	char text[HOST_NAME_MAX + 1] = "";
	char *start = text, *end;

	if (gethostname(text, sizeof(text) - 1) < 0)
		return mem_strdup("");
	start += strspn(start, " \t\r\n");
	for (end = start; *end && !isspace((unsigned char)*end); end++)
		*end = (char)tolower((unsigned char)*end);
	return mem_strndup(start, (size_t)(end - start));
}

char *session_node_name(const struct netconf *conf)
{
	char *name = NULL;

	if (conf->nodename)
		return mem_strdup(conf->nodename);
	name = read_node_file(node_file(conf));
	if (name)
		return name;
	return conf->hostname ? mem_strdup(conf->hostname) : host_name();
}

int session_check_node_file(const struct netconf *conf, struct cni_error *err)
{
	struct stat st;

	if (conf->nodename_file_optional || stat(node_file(conf), &st) == 0)
		return 0;
	return cni_fail(err, CNI_OTHER,
		"stat %s: %s: check that the calico/node container is running and has mounted "
		"/var/lib/calico/",
		node_file(conf), errno == ENOENT ? "no such file or directory" : strerror(errno));
}
