/* SPDX-License-Identifier: GPL-2.0-or-later */
/* server.h - for tests and benchmarks: a real etcd in namespaces of its own.
 *
 * The process that calls server_enter() moves into new user, mount and network namespaces; its data
 * lies in a tmpfs. etcd listens on fixed ports of the namespace's loopback.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#define ETCD_PORT 2379

/* Skips the program (exit 77) where namespaces or etcd are not to be had. */
void server_enter(void);
pid_t server_start(const char *const *extra_args); /* returns when it answers */
pid_t server_spawn(const char *const *extra_args); /* returns at once */
pid_t server_spawn_program(const char *const *args); /* the same, args[0] in place of etcd */
void server_await(pid_t pid, uint16_t port);       /* until something listens there */
void server_kill(pid_t pid, int signo);            /* and waits for its end */

/* A client of its own that blocks: for what the store under test must not see. */
struct raw;
struct raw *raw_new(void);
struct raw *raw_free(struct raw *r);
void raw_put(struct raw *r, const char *path, const void *value, size_t len); /* NULL deletes */
void raw_delete_all(struct raw *r);
void raw_compact(struct raw *r); /* up to now */
