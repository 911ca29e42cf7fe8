/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "metrics.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"
#include "calc/calc.h"
#include "dataplane/dataplane.h"

static void put(struct buf *out, const char *name, const char *type, const char *help, double value)
{
	buf_printf(
		out, "# HELP %s %s\n# TYPE %s %s\n%s %.10g\n", name, help, name, type, name, value);
}

static void put_calc(const struct calc *calc, struct buf *out)
{
	struct calc_counters c = calc_counters(calc);

	put(out, "felix_calc_graph_output_events", "counter",
		"Number of messages that the calculation graph has sent.",
		(double)c.messages_emitted);
}

static void put_dataplane(const struct dataplane *dp, struct buf *out)
{
	struct dataplane_info i = dataplane_info(dp);

	put(out, "felix_int_dataplane_failures", "counter",
		"Number of applies that failed and are tried again.", (double)i.failures);
	put(out, "felix_int_dataplane_applies", "counter", "Number of applies begun.",
		(double)i.walks);
}

/* The usual collector of a process (felix.md 6.5). */
static void put_process(struct buf *out)
{
	unsigned long size, resident = 0;
	FILE *f = fopen("/proc/self/statm", "re");
	struct rusage u;

	if (f) {
		if (fscanf(f, "%lu %lu", &size, &resident) != 2)
			resident = 0;
		fclose(f);
	}
	getrusage(RUSAGE_SELF, &u);
	put(out, "process_cpu_seconds_total", "counter", "User and system CPU time in seconds.",
		(double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
			(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
	put(out, "process_resident_memory_bytes", "gauge", "Resident memory in bytes.",
		(double)resident * (double)sysconf(_SC_PAGESIZE));
}

void metrics_write(const struct metrics_sources *s, struct buf *out)
{
	buf_printf(out,
		"# HELP felix_host Constant 1, labelled with the host.\n# TYPE felix_host gauge\n"
		"felix_host{host=\"%s\"} 1\n",
		s->hostname);
	put(out, "felix_resync_state", "gauge",
		"Datastore: 1 waiting for it, 2 reading all, 3 in sync.", s->sync_status + 1);
	if (s->calc)
		put_calc(s->calc, out);
	if (s->sequence)
		put_dataplane(s->sequence, out);
	put_process(out);
}
