/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdlib.h>

#include "base/mem.h"
#include "dataplane/endpoint_id.h"
#include "link_priv.h"

struct endpoint *endpoint_new(const Felix__WorkloadEndpointID *id)
{
	struct endpoint *ep = mem_new(struct endpoint);

	ep->id = endpoint_id_text(id);
	ep->subject = endpoint_id_subject(id);
	ep->orchestrator = mem_strdup(id->orchestrator_id);
	ep->workload = mem_strdup(id->workload_id);
	ep->endpoint = mem_strdup(id->endpoint_id);
	ep->ifname = mem_strdup("");
	ep->mac_text = mem_strdup("");
	return ep;
}

void endpoint_free(struct endpoint *ep)
{
	free(ep->id);
	free(ep->subject);
	free(ep->orchestrator);
	free(ep->workload);
	free(ep->endpoint);
	free(ep->ifname);
	free(ep->mac_text);
	strv_done(&ep->ipv4_nets);
	strv_done(&ep->ipv6_nets);
	free(ep);
}

static void set_text(char **to, const char *from)
{
	free(*to);
	*to = mem_strdup(from);
}

static void set_list(struct strv *to, char *const *from, size_t n)
{
	strv_done(to);
	*to = (struct strv){ 0 };
	for (size_t i = 0; i < n; i++)
		strv_add(to, from[i]);
}

void endpoint_set(struct endpoint *ep, const Felix__WorkloadEndpoint *w)
{
	set_text(&ep->ifname, w->name);
	set_text(&ep->mac_text, w->mac);
	set_list(&ep->ipv4_nets, w->ipv4_nets, w->n_ipv4_nets);
	set_list(&ep->ipv6_nets, w->ipv6_nets, w->n_ipv6_nets);
	ep->active = str_eq(w->state, "active");
	ep->spoofing = w->n_allow_spoofed_source_prefixes > 0;
	ep->has_mac = mac_parse(w->mac, ep->mac) == 0;
}
