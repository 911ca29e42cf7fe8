/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "input.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/str.h"
#include "kinds.h"
#include "model/yaml.h"

#define FAILED     "failed to execute command: "
#define DEPTH_MAX  64 /* of directories; a loop of links ends there */
#define READ_BYTES (64 * 1024)

void resources_add(struct resources *l, struct resource *res)
{
	mem_grow(&l->v, &l->cap, l->n + 1, sizeof(*l->v));
	l->v[l->n++] = res;
}

void resources_done(struct resources *l)
{
	for (size_t i = 0; i < l->n; i++)
		resource_free(l->v[i]);
	free(l->v);
	*l = (struct resources){ 0 };
}

/* ---- KIND NAME... */

int input_named(const char *kind, const char *name, struct resource **ret, struct buf *error)
{
	enum kind k = kind_by_alias(kind);
	if (k == KIND_NONE) {
		buf_printf(error, "resource type '%s' is not supported", kind);
		return -EINVAL;
	}
	if (name && !*name) {
		buf_puts(error, "resource name may not be empty");
		return -EINVAL;
	}
	*ret = resource_new(k);
	(*ret)->meta.name = name;
	return 0;
}

static int read_words(const struct invocation *inv, struct resources *ret, struct buf *error)
{
	struct resource *res;
	if (inv->n_args == 0) {
		buf_puts(error, "no resources specified: name a KIND, or a file with --filename");
		return -EINVAL;
	}
	for (size_t i = 1; i < inv->n_args || i == 1; i++) {
		int r = input_named(
			inv->args[0], i < inv->n_args ? inv->args[i] : NULL, &res, error);
		if (r < 0)
			return r;
		resources_add(ret, res);
	}
	return 0;
}

/* ---- files */

static int read_all(int fd, struct buf *out)
{
	for (;;) {
		ssize_t n = read(fd, buf_reserve(out, READ_BYTES), READ_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		out->len += (size_t)n;
		out->data[out->len] = '\0';
	}
}

static int fail_open(const char *path, int r, struct buf *error)
{
	const char *cause = r == -ENOENT ? "no such file or directory" : strerror(-r);
	buf_printf(error, FAILED "open %s: %s", path, cause);
	return -EBADMSG;
}

/* `name` is what the user called it. */
static int read_text(const char *name, const struct buf *text, bool skip_empty,
	struct resources *ret, struct buf *error)
{
	_cleanup_(yaml_objects_done) struct yaml_objects objects = { 0 };
	struct err err = { 0 };
	if (yaml_read(buf_str(text), text->len, &objects, &err) < 0) {
		buf_printf(error, FAILED "%s", err.msg);
		return -EBADMSG;
	}
	for (size_t i = 0; i < objects.n; i++)
		resources_add(ret, TAKE_PTR(objects.v[i]));
	if (objects.n > 0 || skip_empty)
		return 0;
	buf_printf(error, "no resources specified in file %s", name);
	return -EINVAL;
}

static int read_file(const char *path, bool skip_empty, struct resources *ret, struct buf *error)
{
	_cleanup_buf_ struct buf text = BUF_INIT;
	_cleanup_close_ int fd =
		str_eq(path, "-") ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC);
	int r = fd < 0 ? -errno : read_all(fd, &text);
	if (r < 0)
		return fail_open(path, r, error);
	return read_text(path, &text, skip_empty, ret, error);
}

/* ---- directories */

static bool is_resource_file(const char *name)
{
	static const char *const ends[] = { ".yaml", ".yml", ".json" };
	size_t len = strlen(name);
	for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
		if (len >= strlen(ends[i]) && str_eq_nocase(name + len - strlen(ends[i]), ends[i]))
			return true;
	return false;
}

static bool is_directory(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static int list_directory(const char *path, struct strv *names)
{
	DIR *dir = opendir(path);
	if (!dir)
		return -errno;
	for (const struct dirent *e; (e = readdir(dir)) != NULL;)
		if (!str_eq(e->d_name, ".") && !str_eq(e->d_name, ".."))
			strv_add(names, e->d_name);
	closedir(dir);
	strv_sort(names);
	return 0;
}

static int read_directory(const char *path, const struct options *opt, int depth,
	struct resources *ret, struct buf *error)
{
	_cleanup_strv_ struct strv names = { 0 };
	int r = depth < DEPTH_MAX ? list_directory(path, &names) : -ELOOP;
	if (r < 0)
		return fail_open(path, r, error);
	for (size_t i = 0; i < names.n && r == 0; i++) {
		_cleanup_free_ char *entry =
			mem_printf("%s%s%s", path, str_ends(path, "/") ? "" : "/", names.v[i]);
		if (is_directory(entry))
			r = opt->recursive ? read_directory(entry, opt, depth + 1, ret, error) : 0;
		else if (is_resource_file(entry))
			r = read_file(entry, opt->skip_empty, ret, error);
	}
	return r;
}

int input_read(const struct invocation *inv, struct resources *ret, struct buf *error)
{
	const struct options *opt = &inv->opt;
	if (str_empty(opt->filename))
		return read_words(inv, ret, error);
	if (str_eq(opt->filename, "-") || !is_directory(opt->filename))
		return read_file(opt->filename, opt->skip_empty, ret, error);
	int r = read_directory(opt->filename, opt, 0, ret, error);
	if (r < 0 || ret->n > 0 || opt->skip_empty)
		return r;
	buf_printf(error, "no resources specified in directory %s", opt->filename);
	return -EINVAL;
}
