/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "link/names.h"

#include <errno.h>
#include <string.h>

#include "base/mem.h"

static int add_pattern(struct ifnames *n, const char *text, struct err *err)
{
	_cleanup_free_ char *pattern = mem_strndup(text + 1, strlen(text) - 2);

	n->patterns = mem_realloc(n->patterns, (n->n_patterns + 1) * sizeof(*n->patterns));
	if (regcomp(&n->patterns[n->n_patterns], pattern, REG_EXTENDED | REG_NOSUB) != 0)
		return err_set(err, -EINVAL, "not a regular expression: %s", text);
	n->n_patterns++;
	return 0;
}

int ifnames_init(struct ifnames *n, const char *prefix, const char *exclude, struct err *err)
{
	_cleanup_strv_ struct strv words = { 0 };
	int ret = 0;

	*n = (struct ifnames){ 0 };
	strv_split(&n->prefixes, prefix, ',');
	strv_split(&words, exclude, ',');
	for (size_t i = 0; i < words.n; i++) {
		const char *word = words.v[i];

		if (strlen(word) < 2 || word[0] != '/' || !str_ends(word, "/"))
			strv_add(&n->excluded, word);
		else if (add_pattern(n, word, err) < 0)
			ret = -EINVAL;
	}
	return ret;
}

void ifnames_done(struct ifnames *n)
{
	strv_done(&n->prefixes);
	strv_done(&n->excluded);
	for (size_t i = 0; i < n->n_patterns; i++)
		regfree(&n->patterns[i]);
	free(n->patterns);
	*n = (struct ifnames){ 0 };
}

bool ifnames_workload(const struct ifnames *n, const char *ifname)
{
	for (size_t i = 0; i < n->prefixes.n; i++)
		if (str_starts(ifname, n->prefixes.v[i]))
			return true;
	return false;
}

bool ifnames_excluded(const struct ifnames *n, const char *ifname)
{
	if (strv_has(&n->excluded, ifname))
		return true;
	for (size_t i = 0; i < n->n_patterns; i++)
		if (regexec(&n->patterns[i], ifname, 0, NULL, 0) == 0)
			return true;
	return false;
}
