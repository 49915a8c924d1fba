/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file.h"
#include "hash/sha256.h"
#include "ledger/filter.h"
#include "ledger/run.h"

/* A block of records is read at once: one page. */
#define BLOCK_RECORDS 256U

/* Guesses by value before halving: keys are digests, and evenly spread. */
#define GUESSES_MAX 6

_Static_assert(RUN_HEAD == 32 + 8 * INDEX_KINDS, "a run's head has no room");

static const char RUN_MAGIC[8] = { 'p', 'r', 'o', 'v', '-', 'r', 'u', 'n' };

void
records_clear(struct records *r)
{
	for (unsigned k = 0; k < INDEX_KINDS; k++)
		buf_free(&r->of[k]);
}

void
records_add(struct records *r, enum index_kind kind, const uint8_t key[32],
    uint64_t index)
{
	struct record rec = { .key = be64(key), .index = index };

	buf_put(&r->of[kind], &rec, sizeof(rec));
}

int
record_order(const struct record *x, const struct record *y)
{
	if (x->key != y->key)
		return (x->key < y->key ? -1 : 1);
	return (x->index < y->index ? -1 : x->index > y->index);
}

static int
record_cmp(const void *a, const void *b)
{
	return (record_order(a, b));
}

static void
sort_section(struct buf *b)
{
	struct record *at = (struct record *)(void *)b->p;
	size_t n = b->len / sizeof(*at), kept = 0;

	qsort(at, n, sizeof(*at), record_cmp);
	for (size_t i = 0; i < n; i++)
		if (kept == 0 || record_cmp(&at[kept - 1], &at[i]) != 0)
			at[kept++] = at[i];
	b->len = kept * sizeof(*at);
}

void
records_sort(struct records *r)
{
	for (unsigned k = 0; k < INDEX_KINDS; k++)
		if (r->of[k].len != 0)
			sort_section(&r->of[k]);
}

size_t
records_total(const struct records *r)
{
	size_t n = 0;

	for (unsigned k = 0; k < INDEX_KINDS; k++)
		n += r->of[k].len / sizeof(struct record);
	return (n);
}

/* The first record whose key is not below key. */
static size_t
records_seek(const struct records *r, enum index_kind kind, uint64_t key)
{
	const struct record *at = records_at(r, kind);
	size_t lo = 0, hi = records_n(r, kind);

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;

		if (at[mid].key < key)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (lo);
}

bool
records_have(const struct records *r, enum index_kind kind, uint64_t key)
{
	size_t i = records_seek(r, kind, key);

	return (i < records_n(r, kind) && records_at(r, kind)[i].key == key);
}

void
records_find(const struct records *r, enum index_kind kind, uint64_t key,
    struct buf *hits)
{
	const struct record *at = records_at(r, kind);
	size_t n = records_n(r, kind);

	for (size_t i = records_seek(r, kind, key); i < n && at[i].key == key;
	     i++)
		buf_put(hits, &at[i].index, sizeof(at[i].index));
}

void
run_name(char out[LEDGER_PATH_MAX], const struct run_info *r)
{
	snprintf(out, LEDGER_PATH_MAX, "index/%llu-%llu",
	    (unsigned long long)r->begin, (unsigned long long)r->end);
}

void
run_put_head(uint8_t head[RUN_HEAD], const struct run_info *r)
{
	memcpy(head, RUN_MAGIC, sizeof(RUN_MAGIC));
	put_be32(head + 8, RUN_VERSION);
	put_be32(head + 12, INDEX_KINDS);
	put_be64(head + 16, r->begin);
	put_be64(head + 24, r->end);
	for (unsigned k = 0; k < INDEX_KINDS; k++)
		put_be64(head + 32 + 8 * k, r->n[k]);
}

uint64_t
run_offset(const struct run_info *r, unsigned kind)
{
	uint64_t off = RUN_HEAD;

	for (unsigned k = 0; k < kind; k++)
		off += r->n[k] * RUN_RECORD;
	return (off);
}

static void
put_section(uint8_t *to, const struct buf *from)
{
	const struct record *at = (const void *)from->p;

	for (size_t n = from->len / sizeof(*at); n > 0; n--, at++) {
		put_be64(to, at->key);
		put_be64(to + 8, at->index);
		to += RUN_RECORD;
	}
}

/* The filter that these records call for, into len bytes. */
static void
put_filter(uint8_t *to, uint64_t len, const uint8_t *section, uint64_t n)
{
	memset(to, 0, (size_t)len);
	for (uint64_t i = 0; i < n; i++)
		filter_add(to, len, be64(section + i * RUN_RECORD));
}

prov_status
run_encode(struct buf *b, uint64_t begin, uint64_t end, const struct records *r,
    prov_err *err)
{
	struct run_info run = { .begin = begin, .end = end };
	uint64_t sections, len;
	uint8_t digest[32], *p;
	prov_status st;

	for (unsigned k = 0; k < INDEX_KINDS; k++)
		run.n[k] = r->of[k].len / sizeof(struct record);
	sections = run_offset(&run, INDEX_KINDS);
	len = filter_len(run.n[INDEX_ASSET]);
	if ((p = buf_grow(b, (size_t)(sections + len))) == NULL)
		return (buf_done(b, err));
	run_put_head(p, &run);
	for (unsigned k = 0; k < INDEX_KINDS; k++)
		put_section(p + run_offset(&run, k), &r->of[k]);
	put_filter(p + sections, len, p + run_offset(&run, INDEX_ASSET),
	    run.n[INDEX_ASSET]);
	st = sha256_of(digest, span(p, (size_t)(sections + len)), err);
	if (st != PROV_OK)
		return (st);
	buf_put(b, digest, sizeof(digest));
	return (buf_done(b, err));
}

prov_status
run_head(struct run_info *out, const uint8_t head[RUN_HEAD], uint64_t file_len,
    prov_err *err)
{
	struct run_info r = { .begin = be64(head + 16),
		.end = be64(head + 24) };
	uint64_t len = 32;

	if (memcmp(head, RUN_MAGIC, sizeof(RUN_MAGIC)) != 0 ||
	    be32(head + 8) != RUN_VERSION || be32(head + 12) != INDEX_KINDS)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: not a run of version %d; remove index/, "
		    "and it is made again",
		    RUN_VERSION));
	if (r.begin >= r.end)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: a run with a malformed head"));
	for (unsigned k = 0; k < INDEX_KINDS; k++) {
		r.n[k] = be64(head + 32 + 8 * k);
		if (r.n[k] > RUN_FILE_MAX / RUN_RECORD)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    "ledger.invalid: a run of %llu records",
			    (unsigned long long)r.n[k]));
	}
	len += run_offset(&r, INDEX_KINDS) + filter_len(r.n[INDEX_ASSET]);
	if (len != file_len)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: a run of %llu bytes where its head says "
		    "%llu",
		    (unsigned long long)file_len, (unsigned long long)len));
	*out = r;
	return (PROV_OK);
}

/* One section: ascending, and inside the run's entries. */
static prov_status
decode_section(const struct run_info *run, struct buf *to, const uint8_t *p,
    uint64_t n, prov_err *err)
{
	struct record prev = { 0 };

	for (uint64_t i = 0; i < n; i++, p += RUN_RECORD) {
		struct record rec = { .key = be64(p), .index = be64(p + 8) };

		if (rec.index < run->begin || rec.index >= run->end ||
		    (i != 0 && record_cmp(&prev, &rec) > 0))
			return (prov_fail(err, PROV_EUNTRUSTED,
			    "ledger.invalid: record %llu of the run %llu-%llu",
			    (unsigned long long)i,
			    (unsigned long long)run->begin,
			    (unsigned long long)run->end));
		if (to != NULL)
			buf_put(to, &rec, sizeof(rec));
		prev = rec;
	}
	return (to != NULL ? buf_done(to, err) : PROV_OK);
}

/* A filter that lacks a key would have the same statement logged twice. */
static prov_status
check_filter(const struct run_info *run, const uint8_t *p, prov_err *err)
{
	uint64_t n = run->n[INDEX_ASSET], len = filter_len(n);
	AUTO_FREE uint8_t *want = malloc((size_t)len + 1);

	if (want == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	put_filter(want, len, p + run_offset(run, INDEX_ASSET), n);
	if (memcmp(want, p + run_offset(run, INDEX_KINDS), (size_t)len) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: the filter of the run %llu-%llu",
		    (unsigned long long)run->begin,
		    (unsigned long long)run->end));
	return (PROV_OK);
}

prov_status
run_decode(struct run_info *out, struct records *r, prov_span bytes,
    prov_err *err)
{
	struct run_info run;
	uint8_t digest[32];
	const uint8_t *p;
	prov_status st;

	if (bytes.len < RUN_HEAD + 32)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: a run of %zu bytes", bytes.len));
	if ((st = run_head(&run, bytes.p, bytes.len, err)) != PROV_OK ||
	    (st = sha256_of(digest, span(bytes.p, bytes.len - 32), err)) !=
		PROV_OK)
		return (st);
	if (memcmp(digest, bytes.p + bytes.len - 32, 32) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: index/%llu-%llu is damaged; remove "
		    "index/, and it is made again",
		    (unsigned long long)run.begin,
		    (unsigned long long)run.end));
	p = bytes.p + RUN_HEAD;
	for (unsigned k = 0; k < INDEX_KINDS; k++) {
		st = decode_section(&run, r != NULL ? &r->of[k] : NULL, p,
		    run.n[k], err);
		if (st != PROV_OK)
			return (st);
		p += run.n[k] * RUN_RECORD;
	}
	if ((st = check_filter(&run, bytes.p, err)) != PROV_OK)
		return (st);
	*out = run;
	return (PROV_OK);
}

prov_status
run_read(struct run_info *out, struct records *r, const char *dir,
    uint64_t begin, uint64_t end, prov_err *err)
{
	struct run_info want = { .begin = begin, .end = end }, got;
	char name[LEDGER_PATH_MAX], path[LEDGER_PATH_MAX];
	AUTO_BUF b = { 0 };
	prov_status st;

	run_name(name, &want);
	if ((st = layout_path(path, err, dir, "%s", name)) != PROV_OK ||
	    (st = part_read(&b, path, RUN_FILE_MAX, err)) != PROV_OK ||
	    (st = run_decode(&got, r, buf_span(&b), err)) != PROV_OK)
		return (st);
	if (got.begin != begin || got.end != end)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: %s holds another run", name));
	*out = got;
	return (PROV_OK);
}

/* A run's file on its way through run_check. */
struct pass {
	int fd;
	uint64_t at;
	struct sha256 *hash;
	uint8_t *filter; /* what the assets call for */
	uint64_t filter_len;
	uint8_t block[BLOCK_RECORDS * RUN_RECORD];
};

static prov_status
pass_block(struct pass *p, const struct run_info *run, unsigned kind, size_t n,
    struct record *prev, prov_err *err)
{
	prov_status st;

	st = fd_pread(p->fd, p->block, n * RUN_RECORD, p->at, err);
	if (st != PROV_OK)
		return (st);
	p->at += n * RUN_RECORD;
	sha256_add(p->hash, p->block, n * RUN_RECORD);
	for (size_t i = 0; i < n; i++) {
		struct record rec = { be64(p->block + i * RUN_RECORD),
			be64(p->block + i * RUN_RECORD + 8) };

		if (rec.index < run->begin || rec.index >= run->end ||
		    record_cmp(prev, &rec) > 0)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    "a record is out of order or place"));
		if (kind == INDEX_ASSET)
			filter_add(p->filter, p->filter_len, rec.key);
		*prev = rec;
	}
	return (PROV_OK);
}

static prov_status
pass_section(struct pass *p, const struct run_info *run, unsigned kind,
    prov_err *err)
{
	struct record prev = { 0 };
	uint64_t n = run->n[kind];
	prov_status st;

	while (n > 0) {
		size_t len = n < BLOCK_RECORDS ? (size_t)n : BLOCK_RECORDS;

		if ((st = pass_block(p, run, kind, len, &prev, err)) != PROV_OK)
			return (st);
		n -= len;
	}
	return (PROV_OK);
}

static prov_status
pass_filter(struct pass *p, prov_err *err)
{
	prov_status st;

	for (uint64_t i = 0; i < p->filter_len;) {
		size_t len = sizeof(p->block);

		if (p->filter_len - i < len)
			len = (size_t)(p->filter_len - i);
		st = fd_pread(p->fd, p->block, len, p->at, err);
		if (st != PROV_OK)
			return (st);
		sha256_add(p->hash, p->block, len);
		if (memcmp(p->block, p->filter + i, len) != 0)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    "its filter is not that of its assets"));
		p->at += len;
		i += len;
	}
	return (PROV_OK);
}

static prov_status
pass_digest(struct pass *p, prov_err *err)
{
	uint8_t got[32], want[32];
	prov_status st;

	if ((st = fd_pread(p->fd, want, sizeof(want), p->at, err)) != PROV_OK ||
	    (st = sha256_done(p->hash, got, err)) != PROV_OK)
		return (st);
	if (memcmp(got, want, sizeof(got)) != 0)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "has not the digest that it states"));
	return (PROV_OK);
}

static prov_status
pass_all(struct pass *p, const struct run_info *run, prov_err *err)
{
	AUTO_FREE uint8_t *filter = NULL;
	prov_status st;

	p->filter_len = filter_len(run->n[INDEX_ASSET]);
	if ((filter = calloc(1, (size_t)p->filter_len + 1)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	p->filter = filter;
	for (unsigned k = 0; k < INDEX_KINDS; k++)
		if ((st = pass_section(p, run, k, err)) != PROV_OK)
			return (st);
	if ((st = pass_filter(p, err)) != PROV_OK)
		return (st);
	return (pass_digest(p, err));
}

prov_status
run_check(struct run_info *out, int fd, prov_err *err)
{
	AUTO_SHA256 *hash = NULL;
	struct pass p = { .fd = fd, .at = RUN_HEAD };
	uint8_t head[RUN_HEAD];
	struct run_info run;
	struct stat sb;
	prov_status st;

	if (fstat(fd, &sb) == -1)
		return (prov_fail_errno(err, PROV_EIO, "a run"));
	if (sb.st_size < RUN_HEAD + 32)
		return (prov_fail(err, PROV_EUNTRUSTED, "is cut short"));
	if ((st = sha256_new(&hash, err)) != PROV_OK ||
	    (st = fd_pread(fd, head, sizeof(head), 0, err)) != PROV_OK ||
	    (st = run_head(&run, head, (uint64_t)sb.st_size, err)) != PROV_OK)
		return (st);
	p.hash = hash;
	sha256_add(hash, head, sizeof(head));
	if ((st = pass_all(&p, &run, err)) == PROV_OK)
		*out = run;
	return (st);
}

/* One section of a run's file. */
struct section {
	int fd;
	uint64_t off; /* of record 0 */
	uint64_t n;
	uint64_t at; /* the block that is in block: first record, and count */
	size_t len;
	uint8_t block[BLOCK_RECORDS * RUN_RECORD];
};

static prov_status
section_load(struct section *s, uint64_t at, prov_err *err)
{
	uint64_t left = s->n - at;

	s->at = at;
	s->len = left < BLOCK_RECORDS ? (size_t)left : BLOCK_RECORDS;
	return (fd_pread(s->fd, s->block, s->len * RUN_RECORD,
	    s->off + at * RUN_RECORD, err));
}

static uint64_t
block_key(const struct section *s, size_t i)
{
	return (be64(s->block + i * RUN_RECORD));
}

/*
 * Where to look next for key between lo and hi, whose keys are said to lie
 * between klo and khi; a block's worth before, so that the block spans it.
 */
static uint64_t
guess(uint64_t lo, uint64_t hi, uint64_t klo, uint64_t khi, uint64_t key,
    unsigned round)
{
	uint64_t at;

	if (round >= GUESSES_MAX || khi <= klo || key < klo || key > khi)
		at = lo + (hi - lo) / 2;
	else
		at = lo + (uint64_t)((unsigned __int128)(key - klo) *
				     (hi - lo) / (khi - klo));
	at = at - lo > BLOCK_RECORDS / 2 ? at - BLOCK_RECORDS / 2 : lo;
	return (at < hi ? at : hi - 1);
}

/*
 * Loads the block that holds the first record whose key is not below key, or
 * sets *first to n. [lo, hi) always holds that record, or it is hi.
 */
static prov_status
section_seek(struct section *s, uint64_t key, uint64_t *first, prov_err *err)
{
	uint64_t lo = 0, hi = s->n, klo = 0, khi = UINT64_MAX;
	prov_status st;

	for (unsigned round = 0; lo < hi; round++) {
		uint64_t at = guess(lo, hi, klo, khi, key, round);
		size_t i = 0;

		if ((st = section_load(s, at, err)) != PROV_OK)
			return (st);
		if (at > lo && block_key(s, 0) >= key) {
			hi = at;
			khi = block_key(s, 0);
			continue;
		}
		while (i < s->len && block_key(s, i) < key)
			i++;
		if (i < s->len) {
			*first = at + i;
			return (PROV_OK);
		}
		lo = at + s->len;
		klo = block_key(s, s->len - 1);
	}
	*first = lo;
	return (PROV_OK);
}

static prov_status
section_find(struct section *s, const struct run_info *run, uint64_t key,
    struct buf *hits, prov_err *err)
{
	uint64_t at, index;
	prov_status st;

	if ((st = section_seek(s, key, &at, err)) != PROV_OK)
		return (st);
	for (; at < s->n; at++) {
		if ((at < s->at || at >= s->at + s->len) &&
		    (st = section_load(s, at, err)) != PROV_OK)
			return (st);
		if (block_key(s, (size_t)(at - s->at)) != key)
			break;
		index = be64(s->block + (at - s->at) * RUN_RECORD + 8);
		if (index < run->begin || index >= run->end)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    "ledger.invalid: index/%llu-%llu is damaged; "
			    "remove index/, and it is made again",
			    (unsigned long long)run->begin,
			    (unsigned long long)run->end));
		buf_put(hits, &index, sizeof(index));
	}
	return (buf_done(hits, err));
}

prov_status
run_open(int *out, struct run_info *info, const char *dir, uint64_t begin,
    uint64_t end, prov_err *err)
{
	struct run_info want = { .begin = begin, .end = end }, run;
	char name[LEDGER_PATH_MAX], path[LEDGER_PATH_MAX];
	uint8_t head[RUN_HEAD];
	struct stat sb;
	AUTO_FD int fd = -1;
	prov_status st;

	run_name(name, &want);
	if ((st = layout_path(path, err, dir, "%s", name)) != PROV_OK ||
	    (st = part_open(&fd, &sb, path, err)) != PROV_OK)
		return (st);
	if (sb.st_size < RUN_HEAD)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: %s is cut short", name));
	if ((st = fd_pread(fd, head, sizeof(head), 0, err)) != PROV_OK ||
	    (st = run_head(&run, head, (uint64_t)sb.st_size, err)) != PROV_OK)
		return (prov_wrap(err, st, name));
	if (run.begin != begin || run.end != end)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: %s holds another run", name));
	*info = run;
	*out = fd;
	fd = -1;
	return (PROV_OK);
}

uint64_t
run_filter_len(const struct run_info *run)
{
	return (filter_len(run->n[INDEX_ASSET]));
}

prov_status
run_filter_in(struct buf *out, int fd, const struct run_info *run,
    prov_err *err)
{
	size_t len = (size_t)run_filter_len(run);
	uint8_t *p;

	if ((p = buf_grow(out, len)) == NULL)
		return (buf_done(out, err));
	return (fd_pread(fd, p, len, run_offset(run, INDEX_KINDS), err));
}

prov_status
run_filter(struct buf *out, const char *dir, uint64_t begin, uint64_t end,
    prov_err *err)
{
	struct run_info run;
	AUTO_FD int fd = -1;
	prov_status st;

	if ((st = run_open(&fd, &run, dir, begin, end, err)) != PROV_OK)
		return (st);
	return (run_filter_in(out, fd, &run, err));
}

prov_status
run_find_in(int fd, const struct run_info *run, enum index_kind kind,
    uint64_t key, struct buf *hits, prov_err *err)
{
	UNSET struct section s;

	s.fd = fd;
	s.n = run->n[kind];
	s.off = run_offset(run, kind);
	s.at = 0;
	s.len = 0;
	return (section_find(&s, run, key, hits, err));
}

prov_status
run_find(const char *dir, uint64_t begin, uint64_t end, enum index_kind kind,
    uint64_t key, struct buf *hits, prov_err *err)
{
	struct run_info run;
	AUTO_FD int fd = -1;
	prov_status st;

	if ((st = run_open(&fd, &run, dir, begin, end, err)) != PROV_OK)
		return (st);
	return (run_find_in(fd, &run, kind, key, hits, err));
}
