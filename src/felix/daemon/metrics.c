/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "metrics.h"

#include "base/buf.h"
#include "calc/calc.h"
#include "dataplane/dataplane.h"
#include "io/metric.h"

static void put_calc(const struct calc *calc, struct buf *out)
{
	struct calc_counters c = calc_counters(calc);

	metric_put(out, "felix_calc_graph_output_events", "counter",
		"Number of messages that the calculation graph has sent.",
		(double)c.messages_emitted);
}

static void put_dataplane(const struct dataplane *dp, struct buf *out)
{
	struct dataplane_info i = dataplane_info(dp);

	metric_put(out, "felix_int_dataplane_failures", "counter",
		"Number of applies that failed and are tried again.", (double)i.failures);
	metric_put(out, "felix_int_dataplane_applies", "counter", "Number of applies begun.",
		(double)i.walks);
}

void metrics_write(const struct metrics_sources *s, struct buf *out)
{
	buf_printf(out,
		"# HELP felix_host Constant 1, labelled with the host.\n# TYPE felix_host gauge\n"
		"felix_host{host=\"%s\"} 1\n",
		s->hostname);
	metric_put(out, "felix_resync_state", "gauge",
		"Datastore: 1 waiting for it, 2 reading all, 3 in sync.", s->sync_status + 1);
	if (s->calc)
		put_calc(s->calc, out);
	if (s->sequence)
		put_dataplane(s->sequence, out);
	metric_put_process(out);
}
