/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "commands.h"
#include "base/duration.h"
#include "git_commit.h"
#include "model/node.h"
#include "report.h"
#include "session.h"

struct lines { /* what was printed last */
	char *version, *type;
};

static void lines_done(struct lines *l)
{
	free(l->version);
	free(l->type);
}

static void print_changed(const char *label, const char *value, char **last)
{
	if (str_empty(value))
		value = "unknown";
	if (*last && str_eq(*last, value))
		return;
	printf("%-19s%s\n", label, value);
	fflush(stdout);
	free(*last);
	*last = mem_strdup(value);
}

static int print_cluster(struct session *s, struct lines *last)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	if (client_get(s->client, KIND_CLUSTER_INFORMATION, NULL, "default", NULL, &res) !=
		CLIENT_OK)
		return report_error(
			"unable to retrieve Cluster Version or Type: %s", client_error(s->client));
	const struct cluster_information_spec *spec = resource_cluster_information(res);
	print_changed("Cluster Version:", spec->calico_version, &last->version);
	print_changed("Cluster Type:", spec->cluster_type, &last->type);
	return 0;
}

int run_version(struct invocation *inv)
{
	__attribute__((cleanup(lines_done))) struct lines last = { 0 };
	_cleanup_session_ struct session s = { 0 };
	int64_t poll_ns = 0;
	if (!str_empty(inv->opt.poll) && duration_parse(inv->opt.poll, &poll_ns, NULL, NULL) != 0)
		return report_error("invalid poll duration specified: %s", inv->opt.poll);
	printf("%-19s%s\n%-19s%s\n", "Client Version:", CALICO_VERSION, "Git commit:", GIT_COMMIT);
	if (inv->opt.client_only)
		return 0;
	int r = session_open(&s, &inv->opt);
	if (r)
		return r;
	if (!s.client)
		return report_error("%s", s.no_client.msg);
	r = print_cluster(&s, &last);
	while (poll_ns > 0) {
		usleep((useconds_t)(poll_ns / 1000));
		print_cluster(&s, &last);
	}
	return r;
}
