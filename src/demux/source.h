/* SPDX-License-Identifier: ISC */
#ifndef PROV_DEMUX_SOURCE_H
#define PROV_DEMUX_SOURCE_H

#include <stdbool.h>

#include "base/buf.h"

/*
 * Bytes of the file by their offset, and no more of them than a reader that
 * goes through the file a few times needs: loops that a file asks for end.
 */
#define SOURCE_PASSES 4
#define SOURCE_SLACK  (1UL << 20)

/* Scanners read a few bytes here and there: most hits lie in one window. */
#define SOURCE_WINDOW 16384

struct source {
	int fd;             /* -1: memory */
	const uint8_t *mem; /* the whole file, for tests and fuzzing */
	uint64_t base; /* of the file in what fd or mem is: 0 but for one inside */
	uint64_t size;
	uint64_t budget; /* bytes that may still be read */
	bool failed;     /* a read failed, or the file became shorter */
	bool spent;      /* budget ran out */
	uint64_t at;     /* what window holds */
	size_t n;
	uint8_t window[SOURCE_WINDOW];
};

void source_fd(struct source *s, int fd, uint64_t size);
void source_mem(struct source *s, prov_span file);

/* The same file with a budget of its own. */
void source_again(struct source *s, const struct source *of);

/* From here on the file is len bytes of what it was, from at on. */
void source_narrow(struct source *s, uint64_t at, uint64_t len);

/*
 * Up to len bytes from off on; less only at the end of the file. 0 there, and
 * after failed or spent.
 */
size_t source_read(struct source *s, uint64_t off, void *p, size_t len);

/* Exactly len bytes, at most SOURCE_WINDOW, through the window. */
bool source_get(struct source *s, uint64_t off, void *p, size_t len);

#endif
