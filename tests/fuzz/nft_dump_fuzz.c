/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the kernel says about nf_tables objects. Needs: kernel. */
#include <libmnl/libmnl.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "kernel/nft_dump.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void saw_element(void *ctx, const struct nft_element_info *e)
{
	volatile uint8_t sum = 0;

	for (size_t i = 0; i < e->key_size; i++)
		sum = (uint8_t)(sum + e->key[i]);
	if (e->target)
		sum = (uint8_t)(sum + strlen(e->target));
}

static void read_message(const struct nlmsghdr *nlh)
{
	struct nft_table_info t;
	struct nft_chain_info c;
	struct nft_rule_info r;
	struct nft_set_info s;
	struct nft_generation_info g;
	const char *table = NULL;
	uint32_t generation;
	int family;

	nft_read_generation(nlh, &generation);
	if (nft_read_generation_info(nlh, &g) == 0 && g.program)
		(void)strlen(g.program);
	if (nft_read_place(nlh, &family, &table) == 0)
		(void)strlen(table);
	nft_read_table(nlh, &t);
	nft_read_chain(nlh, &c);
	nft_read_rule(nlh, &r);
	nft_read_set(nlh, &s);
	nft_read_elements(nlh, saw_element, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct nlmsghdr *nlh = (const struct nlmsghdr *)data;

	for (int left = (int)size; mnl_nlmsg_ok(nlh, left); nlh = mnl_nlmsg_next(nlh, &left))
		read_message(nlh);
	return 0;
}
