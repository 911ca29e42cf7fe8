/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "session.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "commands.h"
#include "io/loop.h"
#include "model/node.h"
#include "report.h"
#include "store/config.h"

#define PATIENCE_NS (5 * NSEC_PER_SEC)

/* Calls wait as long as it takes, as upstream's do: at least say for what. */
static void on_patience(void *ctx, const struct event *ev)
{
	struct session *s = ctx;
	const char *why = store_trouble(s->store);

	if (!str_empty(why) && !str_eq(buf_str(&s->waiting), why)) {
		fprintf(stderr, "Waiting for the datastore: %s\n", why);
		buf_clear(&s->waiting);
		buf_puts(&s->waiting, why);
	}
	loop_timer_set(s->patience, 0, loop_now(s->loop) + PATIENCE_NS);
}

static void be_patient(struct session *s)
{
	s->patience = loop_inbox(s->loop, "patience", on_patience, s);
	loop_timer_set(s->patience, 0, loop_now(s->loop) + PATIENCE_NS);
}

static int open_client(struct session *s, const struct store_config *config)
{
	int r = loop_new(&s->loop);
	if (r < 0)
		return err_set(&s->no_client, r, "cannot make an event loop: %s", strerror(-r));
	r = store_open(s->loop, config, &s->store, &s->no_client);
	if (r)
		return r;
	s->client = client_new(s->loop, s->store, 0);
	be_patient(s);
	return 0;
}

int session_open(struct session *s, const struct options *opt)
{
	struct store_config config = { 0 };
	*s = (struct session){ .opt = opt };
	int r = str_empty(opt->config)
			? -ENOENT
			: store_config_from_file(opt->config, &config, &s->no_client);
	if (r == -ENOENT && !str_eq(opt->config, CONFIG_DEFAULT)) {
		printf("Error reading config file: %s\n", opt->config);
		return 1;
	}
	if (r == -ENOENT) {
		store_config_from_env(&config);
		r = 0;
	}
	if (r == 0)
		open_client(s, &config);
	store_config_done(&config);
	return 0;
}

void session_close(struct session *s)
{
	client_free(s->client);
	if (s->store)
		store_free(s->store);
	inbox_free(s->patience);
	buf_done(&s->waiting);
	if (s->loop)
		loop_free(s->loop);
	buf_done(&s->error);
	*s = (struct session){ 0 };
}

int session_need_client(struct session *s)
{
	if (s->client)
		return 0;
	printf("Failed to create Calico API client: %s\n", s->no_client.msg);
	return 1;
}

enum client_status session_fail(struct session *s, enum client_status status, const char *fmt, ...)
{
	_cleanup_buf_ struct buf text = BUF_INIT; /* an argument may be the present text */
	va_list ap;
	va_start(ap, fmt);
	buf_vprintf(&text, fmt, ap);
	va_end(ap);
	buf_clear(&s->error);
	buf_puts(&s->error, buf_str(&text));
	return status;
}

enum client_status session_result(struct session *s, enum client_status status)
{
	return status == CLIENT_OK ? status
				   : session_fail(s, status, "%s", client_error(s->client));
}

/* What is compared: "v3.33.0-0.1" -> "3.33.0". */
static void version_cut(const char *version, struct buf *out)
{
	version += *version == 'v';
	buf_put(out, version, strcspn(version, "-"));
}

enum client_status session_check_version(struct session *s)
{
	_cleanup_(resource_freep) struct resource *res = NULL;
	if (s->opt->allow_version_mismatch || !s->client)
		return CLIENT_OK;
	enum client_status status =
		client_get(s->client, KIND_CLUSTER_INFORMATION, NULL, "default", NULL, &res);
	if (status == CLIENT_E_NOT_FOUND)
		return CLIENT_OK;
	if (status != CLIENT_OK)
		return session_fail(s, status,
			"unable to get Cluster Information to verify version mismatch: %s\n"
			"Use --allow-version-mismatch to override",
			client_error(s->client));
	const char *version = resource_cluster_information(res)->calico_version;
	_cleanup_buf_ struct buf ours = BUF_INIT, theirs = BUF_INIT;
	version_cut(CALICO_VERSION, &ours);
	version_cut(version ? version : "", &theirs);
	if (theirs.len == 0 || str_eq(buf_str(&ours), buf_str(&theirs)))
		return CLIENT_OK;
	return session_fail(s, CLIENT_E_OTHER,
		"version mismatch.\nClient Version:   %s\nCluster Version:  %s\n"
		"Use --allow-version-mismatch to override",
		CALICO_VERSION, buf_str(&theirs));
}

int session_begin(struct session *s, const struct options *opt)
{
	int r = session_open(s, opt);
	if (r)
		return r;
	if (session_check_version(s) != CLIENT_OK)
		return report_error("%s", buf_str(&s->error));
	return s->client ? 0 : report_error("%s", s->no_client.msg);
}
