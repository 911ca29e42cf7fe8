/* SPDX-License-Identifier: GPL-2.0-or-later */
/* bird.h - a plan as the configuration of a stock BIRD 2, both families in one daemon.
 *
 * Source: bgp.md 1.8, 1.11 to 1.14, 1.18, 1.24, 3.1.
 */
#pragma once

struct buf;
struct plan;

void bird_render(const struct plan *p, struct buf *out);
