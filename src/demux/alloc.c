/* SPDX-License-Identifier: ISC */
#include "demux/alloc.h"

#include <errno.h>
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
void *memalign(size_t align, size_t len);

/* Set once, in a process of one thread that reads one file. */
static int fatal;

void
alloc_is_fatal(void)
{
	fatal = 1;
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

PROV_API void *
memalign(size_t align, size_t len)
{
	return (checked(__libc_memalign(align, len), len));
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
