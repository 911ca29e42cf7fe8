/* SPDX-License-Identifier: GPL-2.0-or-later */
/* endpoint_id.h - the three-part id of a workload endpoint as one text. malloc()ed. */
#pragma once

#include "base/mem.h"
#include "proto/print.h"

/* Unique, and sorts like its three parts. */
static inline char *endpoint_id_text(const Felix__WorkloadEndpointID *id)
{
	return mem_printf("%s\001%s\001%s", id->orchestrator_id, id->workload_id, id->endpoint_id);
}

/* For people: the subject of a problem. */
static inline char *endpoint_id_subject(const Felix__WorkloadEndpointID *id)
{
	return mem_printf("WorkloadEndpoint(%s/%s/%s)", id->orchestrator_id, id->workload_id,
		id->endpoint_id);
}
