/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "io/metric.h"

#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/buf.h"

void metric_head(struct buf *out, const char *name, const char *type, const char *help)
{
	buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void metric_put(
	struct buf *out, const char *name, const char *type, const char *help, double value)
{
	metric_head(out, name, type, help);
	buf_printf(out, "%s %.10g\n", name, value);
}

void metric_put_process(struct buf *out)
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
	metric_put(out, "process_cpu_seconds_total", "counter",
		"User and system CPU time in seconds.",
		(double)(u.ru_utime.tv_sec + u.ru_stime.tv_sec) +
			(double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec) / 1e6);
	metric_put(out, "process_resident_memory_bytes", "gauge", "Resident memory in bytes.",
		(double)resident * (double)sysconf(_SC_PAGESIZE));
}
