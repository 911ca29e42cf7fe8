/* SPDX-License-Identifier: GPL-2.0-or-later */
/* BIRD's answer to "show protocols all". Needs: bgp. */
#include <stdint.h>
#include <stdlib.h>

#include "base/mem.h"
#include "bgp/peers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = mem_strndup((const char *)data, size);
	struct bird_peers peers = { 0 };
	int r = bird_peers_parse(text, &peers, NULL);
	(void)r;
	bird_peers_done(&peers);
	return 0;
}
