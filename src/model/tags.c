/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tags.h"

#include <stdlib.h>
#include <string.h>

#include "base/addr.h"
#include "base/str.h"
#include "model/regexp.h"
#include "model/resource.h"
#include "names.h"
#include "selector/selector.h"

#define LOWER         "abcdefghijklmnopqrstuvwxyz"
#define UPPER         "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define DIGITS        "0123456789"
#define WORD          LOWER UPPER DIGITS "_"
#define INTERFACE_MAX 15

static bool only(const char *s, const char *characters)
{
	return s[strspn(s, characters)] == '\0';
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       c == '_';
}

/* Of 1 to max word characters and others. strspn() would prepare a table for each text. */
static bool only_words_up_to(const char *s, const char *others, size_t max)
{
	size_t n = 0;

	while (s[n] && n <= max && (is_word(s[n]) || strchr(others, s[n])))
		n++;
	return n >= 1 && n <= max && !s[n];
}

static bool only_up_to(const char *s, const char *characters, size_t max)
{
	size_t n = strlen(s);

	return n >= 1 && n <= max && only(s, characters);
}

/* ---- names ---- */

static bool is_selector(const char *text)
{
	_cleanup_(selector_freep) struct selector *s = NULL;

	return selector_parse(text, &s, NULL) == 0;
}

static bool is_interface(const char *text)
{
	return strcmp(text, "*") == 0 || only_words_up_to(text, ".-", INTERFACE_MAX);
}

static bool is_ignored_interface(const char *text)
{
	return strcmp(text, "*") != 0 && only_words_up_to(text, ".*-", INTERFACE_MAX);
}

static bool is_bgp_filter_interface(const char *text)
{
	return only_words_up_to(text, ".*-", INTERFACE_MAX);
}

static bool is_iface_filter(const char *text)
{
	return only_words_up_to(text, ":.+-", INTERFACE_MAX);
}

static bool is_container_id(const char *text)
{
	return *text && only(text, LOWER UPPER DIGITS "-") && *text != '-' && !str_ends(text, "-");
}

/* An IANA service name. */
static bool is_port_name(const char *text)
{
	return only_up_to(text, LOWER DIGITS "-", 15) && strpbrk(text, LOWER) && *text != '-' &&
	       !str_ends(text, "-") && !strstr(text, "--");
}

static bool is_prometheus_host(const char *text)
{
	return only_words_up_to(text, ":.+-", 64);
}

static bool is_enabled_word(const char *text)
{
	return strcmp(text, "Enabled") == 0 || strcmp(text, "Disabled") == 0;
}

/* "name=value,..." with names of word characters; empty items are skipped. */
static bool is_key_values(const char *text)
{
	while (*text) {
		size_t item = strcspn(text, ","), name = strspn(text, WORD);

		if (item && (!name || name >= item || text[name] != '='))
			return false;
		text += item;
		text += *text == ',';
	}
	return true;
}

/* ---- addresses ---- */

static bool is_net_of(const char *text, uint8_t family, bool masked)
{
	struct cidr c;

	return cidr_parse_net(text, &c) == 0 && (!family || c.addr.family == family) &&
	       (!masked || cidr_is_masked(&c));
}

static bool is_net(const char *text)
{
	return is_net_of(text, 0, true);
}

static bool is_netv4(const char *text)
{
	return is_net_of(text, 4, true);
}

static bool is_netv6(const char *text)
{
	return is_net_of(text, 6, true);
}

static bool is_cidr(const char *text)
{
	return is_net_of(text, 0, false);
}

static bool is_cidrv4(const char *text)
{
	return is_net_of(text, 4, false);
}

static bool is_cidrv6(const char *text)
{
	return is_net_of(text, 6, false);
}

static bool is_ip_of(const char *text, uint8_t family)
{
	struct addr a;

	return addr_parse(text, &a) == 0 && (!family || a.family == family);
}

static bool is_ip(const char *text)
{
	return is_ip_of(text, 0);
}

static bool is_ipv4(const char *text)
{
	return is_ip_of(text, 4);
}

static bool is_ipv6(const char *text)
{
	return is_ip_of(text, 6);
}

static bool is_port_number(const char *text)
{
	uint64_t port;

	return only(text, DIGITS) && str_to_u64(text, &port) == 0 && port >= 1 &&
	       port <= UINT16_MAX;
}

/* "address", "v4:port" or "[v6]:port". */
static bool is_ip_port(const char *text)
{
	const char *colon = strrchr(text, ':');
	bool brackets = *text == '[';
	char host[ADDR_TEXT_MAX];
	size_t len;

	if (is_ip(text))
		return true;
	if (!colon || !is_port_number(colon + 1))
		return false;
	len = (size_t)(colon - text);
	if (brackets && (len < 2 || colon[-1] != ']'))
		return false;
	text += brackets;
	len -= brackets ? 2 : 0;
	if (len >= sizeof(host))
		return false;
	memcpy(host, text, len);
	host[len] = '\0';
	return is_ip_of(host, brackets ? 6 : 4);
}

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

/* 6, 8 or 20 bytes: pairs with ':' or '-', or groups of four with '.', as Go's ParseMAC. */
static bool is_mac(const char *text)
{
	size_t len = strlen(text), group = strcspn(text, ":-.");
	bool dots = text[group] == '.';
	size_t digits = dots ? 4 : 2, groups = (len + 1) / (digits + 1);
	size_t bytes = groups * digits / 2;

	if (group != digits || (len + 1) % (digits + 1) ||
		(bytes != 6 && bytes != 8 && bytes != 20))
		return false;
	for (size_t i = 0; i < len; i++) {
		bool separator = (i + 1) % (digits + 1) == 0;

		if (separator ? text[i] != text[group] : !is_hex(text[i]))
			return false;
	}
	return true;
}

/* Base64 of 32 bytes: 43 digits, the last of which carries two zero bits, and "=". */
static bool is_wireguard_key(const char *text)
{
	return strlen(text) == 44 && text[43] == '=' &&
	       strspn(text, LOWER UPPER DIGITS "+/") == 43 && strchr("AEIMQUYcgkosw048", text[42]);
}

/* ---- lists and maps ---- */

static bool are_cidrs(const struct text_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (*l->v[i] && !is_cidr(l->v[i]))
			return false;
	return true;
}

static bool are_iface_filters(const struct text_list *l)
{
	for (size_t i = 0; i < l->n; i++)
		if (!is_iface_filter(l->v[i]))
			return false;
	return true;
}

static bool are_labels(const struct text_map *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (label_key_fault(m->v[i].key) || label_value_fault(m->v[i].value))
			return false;
	return true;
}

static bool are_bpf_log_filters(const struct text_map *m)
{
	for (size_t i = 0; i < m->n; i++)
		if (!is_iface_filter(m->v[i].key))
			return false;
	return true;
}

#define WRITING_TAG(VAR, NAME, FN) \
	const struct tag VAR = { .name = NAME, .text = FN, .writing_only = true }
#define TEXT_TAG(VAR, NAME, FN) const struct tag VAR = { .name = NAME, .text = FN }
WRITING_TAG(tag_name, "name", name_is_subdomain);
TEXT_TAG(tag_selector, "selector", is_selector);
TEXT_TAG(tag_interface, "interface", is_interface);
WRITING_TAG(tag_container_id, "containerID", is_container_id);
WRITING_TAG(tag_port_name, "portName", is_port_name);
TEXT_TAG(tag_net, "net", is_net);
WRITING_TAG(tag_rule_net, "net", is_net); /* of a list whose bad entries readers skip */
TEXT_TAG(tag_netv4, "netv4", is_netv4);
TEXT_TAG(tag_netv6, "netv6", is_netv6);
TEXT_TAG(tag_cidr, "cidr", is_cidr);
TEXT_TAG(tag_cidrv4, "cidrv4", is_cidrv4);
TEXT_TAG(tag_cidrv6, "cidrv6", is_cidrv6);
TEXT_TAG(tag_ip, "ip", is_ip);
TEXT_TAG(tag_ipv4, "ipv4", is_ipv4);
TEXT_TAG(tag_ipv6, "ipv6", is_ipv6);
TEXT_TAG(tag_ip_port, "IP:port", is_ip_port);
TEXT_TAG(tag_reachable_by, "reachableBy", is_ip);
TEXT_TAG(tag_mac, "mac", is_mac);
TEXT_TAG(tag_wireguard_key, "wireguardPublicKey", is_wireguard_key);
TEXT_TAG(tag_ignored_interface, "ignoredInterface", is_ignored_interface);
TEXT_TAG(tag_bgp_filter_interface, "bgpFilterInterface", is_bgp_filter_interface);
TEXT_TAG(tag_iface_filter, "ifaceFilter", is_iface_filter);
TEXT_TAG(tag_regexp, "regexp", regexp_is_valid);
TEXT_TAG(tag_key_values, "keyValueList", is_key_values);
TEXT_TAG(tag_prometheus_host, "prometheusHost", is_prometheus_host);
TEXT_TAG(tag_create_default_host_endpoint, "createDefaultHostEndpoint", is_enabled_word);
const struct tag tag_cidrs = { .name = "cidrs", .texts = are_cidrs };
const struct tag tag_iface_filters = { .name = "ifaceFilterSlice", .texts = are_iface_filters };
const struct tag tag_labels = { .name = "labels", .map = are_labels };
const struct tag tag_bpf_log_filters = { .name = "bpfLogFilters", .map = are_bpf_log_filters };

/* ---- patterns of the schema ---- */

static bool match_log_prefix(const char *text)
{
	return only(text, LOWER UPPER DIGITS "%: /_-");
}

static bool match_log_rate(const char *text)
{
	size_t digits = strspn(text, DIGITS);

	return digits >= 1 && digits <= 4 && *text != '0' && text[digits] == '/' &&
	       (strcmp(text + digits, "/second") == 0 || strcmp(text + digits, "/minute") == 0 ||
		       strcmp(text + digits, "/hour") == 0 || strcmp(text + digits, "/day") == 0);
}

/* "name=value,name=value,": `value` judges one value. */
static bool match_features(const char *text, bool (*value)(const char *s, size_t len))
{
	while (*text) {
		size_t name = strspn(text, WORD "-"), len;

		if (!name || text[name] != '=')
			return false;
		text += name + 1;
		len = strcspn(text, ",");
		if (!value(text, len))
			return false;
		text += len;
		text += *text == ',';
	}
	return true;
}

static bool is_switch(const char *s, size_t len)
{
	return len == 0 || (len == 4 && memcmp(s, "true", 4) == 0) ||
	       (len == 5 && memcmp(s, "false", 5) == 0);
}

static bool is_gate(const char *s, size_t len)
{
	return len && !memchr(s, '=', len);
}

static bool match_feature_detect(const char *text)
{
	return match_features(text, is_switch);
}

static bool match_feature_gates(const char *text)
{
	return match_features(text, is_gate);
}

/* Digits, perhaps a fraction, and a unit of `units` (separated by blanks), any number of times. */
static bool match_terms(const char *text, const char *units, bool fraction)
{
	while (*text) {
		size_t digits = strspn(text, DIGITS), len;
		const char *unit = units;

		if (!digits)
			return false;
		text += digits;
		if (fraction && *text == '.') {
			digits = strspn(text + 1, DIGITS);
			if (!digits)
				return false;
			text += 1 + digits;
		}
		for (; *unit; unit += len + (unit[len] == ' ')) {
			len = strcspn(unit, " ");
			if (strncmp(text, unit, len) == 0)
				break;
		}
		if (!*unit)
			return false;
		text += len;
	}
	return true;
}

/* Upstream's pattern doubles a backslash, so that no fraction ever matches. */
static bool match_duration(const char *text)
{
	return match_terms(text, "ms s m h", false);
}

static bool match_duration_fraction(const char *text)
{
	return match_terms(text, "ms s m h", true);
}

static bool match_conntrack_timeout(const char *text)
{
	return strcmp(text, "Auto") == 0 || (*text && match_terms(text, "ms s h m us", true));
}

/* How many numbers, all up to max, stand between colons; 0 when anything else does. */
static int count_numbers(const char *text, uint64_t max, bool leading_zeros)
{
	int n = 0;

	for (;; n++) {
		size_t digits = strspn(text, DIGITS);

		if (!digits || (!leading_zeros && digits > 1 && *text == '0'))
			return 0;
		if (max && (digits > 10 || strtoull(text, NULL, 10) > max))
			return 0;
		text += digits;
		if (!*text)
			return n + 1;
		if (*text++ != ':')
			return 0;
	}
}

static bool match_community(const char *text)
{
	int n = count_numbers(text, 0, true);

	return n == 2 || n == 3;
}

static bool match_filter_community(const char *text)
{
	return count_numbers(text, UINT16_MAX, false) == 2 ||
	       count_numbers(text, UINT32_MAX, false) == 3;
}

#define UP_TO_16_BITS                                                                        \
	"([0-9]|[1-9][0-9]{1,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|" \
	"6553[0-5])"
#define UP_TO_32_BITS                                                                           \
	"([0-9]|[1-9][0-9]{1,8}|[1-3][0-9]{9}|4[0-1][0-9]{8}|42[0-8][0-9]{7}|429[0-3][0-9]{6}|" \
	"4294[0-8][0-9]{5}|42949[0-5][0-9]{4}|429496[0-6][0-9]{3}|4294967[0-1][0-9]{2}|"        \
	"42949672[0-8][0-9]|429496729[0-5])"

#define PATTERN(VAR, FN, TEXT) const struct pattern VAR = { .text = TEXT, .match = FN }
PATTERN(pattern_log_prefix, match_log_prefix, "^([a-zA-Z0-9%: /_-])*$");
PATTERN(pattern_log_rate, match_log_rate, "^[1-9]\\d{0,3}/(?:second|minute|hour|day)$");
PATTERN(pattern_feature_detect, match_feature_detect,
	"^([a-zA-Z0-9-_]+=(true|false|),)*([a-zA-Z0-9-_]+=(true|false|))?$");
PATTERN(pattern_feature_gates, match_feature_gates,
	"^([a-zA-Z0-9-_]+=([^=]+),)*([a-zA-Z0-9-_]+=([^=]+))?$");
PATTERN(pattern_duration, match_duration, "^([0-9]+(\\\\.[0-9]+)?(ms|s|m|h))*$");
PATTERN(pattern_duration_fraction, match_duration_fraction, "^([0-9]+(\\.[0-9]+)?(ms|s|m|h))*$");
PATTERN(pattern_conntrack_timeout, match_conntrack_timeout,
	"^(([0-9]*(\\.[0-9]*)?(ms|s|h|m|us)+)+|Auto)$");
PATTERN(pattern_community, match_community, "^(\\d+):(\\d+)$|^(\\d+):(\\d+):(\\d+)$");
PATTERN(pattern_filter_community, match_filter_community,
	"^(" UP_TO_16_BITS ":" UP_TO_16_BITS "|" UP_TO_32_BITS ":" UP_TO_32_BITS ":" UP_TO_32_BITS
	")$");
