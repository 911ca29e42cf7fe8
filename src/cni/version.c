/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "version.h"

#include <errno.h>
#include <stdio.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/str.h"

static const char *const versions[] = {
	"0.1.0",
	"0.2.0",
	"0.3.0",
	"0.3.1",
	"0.4.0",
	"1.0.0",
	CNI_VERSION_CURRENT,
};

bool cni_version_supported(const char *version)
{
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++)
		if (str_eq(versions[i], version))
			return true;
	return false;
}

static int parse(const char *text, unsigned parts[3])
{
	int end = 0;

	if (sscanf(text, "%4u.%4u.%4u%n", &parts[0], &parts[1], &parts[2], &end) != 3 || text[end])
		return -EINVAL;
	return 0;
}

int cni_version_compare(const char *a, const char *b, int *ret)
{
	unsigned left[3], right[3];

	*ret = 0;
	if (parse(a, left) < 0 || parse(b, right) < 0)
		return -EINVAL;
	for (int i = 0; i < 3 && !*ret; i++)
		*ret = left[i] < right[i] ? -1 : left[i] > right[i];
	return 0;
}

bool cni_version_from(const char *version, const char *floor)
{
	int order;

	return cni_version_compare(version, floor, &order) == 0 && order >= 0;
}

void cni_versions_put(struct buf *out, const char *separator)
{
	for (size_t i = 0; i < ARRAY_SIZE(versions); i++)
		buf_printf(out, "%s\"%s\"", i ? separator : "", versions[i]);
}

void cni_versions_write(struct buf *out)
{
	buf_puts(out, "{\"cniVersion\":\"" CNI_VERSION_CURRENT "\",\"supportedVersions\":[");
	cni_versions_put(out, ",");
	buf_puts(out, "]}\n");
}
