/* SPDX-License-Identifier: GPL-2.0-or-later */
/* completion.h - what may come next on a command line.
 *
 * The shells' scripts are short: they call the program with the words so far, and it answers from
 * its table of commands, so the two cannot disagree. The answer is one word a line, a tab, what it
 * means; last ":4", or ":0" when file names fit too.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct command;

bool completion_asked(const char *word);     /* the first word of a script's question */
bool completion_described(const char *word); /* and whether it wants the meanings */

/* `words` are those after the program's name, the last one is being typed. */
void completion_find(const struct command *root, size_t n, const char *const *words, bool described,
	struct buf *out);

/* The same over our own table, printed; the exit status. */
int completion_answer(size_t n, const char *const *words, bool described);
