/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cluster diags: what kubectl says of a cluster. Source: calicoctl.md 11. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "args.h"
#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "commands.h"
#include "diagnostics.h"
#include "program.h"
#include "report.h"

#define BUNDLE "calico-diagnostics"
#define WORDS  32

static const struct diagnostic diagnostics[] = {
	{ "Collecting versions...", "version.yaml", { "kubectl", "version", "-o", "yaml" }, { 0 } },
	{ "Collecting nodes...", "nodes.yaml", { "kubectl", "get", "nodes", "-o", "yaml" }, { 0 } },
	{ "Collecting pods...", "pods.yaml",
		{ "kubectl", "get", "pods", "--all-namespaces", "-o", "yaml" }, { 0 } },
	{ "Collecting network policies...", "networkpolicies.yaml",
		{ "kubectl", "get", "networkpolicies", "--all-namespaces", "-o", "yaml" }, { 0 } },
	{ "Collecting custom resources...", "crds.yaml", { "kubectl", "get", "crds", "-o", "yaml" },
		{ 0 } },
	{ "Collecting daemon sets...", "daemonsets.yaml",
		{ "kubectl", "get", "daemonsets", "--all-namespaces", "-o", "yaml" }, { 0 } },
	{ "Collecting deployments...", "deployments.yaml",
		{ "kubectl", "get", "deployments", "--all-namespaces", "-o", "yaml" }, { 0 } },
	{ "Collecting events...", "events",
		{ "kubectl", "get", "events", "--all-namespaces" }, { 0 } },
};

/* "10s", "5m", "1h": one number and one unit. */
static bool is_age(const char *text)
{
	size_t digits = strspn(text, "0123456789");
	return digits > 0 && strlen(text) == digits + 1 && strchr("smh", text[digits]);
}

static int check(const struct options *opt)
{
	if (!str_empty(opt->since) && !is_age(opt->since)) {
		printf("Error executing command: invalid duration for since flag (try 10s, 5m, or "
		       "1h): %s\n",
			opt->since);
		return 1;
	}
	if (opt->max_logs < 0) {
		puts("Error executing command: negative value for max-logs flag");
		return 1;
	}
	if (!program_exists("kubectl"))
		return report_error("missing dependency: unable to locate kubectl in PATH");
	return 0;
}

/* ---- logs of the pods of calico-node: those of the nodes in focus, or of the first ones */

static void list_pods(const char *focus, struct strv *ret)
{
	static const char *const argv[] = { "kubectl", "get", "pods", "--all-namespaces", "-l",
		"k8s-app=calico-node", "-o",
		"jsonpath={range .items[*]}{.spec.nodeName} {.metadata.namespace} "
		"{.metadata.name}{\"\\n\"}{end}",
		NULL };
	_cleanup_buf_ struct buf out = BUF_INIT;
	_cleanup_strv_ struct strv lines = { 0 }, nodes = { 0 };
	if (program_run(argv, &out) != 0)
		return;
	strv_split(&lines, buf_str(&out), '\n');
	strv_split(&nodes, focus, ',');
	for (int in_focus = 1; in_focus >= 0; in_focus--) {
		for (size_t i = 0; i < lines.n; i++) {
			_cleanup_free_ char *node =
				mem_strndup(lines.v[i], strcspn(lines.v[i], " "));
			if (strv_has(&nodes, node) == (in_focus == 1))
				strv_add(ret, lines.v[i]);
		}
	}
}

static void collect_logs(const char *bundle, const struct options *opt)
{
	_cleanup_strv_ struct strv pods = { 0 };
	_cleanup_free_ char *since =
		mem_printf("--since=%s", str_empty(opt->since) ? "0s" : opt->since);
	list_pods(opt->focus_nodes, &pods);
	for (size_t i = 0; i < pods.n && (int64_t)i < opt->max_logs; i++) {
		_cleanup_strv_ struct strv words = { 0 };
		strv_split(&words, pods.v[i], ' ');
		if (words.n != 3 || strchr(words.v[2], '/'))
			continue;
		_cleanup_free_ char *says = mem_printf("Collecting logs of %s...", words.v[2]);
		_cleanup_free_ char *file = mem_printf("%s.log", words.v[2]);
		const struct diagnostic logs = { says, file,
			{ "kubectl", "logs", "-n", words.v[1], words.v[2], "--all-containers",
				since },
			{ 0 } };
		diagnostics_collect(bundle, &logs, 1);
	}
}

static int collect(const char *dir, const struct options *opt)
{
	char stamp[STAMP_MAX];
	_cleanup_free_ char *bundle = mem_printf("%s/" BUNDLE, dir);
	_cleanup_free_ char *archive =
		mem_printf(BUNDLE "-%s.tar.gz", diagnostics_stamp(1, stamp));
	if (mkdir(bundle, 0700) < 0)
		return report_error("cannot make %s: %s", bundle, strerror(errno));
	diagnostics_collect(bundle, diagnostics, ARRAY_SIZE(diagnostics));
	collect_logs(bundle, opt);
	int r = diagnostics_pack(dir, BUNDLE, archive);
	if (r == 0)
		printf("Diagnostics saved to %s\n", archive);
	return r;
}

int run_cluster_diags(struct invocation *inv)
{
	int r = check(&inv->opt);
	if (r)
		return r;
	puts("==== Begin collecting diagnostics. ====");
	_cleanup_free_ char *dir = diagnostics_directory("calico-diagnostics-");
	if (!dir)
		return report_error("cannot make a temporary directory: %s", strerror(errno));
	r = collect(dir, &inv->opt);
	if (inv->opt.keep_temp_dir)
		printf("Keeping %s\n", dir);
	else
		diagnostics_remove(dir);
	return r;
}
