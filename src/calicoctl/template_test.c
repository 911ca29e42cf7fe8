/* SPDX-License-Identifier: GPL-2.0-or-later */
/* template_test.c - each want was also printed by Go's text/template over the same values. */
#include "base/testing.h"

#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "template.h"

static const char tier_json[] =
	"{\"kind\":\"Tier\",\"apiVersion\":\"projectcalico.org/v3\",\"metadata\":{\"name\":\"sea\","
	"\"labels\":{\"a\":\"1\",\"b\":\"x<y\"}},\"spec\":{\"order\":12.5,\"defaultAction\":\"Deny\"}}";
static const char bare_json[] =
	"{\"kind\":\"Tier\",\"apiVersion\":\"projectcalico.org/v3\",\"metadata\":{\"name\":\"bare\"},"
	"\"spec\":{}}";
static const char set_json[] =
	"{\"kind\":\"GlobalNetworkSet\",\"apiVersion\":\"projectcalico.org/v3\",\"metadata\":"
	"{\"name\":\"nets\"},\"spec\":{\"nets\":[\"10.0.0.0/8\",\"fd00::/8\",\"192.0.2.1\"]}}";
static const char node_json[] =
	"{\"kind\":\"Node\",\"apiVersion\":\"projectcalico.org/v3\",\"metadata\":{\"name\":\"n1\"},"
	"\"spec\":{\"bgp\":{\"asNumber\":64999,\"ipv4Address\":\"192.0.2.7/24\"},\"addresses\":"
	"[{\"address\":\"192.0.2.7\",\"type\":\"InternalIP\"},{\"address\":\"203.0.113.1\"}]}}";
static const char peer_json[] =
	"{\"kind\":\"BGPPeer\",\"apiVersion\":\"projectcalico.org/v3\",\"metadata\":{\"name\":\"p\"},"
	"\"spec\":{\"keepOriginalNextHop\":true,\"numAllowedLocalASNumbers\":3}}";

/* . is [list of both tiers, the set, the node, the peer] */
static const struct {
	const char *text, *want; /* NULL: fails */
} cases[] = {
	{ "", "" },
	{ "plain {text} }}", "plain {text} }}" },
	{ "{{len .}}", "4" },
	{ "{{range .}}{{.Kind}} {{end}}", "TierList GlobalNetworkSet Node BGPPeer " },
	{ "{{range (index . 0).Items}}{{.Name}}:{{.Spec.Order}} {{end}}", "sea:12.5 bare:<nil> " },
	{ "{{(index . 0).ListMeta.ResourceVersion}}|{{(index . 0).ResourceVersion}}", "77|77" },
	{ "{{with index . 1}}{{.Name}} {{.ObjectMeta.Name}} {{.TypeMeta.Kind}}{{end}}",
		"nets nets GlobalNetworkSet" },
	{ "{{with index . 1}}{{.Spec.Nets}}{{end}}", "[10.0.0.0/8 fd00::/8 192.0.2.1]" },
	{ "{{with index . 1}}{{range $i, $n := .Spec.Nets}}{{$i}}={{$n}};{{end}}{{end}}",
		"0=10.0.0.0/8;1=fd00::/8;2=192.0.2.1;" },
	{ "{{with index . 1}}{{join .Spec.Nets \"+\"}}{{end}}", "10.0.0.0/8+fd00::/8+192.0.2.1" },
	{ "{{with index . 1}}{{joinAndTruncate .Spec.Nets \",\" 14}}{{end}}", "10.0.0.0/8,..." },
	{ "{{with index . 1}}{{joinAndTruncate .Spec.Nets \",\" 29}}{{end}}",
		"10.0.0.0/8,fd00::/8,192.0.2.1" },
	{ "{{with index . 1}}{{joinAndTruncate .Spec.Nets \",\" 28}}{{end}}",
		"10.0.0.0/8,fd00::/8,192.0..." },
	{ "{{range (index . 0).Items}}{{.Labels}}{{end}}", "map[a:1 b:x<y]map[]" },
	{ "{{range (index . 0).Items}}{{range $k, $v := .Labels}}{{$k}}-{{$v}} {{else}}none{{end}}"
	  "{{end}}",
		"a-1 b-x<y none" },
	{ "{{range (index . 0).Items}}{{.Labels.a}} {{index .Labels \"b\" | html}};{{end}}",
		"1 x&lt;y;<no value> ;" },
	{ "{{(index . 2).Spec.BGP.ASNumber}} {{(index . 2).Spec.BGP.IPv4Address}}",
		"64999 192.0.2.7/24" },
	{ "{{range (index . 2).Spec.Addresses}}{{.Address}}/{{.Type}} {{end}}",
		"192.0.2.7/InternalIP 203.0.113.1/ " },
	{ "{{(index . 3).Spec.KeepOriginalNextHop}} {{(index . 3).Spec.NumAllowedLocalASNumbers}}",
		"true 3" },
	{ "{{if (index . 3).Spec.KeepOriginalNextHop}}yes{{else}}no{{end}}", "yes" },
	{ "{{if eq 1 2}}a{{else if eq 1 1}}b{{else}}c{{end}}", "b" },
	{ "{{if eq 1 2}}a{{else if eq 1 3}}b{{else}}c{{end}}", "c" },
	{ "{{with \"\"}}a{{else}}b{{end}}", "b" },
	{ "a  {{- \" b \" -}}  c", "a b c" },
	{ "a {{/* note */}} b{{- /* note */ -}} c", "a  bc" },
	{ "{{\"a\\tb\\\"\\u00e9\\x41\"}}{{`raw\\n`}}{{'a'}}", "a\tb\"\303\251Araw\\n97" },
	{ "{{1}} {{-2}} {{0x1f}} {{1.5}} {{1e3}} {{true}}", "1 -2 31 1.5 1000 true" },
	{ "{{$x := 1}}{{$x}}{{$x = 2}}{{$x}}", "12" },
	{ "{{$x := 1}}{{if true}}{{$x = 5}}{{$y := 3}}{{$y}}{{end}}{{$x}}", "35" },
	{ "{{range $i, $r := .}}{{if eq $i 1}}{{continue}}{{end}}{{if eq $i 2}}{{break}}{{end}}{{$i}}"
	  "{{end}}",
		"0" },
	{ "{{range 3}}{{.}}{{end}}", "012" },
	{ "{{len $}}{{with 5}}{{.}}{{len $}}{{end}}", "454" },
	{ "{{define \"t\"}}<{{.}}>{{end}}{{template \"t\" 7}}{{template \"t\" \"x\"}}", "<7><x>" },
	{ "{{block \"b\" 9}}[{{.}}]{{end}}", "[9]" },
	{ "{{print 1 2 \"a\" \"b\" 3 4}}|{{println 1 \"a\"}}", "1 2ab3 4|1 a\n" },
	{ "{{printf \"%s|%5d|%-5d|%05d|%x|%q|%v|%t|%.2f|%%\" \"s\" 7 7 7 255 \"q\\\"\" 1.5 true 2.0}}",
		"s|    7|7    |00007|ff|\"q\\\"\"|1.5|true|2.00|%" },
	{ "{{printf \"%d\" \"x\"}}", "%!d(string=x)" },
	{ "{{printf \"%d %d\" 1}}", "1 %!d(MISSING)" },
	{ "{{printf \"%d\" 1 2}}", "1%!(EXTRA int=2)" },
	{ "{{\"abc\" | printf \"%s-%s\" \"x\"}}", "x-abc" },
	{ "{{and 1 0 2}}{{or 0 \"\" 3}}{{not 0}}", "03true" },
	{ "{{or true (index . 99)}}{{and false (index . 99)}}", "truefalse" },
	{ "{{lt 1 2}}{{le 2 2}}{{gt \"b\" \"a\"}}{{ge 1.5 2.5}}{{ne 1 2}}{{eq 1 2 1}}",
		"truetruetruefalsetruetrue" },
	{ "{{slice \"abcdef\" 1 3}}{{slice \"abc\" 1}}{{len \"abc\"}}", "bcbc3" },
	{ "{{urlquery \"a b&c\"}} {{js \"it's <b>\"}} {{html \"'\\\"&\"}}",
		"a+b%26c it\\'s \\u003Cb\\u003E &#39;&#34;&amp;" },
	{ "{{(printf \"%s\" \"x\") | len}}", "1" },
	{ "{{config \"asnumber\"}}", "64512" },
	/* what Go refuses */
	{ "{{", NULL }, { "{{.Nope", NULL }, { "{{nope}}", NULL }, { "{{$x}}", NULL },
	{ "{{if true}}", NULL }, { "{{end}}", NULL }, { "{{else}}", NULL }, { "{{break}}", NULL },
	{ "{{}}", NULL }, { "{{\"a}}", NULL }, { "{{(1}}", NULL }, { "{{1 2}}", NULL },
	{ "{{|}}", NULL }, { "{{1 | 2}}", NULL }, { "{{/* a }}", NULL }, { "{{1.2.3}}", NULL },
	{ "{{.Items}}", NULL }, { "{{(index . 1).Nope}}", NULL }, { "{{(index . 9)}}", NULL },
	{ "{{(index . 1).Name.X}}", NULL }, { "{{template \"no\"}}", NULL }, { "{{len 5}}", NULL },
	{ "{{lt 1 \"a\"}}", NULL }, { "{{eq}}", NULL }, { "{{range 1.5}}{{end}}", NULL },
	{ "{{define \"r\"}}{{template \"r\"}}{{end}}{{template \"r\"}}", NULL },
	{ "{{config \"no\"}}", NULL }, { "{{join 1 \",\"}}", NULL }, { "{{if 1}}{{else}}{{else}}{{end}}", NULL },
};

static struct resource *decode(enum kind kind, const char *json)
{
	struct resource *res = NULL;
	struct err err = { 0 };
	if (resource_decode(kind, json, strlen(json), &res, &err) < 0)
		fail_msg("%s", err.msg);
	return res;
}

static const char *config(void *ctx, const char *name)
{
	return str_eq(name, "asnumber") ? "64512" : NULL;
}

struct data {
	struct resource *v[5];
	struct template_result results[4];
};

static struct data data_new(void)
{
	struct data d = { .v = { decode(KIND_TIER, tier_json), decode(KIND_TIER, bare_json),
				  decode(KIND_GLOBAL_NETWORK_SET, set_json),
				  decode(KIND_NODE, node_json), decode(KIND_BGP_PEER, peer_json) } };
	return d;
}

static int run(struct data *d, const char *text, struct buf *out, struct err *err)
{
	const struct template_result results[] = { { KIND_TIER, true, "77", 2, d->v },
		{ KIND_GLOBAL_NETWORK_SET, false, NULL, 1, d->v + 2 },
		{ KIND_NODE, false, NULL, 1, d->v + 3 },
		{ KIND_BGP_PEER, false, NULL, 1, d->v + 4 } };
	_cleanup_(template_freep) struct template *t = NULL;
	int r = template_parse("get", text, &t, err);
	return r < 0 ? r : template_run(t, results, ARRAY_SIZE(results), config, NULL, out, err);
}

static void data_done(struct data *d)
{
	for (size_t i = 0; i < ARRAY_SIZE(d->v); i++)
		resource_free(d->v[i]);
}

static void test_cases(void **state)
{
	struct data d = data_new();
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		struct err err = { 0 };
		int r = run(&d, cases[i].text, &out, &err);
		if (!cases[i].want && r == 0)
			fail_msg("%s: not refused", cases[i].text);
		if (!cases[i].want) {
			assert_true(str_starts(err.msg, "template: get:1: "));
			continue;
		}
		if (r < 0)
			fail_msg("%s: %s", cases[i].text, err.msg);
		if (!str_eq(buf_str(&out), cases[i].want))
			fail_msg("%s\n got  %s\n want %s", cases[i].text, buf_str(&out),
				cases[i].want);
	}
	data_done(&d);
}

static void test_lines_in_errors(void **state)
{
	struct data d = data_new();
	_cleanup_buf_ struct buf out = BUF_INIT;
	struct err err = { 0 };
	assert_true(run(&d, "a\nb\n{{nope}}", &out, &err) < 0);
	assert_string_equal(err.msg, "template: get:3: function \"nope\" not defined");
	assert_true(run(&d, "a\n{{/* x\n */}}\n{{.Nope}}", &out, &err) < 0);
	assert_true(str_starts(err.msg, "template: get:4: "));
	data_done(&d);
}

/* Deep nesting ends in an error, not in the stack. */
static void test_depth(void **state)
{
	struct data d = data_new();
	for (int i = 0; i < 3; i++) {
		static const char *const open[] = { "{{if true}}", "{{with 1}}", "(" };
		_cleanup_buf_ struct buf text = BUF_INIT, out = BUF_INIT;
		struct err err = { 0 };
		buf_puts(&text, i == 2 ? "{{" : "");
		for (int k = 0; k < 100000; k++)
			buf_puts(&text, open[i]);
		assert_true(run(&d, buf_str(&text), &out, &err) < 0);
		assert_non_null(strstr(err.msg, "too deep"));
	}
	data_done(&d);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_cases),
		cmocka_unit_test(test_lines_in_errors),
		cmocka_unit_test(test_depth),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
