/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "ipam_report.h"

#include <errno.h>
#include <string.h>

#include <jansson.h>

#include "base/str.h"

static const char *text_of(struct arena *arena, const json_t *object, const char *name)
{
	const char *text = json_string_value(json_object_get(object, name));
	return arena_strdup(arena, text ? text : "");
}

static bool is_true(const json_t *object, const char *name)
{
	return json_is_true(json_object_get(object, name));
}

/* An address is listed with one entry, or with several when something is very wrong: then one that
 * is in use saves it. */
static bool is_leaked(const json_t *entries)
{
	size_t i;
	json_t *entry;
	json_array_foreach(entries, i, entry) {
		if (is_true(entry, "inUse") || is_true(entry, "coolingDown"))
			return false;
	}
	return json_array_size(entries) > 0;
}

static int read_address(struct arena *arena, const char *text, const json_t *entry,
	struct leaked_address *ret, struct err *err)
{
	const char *handle = json_string_value(json_object_get(entry, "handle"));
	const json_t *sequence = json_object_get(entry, "sequenceNumber");
	if (addr_parse(text, &ret->addr) < 0)
		return err_set(err, -EBADMSG, "invalid IP address: %s", text);
	if (!json_is_integer(sequence))
		return err_set(err, -EBADMSG, "the entry of %s has no sequenceNumber", text);
	ret->handle = str_empty(handle) ? NULL : arena_strdup(arena, handle);
	ret->sequence = (uint64_t)json_integer_value(sequence);
	return 0;
}

static int read_addresses(
	struct arena *arena, json_t *allocations, struct ipam_report *ret, struct err *err)
{
	const char *text;
	json_t *entries;
	ret->addresses = arena_new_n(arena, struct leaked_address, json_object_size(allocations));
	json_object_foreach(allocations, text, entries) {
		if (!is_leaked(entries))
			continue;
		int r = read_address(arena, text, json_array_get(entries, 0),
			&ret->addresses[ret->n_addresses], err);
		if (r < 0)
			return r;
		ret->n_addresses++;
	}
	return 0;
}

static void read_handles(struct arena *arena, const json_t *list, struct ipam_report *ret)
{
	size_t i;
	json_t *entry;
	ret->handles = arena_new_n(arena, struct leaked_handle, json_array_size(list));
	json_array_foreach(list, i, entry) {
		struct leaked_handle h = { text_of(arena, entry, "ID"),
			text_of(arena, entry, "Revision") };
		/* Without a revision the delete would not compare. */
		if (*h.id && *h.revision)
			ret->handles[ret->n_handles++] = h;
	}
}

/* In Go's words where it matters. */
static int fail_load(const char *path, const json_error_t *why, struct err *err)
{
	switch (json_error_code(why)) {
	case json_error_premature_end_of_input:
		return err_set(err, -EBADMSG, "unexpected end of JSON input");
	case json_error_cannot_open_file:
		return err_set(err, -errno, "open %s: %s", path,
			errno == ENOENT ? "no such file or directory" : strerror(errno));
	default:
		return err_set(err, -EBADMSG, "%s line %d: %s", path, why->line, why->text);
	}
}

int ipam_report_read(
	const char *path, struct arena *arena, struct ipam_report *ret, struct err *err)
{
	json_error_t why;
	json_auto_t *root = json_load_file(path, 0, &why);
	if (!root)
		return fail_load(path, &why, err);
	*ret = (struct ipam_report){ .version = text_of(arena, root, "version"),
		.cluster_guid = text_of(arena, root, "clusterGUID"),
		.revision = text_of(arena, root, "clusterInformationRevision") };
	read_handles(arena, json_object_get(root, "leakedHandles"), ret);
	return read_addresses(arena, json_object_get(root, "allocations"), ret, err);
}

static bool has_address(const struct ipam_report *r, const struct leaked_address *a)
{
	for (size_t i = 0; i < r->n_addresses; i++)
		if (addr_eq(&r->addresses[i].addr, &a->addr))
			return true;
	return false;
}

static bool has_handle(const struct ipam_report *r, const struct leaked_handle *h)
{
	for (size_t i = 0; i < r->n_handles; i++)
		if (str_eq(r->handles[i].id, h->id) && str_eq(r->handles[i].revision, h->revision))
			return true;
	return false;
}

void ipam_report_intersect(const struct ipam_report *earlier, struct ipam_report *later)
{
	size_t n = 0;
	for (size_t i = 0; i < later->n_addresses; i++)
		if (has_address(earlier, &later->addresses[i]))
			later->addresses[n++] = later->addresses[i];
	later->n_addresses = n;
	n = 0;
	for (size_t i = 0; i < later->n_handles; i++)
		if (has_handle(earlier, &later->handles[i]))
			later->handles[n++] = later->handles[i];
	later->n_handles = n;
}
