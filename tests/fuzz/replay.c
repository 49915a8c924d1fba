/* SPDX-License-Identifier: ISC */
/*
 * Runs a fuzz target over files: the corpus as a test, with any compiler.
 * The name of each file goes out before it is run, so that a crash is known.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The exact size on the heap, so that a sanitizer sees each byte too far. */
static int
replay(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = NULL;
	long len = -1;
	int ok = 0;

	printf("%s\n", path);
	(void)fflush(stdout);
	if (f == NULL)
		return (0);
	if (fseek(f, 0, SEEK_END) == 0 && (len = ftell(f)) >= 0 &&
	    fseek(f, 0, SEEK_SET) == 0 &&
	    (data = malloc(len > 0 ? (size_t)len : 1)) != NULL &&
	    fread(data, 1, (size_t)len, f) == (size_t)len) {
		(void)LLVMFuzzerTestOneInput(data, (size_t)len);
		ok = 1;
	}
	free(data);
	(void)fclose(f);
	return (ok);
}

int
main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (!replay(argv[i])) {
			fprintf(stderr, "%s: cannot be read\n", argv[i]);
			return (2);
		}
	return (argc > 1 ? 0 : 2);
}
