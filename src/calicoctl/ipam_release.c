/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>

#include "args.h"
#include "base/str.h"
#include "commands.h"
#include "ipam/ipam.h"
#include "ipam_report.h"
#include "model/node.h"
#include "report.h"
#include "session.h"
#include "store/call.h"

/* ---- one address */

static int release_address(struct session *s, const char *text)
{
	struct ipam_release one = { 0 };
	if (addr_parse(text, &one.addr) < 0) {
		printf("Error executing command: invalid IP address specified: %s\n", text);
		return 1;
	}
	const struct ipam_release_list list = { 1, &one };
	_cleanup_(ipam_op_freep) struct ipam_op *op =
		ipam_release_new(&list, (struct cidr_list){ 0 });
	char address[ADDR_TEXT_MAX];
	addr_format(&one.addr, address);
	if (ipam_run(op, s->loop, s->store, 0) != IPAM_OK)
		return report_error("error: %s", ipam_error(op));
	if (ipam_already_free(op).n)
		return report_error("IP address %s is not assigned", address);
	printf("Successfully released IP address %s\n", address);
	return 0;
}

/* ---- what reports call leaked */

static int check_report(const struct session *s, const struct cluster_information_spec *cluster,
	const char *path, const struct ipam_report *report)
{
	if (!str_eq(report->cluster_guid, cluster->cluster_guid))
		return report_error("cluster does not match the provided report (%s): mismatched "
				    "cluster GUID. Refusing to release",
			path);
	if (str_eq(report->version, CALICO_VERSION))
		return 0;
	if (!s->opt->force)
		return report_error("the provided report (%s) was produced using a different "
				    "version (%s) of calicoctl. Refusing to release",
			path, report->version);
	puts("WARNING: Report was produced using a different version of calicoctl. Ignoring due "
	     "to --force option");
	return 0;
}

static int check_locked(const struct session *s, const struct cluster_information_spec *cluster)
{
	if (cluster->datastore_ready.set && !cluster->datastore_ready.value)
		return 0;
	if (!s->opt->force)
		return report_error("data store is not locked. Either lock the data store, or "
				    "re-run with --force");
	puts("WARNING: Data store is not locked. Ignoring due to --force option");
	return 0;
}

/* Reads all reports and leaves in *ret what they agree on. */
static int read_reports(struct session *s, const struct resource *info, struct arena *arena,
	struct ipam_report *ret)
{
	const struct cluster_information_spec *cluster = resource_cluster_information(info);
	bool current = false;
	for (size_t i = 0; i < s->opt->reports.n; i++) {
		const char *path = s->opt->reports.v[i];
		struct ipam_report report;
		struct err err = { 0 };
		if (ipam_report_read(path, arena, &report, &err) < 0)
			return report_error("%s", err.msg);
		if (check_report(s, cluster, path, &report))
			return 1;
		current |= str_eq(report.revision, info->meta.resource_version);
		if (i > 0)
			ipam_report_intersect(ret, &report);
		*ret = report;
	}
	if (!current)
		return report_error("the provided reports are all stale - at least one should be "
				    "up-to-date. Please generate a new report while the data store "
				    "is locked and try again");
	return check_locked(s, cluster);
}

static void release_addresses(
	struct session *s, const struct ipam_report *report, struct arena *arena)
{
	size_t n = report->n_addresses;
	if (n == 0) {
		puts("Report didn't contain any leaked IPs to clean up.");
		return;
	}
	struct ipam_release *v = arena_new_n(arena, struct ipam_release, n);
	for (size_t i = 0; i < n; i++)
		v[i] = (struct ipam_release){ report->addresses[i].addr,
			report->addresses[i].handle, true, report->addresses[i].sequence };
	const struct ipam_release_list list = { n, v };
	_cleanup_(ipam_op_freep) struct ipam_op *op =
		ipam_release_new(&list, (struct cidr_list){ 0 });
	printf("Releasing %zu old IPs...\n", n);
	enum ipam_status status = ipam_run(op, s->loop, s->store, 0);
	size_t n_free = ipam_already_free(op).n;
	if (status == IPAM_OK)
		printf("Released %zu IPs successfully\n", n - n_free);
	else
		printf("An error occurred while releasing some IPs: %s.  Problems are often caused "
		       "by an out-of-date IPAM report.  Try regenerating the IPAM report and "
		       "retry.\n",
			ipam_error(op));
	if (n_free)
		printf("%zu addresses marked as leaked in the report had already been cleaned "
		       "up.\n",
			n_free);
}

struct tally {
	size_t deleted, skipped, failed;
};

static void delete_handle(struct session *s, const struct leaked_handle *h, struct tally *t)
{
	struct key key = { .type = KEY_IPAM_HANDLE, .name = h->id };
	struct store_write w = { .key = &key, .revision = h->revision };
	struct store_reply reply;
	switch (call_delete(s->loop, s->store, &w, 0, &reply)) {
	case STORE_OK:
		putchar('.');
		t->deleted++;
		break;
	case STORE_E_NOT_FOUND:
	case STORE_E_CONFLICT:
		putchar('x');
		t->skipped++;
		break;
	default:
		printf("\nDeleting handle %s failed: %s.\n", h->id, reply.err.msg);
		t->failed++;
	}
	store_reply_done(&reply);
}

static void delete_handles(struct session *s, const struct ipam_report *report)
{
	struct tally t = { 0 };
	if (report->n_handles == 0) {
		puts("Report didn't contain any handles to clean up.");
		return;
	}
	printf("Deleting %zu handles...\n"
	       "Key: '.' = Deleted OK; 'x' = skip, handle missing/changed.\n",
		report->n_handles);
	for (size_t i = 0; i < report->n_handles; i++)
		delete_handle(s, &report->handles[i], &t);
	printf("\nReleased %zu handles; %zu skipped; %zu errors.\n", t.deleted, t.skipped,
		t.failed);
}

static int release_reported(struct session *s)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_(resource_freep) struct resource *info = NULL;
	struct ipam_report report = { 0 };
	if (client_get(s->client, KIND_CLUSTER_INFORMATION, NULL, "default", NULL, &info) !=
		CLIENT_OK)
		return report_error("%s", client_error(s->client));
	int r = read_reports(s, info, &arena, &report);
	if (r)
		return r;
	release_addresses(s, &report, &arena);
	delete_handles(s, &report);
	puts("You may now unlock the data store.");
	return 0;
}

int run_ipam_release(struct invocation *inv)
{
	_cleanup_session_ struct session s = { 0 };
	int r = session_begin(&s, &inv->opt);
	if (r)
		return r;
	if (!str_empty(inv->opt.ip))
		return release_address(&s, inv->opt.ip);
	return inv->opt.reports.n ? release_reported(&s) : 0;
}
