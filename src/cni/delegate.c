/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "delegate.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/ptrs.h"
#include "base/str.h"
#include "ipam_verbs.h"
#include "netns.h"

#define OUTPUT_MAX (1u << 20)

bool delegate_is_ours(const struct cni_call *call)
{
	return str_eq(call->conf.ipam.type, "calico-ipam");
}

/* ---- the program */

static char *find_program(const struct cni_call *call, struct cni_error *err)
{
	const char *type = call->conf.ipam.type;
	_cleanup_strv_ struct strv dirs = { 0 };
	struct stat st;

	if (str_empty(type)) {
		cni_fail(err, CNI_OTHER, "no plugin name provided");
		return NULL;
	}
	if (strchr(type, '/')) {
		cni_fail(err, CNI_OTHER, "invalid plugin name: %s", type);
		return NULL;
	}
	strv_split(&dirs, call->env.path, ':');
	for (size_t i = 0; i < dirs.n; i++) {
		char *path = mem_printf("%s/%s", dirs.v[i], type);

		if (stat(path, &st) == 0 && S_ISREG(st.st_mode))
			return path;
		free(path);
	}
	_cleanup_free_ char *all = strv_join(&dirs, " ");
	cni_fail(err, CNI_OTHER, "failed to find plugin \"%s\" in path [%s]", type, all);
	return NULL;
}

/* Our environment, with another verb. Upstream's delegates see IgnoreUnknown too. */
static char **make_environment(const struct cni_call *call, enum cni_verb verb, struct arena *a)
{
	struct ptrs vars = { 0 };

	for (const char *const *v = call->env.vars; *v; v++)
		if (!str_starts(*v, "CNI_COMMAND=") && !str_starts(*v, "CNI_ARGS="))
			ptrs_add(&vars, (void *)*v);
	ptrs_add(&vars, arena_printf(a, "CNI_COMMAND=%s", cni_verb_name(verb)));
	ptrs_add(&vars, arena_printf(a, "CNI_ARGS=IgnoreUnknown=1%s%s",
				*call->env.args ? ";" : "", call->env.args));
	ptrs_add(&vars, NULL);
	return (char **)vars.v;
}

/* A file in memory: no pipe to fill while the program's answer waits. */
static int input_file(const char *text, size_t len)
{
	int fd = memfd_create("netconf", MFD_CLOEXEC);

	if (fd >= 0 && (write(fd, text, len) != (ssize_t)len || lseek(fd, 0, SEEK_SET) < 0)) {
		close(fd);
		return -1;
	}
	return fd;
}

static pid_t start(const char *program, char **vars, int in, int out)
{
	char *const argv[] = { (char *)program, NULL };
	pid_t pid = fork();

	if (pid)
		return pid;
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(out, STDOUT_FILENO) >= 0) {
		(void)signal(SIGPIPE, SIG_DFL);
		execve(program, argv, vars);
	}
	_exit(127);
}

static void read_output(int fd, struct buf *out)
{
	ssize_t n;

	while (out->len < OUTPUT_MAX) {
		n = read(fd, buf_reserve(out, 4096), 4096);
		if (n <= 0 && !(n < 0 && errno == EINTR))
			return;
		if (n > 0)
			buf_grown(out, (size_t)n);
	}
}

/* Its exit status, or -errno when it could not be run. */
static int execute(const char *program, char **vars, const char *text, size_t len, struct buf *out)
{
	_cleanup_close_ int in = input_file(text, len), from = -1, to = -1;
	int fds[2], status;
	pid_t pid;

	if (in < 0 || pipe2(fds, O_CLOEXEC) < 0)
		return -errno;
	from = fds[0];
	to = fds[1];
	pid = start(program, vars, in, to);
	if (pid < 0)
		return -errno;
	close(TAKE_FD(to));
	read_output(from, out);
	close(TAKE_FD(from));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* What the program says went wrong, in its own words and with its own code. */
static int take_error(const struct buf *out, struct cni_error *err)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	const struct json_value *root = NULL;
	const char *msg = NULL, *details = NULL;
	int64_t code = CNI_OTHER;
	struct err why = { 0 };

	if (!out->len)
		return cni_fail(err, CNI_OTHER, "netplugin failed with no error message");
	if (json_values_read(out->data, out->len, &arena, &root, &why) < 0 ||
		json_get_int(root, "code", &code, &why) < 0 ||
		json_get_text(root, "msg", &msg, &why) < 0 ||
		json_get_text(root, "details", &details, &why) < 0)
		return cni_fail(err, CNI_OTHER,
			"netplugin failed but error parsing its diagnostic message: %s", why.msg);
	cni_fail(err, code > 0 && code < 100000 ? (int)code : CNI_OTHER, "%s", msg ? msg : "");
	if (details)
		cni_details(err, "%s", details);
	return err->code;
}

static int run_program(struct cni_call *call, enum cni_verb verb, const char *text, size_t len,
	struct buf *out, struct cni_error *err)
{
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	_cleanup_free_ char *program = find_program(call, err);
	_cleanup_free_ char **vars = NULL;
	char why[64];
	int status;

	if (!program)
		return err->code;
	vars = make_environment(call, verb, &arena);
	status = execute(program, vars, text, len, out);
	log_debug("%s %s: exit status %d", program, cni_verb_name(verb), status);
	if (status < 0)
		return cni_fail(err, CNI_OTHER, "cannot run %s: %s", program,
			errno_text(-status, why));
	return status ? take_error(out, err) : 0;
}

/* ---- host-local: what must be looked up for ADD is of no interest when addresses are released */

static const char *released_subnet(const char *text)
{
	if (str_eq_nocase(text, "usePodCidr"))
		return "0.0.0.0/0";
	return str_eq_nocase(text, "usePodCidrIPv6") ? "::/0" : NULL;
}

static bool replace_subnet(const struct json_value *object)
{
	struct json_value *subnet = (struct json_value *)json_member(object, "subnet");
	const char *other =
		subnet && subnet->type == JSON_TEXT ? released_subnet(subnet->text) : NULL;

	if (other)
		subnet->text = other; /* the tree is ours; only its readers are read-only */
	return other != NULL;
}

static bool replace_subnets(const struct netconf *conf)
{
	const struct json_value *ipam = json_member(conf->root, "ipam");
	const struct json_value *ranges = json_member(ipam, "ranges");
	bool any = replace_subnet(ipam);

	if (!ranges || ranges->type != JSON_LIST)
		return any;
	JSON_FOREACH (ranges, set) {
		if (set->type != JSON_LIST)
			continue;
		JSON_FOREACH (set, range)
			any |= replace_subnet(range);
	}
	return any;
}

/* ---- */

int delegate_add(struct cni_call *call, struct cni_result *ret, struct cni_error *err)
{
	_cleanup_buf_ struct buf out = BUF_INIT;
	_cleanup_arena_ struct arena arena = ARENA_INIT;
	const struct json_value *root;
	struct err why = { 0 };
	int r;

	if (delegate_is_ours(call))
		return ipam_add(call, ret, err);
	r = run_program(call, CNI_ADD, call->conf.text, call->conf.len, &out, err);
	if (r)
		return r;
	if (json_values_read(out.data, out.len, &arena, &root, &why) < 0 ||
		cni_result_read(root, call->version, ret, &why) < 0)
		return cni_fail(err, CNI_OTHER, "the result of IPAM plugin %s: %s",
			call->conf.ipam.type, why.msg);
	return 0;
}

static int run_ours(struct cni_call *call, enum cni_verb verb, struct cni_error *err)
{
	switch (verb) {
	case CNI_DEL:
		return ipam_del(call, err);
	case CNI_CHECK:
		return ipam_check(call, err);
	case CNI_STATUS:
		return ipam_status(call, err);
	case CNI_GC:
		return ipam_gc(call, err);
	case CNI_ADD:
	case CNI_VERSION:
	case CNI_VERB_N:
		break;
	}
	return 0;
}

int delegate_run(struct cni_call *call, enum cni_verb verb, struct cni_error *err)
{
	_cleanup_buf_ struct buf out = BUF_INIT, text = BUF_INIT;

	if (delegate_is_ours(call))
		return run_ours(call, verb, err);
	if (verb == CNI_DEL && str_eq(call->conf.ipam.type, "host-local") &&
		replace_subnets(&call->conf)) {
		json_tree_write(call->conf.root, &text);
		return run_program(call, verb, text.data, text.len, &out, err);
	}
	return run_program(call, verb, call->conf.text, call->conf.len, &out, err);
}
