/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "steps.h"

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "reply.h"

static int check_follows(
	const struct store_step *steps, size_t i, const struct buf *paths, struct err *err)
{
	size_t earlier = steps[i].follows - 1;

	if (earlier >= i || !str_eq(buf_str(&paths[earlier]), buf_str(&paths[i])))
		return err_set(err, -EINVAL, "step %zu follows none that wrote its key", i);
	if ((steps[i].op == STORE_CREATE) != (steps[earlier].op == STORE_DELETE))
		return err_set(err, -EINVAL, "step %zu cannot follow step %zu", i, earlier);
	return 0;
}

static int check_step(const struct store_step *steps, size_t i, struct buf *paths,
	uint64_t *revision, struct err *err)
{
	const struct store_step *s = &steps[i];

	*revision = 0;
	if (key_format(s->write.key, &paths[i]) < 0)
		return err_set(err, -EINVAL, "incomplete key");
	switch (s->op) {
	case STORE_CREATE:
		return s->follows ? check_follows(steps, i, paths, err) : 0;
	case STORE_UPDATE:
	case STORE_DELETE:
	case STORE_CHECK:
		break;
	case STORE_APPLY:
	case STORE_GET:
	case STORE_LIST:
	case STORE_WATCH:
	case STORE_OP_N:
		return err_set(err, -EINVAL, "step %zu is not one that compares", i);
	}
	if (s->follows)
		return check_follows(steps, i, paths, err);
	if (revision_parse(s->write.revision, revision) < 0)
		return err_set(err, -EINVAL, "error with field ResourceVersion = '%s'",
			s->write.revision ? s->write.revision : "");
	return 0;
}

int steps_check(const struct store_step *steps, size_t n, struct buf *paths, uint64_t *revisions,
	struct err *err)
{
	if (n > STORE_STEPS_MAX)
		return err_set(err, -EINVAL, "%zu steps, at most %d", n, STORE_STEPS_MAX);
	for (size_t i = 0; i < n; i++) {
		int r = check_step(steps, i, paths, &revisions[i], err);

		if (r < 0)
			return r;
	}
	return 0;
}

void steps_free(struct buf *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_done(&paths[i]);
	free(paths);
}
