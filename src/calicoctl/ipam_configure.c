/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "args.h"
#include "base/str.h"
#include "commands.h"
#include "ipam/ipam.h"
#include "report.h"
#include "session.h"

/* What the command line asks for. */
struct wishes {
	bool strict_given, strict, max_given, persistence_given, cooldown_given;
	int64_t max_blocks;
};

static int read_wishes(const struct options *opt, struct wishes *ret)
{
	*ret = (struct wishes){ .strict_given = !str_empty(opt->strict_affinity),
		.max_given = !str_empty(opt->max_blocks),
		.persistence_given = !str_empty(opt->vm_persistence),
		.cooldown_given = opt->cooldown_s >= 0 };
	if (!ret->strict_given && !ret->max_given && !ret->persistence_given &&
		!ret->cooldown_given)
		return report_error("at least one configuration option must be specified");
	if (ret->strict_given && args_parse_bool(opt->strict_affinity, &ret->strict) < 0)
		return report_error("invalid value. Use true or false to set strictaffinity");
	if (ret->max_given && str_to_i64(opt->max_blocks, &ret->max_blocks) < 0)
		return report_error("invalid value for maxblockhost. Use a valid number");
	if (ret->persistence_given && !str_eq(opt->vm_persistence, VM_PERSISTENCE_ENABLED) &&
		!str_eq(opt->vm_persistence, VM_PERSISTENCE_DISABLED))
		return report_error("invalid value for --kubevirt-ip-persistence. Use Enabled or "
				    "Disabled");
	return 0;
}

static void apply_wishes(
	const struct options *opt, const struct wishes *w, struct ipam_config *config)
{
	if (w->strict_given)
		config->strict_affinity = w->strict;
	if (w->max_given)
		config->max_blocks_per_host = w->max_blocks;
	if (w->persistence_given)
		config->vm_persistence = opt->vm_persistence;
	if (w->cooldown_given)
		config->cooldown_s = opt->cooldown_s;
}

static void print_done(const struct wishes *w, const struct ipam_config *config)
{
	if (w->strict_given)
		printf("Successfully set StrictAffinity to: %s\n", w->strict ? "true" : "false");
	if (w->max_given)
		printf("Successfully set MaxBlocksPerHost to: %" PRId64 "\n",
			config->max_blocks_per_host);
	if (w->persistence_given)
		printf("Successfully set KubeVirtVMAddressPersistence to: %s\n",
			config->vm_persistence);
	if (w->cooldown_given)
		printf("Successfully set IPCooldownSeconds to: %" PRId64 "\n", config->cooldown_s);
}

/* The present configuration; texts live as long as the operation. */
static int read_config(struct session *s, struct ipam_op *op, struct ipam_config *ret)
{
	if (ipam_run(op, s->loop, s->store, 0) != IPAM_OK)
		return report_error("error: %s", ipam_error(op));
	*ret = *ipam_config_of(op);
	return 0;
}

static int configure(struct session *s, const struct options *opt, const struct wishes *w)
{
	_cleanup_(ipam_op_freep) struct ipam_op *read = ipam_config_new(), *write = NULL;
	struct ipam_config config;
	if (read_config(s, read, &config))
		return 1;
	apply_wishes(opt, w, &config);
	write = ipam_configure_new(&config);
	if (ipam_run(write, s->loop, s->store, 0) != IPAM_OK)
		return report_error("error: %s", ipam_error(write));
	print_done(w, &config);
	return 0;
}

int run_ipam_configure(struct invocation *inv)
{
	_cleanup_session_ struct session s = { 0 };
	struct wishes wishes;
	int r = session_begin(&s, &inv->opt);
	if (r == 0)
		r = read_wishes(&inv->opt, &wishes);
	return r ? r : configure(&s, &inv->opt, &wishes);
}
