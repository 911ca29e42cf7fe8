/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What a user wrote, checked as on write and shown as `get -o yaml` and `-o json` show it: both must
 * read as the same object again. Needs: calicoctl. */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "json_text.h"
#include "model/validate.h"
#include "model/yaml.h"
#include "yaml_print.h"

static void check_reads(const struct buf *shown, const struct buf *json)
{
	struct yaml_objects objects = { 0 };
	_cleanup_buf_ struct buf again = BUF_INIT;
	struct err err = { 0 };
	int r = yaml_read(buf_str(shown), shown->len, &objects, &err);
	if (r == 0 && objects.n == 1)
		resource_encode_full(objects.v[0], &again);
	if (strcmp(buf_str(&again), buf_str(json)) != 0) {
		fprintf(stderr, "%s\n--- shown as\n%s\n--- reads as\n%s %s\n", buf_str(json),
			buf_str(shown), buf_str(&again), err.msg);
		abort();
	}
	yaml_objects_done(&objects);
}

static void check_valid(struct resource *res)
{
	struct field_errors errors = { 0 };
	_cleanup_buf_ struct buf text = BUF_INIT;
	resource_validate_first(res, &errors);
	resource_default_on_write(res);
	resource_validate(res, &errors);
	resource_validate_last(res, &errors);
	field_errors_text(&errors, &text);
	if (errors.n && !text.len)
		abort();
	field_errors_done(&errors);
}

#define KEY_MAX 1000 /* YAML reads a key in a line up to 1,024 characters */

/* JSON may hold some characters as they are, and names of any length, that YAML may not: what Go's
 * encoder writes for them, its YAML reader refuses, and so does ours. */
static bool yaml_may_hold(const struct buf *text)
{
	size_t since_quote = 0;
	for (const char *p = buf_str(text); *p; p++) {
		since_quote = *p == '"' ? 0 : since_quote + 1;
		if (since_quote > KEY_MAX || *p == 0x7f || (*p == '\xc2' && (unsigned char)p[1] < 0xa0) ||
			!strncmp(p, "\xef\xbf\xbe", 3) || !strncmp(p, "\xef\xbf\xbf", 3))
			return false;
	}
	return true;
}

static void check_shown(const struct resource *res)
{
	_cleanup_buf_ struct buf json = BUF_INIT, yaml = BUF_INIT, indented = BUF_INIT;
	resource_encode_full(res, &json);
	const struct json_text whole = { buf_str(&json), json.len };
	yaml_print(whole, &yaml);
	json_text_indent(whole, 0, &indented);
	check_reads(&yaml, &json);
	if (yaml_may_hold(&indented))
		check_reads(&indented, &json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct yaml_objects objects = { 0 };
	struct err err = { 0 };
	if (yaml_read((const char *)data, size, &objects, &err) == 0) {
		for (size_t i = 0; i < objects.n; i++) {
			check_shown(objects.v[i]);
			check_valid(objects.v[i]);
			check_shown(objects.v[i]);
		}
	}
	yaml_objects_done(&objects);
	return 0;
}
