/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "mtu.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/str.h"
#include "netns.h"

static int fail_file(struct cni_error *err, const char *file, const char *verb, int error)
{
	char why[64];

	return cni_fail(err, CNI_OTHER, "failed to read MTU file: %s %s: %s", verb, file,
		errno_text(error, why));
}

static int parse(char *text, int64_t *ret, struct cni_error *err)
{
	char *start = text + strspn(text, " \t\r\n"), *end = start + strlen(start);

	while (end > start && strchr(" \t\r\n", end[-1]))
		*--end = '\0';
	if (str_to_i64(start, ret) < 0)
		return cni_fail(err, CNI_OTHER,
			"failed to read MTU file: strconv.Atoi: parsing \"%s\": invalid syntax",
			start);
	if (*ret < 0 || *ret > UINT16_MAX)
		return cni_fail(err, CNI_OTHER, "failed to read MTU file: %s is no MTU", start);
	return 0;
}

int mtu_choose(const struct netconf *conf, const char *file, int64_t *ret, struct cni_error *err)
{
	_cleanup_close_ int fd = open(file, O_RDONLY | O_CLOEXEC);
	char text[64];
	ssize_t n;
	int r;

	*ret = 0;
	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		if (n < 0)
			return fail_file(err, file, "read", errno);
		text[n] = '\0';
		r = parse(text, ret, err);
		if (r)
			return r;
	} else if (errno != ENOENT || conf->require_mtu_file) {
		return fail_file(err, file, "open", errno);
	}
	if (conf->mtu < 0 || conf->mtu > INT32_MAX)
		return cni_fail(err, CNI_BAD_CONFIG, "mtu: %lld is no MTU", (long long)conf->mtu);
	if (conf->mtu)
		*ret = conf->mtu;
	return 0;
}
