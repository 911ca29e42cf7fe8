/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The network configuration and the results of other plugins: what a plugin reads from outside. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "base/buf.h"
#include "netconf.h"
#include "result.h"
#include "version.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void round_trip(const struct netconf *conf)
{
	static const char *const versions[] = { "0.2.0", "0.3.1", "1.0.0", "1.1.0" };

	for (size_t i = 0; i < ARRAY_SIZE(versions); i++) {
		struct cni_result result;
		struct buf out = BUF_INIT;
		struct err err = { 0 };

		if (cni_result_read(conf->root, versions[i], &result, &err) < 0)
			continue;
		(void)cni_result_write(&result, versions[i], &out, &err);
		cni_result_done(&result);
		buf_done(&out);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct netconf conf;
	struct cni_error err = { 0 };

	(void)netconf_read((const char *)data, size, &conf, &err);
	(void)netconf_check(&conf, &err);
	if (conf.root)
		round_trip(&conf);
	netconf_done(&conf);
	return 0;
}
