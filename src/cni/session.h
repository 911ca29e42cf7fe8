/* SPDX-License-Identifier: GPL-2.0-or-later */
/* session.h - the one connection of a call to the datastore, and this node's name.
 *
 * Each setting comes from the configuration, else from the environment, else from its default.
 * Source: orchestrators.md 1.2.
 */
#pragma once

#include <stdbool.h>

#include "error.h"

struct client;
struct loop;
struct netconf;
struct store;

#define SESSION_TIMEOUT_MS 10000

struct session {
	unsigned timeout_ms; /* of one call to the datastore; 0: SESSION_TIMEOUT_MS */
	struct loop *loop;
	struct store *store;
	struct client *client;
};

/* Opened once; later calls find it open. */
int session_open(const struct netconf *conf, struct session *s, struct cni_error *err);
void session_close(struct session *s);

/* nodename, else the file (as it stands), else hostname, else the host's own name in lower case.
 * malloc()ed. */
char *session_node_name(const struct netconf *conf);
/* The file must be there unless the configuration says that it is optional. */
int session_check_node_file(const struct netconf *conf, struct cni_error *err);
