/* SPDX-License-Identifier: GPL-2.0-or-later */
/* One table per object; each row says where a member goes. The words of errors are those of Go's
 * decoder, which name the struct of upstream that the object is read into. */
#include "netconf.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"

#define NETCONF_MAX (1u << 20) /* bytes of standard input */

enum field_type { FIELD_TEXT, FIELD_BOOL, FIELD_INT, FIELD_TEXTS, FIELD_OBJECT, FIELD_TAKE };

struct decoder;
struct scope;

struct field {
	const char *name;
	enum field_type type;
	size_t offset;
	const struct scope *scope;                                      /* FIELD_OBJECT */
	void (*take)(struct decoder *d, const struct json_value *value); /* FIELD_TAKE */
};

struct scope {
	const char *go_struct; /* "" for one without a name */
	const struct field *fields;
	size_t n;
};

struct decoder {
	struct netconf *conf;
	const char *path[8]; /* names of the members around the present one */
	size_t depth;
};

/* ---- errors */

static void wrong_type(struct decoder *d, const struct scope *scope, const char *name,
	const struct json_value *v, const char *go_type)
{
	_cleanup_buf_ struct buf path = BUF_INIT;

	if (d->conf->fault.code)
		return;
	for (size_t i = 0; i < d->depth; i++)
		buf_printf(&path, "%s.", d->path[i]);
	buf_puts(&path, name);
	err_set(&d->conf->fault, -EBADMSG,
		"json: cannot unmarshal %s%s%s into Go struct field %s.%s of type %s",
		json_type_name(v->type), v->type == JSON_NUMBER ? " " : "",
		v->type == JSON_NUMBER ? v->text : "", scope->go_struct, buf_str(&path), go_type);
}

/* ---- members that are no plain fields */

static void take_label(struct decoder *d, const struct json_value *label)
{
	const struct json_value *key = json_member(label, "key");
	const struct json_value *value = json_member(label, "value");
	struct text_map *labels = &d->conf->labels;

	labels->v[labels->n++] = (struct text_pair){
		.key = key && key->type == JSON_TEXT ? key->text : "",
		.value = value && value->type == JSON_TEXT ? value->text : "",
	};
}

static void take_labels(struct decoder *d, const struct json_value *list)
{
	static const struct scope labels = { "" };

	if (list->type != JSON_LIST) {
		wrong_type(d, &labels, "labels", list,
			"[]struct { Key string \"json:\\\"key\\\"\"; Value string "
			"\"json:\\\"value\\\"\" }");
		return;
	}
	d->conf->labels = (struct text_map){
		.v = arena_new_n(&d->conf->arena, struct text_pair, list->n),
	};
	JSON_FOREACH (list, v)
		if (v->type == JSON_OBJECT)
			take_label(d, v);
}

static const char *text_member(const struct json_value *object, const char *name)
{
	const struct json_value *v = json_member(object, name);

	return v && v->type == JSON_TEXT && *v->text ? v->text : NULL;
}

/* A map: nothing in it has a type of its own. */
static void take_dataplane(struct decoder *d, const struct json_value *v)
{
	static const struct scope root = { "NetConf" };
	const struct json_value *type = json_member(v, "type");

	if (v->type != JSON_OBJECT) {
		wrong_type(d, &root, "dataplane_options", v, "map[string]interface {}");
		return;
	}
	d->conf->dataplane.given = v->first != NULL;
	d->conf->dataplane.type = type && type->type == JSON_TEXT ? type->text : NULL;
	d->conf->dataplane.socket = text_member(v, "socket");
}

static void take_attachments(struct decoder *d, const struct json_value *list)
{
	static const struct scope root = { "NetConf" };
	struct attachment_list *l = &d->conf->valid_attachments;

	if (list->type != JSON_LIST) {
		wrong_type(d, &root, "cni.dev/valid-attachments", list, "[]types.GCAttachment");
		return;
	}
	d->conf->has_valid_attachments = true;
	*l = (struct attachment_list){
		.v = arena_new_n(&d->conf->arena, struct attachment, list->n),
	};
	JSON_FOREACH (list, v)
		l->v[l->n++] = (struct attachment){
			.container_id = text_member(v, "containerID"),
			.ifname = text_member(v, "ifname"),
		};
}

static void take_prev_result(struct decoder *d, const struct json_value *v)
{
	d->conf->prev_result = v;
}

/* ---- the tables */

#define AT(member) offsetof(struct netconf, member)
#define SCOPE(name, go)                              \
	static const struct scope name##_scope = {   \
		go, name##_fields, ARRAY_SIZE(name##_fields) \
	}

static const struct field labels_fields[] = {
	{ "labels", FIELD_TAKE, .take = take_labels },
};
SCOPE(labels, "");

static const struct field network_info_fields[] = {
	{ "labels", FIELD_OBJECT, .scope = &labels_scope },
};
SCOPE(network_info, "NetworkInfo");

static const struct field mesos_fields[] = {
	{ "network_info", FIELD_OBJECT, .scope = &network_info_scope },
};
SCOPE(mesos, "Mesos");

static const struct field args_fields[] = {
	{ "org.apache.mesos", FIELD_OBJECT, .scope = &mesos_scope },
};
SCOPE(args, "Args");

static const struct field ipam_fields[] = {
	{ "name", FIELD_TEXT, AT(ipam.name) },
	{ "type", FIELD_TEXT, AT(ipam.type) },
	{ "subnet", FIELD_TEXT, AT(ipam.subnet) },
	{ "assign_ipv4", FIELD_TEXT, AT(ipam.assign_ipv4) },
	{ "assign_ipv6", FIELD_TEXT, AT(ipam.assign_ipv6) },
	{ "ipv4_pools", FIELD_TEXTS, AT(ipam.ipv4_pools) },
	{ "ipv6_pools", FIELD_TEXTS, AT(ipam.ipv6_pools) },
};
SCOPE(ipam, "");

static const struct field policy_fields[] = {
	{ "type", FIELD_TEXT, AT(policy.type) },
	{ "k8s_api_root", FIELD_TEXT, AT(policy.k8s_api_root) },
	{ "k8s_auth_token", FIELD_TEXT, AT(policy.k8s_auth_token) },
	{ "k8s_client_certificate", FIELD_TEXT, AT(policy.k8s_client_certificate) },
	{ "k8s_client_key", FIELD_TEXT, AT(policy.k8s_client_key) },
	{ "k8s_certificate_authority", FIELD_TEXT, AT(policy.k8s_certificate_authority) },
};
SCOPE(policy, "Policy");

static const struct field kubernetes_fields[] = {
	{ "kubeconfig", FIELD_TEXT, AT(kubernetes.kubeconfig) },
	{ "k8s_api_root", FIELD_TEXT, AT(kubernetes.k8s_api_root) },
	{ "node_name", FIELD_TEXT, AT(kubernetes.node_name) },
};
SCOPE(kubernetes, "Kubernetes");

static const struct field features_fields[] = {
	{ "ip_addrs_no_ipam", FIELD_BOOL, AT(features.ip_addrs_no_ipam) },
	{ "floating_ips", FIELD_BOOL, AT(features.floating_ips) },
};
SCOPE(features, "FeatureControl");

static const struct field container_fields[] = {
	{ "allow_ip_forwarding", FIELD_BOOL, AT(allow_ip_forwarding) },
};
SCOPE(container, "ContainerSettings");

static const struct field root_fields[] = {
	{ "cniVersion", FIELD_TEXT, AT(cni_version) },
	{ "name", FIELD_TEXT, AT(name) },
	{ "type", FIELD_TEXT, AT(type) },
	{ "nodename", FIELD_TEXT, AT(nodename) },
	{ "nodename_file", FIELD_TEXT, AT(nodename_file) },
	{ "nodename_file_optional", FIELD_BOOL, AT(nodename_file_optional) },
	{ "hostname", FIELD_TEXT, AT(hostname) },
	{ "datastore_type", FIELD_TEXT, AT(datastore_type) },
	{ "etcd_endpoints", FIELD_TEXT, AT(etcd_endpoints) },
	{ "etcd_discovery_srv", FIELD_TEXT, AT(etcd_discovery_srv) },
	{ "etcd_authority", FIELD_TEXT, AT(etcd_authority) },
	{ "etcd_scheme", FIELD_TEXT, AT(etcd_scheme) },
	{ "etcd_key_file", FIELD_TEXT, AT(etcd_key_file) },
	{ "etcd_cert_file", FIELD_TEXT, AT(etcd_cert_file) },
	{ "etcd_ca_cert_file", FIELD_TEXT, AT(etcd_ca_cert_file) },
	{ "log_level", FIELD_TEXT, AT(log_level) },
	{ "log_file_path", FIELD_TEXT, AT(log_file_path) },
	{ "log_file_max_size", FIELD_INT, AT(log_file_max_size) },
	{ "log_file_max_age", FIELD_INT, AT(log_file_max_age) },
	{ "log_file_max_count", FIELD_INT, AT(log_file_max_count) },
	{ "mtu", FIELD_INT, AT(mtu) },
	{ "num_queues", FIELD_INT, AT(num_queues) },
	{ "require_mtu_file", FIELD_BOOL, AT(require_mtu_file) },
	{ "device_type", FIELD_TEXT, AT(device_type) },
	{ "dataplane_options", FIELD_TAKE, .take = take_dataplane },
	{ "ipam", FIELD_OBJECT, .scope = &ipam_scope },
	{ "ipam_lock_file", FIELD_TEXT, AT(ipam_lock_file) },
	{ "policy", FIELD_OBJECT, .scope = &policy_scope },
	{ "kubernetes", FIELD_OBJECT, .scope = &kubernetes_scope },
	{ "feature_control", FIELD_OBJECT, .scope = &features_scope },
	{ "container_settings", FIELD_OBJECT, .scope = &container_scope },
	{ "include_default_routes", FIELD_BOOL, AT(include_default_routes) },
	{ "readiness_gates", FIELD_TEXTS, AT(readiness_gates) },
	{ "policy_setup_timeout_seconds", FIELD_INT, AT(policy_setup_timeout_seconds) },
	{ "endpoint_status_dir", FIELD_TEXT, AT(endpoint_status_dir) },
	{ "args", FIELD_OBJECT, .scope = &args_scope },
	{ "cni.dev/valid-attachments", FIELD_TAKE, .take = take_attachments },
	{ "prevResult", FIELD_TAKE, .take = take_prev_result },
};
SCOPE(root, "NetConf");

/* ---- the walk */

static void take_text(struct decoder *d, const struct scope *scope, const struct field *f,
	const struct json_value *v)
{
	if (v->type == JSON_TEXT)
		*(const char **)((char *)d->conf + f->offset) = *v->text ? v->text : NULL;
	else
		wrong_type(d, scope, f->name, v, "string");
}

static void take_int(struct decoder *d, const struct scope *scope, const struct field *f,
	const struct json_value *v)
{
	int64_t n;

	if (v->type == JSON_NUMBER && str_to_i64(v->text, &n) == 0)
		*(int64_t *)((char *)d->conf + f->offset) = n;
	else
		wrong_type(d, scope, f->name, v, "int");
}

static void take_texts(struct decoder *d, const struct scope *scope, const struct field *f,
	const struct json_value *list)
{
	struct text_list *l = (struct text_list *)((char *)d->conf + f->offset);

	if (list->type != JSON_LIST) {
		wrong_type(d, scope, f->name, list, "[]string");
		return;
	}
	*l = (struct text_list){ .v = arena_new_n(&d->conf->arena, const char *, list->n) };
	JSON_FOREACH (list, v) {
		if (v->type == JSON_TEXT || v->type == JSON_NULL)
			l->v[l->n++] = v->type == JSON_TEXT ? v->text : "";
		else
			wrong_type(d, scope, f->name, v, "string");
	}
}

static void take_object(struct decoder *d, const struct scope *scope, const struct json_value *v);

static void take_scope(struct decoder *d, const struct scope *scope, const struct field *f,
	const struct json_value *v)
{
	if (v->type != JSON_OBJECT) {
		wrong_type(d, scope, f->name, v,
			*f->scope->go_struct ? f->scope->go_struct : "struct {...}");
		return;
	}
	d->path[d->depth++] = f->name; /* the tables are less deep than the array */
	take_object(d, f->scope, v);
	d->depth--;
}

static void take_field(struct decoder *d, const struct scope *scope, const struct field *f,
	const struct json_value *v)
{
	switch (f->type) {
	case FIELD_TEXT:
		take_text(d, scope, f, v);
		break;
	case FIELD_BOOL:
		if (v->type == JSON_BOOL)
			*(bool *)((char *)d->conf + f->offset) = v->text[0] == 't';
		else
			wrong_type(d, scope, f->name, v, "bool");
		break;
	case FIELD_INT:
		take_int(d, scope, f, v);
		break;
	case FIELD_TEXTS:
		take_texts(d, scope, f, v);
		break;
	case FIELD_OBJECT:
		take_scope(d, scope, f, v);
		break;
	case FIELD_TAKE:
		f->take(d, v);
		break;
	}
}

static void take_object(
	struct decoder *d, const struct scope *scope, const struct json_value *object)
{
	JSON_FOREACH (object, m)
		for (size_t i = 0; i < scope->n && m->type != JSON_NULL; i++)
			if (str_eq_nocase(scope->fields[i].name, m->name))
				take_field(d, scope, &scope->fields[i], m);
}

/* ---- */

bool network_name_valid(const char *name)
{
	return name[strspn(name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				 "_.-")] == '\0' &&
	       !strchr("_.-", name[0]);
}

static int check_name(const struct netconf *conf, struct cni_error *err)
{
	const struct json_value *name = json_member(conf->root, "name");

	if (name && name->type != JSON_TEXT && name->type != JSON_NULL)
		return cni_fail(err, CNI_DECODE,
			"error unmarshall network config: json: cannot unmarshal %s into Go "
			"struct field .name of type string",
			json_type_name(name->type));
	if (!conf->name)
		return cni_fail(err, CNI_BAD_CONFIG, "missing network name");
	if (!network_name_valid(conf->name)) {
		cni_fail(err, CNI_BAD_CONFIG, "invalid characters found in network name");
		return cni_details(err, "%s", conf->name);
	}
	return 0;
}

int netconf_read(const char *text, size_t len, struct netconf *ret, struct cni_error *err)
{
	const struct json_value *root;
	struct err why = { 0 };
	struct decoder d = { .conf = ret };

	*ret = (struct netconf){ .len = len };
	if (len > NETCONF_MAX)
		return cni_fail(err, CNI_DECODE,
			"error unmarshall network config: more than %u bytes", NETCONF_MAX);
	ret->text = arena_strndup(&ret->arena, text ? text : "", len);
	if (json_values_read(ret->text, len, &ret->arena, &root, &why) < 0)
		return cni_fail(err, CNI_DECODE, "error unmarshall network config: %s", why.msg);
	ret->root = root;
	if (root->type != JSON_OBJECT && root->type != JSON_NULL)
		return cni_fail(err, CNI_DECODE,
			"error unmarshall network config: json: cannot unmarshal %s into Go "
			"value of type struct { Name string \"json:\\\"name\\\"\" }",
			json_type_name(root->type));
	take_object(&d, &root_scope, root);
	return check_name(ret, err);
}

void netconf_done(struct netconf *conf)
{
	arena_done(&conf->arena);
	*conf = (struct netconf){ 0 };
}

int netconf_check(const struct netconf *conf, struct cni_error *err)
{
	if (conf->fault.code)
		return cni_fail(err, CNI_OTHER, "failed to load netconf: %s", conf->fault.msg);
	return 0;
}
