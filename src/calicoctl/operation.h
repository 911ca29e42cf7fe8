/* SPDX-License-Identifier: GPL-2.0-or-later */
/* operation.h - what verbs do to one object: clientv3's operations with calicoctl's own rules on
 * namespaces and on objects that only others may write.
 *
 * On failure the text is in s->error. Source: calicoctl.md 5, 6.1.
 */
#pragma once

#include "session.h"

/* Fills in the object's namespace from the command line. With --all-namespaces it is emptied. */
enum client_status operation_namespace(struct session *s, struct resource *res);

enum client_status operation_create(struct session *s, struct resource *res);
enum client_status operation_apply(struct session *s, struct resource *res);
enum client_status operation_replace(struct session *s, struct resource *res);
enum client_status operation_update(struct session *s, struct resource *res);
enum client_status operation_delete(struct session *s, struct resource *res);

/* The stored object of res's kind, namespace, name and revision. */
enum client_status operation_get(
	struct session *s, const struct resource *res, struct resource **ret);
