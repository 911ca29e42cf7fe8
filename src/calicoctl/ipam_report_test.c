/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "base/testing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "ipam_report.h"

#define LEAKED(IP, HANDLE, SEQUENCE) \
	"\"" IP "\":[{\"handle\":\"" HANDLE "\",\"sequenceNumber\":" SEQUENCE ",\"inUse\":false}]"

/* Reads a report with that text. */
static int read_text(
	const char *text, struct arena *arena, struct ipam_report *ret, struct err *err)
{
	char path[] = "/tmp/ipam_report.XXXXXX";
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	close(fd);
	int r = ipam_report_read(path, arena, ret, err);
	unlink(path);
	return r;
}

static void test_read(void **state)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct ipam_report r;
	struct err err = { 0 };
	assert_int_equal(
		read_text("{\"version\":\"v1\",\"clusterGUID\":\"g\",\"clusterInformationRevision\":"
			  "\"7\",\"allocations\":{" LEAKED("10.0.0.1", "a", "1700000000000000001") ","
			  "\"10.0.0.2\":[{\"sequenceNumber\":1,\"inUse\":true}],"
			  "\"10.0.0.3\":[{\"sequenceNumber\":1,\"inUse\":false,\"coolingDown\":true}],"
			  "\"10.0.0.4\":[{\"sequenceNumber\":2,\"inUse\":false}],"
			  "\"10.0.0.5\":[{\"sequenceNumber\":2,\"inUse\":false},"
			  "{\"sequenceNumber\":2,\"inUse\":true}],\"10.0.0.6\":[]},"
			  "\"leakedHandles\":[{\"ID\":\"h\",\"UID\":null,\"Revision\":\"5\"},"
			  "{\"ID\":\"no revision\"}]}",
			&arena, &r, &err),
		0);
	assert_string_equal(r.version, "v1");
	assert_string_equal(r.cluster_guid, "g");
	assert_string_equal(r.revision, "7");
	assert_int_equal(r.n_addresses, 2);
	assert_string_equal(r.addresses[0].handle, "a");
	assert_true(r.addresses[0].sequence == 1700000000000000001);
	assert_null(r.addresses[1].handle);
	assert_int_equal(r.n_handles, 1);
	assert_string_equal(r.handles[0].id, "h");
}

static void expect_error(const char *text, const char *want)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct ipam_report r;
	struct err err = { 0 };
	assert_true(read_text(text, &arena, &r, &err) < 0);
	if (!strstr(err.msg, want))
		fail_msg("'%s' is not in '%s'", want, err.msg);
}

static void test_bad(void **state)
{
	expect_error("{", "unexpected end of JSON input");
	expect_error("", "unexpected end of JSON input");
	expect_error("{\n{", "line 2");
	expect_error("{\"allocations\":{" LEAKED("x", "a", "1") "}}", "invalid IP address: x");
	expect_error("{\"allocations\":{\"10.0.0.1\":[{}]}}",
		"the entry of 10.0.0.1 has no sequenceNumber");
}

static void test_intersect(void **state)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	struct ipam_report one, two;
	struct err err = { 0 };
	assert_int_equal(read_text("{\"allocations\":{" LEAKED("10.0.0.1", "a", "1") "," LEAKED(
					   "10.0.0.2", "a", "1") "},\"leakedHandles\":"
				   "[{\"ID\":\"h\",\"Revision\":\"5\"},"
				   "{\"ID\":\"i\",\"Revision\":\"6\"}]}",
				 &arena, &one, &err),
		0);
	assert_int_equal(read_text("{\"allocations\":{" LEAKED("10.0.0.2", "b", "3") "," LEAKED(
					   "10.0.0.3", "b", "3") "},\"leakedHandles\":"
				   "[{\"ID\":\"i\",\"Revision\":\"7\"},"
				   "{\"ID\":\"h\",\"Revision\":\"5\"}]}",
				 &arena, &two, &err),
		0);
	ipam_report_intersect(&one, &two);
	assert_int_equal(two.n_addresses, 1);
	assert_int_equal(two.addresses[0].addr.bytes[3], 2);
	assert_string_equal(two.addresses[0].handle, "b"); /* as the later one says */
	assert_int_equal(two.n_handles, 1);
	assert_string_equal(two.handles[0].id, "h"); /* i has changed between them */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_read),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_intersect),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
