/* SPDX-License-Identifier: ISC */
/* Runs, as somebody else may have written them: each line a record, or not. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "gate/difference.h"
#include "gate/summary.h"
#include "hash/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The same lines, cut by hand, give the same root and the same hashes. */
static void
check_root(const struct summary *s, prov_span bytes)
{
	AUTO_BUF leaves = { 0 };
	uint8_t root[32];
	size_t n = 0;

	while (bytes.len > 0) {
		const uint8_t *nl = memchr(bytes.p, '\n', bytes.len);
		size_t len = nl != NULL ? (size_t)(nl - bytes.p) : bytes.len;
		uint8_t *leaf = buf_grow(&leaves, 32);

		if (leaf == NULL ||
		    tree_leaf(leaf, span(bytes.p, len), NULL) != PROV_OK ||
		    memcmp(leaf, s->lines.p + n * RUN_PREFIX_LEN,
			RUN_PREFIX_LEN) != 0)
			abort();
		len += nl != NULL;
		bytes = span(bytes.p + len, bytes.len - len);
		n++;
	}
	if (s->lines.len != n * RUN_PREFIX_LEN ||
	    tree_root(root, leaves.p, n, NULL) != PROV_OK ||
	    memcmp(root, s->r.root, 32) != 0)
		abort();
}

/* What was counted of good lines is a run record. */
static void
check_counts(struct summary *s)
{
	AUTO_BUF b = { 0 };

	if (s->bad != 0 || s->r.n == 0)
		return;
	memcpy(s->r.verifier, "fuzz", 5);
	if (run_record_encode(&b, &s->r, NULL) != PROV_OK)
		abort();
}

static prov_status
note(void *arg, const struct difference *d, prov_err *err)
{
	(void)arg;
	(void)err;
	if (d->was == 0 || d->now == 0)
		abort();
	return (PROV_OK);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO_FD int fd = memfd_create("run", MFD_CLOEXEC);
	AUTO_SUMMARY *s = NULL;

	if (fd == -1 || write(fd, data, size) != (ssize_t)size)
		abort();
	if (summary_read(&s, fd, NULL) != PROV_OK)
		abort();
	check_root(s, span(data, size));
	check_counts(s);
	if (difference_find(span(s->lines.p, s->lines.len / 16 * 8),
		buf_span(&s->lines), note, NULL, NULL) != PROV_OK)
		abort();
	return (0);
}
