/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "takeover/takeover.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/mem.h"
#include "base/str.h"
#include "io/netlink.h"
#include "kernel/ipset.h"
#include "kernel/nft_dump.h"
#include "kernel/nft_marks.h"
#include "names.h"

static const char *const tables[] = { "raw", "mangle", "nat", "filter" };
static const int families[] = { NFPROTO_IPV4, NFPROTO_IPV6 };

#define TABLE_N   ((int)ARRAY_SIZE(tables))
#define FAMILY_N  ((int)ARRAY_SIZE(families))
#define FILTER    3 /* in tables[] */
#define SOURCE    "takeover"
#define SOONER_N  20 /* passes that are asked for in a row because something is still in use */

enum step {
	STEP_CHAINS,
	STEP_RULES, /* of one table */
	STEP_EMPTY, /* a transaction: rules that lead to upstream's chains, contents of these */
	STEP_DELETE,
	STEP_DELETE_ONE, /* the chains one by one, because together they were refused */
	STEP_SETS,
	STEP_DESTROY,
	STEP_NONE,
};

struct victim {
	int table;
	char *chain;
	uint64_t handle; /* a rule of the chain; 0: the chain itself */
};

struct victims {
	struct victim *v;
	size_t n, cap;
};

struct takeover {
	struct netlink *nl;
	const struct driver_host *host;
	enum step step;
	int family, table; /* indices */

	struct victims chains, rules;
	struct strv base[ARRAY_SIZE(tables)]; /* names of base chains */
	size_t rules_before;                  /* the present table */
	bool forward_drops;

	struct strv sets;
	size_t next;      /* chain, of STEP_DELETE_ONE */
	struct buf stuck; /* names of chains of the present family */
	struct nft_batch batch;
	uint64_t removed;
	bool left; /* something is still in use */
	unsigned sooner;
};

static void next(struct takeover *t);

static void victims_cut(struct victims *v, size_t n)
{
	while (v->n > n)
		free(v->v[--v->n].chain);
}

static void victims_done(struct victims *v)
{
	victims_cut(v, 0);
	free(v->v);
	*v = (struct victims){ 0 };
}

static void victims_add(struct victims *v, int table, const char *chain, uint64_t handle)
{
	mem_grow(&v->v, &v->cap, v->n + 1, sizeof(*v->v));
	v->v[v->n++] = (struct victim){ table, mem_strdup(chain), handle };
}

/* --- problems --- */

static const char *family_word(const struct takeover *t)
{
	return families[t->family] == NFPROTO_IPV4 ? "ip" : "ip6";
}

static void tell(const struct takeover *t, const char *subject, const char *reason)
{
	t->host->problem(t->host->ctx, SOURCE, subject, reason);
}

/* reason NULL: there is none any more. */
static void tell_of_family(const struct takeover *t, const char *what, const char *reason)
{
	_cleanup_free_ char *subject = mem_printf("%s of upstream in family %s", what, family_word(t));

	tell(t, subject, reason);
}

static void tell_error(struct takeover *t, const char *what, int error)
{
	_cleanup_free_ char *reason = NULL;

	if (error)
		reason = mem_printf("cannot be removed, will try again: %s", strerror(-error));
	tell_of_family(t, what, reason);
}

/* --- what there is --- */

static int table_index(const char *name)
{
	for (int i = 0; i < TABLE_N; i++)
		if (str_eq(tables[i], name))
			return i;
	return -1;
}

static void forget_chains(struct takeover *t)
{
	victims_cut(&t->chains, 0);
	for (int i = 0; i < TABLE_N; i++)
		strv_done(&t->base[i]);
	t->forward_drops = false;
}

static void saw_chain(struct takeover *t, const struct nlmsghdr *msg)
{
	struct nft_chain_info info;
	int table;

	if (nft_read_chain(msg, &info) || info.family != families[t->family])
		return;
	table = table_index(info.table);
	if (table < 0)
		return;
	if (info.base) {
		strv_add(&t->base[table], info.name);
		if (table == FILTER && str_eq(info.name, "FORWARD") && nft_read_chain_drops(msg))
			t->forward_drops = true;
	} else if (upstream_chain(info.name)) {
		victims_add(&t->chains, table, info.name, 0);
	}
}

static void saw_rule(struct takeover *t, const struct nlmsghdr *msg)
{
	struct nft_rule_info info;
	struct nft_rule_marks marks;

	if (nft_read_rule(msg, &info) || nft_read_rule_marks(msg, &marks) ||
		!strv_has(&t->base[t->table], info.chain))
		return;
	if (upstream_comment(marks.comment) || (marks.target && upstream_chain(marks.target)))
		victims_add(&t->rules, t->table, info.chain, info.handle);
}

/* --- what becomes of it --- */

static struct nft_place place_of(const struct takeover *t, const struct victim *v)
{
	return (struct nft_place){ families[t->family], tables[v->table] };
}

static void send_batch(struct takeover *t, netlink_answer_fn fn)
{
	nft_batch_end(&t->batch);
	netlink_transaction(t->nl, &t->batch.msgs, fn, t);
}

static void empty(struct takeover *t, netlink_answer_fn fn)
{
	nft_batch_begin(&t->batch, 0);
	for (size_t i = 0; i < t->rules.n; i++) {
		const struct victim *v = &t->rules.v[i];
		const struct nft_place p = place_of(t, v);

		nft_batch_delete_rule(&t->batch, NULL, &p, v->chain, v->handle);
	}
	for (size_t i = 0; i < t->chains.n; i++) {
		const struct nft_place p = place_of(t, &t->chains.v[i]);

		nft_batch_flush_chain(&t->batch, NULL, &p, t->chains.v[i].chain);
	}
	send_batch(t, fn);
}

static void delete_chains(struct takeover *t, size_t from, size_t to, netlink_answer_fn fn)
{
	nft_batch_begin(&t->batch, 0);
	for (size_t i = from; i < to; i++) {
		const struct nft_place p = place_of(t, &t->chains.v[i]);

		nft_batch_delete_chain(&t->batch, NULL, &p, t->chains.v[i].chain);
	}
	send_batch(t, fn);
}

static void ask_destroy(struct takeover *t, netlink_answer_fn fn)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	for (size_t i = 0; i < t->sets.n; i++)
		ipset_destroy(&b, t->sets.v[i]);
	netlink_batch(t->nl, &b, fn, t);
}

/* --- step by step --- */

static void begin_family(struct takeover *t)
{
	forget_chains(t);
	victims_cut(&t->rules, 0);
	t->table = 0;
	t->step = t->family < FAMILY_N ? STEP_CHAINS : STEP_SETS;
}

static void tell_stuck(struct takeover *t)
{
	_cleanup_free_ char *reason = NULL;

	if (t->stuck.len)
		reason = mem_printf("stay, empty:%s: rules that are not upstream's jump to them; delete "
				    "these rules",
			buf_str(&t->stuck));
	tell_of_family(t, "Chains", reason);
	buf_clear(&t->stuck);
}

static void end_family(struct takeover *t)
{
	tell_stuck(t);
	t->family++;
	begin_family(t);
}

static bool must_wait_for_policy(const struct takeover *t)
{
	bool of_filter = false;

	for (size_t i = 0; i < t->rules.n; i++)
		of_filter |= t->rules.v[i].table == FILTER;
	return of_filter && t->forward_drops;
}

/* All tables were read. */
static void judge(struct takeover *t)
{
	static const char wait[] =
		"they stay, because the policy of chain FORWARD in table filter is drop and only they "
		"let workloads through: set it to accept (iptables -P FORWARD ACCEPT, ip6tables)";
	const bool waits = must_wait_for_policy(t);

	tell_of_family(t, "Rules", waits ? wait : NULL);
	if (waits || (!t->rules.n && !t->chains.n))
		end_family(t);
	else
		t->step = STEP_EMPTY;
}

static void next_table(struct takeover *t)
{
	while (t->table < TABLE_N && !t->base[t->table].n)
		t->table++;
	t->rules_before = t->rules.n;
	if (t->table < TABLE_N)
		t->step = STEP_RULES;
	else
		judge(t);
}

static void after_empty(struct takeover *t, int error)
{
	tell_error(t, "Rules", error);
	if (error) {
		end_family(t);
		return;
	}
	t->removed += t->rules.n + t->chains.n;
	if (t->chains.n)
		t->step = STEP_DELETE;
	else
		end_family(t);
}

static void after_delete_one(struct takeover *t, int error)
{
	if (error)
		buf_printf(&t->stuck, " %s", t->chains.v[t->next].chain);
	if (++t->next == t->chains.n)
		end_family(t);
}

static void after_step(struct takeover *t, int error)
{
	switch (t->step) {
	case STEP_CHAINS:
		next_table(t);
		break;
	case STEP_RULES:
		t->table++;
		next_table(t);
		break;
	case STEP_EMPTY:
		after_empty(t, error);
		break;
	case STEP_DELETE:
		t->next = 0;
		if (error)
			t->step = STEP_DELETE_ONE;
		else
			end_family(t);
		break;
	case STEP_DELETE_ONE:
		after_delete_one(t, error);
		break;
	case STEP_SETS:
		t->step = t->sets.n ? STEP_DESTROY : STEP_NONE;
		break;
	case STEP_DESTROY:
	case STEP_NONE:
		t->step = STEP_NONE;
		break;
	}
}

/* What could not be read is left for the next pass. */
static void dump_failed(struct takeover *t, int error)
{
	log_debug("takeover: reading in step %d: %s", (int)t->step, strerror(-error));
	if (t->step == STEP_SETS)
		t->step = STEP_NONE; /* no IP sets in this kernel */
	else
		end_family(t);
}

static void forget_dump(struct takeover *t)
{
	if (t->step == STEP_CHAINS)
		forget_chains(t);
	else if (t->step == STEP_RULES)
		victims_cut(&t->rules, t->rules_before);
	else
		strv_done(&t->sets);
}

static void saw(struct takeover *t, const struct nlmsghdr *msg)
{
	const char *set;

	if (t->step == STEP_CHAINS)
		saw_chain(t, msg);
	else if (t->step == STEP_RULES)
		saw_rule(t, msg);
	else if ((set = ipset_read_name(msg)) && upstream_ipset(set))
		strv_add(&t->sets, set);
}

static void dumped(void *ctx, const struct netlink_answer *a)
{
	struct takeover *t = ctx;

	switch (a->what) {
	case NETLINK_DATA:
		saw(t, a->msg);
		return;
	case NETLINK_AGAIN:
		forget_dump(t);
		return;
	case NETLINK_REFUSED:
		return;
	case NETLINK_DONE:
		break;
	}
	if (a->error)
		dump_failed(t, a->error);
	else
		after_step(t, 0);
	next(t);
}

static void written(void *ctx, const struct netlink_answer *a)
{
	struct takeover *t = ctx;

	if (a->what != NETLINK_DONE)
		return;
	after_step(t, a->error);
	next(t);
}

/* The kernel lets go of a deleted rule's set a little after the transaction. */
static void destroyed(void *ctx, const struct netlink_answer *a)
{
	struct takeover *t = ctx;

	if (a->what == NETLINK_REFUSED && a->error != -ENOENT)
		t->left = true;
	written(ctx, a);
}

static void finish(struct takeover *t)
{
	t->sooner = t->left ? t->sooner + 1 : 0;
	tell(t, "IP sets of upstream",
		t->sooner > SOONER_N ? "some stay, because rules still use them: see whether "
				       "iptables-legacy-save shows rules of Calico"
				     : NULL);
	if (t->removed)
		log_info("Removed %llu chains and rules of another Felix.",
			(unsigned long long)t->removed);
	forget_chains(t);
	victims_cut(&t->rules, 0);
	strv_done(&t->sets);
	nft_batch_release(&t->batch);
}

static void ask(struct takeover *t, struct buf *b)
{
	const struct nft_place p = { t->step == STEP_RULES ? families[t->family] : 0,
		t->step == STEP_RULES ? tables[t->table] : NULL };

	if (t->step == STEP_CHAINS)
		nft_ask_chains(b, families[t->family]);
	else if (t->step == STEP_RULES)
		nft_ask_rules(b, &p, NULL);
	else
		ipset_ask_names(b);
}

static void next(struct takeover *t)
{
	_cleanup_buf_ struct buf b = BUF_INIT;

	switch (t->step) {
	case STEP_CHAINS:
	case STEP_RULES:
	case STEP_SETS:
		ask(t, &b);
		netlink_dump(t->nl, (const struct nlmsghdr *)b.data, dumped, t);
		break;
	case STEP_EMPTY:
		empty(t, written);
		break;
	case STEP_DELETE:
		delete_chains(t, 0, t->chains.n, written);
		break;
	case STEP_DELETE_ONE:
		delete_chains(t, t->next, t->next + 1, written);
		break;
	case STEP_DESTROY:
		ask_destroy(t, destroyed);
		break;
	case STEP_NONE:
		finish(t);
		break;
	}
}

void takeover_run(struct takeover *t)
{
	if (takeover_running(t))
		return;
	t->left = false;
	t->removed = 0;
	t->family = 0;
	begin_family(t);
	next(t);
}

bool takeover_running(const struct takeover *t)
{
	return t->step != STEP_NONE;
}

bool takeover_wants_more(const struct takeover *t)
{
	return !takeover_running(t) && t->left && t->sooner <= SOONER_N;
}

struct takeover *takeover_new(struct netlink *nl, const struct driver_host *host)
{
	struct takeover *t = mem_new(struct takeover);

	t->nl = nl;
	t->host = host;
	t->step = STEP_NONE;
	return t;
}

struct takeover *takeover_free(struct takeover *t)
{
	if (!t)
		return NULL;
	victims_done(&t->chains);
	victims_done(&t->rules);
	for (int i = 0; i < TABLE_N; i++)
		strv_done(&t->base[i]);
	strv_done(&t->sets);
	buf_done(&t->stuck);
	nft_batch_done(&t->batch);
	free(t);
	return NULL;
}
