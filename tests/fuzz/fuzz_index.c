/* SPDX-License-Identifier: ISC */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "hash/sha256.h"
#include "ledger/index.h"
#include "ledger/notices.h"
#include "ledger/stray.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
list(prov_span text)
{
	struct index x = { 0 };

	if (index_parse(&x, text, NULL) == PROV_OK)
		for (size_t i = 0; i < x.n; i++)
			if (x.runs[i].begin !=
				(i == 0 ? 0 : x.runs[i - 1].end) ||
			    x.runs[i].end > x.position)
				abort();
	index_clear(&x);
}

/* What is read a piece at a time is no other run. */
static void
pieces(prov_span bytes, prov_status want)
{
	AUTO_FD int fd = memfd_create("run", MFD_CLOEXEC);
	struct run_info info;

	if (fd == -1 || write(fd, bytes.p, bytes.len) != (ssize_t)bytes.len)
		return;
	if ((run_check(&info, fd, NULL) == PROV_OK) != (want == PROV_OK))
		abort();
}

/* A tile's name has one form. */
static void
name(prov_span bytes)
{
	char path[TILE_PATH_MAX * 2], again[TILE_PATH_MAX];
	struct tile_name t;

	if (bytes.len >= sizeof(path))
		return;
	memcpy(path, bytes.p, bytes.len);
	path[bytes.len] = '\0';
	if (!tile_name_parse(&t, path))
		return;
	tile_path(again, t.level, t.n, t.width);
	if (strcmp(path, again) != 0 || t.width == 0 || t.width > TILE_WIDTH)
		abort();
}

/* A sound run has one form; the digest is made to fit, to get behind it. */
static void
run(prov_span bytes)
{
	struct records r = { 0 };
	struct run_info info;
	AUTO_BUF b = { 0 }, again = { 0 };
	uint8_t digest[32];
	prov_status st;

	if (sha256_of(digest, bytes, NULL) != PROV_OK)
		return;
	buf_put_span(&b, bytes);
	buf_put(&b, digest, sizeof(digest));
	if (b.failed)
		return;
	st = run_decode(&info, &r, buf_span(&b), NULL);
	pieces(buf_span(&b), st);
	if (st == PROV_OK &&
	    (run_encode(&again, info.begin, info.end, &r, NULL) != PROV_OK ||
		!span_eq(buf_span(&b), buf_span(&again))))
		abort();
	records_clear(&r);
}

/* What a client remembers has one form. */
static void
record(prov_span text)
{
	struct notices n = { 0 };
	struct checkpoint at;
	AUTO_BUF again = { 0 };

	if (notices_parse(&n, &at, text, NULL) == PROV_OK &&
	    (n.position != at.size ||
		notices_encode(&again, &n, &at, NULL) != PROV_OK ||
		!span_eq(text, buf_span(&again))))
		abort();
	notices_clear(&n);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	record(span(data, size));
	list(span(data, size));
	run(span(data, size));
	name(span(data, size));
	return (0);
}
