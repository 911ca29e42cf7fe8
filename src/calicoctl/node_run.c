/* SPDX-License-Identifier: GPL-2.0-or-later */
/* node run: the calico/node container, started with docker. Source: calicoctl.md 9. */
#include "node_run.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "base/str.h"
#include "commands.h"
#include "program.h"
#include "report.h"

#define FAILED      "error executing command: "
#define CONTAINER   "calico-node"
#define STARTED     "Calico node started successfully"
#define PROGRESS_S  10
#define CERTS       "/etc/calico/certs/"
#define LOGS_INSIDE "/var/log/calico"

/* ---- the command, word by word */

static void add_env(struct strv *words, const char *name, const char *value)
{
	_cleanup_free_ char *text = mem_printf("%s=%s", name, value ? value : "");
	strv_add(words, "-e");
	strv_add(words, text);
}

static void add_env_given(struct strv *words, const char *name, const char *value)
{
	if (!str_empty(value))
		add_env(words, name, value);
}

static void add_volume(struct strv *words, const char *outside, const char *inside)
{
	_cleanup_free_ char *text = mem_printf("%s:%s", outside, inside);
	strv_add(words, "-v");
	strv_add(words, text);
}

static void add_datastore(struct strv *words, const struct store_config *config)
{
	_cleanup_free_ char *endpoints = strv_join(&config->endpoints, ",");
	add_env(words, "ETCD_ENDPOINTS", endpoints);
	add_env(words, "ETCD_DISCOVERY_SRV", config->discovery_srv);
}

static void add_node(struct strv *words, const struct node_run *n)
{
	const struct options *opt = n->opt;
	add_env(words, "CALICO_MANAGE_CNI", "false");
	add_env(words, "NODENAME", n->name);
	add_env(words, "CALICO_NETWORKING_BACKEND", opt->backend);
	if (opt->no_default_pools)
		add_env(words, "NO_DEFAULT_POOLS", "true");
	if (n->as_number >= 0) {
		_cleanup_free_ char *as = mem_printf("%" PRId64, n->as_number);
		add_env(words, "AS", as);
	}
	add_env_given(words, "IP", opt->ip);
	add_env_given(words, "IP6", opt->ip6);
	add_env_given(words, "IP_AUTODETECTION_METHOD", opt->ip_method);
	add_env_given(words, "IP6_AUTODETECTION_METHOD", opt->ip6_method);
}

static void add_volumes(struct strv *words, const struct node_run *n)
{
	static const char *const same[] = { "/var/run/calico", "/var/lib/calico", "/lib/modules",
		"/run" };
	add_volume(words, n->opt->log_dir, LOGS_INSIDE);
	for (size_t i = 0; i < ARRAY_SIZE(same); i++)
		add_volume(words, same[i], same[i]);
	if (!str_empty(n->opt->felix_config))
		add_volume(words, n->opt->felix_config, "/etc/calico/felix.cfg");
}

/* The TLS files, where the container finds them: twice, as variables and as volumes. */
static void add_certificates(struct strv *words, const struct store_config *config, bool volumes)
{
	const struct {
		const char *file, *name, *inside;
	} files[] = {
		{ config->ca_file, "ETCD_CA_CERT_FILE", CERTS "ca_cert.crt" },
		{ config->key_file, "ETCD_KEY_FILE", CERTS "key.pem" },
		{ config->cert_file, "ETCD_CERT_FILE", CERTS "cert.crt" },
	};
	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		if (str_empty(files[i].file))
			continue;
		if (volumes)
			add_volume(words, files[i].file, files[i].inside);
		else
			add_env(words, files[i].name, files[i].inside);
	}
}

static void build(const struct node_run *n, struct strv *words)
{
	strv_split(words, "docker run --net=host --privileged --name=" CONTAINER, ' ');
	strv_split(words, n->opt->init_system ? "--rm" : "-d --restart=always", ' ');
	add_datastore(words, &n->config);
	add_node(words, n);
	add_certificates(words, &n->config, false);
	add_volumes(words, n);
	add_certificates(words, &n->config, true);
	strv_add(words, n->opt->node_image);
}

static void print_dry_run(const struct node_run *n, const char *command)
{
	printf("Use the following command to start the calico/node container:\n\n%s\n\n", command);
	if (n->opt->init_system)
		puts("Use the following command to stop the calico/node container:\n\n"
		     "docker stop " CONTAINER "\n");
	else
		puts("If you are running calico/node in an init system, use the --init-system "
		     "flag\nto display the appropriate start and stop commands.");
}

/* ---- running it */

static void set_sysctl(const char *path, const char *value)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, value, strlen(value)) < 0)
		fprintf(stderr, "Cannot write %s to %s\n", value, path);
}

static void prepare_host(void)
{
	static const char *const modprobe[] = { "modprobe", "-a", "xt_set", "ip6_tables", NULL };
	_cleanup_buf_ struct buf out = BUF_INIT;
	puts("Running command to load modules: modprobe -a xt_set ip6_tables");
	if (program_run(modprobe, &out) != 0)
		fprintf(stderr, "%s\n", buf_str(&out));
	puts("Enabling IPv4 forwarding");
	set_sysctl("/proc/sys/net/ipv4/ip_forward", "1");
	puts("Enabling IPv6 forwarding");
	set_sysctl("/proc/sys/net/ipv6/conf/all/forwarding", "1");
	puts("Increasing conntrack limit");
	set_sysctl("/proc/sys/net/netfilter/nf_conntrack_max", "1000000");
}

static int follow(void)
{
	static const char *const logs[] = { "docker", "logs", CONTAINER, NULL };
	size_t shown = 0;
	for (int i = 0; i < PROGRESS_S; i++) {
		_cleanup_buf_ struct buf out = BUF_INIT;
		if (program_run(logs, &out) != 0)
			break;
		if (out.len > shown)
			fwrite(out.data + shown, 1, out.len - shown, stdout);
		shown = out.len > shown ? out.len : shown;
		if (strstr(buf_str(&out), STARTED))
			return 0;
		fflush(stdout);
		sleep(1);
	}
	return report_error(FAILED "calico/node has terminated, check logs for details");
}

static int run(const struct node_run *n, const struct strv *words, const char *command)
{
	static const char *const remove_old[] = { "docker", "rm", "-f", CONTAINER, NULL };
	_cleanup_buf_ struct buf out = BUF_INIT, ignored = BUF_INIT;
	_cleanup_free_ const char **argv = mem_new_n(const char *, words->n + 1);
	memcpy(argv, words->v, words->n * sizeof(*argv));
	puts("Removing old " CONTAINER " container (if running).");
	program_run(remove_old, &ignored);
	printf("Running the following command to start " CONTAINER ":\n%s\n"
	       "Image may take a short time to download if it is not available locally.\n",
		command);
	fflush(stdout);
	if (n->opt->init_system) { /* in place of this program, for the service manager to watch */
		execvp(argv[0], (char *const *)argv);
		return report_error(FAILED "docker: %s", strerror(errno));
	}
	if (program_run(argv, &out) != 0)
		return report_error(FAILED "%.*s", (int)strcspn(buf_str(&out), "\n"),
			buf_str(&out));
	puts("Container started, checking progress logs.");
	return follow();
}

int run_node_run(struct invocation *inv)
{
	__attribute__((cleanup(node_run_done))) struct node_run n = { 0 };
	_cleanup_strv_ struct strv words = { 0 };
	if (!inv->opt.dry_run && geteuid() != 0) {
		puts("Need super user privileges: Operation not permitted");
		return 1;
	}
	int r = node_run_check(&inv->opt, &n);
	if (r)
		return r;
	build(&n, &words);
	_cleanup_free_ char *command = strv_join(&words, " ");
	if (inv->opt.dry_run) {
		print_dry_run(&n, command);
		return 0;
	}
	if (!program_exists("docker"))
		return report_error(FAILED "docker is not on this host: run calico-node.service "
					   "instead, or see the command with --dryrun");
	if (!getenv("CALICO_CTL_CONTAINER"))
		prepare_host();
	return run(&n, &words, command);
}
