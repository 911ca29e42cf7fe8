/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "settings.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "config/feed.h"
#include "model/resource.h"
#include "base/nodename.h"
#include "problem/problem.h"
#include "store/call.h"
#include "store/config.h"

#define CALL_TIMEOUT_MS 10000

static enum log_level note_level(enum config_note note)
{
	return note == CONFIG_NOTE_UNKNOWN || note == CONFIG_NOTE_NOT_APPLIED ? LOG_INFO
									      : LOG_WARNING;
}

void settings_note(void *problems, enum config_note note, enum config_source source,
	const char *name, const char *value, const char *reason)
{
	_cleanup_free_ char *subject = mem_printf("FelixConfiguration parameter %s", name);
	_cleanup_free_ char *text =
		mem_printf("%s, from %s: %s", value, config_source_name(source), reason);

	if (problems_set(problems, "config", subject, text))
		log_emit(note_level(note), "%s = %s", subject, text);
}

/* Felix's own name: its parameter, else the name that all programs of this node use. */
static int default_hostname(struct config *c, const char *const *env, struct err *err)
{
	_cleanup_free_ char *name = NULL;

	if (!str_empty(config_values(c)->hostname))
		return 0;
	name = node_name(env, err);
	if (!name)
		return -EINVAL;
	config_set(c, CONFIG_INTERNAL, "FelixHostname", name);
	return 0;
}

static int resolve(struct config *c, struct problems *problems, struct err *err)
{
	enum config_change change;

	return config_resolve(c, settings_note, problems, &change, err);
}

int settings_load_local(struct config *c, const char *const *env, const char *path,
	struct problems *problems, struct err *err)
{
	int r;

	config_clear_source(c, CONFIG_ENV);
	config_clear_source(c, CONFIG_FILE);
	config_set_environment(c, env);
	r = config_set_file(c, path, err);
	if (r && r != -ENOENT)
		return r;
	r = resolve(c, problems, err);
	if (!r)
		r = default_hostname(c, env, err);
	return r ? r : resolve(c, problems, err);
}

static void override_file(char **member, const char *value)
{
	if (str_empty(value))
		return;
	free(*member);
	*member = mem_strdup(value);
}

/* The common client settings, over which Felix's own names win. */
static void client_config(const struct config_values *v, struct store_config *ret)
{
	_cleanup_free_ char *single = mem_printf("%s://%s", v->etcd_scheme, v->etcd_addr);

	store_config_from_env(ret);
	if (!str_empty(v->etcd_endpoints)) {
		strv_done(&ret->endpoints);
		strv_split(&ret->endpoints, v->etcd_endpoints, ',');
	} else if (!ret->endpoints.n && !ret->discovery_srv) {
		strv_add(&ret->endpoints, single);
	}
	override_file(&ret->ca_file, v->etcd_ca_file);
	override_file(&ret->cert_file, v->etcd_cert_file);
	override_file(&ret->key_file, v->etcd_key_file);
}

int settings_open_store(
	const struct config_values *v, struct loop *loop, struct store **ret, struct err *err)
{
	struct store_config config = { 0 };
	int r;

	client_config(v, &config);
	r = store_open(loop, &config, ret, err);
	store_config_done(&config);
	return r;
}

static int feed_reply(struct config_feed *feed, const struct store_reply *reply, struct err *err)
{
	for (size_t i = 0; i < reply->n; i++) {
		_cleanup_(resource_freep) struct resource *res = NULL;
		const struct kv *kv = &reply->kvs[i];

		if (resource_decode(kv->key.kind, kv->value, kv->len, &res, err) == 0)
			config_feed_update(feed, &kv->key, res);
		else
			log_warning("Ignoring %s %s: %s", kind_name(kv->key.kind), kv->key.name,
				err->msg);
	}
	return 0;
}

static int feed_list(struct config_feed *feed, struct loop *loop, struct store *store,
	enum kind kind, struct err *err)
{
	const struct key_range range = { .type = KEY_RESOURCE, .kind = kind };
	struct store_reply reply = { 0 };
	int r = 0;

	if (call_list(loop, store, &range, NULL, CALL_TIMEOUT_MS, &reply) == STORE_OK)
		r = feed_reply(feed, &reply, err);
	else
		r = err_set(err, -EIO, "cannot list %s: %s", kind_plural(kind), reply.err.msg);
	store_reply_done(&reply);
	return r;
}

static int feed_node(struct config_feed *feed, struct loop *loop, struct store *store,
	const char *hostname, struct err *err)
{
	const struct key key = key_resource(KIND_NODE, NULL, hostname);
	struct store_reply reply = { 0 };
	enum store_status status = call_get(loop, store, &key, NULL, CALL_TIMEOUT_MS, &reply);
	int r = 0;

	if (status == STORE_OK)
		r = feed_reply(feed, &reply, err);
	else if (status != STORE_E_NOT_FOUND)
		r = err_set(err, -EIO, "cannot read Node %s: %s", hostname, reply.err.msg);
	store_reply_done(&reply);
	return r;
}

int settings_load_datastore(struct config *c, struct loop *loop, struct store *store,
	struct problems *problems, struct err *err)
{
	const char *hostname = config_values(c)->hostname;
	struct config_feed *feed = config_feed_new(c, hostname);
	int r;

	if ((r = feed_list(feed, loop, store, KIND_CLUSTER_INFORMATION, err)) ||
		(r = feed_list(feed, loop, store, KIND_FELIX_CONFIGURATION, err)) ||
		(r = feed_node(feed, loop, store, hostname, err))) {
		config_feed_free(feed);
		return r;
	}
	if (config_feed_ready(feed)) {
		config_feed_apply(feed);
		r = resolve(c, problems, err);
	} else {
		r = err_set(err, SETTINGS_E_NOT_READY,
			"ClusterInformation does not say datastoreReady: true");
	}
	config_feed_free(feed);
	return r;
}

bool settings_owns_ipip_routes(const struct config_values *v)
{
	return str_eq(v->program_cluster_routes, "Enabled") ||
	       str_eq(v->program_cluster_routes, "EnabledIPIPOnly");
}

bool settings_owns_no_encap_routes(const struct config_values *v)
{
	return str_eq(v->program_cluster_routes, "Enabled") ||
	       str_eq(v->program_cluster_routes, "EnabledNoEncapOnly");
}

static enum log_level threshold(const char *text)
{
	return str_empty(text) ? LOG_OFF : log_level_parse(text);
}

void settings_apply_logs(const struct config_values *v)
{
	int r;

	log_set_threshold(LOG_SINK_SCREEN, threshold(v->log_severity_screen));
	log_set_threshold(LOG_SINK_SYSLOG, LOG_OFF);
	log_set_threshold(LOG_SINK_FILE,
		str_empty(v->log_file_path) ? LOG_OFF : threshold(v->log_severity_file));
	if (str_empty(v->log_file_path))
		return;
	r = log_open_file(v->log_file_path);
	if (r)
		log_warning("Cannot open log file %s: %s", v->log_file_path, strerror(-r));
}
