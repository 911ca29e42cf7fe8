/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipam_verbs.h"

#include <stdio.h>

static int refuse(struct cni_error *err)
{
	return cni_fail(err, CNI_OTHER, "calico-ipam is not part of this build");
}

int ipam_add(struct cni_call *call, struct cni_result *ret, struct cni_error *err)
{
	return refuse(err);
}

int ipam_del(struct cni_call *call, struct cni_error *err)
{
	return refuse(err);
}

int ipam_check(struct cni_call *call, struct cni_error *err)
{
	return refuse(err);
}

int ipam_status(struct cni_call *call, struct cni_error *err)
{
	return refuse(err);
}

int ipam_gc(struct cni_call *call, struct cni_error *err)
{
	return refuse(err);
}

int ipam_upgrade(const char *const *vars)
{
	fputs("calico-ipam is not part of this build\n", stderr);
	return 1;
}

const struct plugin ipam_plugin = {
	.name = "calico-ipam",
	.add = ipam_add,
	.del = ipam_del,
	.check = ipam_check,
	.status = ipam_status,
	.gc = ipam_gc,
	.check_says = "",
};
