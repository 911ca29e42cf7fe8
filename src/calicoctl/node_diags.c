/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node diags: what this host knows of its network, in one archive. Source: calicoctl.md 9.
 *
 * Felix is left alone: the signal that makes upstream's dump its state would end ours.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "args.h"
#include "base/mem.h"
#include "commands.h"
#include "diagnostics.h"
#include "report.h"

#define BUNDLE "diagnostics"

static const struct diagnostic diagnostics[] = {
	{ "Dumping date", "date", { "date" }, { 0 } },
	{ "Dumping hostname", "hostname", { "hostname" }, { "uname", "-n" } },
	{ "Dumping netstat", "netstat", { "netstat", "-anp" }, { "ss", "-anp" } },
	{ "Dumping routes (IPv4)", "ipv4_route", { "ip", "-4", "route", "show", "table", "all" },
		{ 0 } },
	{ "Dumping routes (IPv6)", "ipv6_route", { "ip", "-6", "route", "show", "table", "all" },
		{ 0 } },
	{ "Dumping routing rules (IPv4)", "ipv4_rule", { "ip", "-4", "rule" }, { 0 } },
	{ "Dumping routing rules (IPv6)", "ipv6_rule", { "ip", "-6", "rule" }, { 0 } },
	{ "Dumping interface info (IPv4)", "ipv4_addr", { "ip", "-4", "addr" }, { 0 } },
	{ "Dumping interface info (IPv6)", "ipv6_addr", { "ip", "-6", "addr" }, { 0 } },
	{ "Dumping nftables", "nft_ruleset", { "nft", "-n", "-a", "list", "ruleset" }, { 0 } },
	{ "Dumping iptables (IPv4)", "ipv4_tables", { "iptables-save", "-c" }, { 0 } },
	{ "Dumping iptables (IPv6)", "ipv6_tables", { "ip6tables-save", "-c" }, { 0 } },
	{ "Dumping ipsets", "ipsets", { "ipset", "list" }, { 0 } },
	{ "Copying journal for calico-node.service", "journalctl_calico_node",
		{ "journalctl", "-u", "calico-node.service", "--no-pager" }, { 0 } },
	{ "Copying journal for calico-felix.service", "journalctl_calico_felix",
		{ "journalctl", "-u", "calico-felix.service", "--no-pager" }, { 0 } },
	{ "Dumping problems of Felix", "felix_problems", { "calicoctl", "node", "problems" },
		{ 0 } },
};

static int collect(const char *dir, const char *log_dir)
{
	char stamp[STAMP_MAX];
	_cleanup_free_ char *bundle = mem_printf("%s/" BUNDLE, dir);
	_cleanup_free_ char *logs = mem_printf("%s/logs", bundle);
	_cleanup_free_ char *archive =
		mem_printf("%s/diags-%s.tar.gz", dir, diagnostics_stamp(0, stamp));
	if (mkdir(bundle, 0700) < 0)
		return report_error("cannot make %s: %s", bundle, strerror(errno));
	diagnostics_collect(bundle, diagnostics, ARRAY_SIZE(diagnostics));
	puts("Copying Calico logs");
	fflush(stdout);
	diagnostics_copy(log_dir, logs);
	if (diagnostics_pack(dir, BUNDLE, archive))
		return 1;
	printf("\nDiags saved to %s\nIf required, you can upload the diagnostics bundle to a file "
	       "sharing service.\n",
		archive);
	return 0;
}

int run_node_diags(struct invocation *inv)
{
	if (geteuid() != 0) {
		puts("Need super user privileges: Operation not permitted");
		return 1;
	}
	puts("Collecting diagnostics");
	_cleanup_free_ char *dir = diagnostics_directory("calico");
	if (!dir)
		return report_error("cannot make a temporary directory: %s", strerror(errno));
	printf("Using temp dir: %s\n", dir);
	return collect(dir, inv->opt.log_dir);
}
