/* SPDX-License-Identifier: GPL-2.0-or-later */
/* relay.h - for tests: a TCP relay on the loop that can be cut, also in the middle of a frame. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct relay;
struct loop;

struct relay *relay_new(struct loop *loop, uint16_t to_port); /* on 127.0.0.1 */
struct relay *relay_free(struct relay *r);
uint16_t relay_port(const struct relay *r);

void relay_cut(struct relay *r, bool cut);     /* closes all, refuses new connections */
void relay_stall(struct relay *r, bool stall); /* accepts, but moves nothing */
/* Closes the connections after so many more bytes from the server; new ones are welcome. */
void relay_cut_after(struct relay *r, size_t bytes);
/* Frames of data that the server sends on an HTTP/2 stream are lost; 0 = none any more. */
void relay_lose(struct relay *r, uint32_t stream);
size_t relay_lost(const struct relay *r); /* frames so far */
size_t relay_connections(const struct relay *r);  /* so far */
uint64_t relay_bytes_down(const struct relay *r); /* from the server, so far */
