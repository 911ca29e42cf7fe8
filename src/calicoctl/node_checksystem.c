/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node checksystem: whether the kernel has what upstream's agent wants. Source: calicoctl.md 9.
 *
 * Ours needs nf_tables only; the answer is upstream's all the same, for hosts where both may run.
 */
#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "args.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "commands.h"
#include "report.h"

struct module {
	const char *name, *other; /* two names of one thing */
	const char *config;       /* in the kernel's configuration */
	bool optional;
};

static const struct module modules[] = {
	{ "ip_set", NULL, "CONFIG_IP_SET", false },
	{ "ip6_tables", NULL, "CONFIG_IP6_NF_IPTABLES", true },
	{ "ip_tables", NULL, "CONFIG_IP_NF_IPTABLES", false },
	{ "ipt_ipvs", "xt_ipvs", "CONFIG_NETFILTER_XT_MATCH_IPVS", false },
	{ "vfio-pci", "vfio_pci", "CONFIG_VFIO_PCI", false },
	{ "xt_bpf", NULL, "CONFIG_NETFILTER_XT_MATCH_BPF", true },
	{ "ipt_REJECT", "xt_REJECT", "CONFIG_IP_NF_TARGET_REJECT", false },
	{ "xt_rpfilter", "ipt_rpfilter", "CONFIG_IP_NF_MATCH_RPFILTER", false },
	{ "nf_conntrack_netlink", NULL, "CONFIG_NF_CT_NETLINK", false },
	{ "xt_addrtype", NULL, "CONFIG_NETFILTER_XT_MATCH_ADDRTYPE", false },
	{ "xt_conntrack", NULL, "CONFIG_NETFILTER_XT_MATCH_CONNTRACK", false },
	{ "xt_mark", NULL, "CONFIG_NETFILTER_XT_MARK", false },
	{ "xt_multiport", NULL, "CONFIG_NETFILTER_XT_MATCH_MULTIPORT", false },
	{ "xt_set", "ipt_set", "CONFIG_NETFILTER_XT_SET", false },
	{ "xt_u32", NULL, "CONFIG_NETFILTER_XT_MATCH_U32", true },
};

/* What the system says about its modules, read once. */
struct facts {
	struct buf listed; /* modules.dep, modules.builtin */
	struct buf loaded; /* /proc/modules, which is what lsmod shows */
	struct buf config;
};

static bool read_file(const char *path, struct buf *out)
{
	FILE *f = fopen(path, "re");
	char part[4096];
	size_t n;
	if (!f)
		return false;
	while ((n = fread(part, 1, sizeof(part), f)) > 0)
		buf_put(out, part, n);
	fclose(f);
	return true;
}

static void read_facts(const char *release, const char *config, struct facts *ret)
{
	static const char *const lists[] = { "modules.dep", "modules.builtin" };
	_cleanup_free_ char *boot = mem_printf("/boot/config-%s", release);
	_cleanup_free_ char *build = mem_printf("/lib/modules/%s/build/.config", release);
	_cleanup_free_ char *modules_config = mem_printf("/lib/modules/%s/config", release);
	const char *configs[] = { "/usr/src/linux/.config", boot, build, modules_config };
	for (size_t i = 0; i < ARRAY_SIZE(lists); i++) {
		_cleanup_free_ char *path = mem_printf("/lib/modules/%s/%s", release, lists[i]);
		read_file(path, &ret->listed);
	}
	read_file("/proc/modules", &ret->loaded);
	if (!str_empty(config)) {
		read_file(config, &ret->config);
		return;
	}
	for (size_t i = 0; i < ARRAY_SIZE(configs); i++)
		if (read_file(configs[i], &ret->config))
			return;
}

static void facts_done(struct facts *f)
{
	buf_done(&f->listed);
	buf_done(&f->loaded);
	buf_done(&f->config);
}

static bool has_line_start(const struct buf *text, const char *start)
{
	for (const char *p = buf_str(text); p && *p; p = strchr(p, '\n'), p = p ? p + 1 : NULL)
		if (str_starts(p, start))
			return true;
	return false;
}

static bool has_module(const struct facts *f, const char *name)
{
	_cleanup_free_ char *sys = mem_printf("/sys/module/%s", name);
	_cleanup_free_ char *file = mem_printf("/%s.ko", name);
	_cleanup_free_ char *line = mem_printf("%s ", name);
	return access(sys, F_OK) == 0 || strstr(buf_str(&f->listed), file) ||
	       has_line_start(&f->loaded, line);
}

static bool has_config(const struct facts *f, const char *name)
{
	_cleanup_free_ char *built_in = mem_printf("%s=y", name), *module = mem_printf("%s=m",
		name);
	return has_line_start(&f->config, built_in) || has_line_start(&f->config, module);
}

static void print_result(const char *name, const char *result)
{
	printf("\t\t%-20s\t\t\t\t\t%s\n", name, result);
}

/* false: Calico would not run. */
static bool check_module(const struct facts *f, const struct module *m)
{
	if (has_module(f, m->name) || (m->other && has_module(f, m->other)) ||
		has_config(f, m->config)) {
		print_result(m->name, "OK");
		return true;
	}
	if (m->optional)
		printf("WARNING: Unable to detect optional module/feature %s; continuing\n",
			m->name);
	else
		printf("WARNING: Unable to detect the %s module as Loaded/Builtin module or "
		       "lsmod\n",
			m->name);
	print_result(m->name, m->optional ? "SKIP" : "FAIL");
	return m->optional;
}

static bool check_kernel(const char *release)
{
	static const int least[] = { 2, 6, 24 };
	int have[3] = { 0 }, i = 0;
	sscanf(release, "%d.%d.%d", &have[0], &have[1], &have[2]);
	while (i < 2 && have[i] == least[i])
		i++;
	bool ok = have[i] >= least[i];
	print_result(release, ok ? "OK" : "FAIL");
	return ok;
}

int run_node_checksystem(struct invocation *inv)
{
	__attribute__((cleanup(facts_done))) struct facts facts = { 0 };
	struct utsname uts;
	if (geteuid() != 0) {
		puts("Need super user privileges: Operation not permitted");
		return 1;
	}
	if (uname(&uts) < 0)
		return report_error("cannot read the version of the kernel");
	puts("Checking kernel version...");
	bool ok = check_kernel(uts.release);
	puts("Checking kernel modules...");
	read_facts(uts.release, inv->opt.kernel_config, &facts);
	for (size_t i = 0; i < ARRAY_SIZE(modules); i++)
		ok &= check_module(&facts, &modules[i]);
	if (!ok)
		return report_error("system doesn't meet one or more minimum systems requirements "
				    "to run Calico");
	puts("System meets minimum system requirements to run Calico!");
	return 0;
}
