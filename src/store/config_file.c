/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "config_file.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"

#define FILE_MAX (1024 * 1024)
#define CANNOT   "failed to parse config as YAML/JSON: "

/* Members of spec; those without a place are of the kubernetes datastore and ignored. */
static const struct {
	const char *name;
	size_t offset;
} members[] = {
	{ "datastoreType", offsetof(struct store_config, type) },
	{ "etcdDiscoverySrv", offsetof(struct store_config, discovery_srv) },
	{ "etcdUsername", offsetof(struct store_config, username) },
	{ "etcdPassword", offsetof(struct store_config, password) },
	{ "etcdKeyFile", offsetof(struct store_config, key_file) },
	{ "etcdCertFile", offsetof(struct store_config, cert_file) },
	{ "etcdCACertFile", offsetof(struct store_config, ca_file) },
	{ "etcdKey", offsetof(struct store_config, key_pem) },
	{ "etcdCert", offsetof(struct store_config, cert_pem) },
	{ "etcdCACert", offsetof(struct store_config, ca_pem) },
};

static const char *const ignored[] = { "kubeconfig", "k8sAPIEndpoint", "k8sKeyFile", "k8sCertFile",
	"k8sCAFile", "k8sAPIToken", "k8sInsecureSkipTLSVerify", "k8sDisableNodePoll", "usePodCIDR",
	"kubeconfigInline", "k8sClientQPS", "k8sClientBurst", "k8sCurrentContext",
	"calicoAPIGroup" };

struct reading {
	yaml_document_t *doc;
	struct store_config *config;
	char *api_version, *kind;
	struct err *err;
};

typedef int (*member_fn)(struct reading *r, const char *name, const yaml_node_t *value);

static int unknown_member(struct reading *r, const char *name)
{
	return err_set(r->err, -EINVAL,
		CANNOT "error unmarshaling JSON: while decoding JSON: json: unknown field \"%s\"",
		name);
}

static const char *scalar(const yaml_node_t *n)
{
	return (const char *)n->data.scalar.value;
}

/* A plain "null" or "~" is the absence of a value. */
static bool is_null(const yaml_node_t *n)
{
	if (n->type != YAML_SCALAR_NODE || n->data.scalar.style != YAML_PLAIN_SCALAR_STYLE)
		return false;
	return str_empty(scalar(n)) || str_eq(scalar(n), "~") || str_eq_nocase(scalar(n), "null");
}

static const char *shape(const yaml_node_t *n)
{
	return n->type == YAML_SEQUENCE_NODE ? "array" : "object";
}

static int take_text(struct reading *r, const char *name, const yaml_node_t *value, char **to)
{
	if (value->type != YAML_SCALAR_NODE)
		return err_set(r->err, -EINVAL,
			CANNOT
			"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
			"%s into Go struct field CalicoAPIConfig.%s of type string",
			shape(value), name);
	free(*to);
	*to = is_null(value) || str_empty(scalar(value)) ? NULL : mem_strdup(scalar(value));
	return 0;
}

static int each_member(struct reading *r, const yaml_node_t *map, const char *what, member_fn fn)
{
	if (is_null(map))
		return 0;
	if (map->type != YAML_MAPPING_NODE)
		return err_set(r->err, -EINVAL,
			CANNOT
			"error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
			"%s into Go value of type %s",
			map->type == YAML_SCALAR_NODE ? "string" : shape(map), what);
	for (const yaml_node_pair_t *p = map->data.mapping.pairs.start;
		p < map->data.mapping.pairs.top; p++) {
		const yaml_node_t *key = yaml_document_get_node(r->doc, p->key);
		const yaml_node_t *value = yaml_document_get_node(r->doc, p->value);
		int err;

		if (key->type != YAML_SCALAR_NODE)
			return unknown_member(r, "");
		err = fn(r, scalar(key), value);
		if (err < 0)
			return err;
	}
	return 0;
}

static int spec_member(struct reading *r, const char *name, const yaml_node_t *value)
{
	_cleanup_free_ char *endpoints = NULL;
	int err;

	if (str_eq_nocase(name, "etcdEndpoints")) {
		err = take_text(r, "spec.etcdEndpoints", value, &endpoints);
		strv_done(&r->config->endpoints);
		strv_split(&r->config->endpoints, endpoints, ',');
		return err;
	}
	for (size_t i = 0; i < ARRAY_SIZE(members); i++)
		if (str_eq_nocase(name, members[i].name))
			return take_text(r, members[i].name, value,
				(char **)(void *)((char *)r->config + members[i].offset));
	for (size_t i = 0; i < ARRAY_SIZE(ignored); i++)
		if (str_eq_nocase(name, ignored[i]))
			return 0;
	return unknown_member(r, name);
}

static int top_member(struct reading *r, const char *name, const yaml_node_t *value)
{
	if (str_eq_nocase(name, "apiVersion"))
		return take_text(r, "apiVersion", value, &r->api_version);
	if (str_eq_nocase(name, "kind"))
		return take_text(r, "kind", value, &r->kind);
	if (str_eq_nocase(name, "metadata"))
		return 0;
	if (str_eq_nocase(name, "spec"))
		return each_member(r, value, "CalicoAPIConfigSpec", spec_member);
	return unknown_member(r, name);
}

static int check_identity(struct reading *r)
{
	if (!str_eq(r->api_version, "projectcalico.org/v3"))
		return err_set(r->err, -EINVAL, "invalid config file: unknown APIVersion '%s'",
			r->api_version ? r->api_version : "");
	if (!str_eq(r->kind, "CalicoAPIConfig"))
		return err_set(r->err, -EINVAL,
			"invalid config file: expected kind 'CalicoAPIConfig', got '%s'",
			r->kind ? r->kind : "");
	return 0;
}

/* Words and line as upstream's YAML reader, which is libyaml in another language, tells them: of a
 * syntax error the line before the mark, and no line for the first. */
static int syntax_error(const yaml_parser_t *p, struct err *err)
{
	size_t line = p->context_mark.line ? p->context_mark.line : p->problem_mark.line;
	char where[32] = "";

	if (line && p->error == YAML_SCANNER_ERROR)
		line++;
	if (line)
		snprintf(where, sizeof(where), "line %zu: ", line);
	return err_set(err, -EINVAL, CANNOT "error converting YAML to JSON: yaml: %s%s", where,
		p->problem ? p->problem : "unknown problem parsing YAML content");
}

static int read_document(yaml_document_t *doc, struct store_config *config, struct err *err)
{
	struct reading r = { .doc = doc, .config = config, .err = err };
	const yaml_node_t *root = yaml_document_get_root_node(doc);
	int ret = root ? each_member(&r, root, "CalicoAPIConfig", top_member) : 0;

	if (ret == 0)
		ret = check_identity(&r);
	free(r.api_version);
	free(r.kind);
	return ret;
}

int store_config_parse(const char *text, size_t len, struct store_config *ret, struct err *err)
{
	struct store_config config = { 0 };
	yaml_document_t doc;
	yaml_parser_t p;
	int r;

	if (!yaml_parser_initialize(&p))
		return err_set(err, -ENOMEM, "no memory for the YAML reader");
	yaml_parser_set_input_string(&p, (const unsigned char *)text, len);
	if (yaml_parser_load(&p, &doc)) {
		r = read_document(&doc, &config, err);
		yaml_document_delete(&doc);
	} else {
		r = syntax_error(&p, err);
	}
	yaml_parser_delete(&p);
	if (r < 0)
		store_config_done(&config);
	else
		*ret = config;
	return r;
}

int store_config_from_file(const char *path, struct store_config *ret, struct err *err)
{
	FILE *f = fopen(path, "re");
	_cleanup_buf_ struct buf text = BUF_INIT;
	int r;

	if (!f)
		return err_set(err, -errno, "%s: %s", path, strerror(errno));
	buf_grown(&text, fread(buf_reserve(&text, FILE_MAX), 1, FILE_MAX, f));
	r = ferror(f) ? err_set(err, -EIO, "%s: cannot be read", path) : 0;
	fclose(f);
	if (r < 0)
		return r;
	r = store_config_parse(buf_str(&text), text.len, ret, err);
	return r < 0 ? err_wrap(err, r, "syntax error in %s", path) : 0;
}
