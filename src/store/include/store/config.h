/* SPDX-License-Identifier: GPL-2.0-or-later */
/* config.h - how a program finds its datastore.
 *
 * Source: datamodel.md 1.1, calicoctl.md 2. Values come from a CalicoAPIConfig file or from the
 * environment, never a mix of both.
 */
#pragma once

#include "base/err.h"
#include "base/str.h"
#include "store/store.h"

struct store_config {
	char *type;            /* "etcdv3"; NULL = decide by the endpoints */
	struct strv endpoints; /* URLs in the order in which they are tried */
	char *discovery_srv;
	char *username, *password;
	char *key_file, *cert_file, *ca_file;
	char *key_pem, *cert_pem, *ca_pem;
};

void store_config_done(struct store_config *c);
void store_config_from_env(struct store_config *ret); /* each name also with CALICO_, which wins */
/* -ENOENT when the file is missing; otherwise *err holds upstream's "syntax error in ..." text. */
int store_config_from_file(const char *path, struct store_config *ret, struct err *err);

/* Checks and builds: upstream's causes ("no etcd endpoints specified", ...) in *err. Does not
 * connect yet; the first call does. */
int store_open(
	struct loop *loop, const struct store_config *config, struct store **ret, struct err *err);
