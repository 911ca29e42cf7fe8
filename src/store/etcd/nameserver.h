/* SPDX-License-Identifier: GPL-2.0-or-later */
/* nameserver.h - for tests: a DNS server on the loop, at 127.0.0.1:53 of a namespace of the test's
 * own, where /etc/resolv.conf then names it. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct loop;
struct nameserver;

struct nameserver *nameserver_new(struct loop *loop);
struct nameserver *nameserver_free(struct nameserver *n); /* returns NULL */

/* Names without the final dot; what nobody added does not exist. */
void nameserver_add_srv(struct nameserver *n, const char *name, uint16_t priority, uint16_t weight,
	uint16_t port, const char *target);
void nameserver_add_address(struct nameserver *n, const char *name, const char *ipv4);
void nameserver_clear(struct nameserver *n);
void nameserver_silence(struct nameserver *n, bool silent); /* hears, but does not answer */
size_t nameserver_questions(const struct nameserver *n);    /* so far */
