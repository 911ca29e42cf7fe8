/* SPDX-License-Identifier: GPL-2.0-or-later */
/* vectors_test.c - what upstream stores and refuses, byte for byte. */
#include <string.h>

#include <jansson.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "base/testing.h"
#include "model/key.h"
#include "model/validate.h"
#include "model/yaml.h"

/* ---- vectors ---- */

typedef void (*vector_fn)(const json_t *vector, struct buf *failure);

static const char *text_of(const json_t *vector, const char *member)
{
	const char *text = json_string_value(json_object_get(vector, member));

	return text ? text : "";
}

/* Reals for the vectors with numbers that jansson cannot hold. */
static json_t *load(const char *text)
{
	json_t *value = json_loads(text, JSON_ALLOW_NUL, NULL);

	return value ? value : json_loads(text, JSON_ALLOW_NUL | JSON_DECODE_INT_AS_REAL, NULL);
}

static void for_each_line(const char *file, vector_fn fn)
{
	FILE *f = fopen(file, "re");
	char *line = NULL;
	size_t cap = 0;
	int n = 0, failed = 0;

	assert_non_null(f);
	while (getline(&line, &cap, f) > 0) {
		json_t *vector = load(line);
		_cleanup_buf_ struct buf failure = BUF_INIT;

		assert_non_null(vector);
		fn(vector, &failure);
		n++;
		if (failure.len) {
			failed++;
			print_error("%s: %s\n", text_of(vector, "name"), buf_str(&failure));
		}
		json_decref(vector);
	}
	free(line);
	fclose(f);
	print_message("%s: %d vectors, %d failed\n", file, n, failed);
	assert_true(n > 0);
	assert_int_equal(failed, 0);
}

static size_t yaml_len(const json_t *vector)
{
	return json_string_length(json_object_get(vector, "yaml"));
}

static void expect(struct buf *failure, const char *what, const char *got, const char *want)
{
	if (strcmp(got, want) != 0)
		buf_printf(failure, "%s\n  got:  %s\n  want: %s\n", what, got, want);
}

/* ---- as calicoctl creates ---- */

static bool is_client_matter(const json_t *vector)
{
	/* What needs the datastore: existence, revisions, tiers, filters, overlap, singletons. */
	static const char *const names[] = { "resource already exists", "resource does not exist",
		"BGPFilter(s) not found", "overlaps with IPPool(", "Cannot create a",
		"update conflict", "Cannot create an", "field must not be set for a Create",
		"namespace should not be", "IPPool blocksSize conflicts", "operation " };
	const char *text = text_of(vector, "stderr");

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strstr(text, names[i]))
			return true;
	return false;
}

/* The texts of all faults, "" when there is none. */
static void validate(struct resource *res, struct buf *out)
{
	struct field_errors errors = { 0 };

	if (kind_namespaced(res->kind) && str_empty(res->meta.ns))
		res->meta.ns = "default";
	resource_validate_first(res, &errors);
	if (!errors.n) {
		resource_default_on_write(res);
		resource_validate(res, &errors);
	}
	if (!errors.n)
		resource_validate_last(res, &errors);
	if (errors.n)
		field_errors_text(&errors, out);
	field_errors_done(&errors);
}

static void create_text(const char *yaml, size_t len, struct buf *out, struct yaml_objects *objects)
{
	static const char unknown[] = "unknown field \"";
	struct err err = { 0 };
	const char *at;

	if (yaml_read(yaml, len, objects, &err) < 0) {
		at = strstr(err.msg, unknown);
		if (at)
			buf_printf(out,
				"field in document is not recognized or is in the wrong location: "
				"%.*s\n",
				(int)strcspn(at + strlen(unknown), "\""), at + strlen(unknown));
		else
			buf_printf(out, "failed to execute command: %s\n", err.msg);
		return;
	}
	if (!objects->n)
		buf_puts(out, "no resources specified in file -\n");
	for (size_t i = 0; i < objects->n; i++) {
		_cleanup_buf_ struct buf text = BUF_INIT;

		validate(objects->v[i], &text);
		if (text.len)
			buf_printf(out, "failed to create '%s' resource: [%s]\n",
				kind_name(objects->v[i]->kind), buf_str(&text));
	}
}

static void put_stored(struct resource *res, struct buf *out)
{
	res->meta.uid = "UID";
	res->meta.creation_timestamp = "TIME";
	res->meta.resource_version = NULL;
	resource_prepare_store(res);
	resource_encode(res, out);
}

/* ---- resources ---- */

static void read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "re");
	char part[4096];
	size_t n;

	if (!f)
		return;
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_put(out, part, n);
	fclose(f);
}

static void check_resource(const json_t *vector, struct buf *failure)
{
	_cleanup_buf_ struct buf path = BUF_INIT, yaml = BUF_INIT, want = BUF_INIT, got = BUF_INIT;
	_cleanup_buf_ struct buf text = BUF_INIT, key_text = BUF_INIT;
	struct yaml_objects objects = { 0 };

	if (json_is_true(json_object_get(vector, "init")))
		return;
	buf_printf(&path, VECTORS "/resources/%s.yaml", text_of(vector, "name"));
	read_file(buf_str(&path), &yaml);
	buf_clear(&path);
	buf_printf(&path, VECTORS "/resources/%s.json", text_of(vector, "name"));
	read_file(buf_str(&path), &want);
	create_text(buf_str(&yaml), yaml.len, &text, &objects);
	expect(failure, "error", buf_str(&text), "");
	if (objects.n == 1) {
		struct resource *res = objects.v[0];
		struct key key = key_resource(res->kind,
			kind_namespaced(res->kind) ? res->meta.ns : NULL, res->meta.name);

		put_stored(res, &got);
		expect(failure, "stored", buf_str(&got), buf_str(&want));
		assert_int_equal(key_format(&key, &key_text), 0);
		expect(failure, "key", buf_str(&key_text), text_of(vector, "key"));
	}
	yaml_objects_done(&objects);
}

static void test_resources(void **state)
{
	for_each_line(VECTORS "/resources/index.jsonl", check_resource);
}

/* ---- refused input ---- */

/* Decided otherwise than upstream: what has to be in our text. */
static const struct {
	const char *name, *want;
} decided[] = {
	/* names line and member, as the rule for aliases wants */
	{ "doc-alias-undefined", "yaml: line 3: metadata: unknown anchor referenced 'nope'" },
	/* upstream turns y into true first */
	{ "felix-bpfexcludecidrsfromnat", "BPFExcludeCIDRsFromNAT = '[10.0.0.0/8 y]'" },
	/* upstream's text holds an address of its memory */
	{ "staged-ndelete", "StagedNetworkPolicySpec = '{Delete  5 [] []  []  []}' (Spec fields, except "
			    "Tier, should all be zero-value if stagedAction is Delete)" },
};

static const char *decided_text(const json_t *vector)
{
	for (size_t i = 0; i < ARRAY_SIZE(decided); i++)
		if (strcmp(decided[i].name, text_of(vector, "name")) == 0)
			return decided[i].want;
	return NULL;
}

static int line_cmp(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort_lines(const char *text, struct buf *out)
{
	_cleanup_strv_ struct strv lines = { 0 };

	strv_split(&lines, text, '\n');
	qsort(lines.v, lines.n, sizeof(*lines.v), line_cmp);
	for (size_t i = 0; i < lines.n; i++)
		buf_printf(out, "%s\n", lines.v[i]);
}

static void check_invalid(const json_t *vector, struct buf *failure)
{
	_cleanup_buf_ struct buf got = BUF_INIT, got_sorted = BUF_INIT, want_sorted = BUF_INIT;
	struct yaml_objects objects = { 0 };
	const json_t *ours = json_object_get(vector, "ours");
	const char *want = text_of(ours ? ours : vector, "stderr");

	if (is_client_matter(vector))
		return;
	create_text(text_of(vector, "yaml"), yaml_len(vector), &got, &objects);
	if (decided_text(vector)) {
		if (!strstr(buf_str(&got), decided_text(vector)))
			buf_printf(failure, "no '%s' in: %s", decided_text(vector), buf_str(&got));
	} else if (json_object_get(vector, "upstream")) {
		if (!strstr(buf_str(&got), "error with"))
			buf_puts(failure, "not refused");
	} else if (json_is_true(json_object_get(vector, "unordered"))) {
		sort_lines(buf_str(&got), &got_sorted);
		sort_lines(want, &want_sorted);
		expect(failure, "sorted", buf_str(&got_sorted), buf_str(&want_sorted));
	} else {
		expect(failure, "text", buf_str(&got), want);
	}
	yaml_objects_done(&objects);
}

static void test_invalid(void **state)
{
	for_each_line(VECTORS "/invalid.jsonl", check_invalid);
}

/* ---- accepted input and the reading of YAML ---- */

static void check_error(
	const json_t *vector, const json_t *ours, const char *got, struct buf *failure)
{
	_cleanup_buf_ struct buf line = BUF_INIT;

	if (!*got)
		buf_puts(failure, "not refused");
	buf_printf(&line, "line %d: ", (int)json_integer_value(json_object_get(ours, "line")));
	if (json_object_get(ours, "line") && !strstr(got, buf_str(&line)))
		buf_printf(failure, "no '%s' in: %s", buf_str(&line), got);
	if (!strstr(got, text_of(ours, "member")))
		buf_printf(failure, "no '%s' in: %s", text_of(ours, "member"), got);
}

/* What upstream refuses is recorded without a path: texts and AS numbers. */
static const json_t *member_at(const json_t *value, const json_t *path)
{
	size_t i;
	json_t *step;

	value = path ? value : json_object_get(value, "spec");
	if (!path && json_object_get(value, "bgp"))
		return json_object_get(json_object_get(value, "bgp"), "asNumber");
	if (!path)
		return json_object_get(value, "logFilePath");
	json_array_foreach(path, i, step)
		value = json_is_integer(step)
				? json_array_get(value, (size_t)json_integer_value(step))
				: json_object_get(value, json_string_value(step));
	return value;
}

static void check_member(
	struct resource *res, const json_t *path, const json_t *want, struct buf *failure)
{
	_cleanup_buf_ struct buf got = BUF_INIT;
	json_t *stored;
	const json_t *value;

	put_stored(res, &got);
	stored = load(buf_str(&got));
	value = member_at(stored, path);
	if (!value ? !json_is_null(want)
		   : !json_equal(value, want) &&
				!(json_is_number(value) && json_is_number(want) &&
					json_number_value(value) == json_number_value(want)))
		buf_printf(failure, "stored %s", buf_str(&got));
	json_decref(stored);
}

static void check_stored(
	const struct yaml_objects *objects, const json_t *want, struct buf *failure)
{
	if (objects->n != json_object_size(want))
		buf_printf(failure, "%zu objects", objects->n);
	for (size_t i = 0; i < objects->n; i++) {
		struct resource *res = objects->v[i];
		struct key key = key_resource(res->kind,
			kind_namespaced(res->kind) ? res->meta.ns : NULL, res->meta.name);
		_cleanup_buf_ struct buf path = BUF_INIT, got = BUF_INIT;

		assert_int_equal(key_format(&key, &path), 0);
		put_stored(res, &got);
		expect(failure, "stored", buf_str(&got), text_of(want, buf_str(&path)));
	}
}

/* Recorded as refused or stored by upstream; decided otherwise in words (calicoctl.md 14,
 * datamodel.md 11). */
static bool is_decided_otherwise(const json_t *vector)
{
	static const char *const names[] = {
		"json-escape", "json-slash", "json-surrogates", "escapes", "np-emptyns", "ns-nsbad",
		"map-key", "json-y", "node-n",
		"doc-tag", /* names line 6 of a text whose tag is in line 5 */
	};

	for (size_t i = 0; i < ARRAY_SIZE(names); i++)
		if (strcmp(names[i], text_of(vector, "name")) == 0)
			return true;
	return false;
}

static void check_yaml(const json_t *vector, struct buf *failure)
{
	const json_t *ours = json_object_get(vector, "ours"), *stored;
	_cleanup_buf_ struct buf got = BUF_INIT;
	struct yaml_objects objects = { 0 };

	if (strcmp(text_of(vector, "group"), "printing") == 0 || is_decided_otherwise(vector))
		return;
	create_text(text_of(vector, "yaml"), yaml_len(vector), &got, &objects);
	stored = json_object_get(ours, "stored");
	if (!stored)
		stored = json_object_get(vector, "stored");
	if (json_is_true(json_object_get(ours, "error")))
		check_error(vector, ours, buf_str(&got), failure);
	else if (ours && !json_object_get(ours, "stored"))
		expect(failure, "text", buf_str(&got), "");
	else if (!ours && json_integer_value(json_object_get(vector, "exit")))
		expect(failure, "text", buf_str(&got), text_of(vector, "stderr"));
	else if (got.len)
		buf_printf(failure, "refused: %s", buf_str(&got));
	else if (json_object_get(vector, "member") || !json_is_object(stored))
		check_member(objects.v[0], json_object_get(vector, "member"), stored, failure);
	else
		check_stored(&objects, stored, failure);
	if (json_object_get(ours, "objects") &&
		objects.n != (size_t)json_integer_value(json_object_get(ours, "objects")))
		buf_printf(failure, "%zu objects", objects.n);
	yaml_objects_done(&objects);
}

static void test_accepted(void **state)
{
	for_each_line(VECTORS "/accepted.jsonl", check_yaml);
}

static void test_yaml(void **state)
{
	for_each_line(VECTORS "/yaml.jsonl", check_yaml);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resources),
		cmocka_unit_test(test_invalid),
		cmocka_unit_test(test_accepted),
		cmocka_unit_test(test_yaml),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
