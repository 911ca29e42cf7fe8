/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What BIRD's control socket sends: the answer is whole at the same byte however it comes. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/cleanup.h"
#include "base/mem.h"
#include "bgp/control.h"
#include "bgp/peers.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = mem_strndup((const char *)data, size);
	_cleanup_(bird_peers_done) struct bird_peers peers = { 0 };
	_cleanup_buf_ struct buf whole = BUF_INIT, part = BUF_INIT;
	int code = -1, code_of_part = -1;
	size_t first = 0, len = strlen(text);

	if (!control_parse(text, &code, &whole))
		return 0;
	if (code < 0 || code > 9999)
		abort();
	if (bird_peers_parse(buf_str(&whole), &peers, NULL) && peers.n > len)
		abort();
	for (bool found = false; !found && first < len;) { /* the shortest part that is whole */
		_cleanup_free_ char *head = mem_strndup(text, ++first);

		found = control_parse(head, &code_of_part, &part);
	}
	if (code != code_of_part || whole.len != part.len ||
		memcmp(buf_str(&whole), buf_str(&part), whole.len) != 0)
		abort();
	return 0;
}
