/* SPDX-License-Identifier: GPL-2.0-or-later */
/* probe.h - calico -t: can an ADD reach the datastore? */
#pragma once

/* Reads the network configuration on standard input, whatever CNI_COMMAND says. The exit status. */
int probe_run(const char *const *vars);
