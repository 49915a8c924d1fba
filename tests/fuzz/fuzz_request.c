/* SPDX-License-Identifier: ISC */
/*
 * Lines that a gate is asked, and records that a run is gone on with: what is
 * read is one source, or a record that says what it says.
 */
#include <stdlib.h>
#include <string.h>

#include "base/name.h"
#include "gate/record.h"
#include "gate/request.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
request(prov_span line)
{
	static const int fds[] = { 3, 4 };
	AUTO_QUERY a = { .r = { .fd = -1 } };
	const struct request *r = &a.r;
	prov_status st = request_parse(&a, line, fds, 2, NULL);
	int sources = (r->path != NULL) + (r->fd != -1) + (r->sha256 != NULL);

	if (sources != (st == PROV_OK) ||
	    (r->fd != -1 && r->fd != 3 && r->fd != 4))
		abort();
	if (st != PROV_OK && (r->sidecar.p != NULL || r->manifest != NULL))
		abort();
	if (r->seen != NULL)
		for (size_t s = 0; s < SIGNAL_N; s++)
			for (size_t p = 0; p < PURPOSE_N; p++)
				if (r->seen->use[s][p] == USE_ALLOWED)
					abort(); /* nobody signed it */
}

static void
record(prov_span line)
{
	AUTO_RECORD r = { 0 };

	if (record_parse(&r, line, NULL) != PROV_OK &&
	    (r.id != NULL || r.path != NULL || r.decision != PROV_DENY))
		abort();
}

/* A name that passes leads down, whatever reads it. */
static void
name(prov_span bytes)
{
	if (name_check(bytes, NULL) != PROV_OK)
		return;
	if (bytes.len == 0 || bytes.p[0] == '/' ||
	    bytes.p[bytes.len - 1] == '/' ||
	    memchr(bytes.p, '\\', bytes.len) != NULL ||
	    memchr(bytes.p, '\0', bytes.len) != NULL ||
	    memmem(bytes.p, bytes.len, "/../", 4) != NULL ||
	    memmem(bytes.p, bytes.len, "//", 2) != NULL)
		abort();
}

/* The first byte says which. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return (0);
	switch (data[0]) {
	case 'r':
		record(span(data + 1, size - 1));
		break;
	case 'n':
		name(span(data + 1, size - 1));
		break;
	default:
		request(span(data + 1, size - 1));
	}
	return (0);
}
