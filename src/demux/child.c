/* SPDX-License-Identifier: ISC */
#include "demux/child.h"

#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/limits.h"
#include "demux/alloc.h"
#include "demux/lavf.h"
#include "demux/magic.h"
#include "essence/identity.h"
#include "essence/image.h"
#include "hash/sha256.h"

/* Half of a child's memory: no photograph is larger. */
#define IMAGE_MAX (256UL << 20)

int
answer_write(int out, enum worker_status status, prov_span body)
{
	struct worker_answer head = { .magic = WORKER_MAGIC,
		.status = (uint32_t)status,
		.len = body.len };
	prov_span parts[] = { span(&head, sizeof(head)), body };

	for (size_t i = 0; i < 2; i++)
		while (parts[i].len > 0) {
			ssize_t n = write(out, parts[i].p, parts[i].len);

			if (n < 0 && errno == EINTR)
				continue;
			if (n <= 0)
				return (-1);
			parts[i].p += n;
			parts[i].len -= (size_t)n;
		}
	return (0);
}

/*
 * Two threads hash what one reads. Under 8 MiB a file is done before they have
 * paid for themselves.
 */
#define POOL_THREADS  2
#define POOL_FILE_MIN (8UL << 20)

typedef prov_status (
    *walker)(prov_identity **out, prov_span file, prov_err *err);

static const walker walkers[] = {
	[READ_JPEG] = jpeg_identify,
	[READ_PNG] = png_identify,
	[READ_WEBP] = webp_identify,
	[READ_GIF] = gif_identify,
};

static prov_status
image_identify(prov_identity **out, enum reader reader, int file, uint64_t size,
    prov_err *err)
{
	prov_status st;
	void *p;

	if (size > IMAGE_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.image: more than %lu bytes", IMAGE_MAX));
	p = mmap(NULL, (size_t)size, PROT_READ, MAP_PRIVATE, file, 0);
	if (p == MAP_FAILED)
		return (prov_fail_errno(err, PROV_EIO, "image"));
	st = walkers[reader](out, span(p, (size_t)size), err);
	(void)munmap(p, (size_t)size);
	return (st);
}

/* The video of a motion photo: its streams are the photo's as well. */
static prov_status
add_inner(prov_identity *id, struct source *s, bool frames, struct pool *pool,
    prov_err *err)
{
	AUTO(prov_identity) *inner = NULL;
	const struct format *format;
	prov_status st;

	source_narrow(s, id->inner_at, id->inner_len);
	format = magic_format(s);
	if (s->failed)
		return (prov_fail(err, PROV_EIO, "read failed"));
	if (format == NULL || format->layout != LAYOUT_BMFF)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "a photo with something in it that is no video"));
	if ((st = lavf_identify(&inner, format, s, frames, pool, err)) !=
	    PROV_OK)
		return (prov_wrap(err, st, "video of a motion photo"));
	return (identity_join(id, inner, err));
}

static prov_status
identify(prov_identity **out, int file, const struct worker_request *request,
    struct pool *pool, prov_err *err)
{
	AUTO_FREE struct source *s = malloc(sizeof(*s));
	AUTO(prov_identity) *id = NULL;
	const struct format *format;
	bool frames = (request->flags & WORKER_FRAMES) != 0;
	prov_status st;

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "file"));
	source_fd(s, file, request->size);
	format = magic_format(s);
	if (s->failed)
		return (prov_fail(err, PROV_EIO, "read failed"));
	if (format == NULL)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "no format that prov reads by its streams"));
	if (format->reader == READ_LAVF)
		return (lavf_identify(out, format, s, frames, pool, err));
	if ((st = image_identify(&id, format->reader, file, request->size,
		 err)) != PROV_OK ||
	    (id->inner_len > 0 &&
		(st = add_inner(id, s, frames, pool, err)) != PROV_OK))
		return (st);
	*out = TAKE(id);
	return (PROV_OK);
}

prov_status
child_identify(struct buf *answer, int file,
    const struct worker_request *request, struct pool *pool, prov_err *err)
{
	AUTO(prov_identity) *id = NULL;
	prov_status st;

	answer->max = IDENTITY_MAX;
	if ((st = identify(&id, file, request, pool, err)) != PROV_OK)
		return (st);
	return (identity_encode(answer, id, err));
}

static enum worker_status
status_of(prov_status st)
{
	switch (st) {
	case PROV_OK:
		return (WORKER_OK);
	case PROV_EUNSUPPORTED:
		return (WORKER_UNSUPPORTED);
	case PROV_EFORMAT:
		return (WORKER_MALFORMED);
	case PROV_ELIMIT:
	case PROV_ENOMEM:
		return (WORKER_LIMIT);
	case PROV_EINTERNAL:
	case PROV_EARG:
	case PROV_EOPEN:
	case PROV_EIO:
	case PROV_EWRITE:
	case PROV_EUNTRUSTED:
	case PROV_ENOTFOUND:
	case PROV_EBUSY:
	case PROV_EEXIST:
	case PROV_EPASSPHRASE:
		break;
	}
	return (WORKER_TROUBLE);
}

static const char *
text_of(prov_status st, const prov_err *err)
{
	if (st == PROV_ENOMEM)
		return ("limit.memory: more memory than the worker may use");
	return (err->msg[0] != '\0' ? err->msg : prov_strstatus(st));
}

/* Threads are worth it for large files, and where processors are idle. */
static struct pool *
hire(uint64_t size)
{
	struct pool *pool = NULL;
	cpu_set_t cpus;

	if (size < POOL_FILE_MIN || sched_getaffinity(0, sizeof(cpus), &cpus) ||
	    CPU_COUNT(&cpus) < 2 || pool_new(&pool, POOL_THREADS, NULL))
		return (NULL);
	return (pool);
}

void
child_run(const struct sandbox *sandbox, const struct worker_request *request)
{
	AUTO_BUF answer = { 0 };
	struct pool *pool = NULL;
	prov_err err = { 0 };
	prov_span body;
	prov_status st;
	bool held;

	alloc_is_fatal();
	held = sandbox_confine();
	/* Threads are held by what is confined before, and sealed behind. */
	if (held)
		pool = hire(request->size);
	held = held && sandbox_seal(sandbox, request->size);
	if (held)
		st = child_identify(&answer, SANDBOX_FILE, request, pool, &err);
	else
		st = prov_fail(&err, PROV_EINTERNAL,
		    "the sandbox cannot be set up here");
	if (st == PROV_OK)
		body = buf_span(&answer);
	else
		body = span(text_of(st, &err), strlen(text_of(st, &err)));
	_exit(answer_write(SANDBOX_ANSWER, status_of(st), body) == 0 ? 0 : 1);
}

void
child_warm_up(void)
{
	uint8_t digest[SHA256_LEN];

	lavf_warm_up();
	(void)sha256_of(digest, span("", 0), NULL);
}
