/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <inttypes.h>
#include <stdio.h>

#include "args.h"
#include "base/str.h"
#include "commands.h"
#include "ipam_values.h"
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

static int configure(struct session *s, const struct options *opt, const struct wishes *w)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_buf_ struct buf before = BUF_INIT, after = BUF_INIT;
	struct ipam_config config;
	bool found;
	if (ipam_values_config(s, &arena, &config, &found) < 0)
		return report_error("error: %s", buf_str(&s->error));
	ipam_config_encode(&config, &before);
	apply_wishes(opt, w, &config);
	ipam_config_encode(&config, &after);
	struct err err = { 0 };
	if (ipam_config_check(&config, &err) < 0)
		return report_error("error: %s", err.msg);
	if (!found || !str_eq(buf_str(&before), buf_str(&after))) {
		struct key key = { .type = KEY_IPAM_CONFIG };
		struct store_write put = { .key = &key, .value = after.data, .len = after.len };
		struct store_reply reply;
		enum store_status status = call_apply(s->loop, s->store, &put, 0, &reply);
		err = reply.err;
		store_reply_done(&reply);
		if (status != STORE_OK)
			return report_error("error: %s", err.msg);
	}
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
