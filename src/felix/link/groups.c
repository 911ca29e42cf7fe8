/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Link groups: which class an interface belongs to. What is wanted is asked of the nft driver,
 * what is so is told by the monitor, also after our own writes. */
#include <errno.h>
#include <string.h>

#include "base/mem.h"
#include "io/netlink.h"
#include "kernel/link.h"
#include "link_priv.h"
#include "nft/class.h"

void groups_forget(struct link_driver *d, uint32_t index)
{
	index_set_remove(&d->to_deny, index);
	index_set_remove(&d->to_group, index);
}

bool groups_are_right(const struct link_driver *d, const struct port *p)
{
	uint32_t group = 0;
	enum nft_group_answer answer = nft_group_wanted(d->nft, p->name, &group);

	return answer != NFT_GROUP_KEEP && p->group == group;
}

void groups_decide(struct link_driver *d, const struct port *p)
{
	uint32_t group = 0;
	enum nft_group_answer answer = nft_group_wanted(d->nft, p->name, &group);

	groups_forget(d, p->index);
	if (answer == NFT_GROUP_KEEP || (answer == NFT_GROUP_DENY && p->group == 0) ||
		(answer == NFT_GROUP_SET && p->group == group))
		return;
	if (answer == NFT_GROUP_DENY)
		index_set_put(&d->to_deny, p->index, NULL);
	else
		*index_set_put(&d->to_group, p->index, NULL) = group;
	link_wake(d);
}

static void refused(struct link_driver *d, const struct sent_group *s, int error, const char *text)
{
	const struct port *p = port_by_index(d, s->index);
	struct err err;

	if (!p || error == -ENODEV)
		return;
	err_set(&err, error, "cannot put interface %s into group %u: %s %s", p->name, s->group,
		strerror(-error), text);
	link_problem(d, "link group", p->name, err.msg);
	link_retry(d, s->index);
}

static void answered(struct link_driver *d, const struct netlink_answer *a, enum phase phase)
{
	const struct driver_host *host = d->driver.host;

	if (a->what == NETLINK_REFUSED)
		refused(d, &d->sent_groups[a->index], a->error, a->text);
	if (a->what != NETLINK_DONE)
		return;
	if (a->error)
		host->failed(host->ctx, &d->driver, phase);
	else
		host->done(host->ctx, &d->driver, phase);
}

static void denied(void *ctx, const struct netlink_answer *a)
{
	answered(ctx, a, PHASE_UNGROUP);
}

static void grouped(void *ctx, const struct netlink_answer *a)
{
	answered(ctx, a, PHASE_GROUPS);
}

/* A batch that is lost is noticed by the dump that follows: the groups are told again. */
void groups_apply(struct link_driver *d, enum phase phase)
{
	struct index_set *set = phase == PHASE_UNGROUP ? &d->to_deny : &d->to_group;
	_cleanup_buf_ struct buf b = BUF_INIT;
	size_t n = 0;

	mem_grow(&d->sent_groups, &d->sent_groups_cap, index_set_count(set),
		sizeof(*d->sent_groups));
	MAP_FOREACH(index_set, set, e) {
		d->sent_groups[n++] = (struct sent_group){ e->key, e->value };
		link_put_group(&b, e->key, e->value);
	}
	index_set_clear(set);
	d->counters.groups += n;
	netlink_batch(
		monitor_netlink(d->monitor), &b, phase == PHASE_UNGROUP ? denied : grouped, d);
}
