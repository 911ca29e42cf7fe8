/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "names.h"

#include <stddef.h>
#include <string.h>

#include "base/buf.h"

#define LABEL_MAX 63

#define LABEL_EXAMPLES                                                                \
	"(e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is " \
	"'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
#define LABEL_CONSIST                                                                            \
	"must consist of alphanumeric characters, '-', '_' or '.', and must start and end with " \
	"an "                                                                                    \
	"alphanumeric character "

static bool is_lower_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_alnum(char c)
{
	return is_lower_alnum(c) || (c >= 'A' && c <= 'Z');
}

static bool is_dns_label(const char *s, size_t len)
{
	if (!len || !is_lower_alnum(s[0]) || !is_lower_alnum(s[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_lower_alnum(s[i]) && s[i] != '-')
			return false;
	return true;
}

bool name_is_label(const char *text)
{
	return is_dns_label(text, strlen(text));
}

static bool is_subdomain(const char *s, size_t len)
{
	const char *end = s + len;

	for (;;) {
		const char *dot = memchr(s, '.', (size_t)(end - s));

		if (!is_dns_label(s, (size_t)((dot ? dot : end) - s)))
			return false;
		if (!dot)
			return true;
		s = dot + 1;
	}
}

bool name_is_subdomain(const char *text)
{
	return is_subdomain(text, strlen(text));
}

static bool is_qualified_name(const char *s, size_t len)
{
	if (!len || !is_alnum(s[0]) || !is_alnum(s[len - 1]))
		return false;
	for (size_t i = 0; i < len; i++)
		if (!is_alnum(s[i]) && s[i] != '-' && s[i] != '_' && s[i] != '.')
			return false;
	return true;
}

static const char *prefix_fault(const char *s, size_t len)
{
	if (!len)
		return "prefix part must be non-empty";
	if (len > NAME_MAX_SUBDOMAIN)
		return "prefix part must be no more than 253 bytes";
	if (!is_subdomain(s, len))
		return "prefix part a lowercase RFC 1123 subdomain must consist of lower case "
		       "alphanumeric characters, '-' or '.', and must start and end with an "
		       "alphanumeric character (e.g. 'example.com', regex used for validation is "
		       "'[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')";
	return NULL;
}

const char *label_key_fault(const char *key)
{
	const char *slash = strchr(key, '/'), *name = slash ? slash + 1 : key;
	const char *fault;
	size_t len = strlen(name);

	if (strchr(name, '/'))
		return "a valid label key " LABEL_CONSIST LABEL_EXAMPLES
		       " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')";
	fault = slash ? prefix_fault(key, (size_t)(slash - key)) : NULL;
	if (fault)
		return fault;
	if (!len)
		return "name part must be non-empty";
	if (len > LABEL_MAX)
		return "name part must be no more than 63 bytes";
	if (!is_qualified_name(name, len))
		return "name part " LABEL_CONSIST LABEL_EXAMPLES;
	return NULL;
}

const char *label_value_fault(const char *value)
{
	size_t len = strlen(value);

	if (len > LABEL_MAX)
		return "must be no more than 63 bytes";
	if (len && !is_qualified_name(value, len))
		return "a valid label must be an empty string or consist of alphanumeric "
		       "characters, "
		       "'-', '_' or '.', and must start and end with an alphanumeric character "
		       "(e.g. "
		       "'MyValue',  or 'my_value',  or '12345', regex used for validation is "
		       "'(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')";
	return NULL;
}
