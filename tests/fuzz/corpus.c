/* SPDX-License-Identifier: GPL-2.0-or-later */
/* corpus.c - feeds every file of the directories on the command line to a fuzz entry once.
 *
 * What libFuzzer's own main does with a corpus, without libFuzzer, so that any compiler runs it.
 * An empty or missing corpus is a failure: a test that reads nothing proves nothing.
 */
#include <dirent.h>
#include <err.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input gets a block of exactly its size, so that a read past its end is seen. */
static void feed_file(const char *path)
{
	FILE *f = fopen(path, "re");
	struct stat st;

	if (!f || fstat(fileno(f), &st) < 0)
		err(1, "%s", path);
	size_t size = (size_t)st.st_size;
	uint8_t *data = malloc(size ? size : 1);
	if (!data || fread(data, 1, size, f) != size)
		err(1, "%s", path);
	fclose(f);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
}

static int is_input(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static unsigned feed_directory(const char *dir)
{
	struct dirent **entries = NULL;
	int n = scandir(dir, &entries, is_input, alphasort);

	if (n < 0)
		err(1, "%s", dir);
	for (int i = 0; i < n; i++) {
		char path[4096];
		snprintf(path, sizeof(path), "%s/%s", dir, entries[i]->d_name);
		printf("%s\n", path);
		fflush(stdout); /* the last line names the input that a sanitizer stopped at */
		feed_file(path);
		free(entries[i]);
	}
	free(entries);
	return (unsigned)n;
}

int main(int argc, char **argv)
{
	unsigned n = 0;

	for (int i = 1; i < argc; i++)
		n += feed_directory(argv[i]);
	if (n == 0)
		errx(1, "no corpus");
	printf("%u inputs\n", n);
	return 0;
}
