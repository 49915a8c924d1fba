/* SPDX-License-Identifier: ISC */
#include "demux/alloc.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

#include "demux/sanitized.h"
#include "essence/worker.h"
#include "prov/err.h"

#if SANITIZED || !defined(__GLIBC__)

/* A sanitizer's allocator aborts by itself. */
void
alloc_is_fatal(void)
{
}

#else

/* glibc's own, under the names that it keeps for allocators in front of it. */
extern void *__libc_malloc(size_t len);
extern void *__libc_calloc(size_t n, size_t len);
extern void *__libc_realloc(void *p, size_t len);
extern void *__libc_memalign(size_t align, size_t len);
extern void __libc_free(void *p);

/* Of <malloc.h>. */
void *memalign(size_t align, size_t len);
size_t malloc_usable_size(void *p);

/*
 * FFmpeg aligns every block that it takes, and glibc is slow at that: it cuts
 * a larger one to size, and puts the rests together again later. So small
 * aligned blocks that were given back are kept, a few of each size, for the
 * next one who asks: a packet of a thin stream takes three.
 */
#define KEPT_ALIGN   64
#define KEPT_LEN     4096
#define KEPT_CLASSES (KEPT_LEN / KEPT_ALIGN)
#define KEPT_EACH    8 /* together under 1.1 MB */

struct kept {
	unsigned n;
	void *p[KEPT_EACH];
};

/* Set once, in a process of one thread that reads one file. */
static int fatal;

/* Only for that thread: others are started later. */
static _Thread_local bool keeps;
static struct kept kept[KEPT_CLASSES];

void
alloc_is_fatal(void)
{
	fatal = 1;
	keeps = true;
}

static void *
checked(void *p, size_t len)
{
	if (p == NULL && len > 0 && fatal)
		_exit(WORKER_EXIT_NOMEM);
	return (p);
}

PROV_API void *
malloc(size_t len)
{
	return (checked(__libc_malloc(len), len));
}

PROV_API void *
calloc(size_t n, size_t len)
{
	return (checked(__libc_calloc(n, len), n == 0 ? 0 : len));
}

PROV_API void *
realloc(void *p, size_t len)
{
	return (checked(__libc_realloc(p, len), len));
}

/* Of n times KEPT_ALIGN bytes. */
static void *
take_kept(size_t n)
{
	struct kept *k = &kept[n - 1];

	return (k->n > 0 ? k->p[--k->n] : NULL);
}

PROV_API void *
memalign(size_t align, size_t len)
{
	size_t n = (len + KEPT_ALIGN - 1) / KEPT_ALIGN;
	void *p;

	if (!keeps || align > KEPT_ALIGN || len == 0 || n > KEPT_CLASSES)
		return (checked(__libc_memalign(align, len), len));
	if ((p = take_kept(n)) != NULL)
		return (p);
	return (checked(__libc_memalign(KEPT_ALIGN, n * KEPT_ALIGN), len));
}

PROV_API void
free(void *p)
{
	struct kept *k;
	size_t n;

	if (keeps && p != NULL && (uintptr_t)p % KEPT_ALIGN == 0 &&
	    (n = malloc_usable_size(p) / KEPT_ALIGN) > 0 && n <= KEPT_CLASSES &&
	    (k = &kept[n - 1])->n < KEPT_EACH) {
		k->p[k->n++] = p;
		return;
	}
	__libc_free(p);
}

PROV_API void *
aligned_alloc(size_t align, size_t len)
{
	return (memalign(align, len));
}

PROV_API int
posix_memalign(void **out, size_t align, size_t len)
{
	void *p;

	if (align % sizeof(void *) != 0 || (align & (align - 1)) != 0 ||
	    align == 0)
		return (EINVAL);
	if ((p = memalign(align, len)) == NULL)
		return (ENOMEM);
	*out = p;
	return (0);
}

#endif
