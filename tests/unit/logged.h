/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_LOGGED_H
#define PROV_TESTS_LOGGED_H

/*
 * A ledger in a scratch directory, and statements to put into it: statement n
 * is about asset n and has the streams n and n + 1,000,000. Always the same
 * bytes. Functions return whether all went well.
 */
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "essence/parts.h"
#include "hash/sha256.h"
#include "ledger/ledger.h"
#include "manifest/manifest.h"
#include "sign/key.h"
#include "sign/statement.h"

#define LOG_NAME   "demo/camera-1/log"
#define OWNER_NAME "demo/camera-1"

struct logged {
	char dir[64];  /* scratch */
	char path[96]; /* the ledger's directory */
	prov_key *log, *owner, *other;
};

static inline prov_key *
logged_key(const char *name, uint8_t first)
{
	uint8_t seed[32] = { first };
	prov_key *k = NULL;

	if (prov_key_import(&k, name, span(seed, sizeof(seed)), NULL) !=
	    PROV_OK)
		return (NULL);
	return (k);
}

/* The log's own, which signs the seeds of fuzz targets as well. */
static inline bool
logged_log(prov_pubkey *out)
{
	AUTO(prov_key) *k = logged_key(LOG_NAME, 1);

	if (k == NULL)
		return (false);
	*out = *prov_key_public(k);
	return (true);
}

static inline int
logged_remove(const char *path, const struct stat *sb, int flag,
    struct FTW *at)
{
	(void)sb;
	(void)flag;
	(void)at;
	return (remove(path));
}

static inline int
logged_remove_below(const char *path, const struct stat *sb, int flag,
    struct FTW *at)
{
	(void)sb;
	(void)flag;
	return (at->level == 0 ? 0 : remove(path));
}

/* The directory stays. */
static inline bool
logged_empty(const char *dir)
{
	return (nftw(dir, logged_remove_below, 16, FTW_DEPTH | FTW_PHYS) == 0);
}

static inline void
logged_close(struct logged *g)
{
	prov_key_free(g->log);
	prov_key_free(g->owner);
	prov_key_free(g->other);
	(void)nftw(g->dir, logged_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* Scratch directories that come now are in memory, where that can be. */
static inline void
logged_in_memory(void)
{
	if (access("/dev/shm", W_OK) == 0)
		(void)setenv("LOGGED_DIR", "/dev/shm", 0);
}

/* Makes keys and a scratch directory, without a ledger. */
static inline bool
logged_dir(struct logged *g)
{
	const char *top = getenv("LOGGED_DIR");

	snprintf(g->dir, sizeof(g->dir), "%.40s/prov-ledger.XXXXXX",
	    top != NULL ? top : "/tmp");
	if (mkdtemp(g->dir) == NULL || chmod(g->dir, 0755) == -1)
		return (false);
	snprintf(g->path, sizeof(g->path), "%s/ledger", g->dir);
	g->log = logged_key(LOG_NAME, 1);
	g->owner = logged_key(OWNER_NAME, 2);
	g->other = logged_key("demo/camera-2", 3);
	return (g->log != NULL && g->owner != NULL && g->other != NULL);
}

static inline bool
logged_open(struct logged *g)
{
	prov_err err = { 0 };

	if (!logged_dir(g))
		return (false);
	if (prov_ledger_create(g->path, g->log, g->owner, 0, &err) == PROV_OK)
		return (true);
	printf("# %s\n", err.msg);
	return (false);
}

/* 32 bytes that stand for number n of a kind of thing. */
static inline void
logged_digest(uint8_t out[32], uint64_t n, uint8_t kind)
{
	uint8_t in[9];

	put_be64(in, n);
	in[8] = kind;
	if (sha256_of(out, span(in, sizeof(in)), NULL) != PROV_OK)
		abort();
}

static inline void
logged_asset(uint8_t out[32], uint64_t n)
{
	logged_digest(out, n, 'a');
}

static inline void
logged_root(uint8_t out[32], uint64_t n)
{
	logged_digest(out, n, 's');
}

static inline bool
logged_stream(struct stream *s, unsigned index, uint64_t n)
{
	s->index = index;
	s->kind = PROV_AUDIO;
	memcpy(s->codec, "aac", 4);
	memcpy(s->canon, "aac/1", 6);
	memcpy(s->rule, "cdc/1", 6);
	s->segments = 1;
	s->frames = 10;
	s->samples = 10240;
	s->rate = 48000;
	s->duration_ns = 213333333;
	logged_root(s->root, n);
	logged_digest(s->timeline, n, 't');
	return (parts_digest(s->config, s->parts, 0, NULL) == PROV_OK);
}

/* The manifest's timeline i where it is to be a certain one; else NULL. */
static inline bool
logged_manifest(struct buf *b, uint64_t n, const uint8_t *timeline)
{
	struct manifest m = { 0 };
	bool fine;

	m.time = 1795466460;
	memcpy(m.tool, "test", 5);
	m.asset.size = n;
	logged_asset(m.asset.sha256, n);
	memcpy(m.format, "mp4", 4);
	m.streams = calloc(2, sizeof(*m.streams));
	m.n_streams = m.streams != NULL ? 2 : 0;
	fine = m.streams != NULL && logged_stream(&m.streams[0], 0, n) &&
	    logged_stream(&m.streams[1], 1, n + 1000000);
	if (fine && timeline != NULL)
		memcpy(m.streams[0].timeline, timeline, 32);
	fine = fine && manifest_encode(b, &m, NULL) == PROV_OK;
	manifest_clear(&m);
	return (fine);
}

static inline bool
logged_statement_of(struct buf *b, const prov_key *key, uint64_t n,
    const uint8_t *timeline)
{
	AUTO_BUF payload = { 0 };
	uint8_t sub[32];

	logged_asset(sub, n);
	b->len = 0;
	return (logged_manifest(&payload, n, timeline) &&
	    statement_sign(b, key, PAYLOAD_MANIFEST, sub, buf_span(&payload),
		NULL) == PROV_OK);
}

static inline bool
logged_statement(struct buf *b, const prov_key *key, uint64_t n)
{
	return (logged_statement_of(b, key, n, NULL));
}

/* Appends statements from to to - 1 of key in batches. */
static inline prov_status
logged_append(prov_ledger *l, const prov_key *key, uint64_t from, uint64_t to,
    size_t batch, prov_err *err)
{
	struct buf *bytes = calloc(batch, sizeof(*bytes));
	prov_span *spans = calloc(batch, sizeof(*spans));
	prov_entry *entries = calloc(batch, sizeof(*entries));
	prov_status st = PROV_OK;

	if (bytes == NULL || spans == NULL || entries == NULL)
		abort();
	while (from < to && st == PROV_OK) {
		size_t n = 0;

		for (; n < batch && from < to; n++, from++) {
			if (!logged_statement(&bytes[n], key, from))
				abort();
			spans[n] = buf_span(&bytes[n]);
		}
		st = prov_ledger_append(l, spans, n, 10000, entries, err);
	}
	for (size_t i = 0; i < batch; i++)
		buf_free(&bytes[i]);
	free(bytes);
	free(spans);
	free(entries);
	return (st);
}

/* dir/name under the ledger. */
static inline const char *
logged_path(const struct logged *g, const char *name)
{
	static char path[512];

	snprintf(path, sizeof(path), "%s/%s", g->path, name);
	return (path);
}

static inline bool
logged_read(struct buf *b, const struct logged *g, const char *name)
{
	b->len = 0;
	return (file_read(b, logged_path(g, name), 1 << 24, NULL) == PROV_OK);
}

static inline bool
logged_write(const struct logged *g, const char *name, prov_span bytes)
{
	return (file_write(logged_path(g, name), bytes, 0644, 0, NULL) ==
	    PROV_OK);
}

#define ok(call)                                                      \
	do {                                                          \
		prov_err ok_err = { 0 };                              \
		prov_err *err = &ok_err;                              \
		(void)err;                                            \
		if ((call) != PROV_OK)                                \
			fail_msg("%s:%d: %s: %s", __FILE__, __LINE__, \
			    #call, ok_err.msg);                       \
	} while (0)

#endif
