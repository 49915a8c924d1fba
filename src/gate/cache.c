/* SPDX-License-Identifier: ISC */
#include "gate/cache.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/file.h"
#include "gate/cachefile.h"
#include "sign/mac.h"

/* Written together: one transaction costs as much as a hundred rows. */
#define PENDING_MAX   256
#define PENDING_BYTES (1UL << 20)

/* A file that gets damaged again and again is not for this process. */
#define RENEWALS_MAX 2

struct cache {
	struct recollection hook;
	struct mac *mac;
	pthread_mutex_t lock;   /* of all below */
	struct cachefile *file; /* NULL: given up */
	struct cache_stats stats;
	size_t n;
	int64_t row[PENDING_MAX]; /* apart, as they are searched */
	struct {
		size_t off, len;
	} at[PENDING_MAX];
	struct buf bytes; /* of all rows that are pending */
};

/* What damages the file is forgotten with it; other trouble loses rows. */
static void
after(struct cache *c, prov_status st)
{
	if (st == PROV_OK || c->file == NULL)
		return;
	if (st != PROV_EFORMAT)
		return;
	if (c->stats.renewed++ < RENEWALS_MAX) {
		(void)cachefile_renew(&c->file, NULL);
		return;
	}
	cachefile_close(c->file);
	c->file = NULL;
}

/* Held under the lock, as all that follows. */
static void
flush(struct cache *c)
{
	struct cache_row rows[PENDING_MAX];
	prov_status st = PROV_EWRITE;

	for (size_t i = 0; i < c->n; i++)
		rows[i] = (struct cache_row){ c->row[i],
			span(c->bytes.p + c->at[i].off, c->at[i].len) };
	for (int i = 0; i < 2 && c->n > 0 && c->file != NULL; i++) {
		st = cachefile_put(c->file, rows, c->n, NULL);
		after(c, st);
		if (st != PROV_EFORMAT)
			break;
	}
	if (st != PROV_OK)
		c->stats.lost += c->n;
	c->n = 0;
	c->bytes.len = 0;
}

static void
add(struct cache *c, int64_t row, prov_span a, prov_span b)
{
	size_t off;

	if (c->file == NULL)
		return;
	if (c->n == PENDING_MAX || c->bytes.len + a.len + b.len > PENDING_BYTES)
		flush(c);
	off = c->bytes.len;
	buf_put_span(&c->bytes, a);
	buf_put_span(&c->bytes, b);
	if (c->bytes.failed) {
		buf_free(&c->bytes);
		c->stats.lost += c->n + 1;
		c->n = 0;
		return;
	}
	c->row[c->n] = row;
	c->at[c->n].off = off;
	c->at[c->n++].len = a.len + b.len;
}

static bool
find_pending(const struct cache *c, int64_t row, struct buf *out)
{
	for (size_t i = c->n; i > 0; i--) {
		if (c->row[i - 1] != row)
			continue;
		buf_put(out, c->bytes.p + c->at[i - 1].off, c->at[i - 1].len);
		return (true);
	}
	return (false);
}

/* The row's bytes, of whoever made them; nothing where there are none. */
static bool
find(struct cache *c, int64_t row, struct buf *out)
{
	bool old = false;
	prov_status st;

	if (find_pending(c, row, out))
		return (false);
	if (c->file == NULL)
		return (false);
	st = cachefile_get(c->file, row, out, &old, NULL);
	if (st != PROV_OK)
		out->len = 0;
	after(c, st);
	return (old);
}

static int64_t
row_of(const uint8_t key[32])
{
	return ((int64_t)be64(key));
}

static void
count(struct cache *c, bool hit, bool forged)
{
	c->stats.hits += hit;
	c->stats.misses += !hit;
	c->stats.forged += forged;
}

/* A row is this key's only if the MAC over both says so. */
static prov_status
get(void *arg, struct buf *out, const uint8_t key[32], prov_err *err)
{
	struct cache *c = arg;
	AUTO_BUF row = { 0 };
	bool old, mine;

	(void)pthread_mutex_lock(&c->lock);
	old = find(c, row_of(key), &row);
	(void)pthread_mutex_unlock(&c->lock);
	mine = !row.failed && row.len > MAC_LEN &&
	       mac_check(c->mac, row.p, span(key, 32),
		   span(row.p + MAC_LEN, row.len - MAC_LEN));
	(void)pthread_mutex_lock(&c->lock);
	count(c, mine, !mine && row.len > 0);
	if (mine && old)
		add(c, row_of(key), buf_span(&row), span(NULL, 0));
	(void)pthread_mutex_unlock(&c->lock);
	if (mine)
		buf_put(out, row.p + MAC_LEN, row.len - MAC_LEN);
	return (buf_done(out, err));
}

static prov_status
put(void *arg, const uint8_t key[32], prov_span bytes, prov_err *err)
{
	struct cache *c = arg;
	uint8_t mac[MAC_LEN];

	(void)err;
	if (bytes.len == 0 || bytes.len > CACHEFILE_ROW_MAX - MAC_LEN)
		return (PROV_OK);
	mac_make(c->mac, mac, span(key, 32), bytes);
	(void)pthread_mutex_lock(&c->lock);
	add(c, row_of(key), span(mac, sizeof(mac)), bytes);
	(void)pthread_mutex_unlock(&c->lock);
	return (PROV_OK);
}

void
cache_close(struct cache *c)
{
	if (c == NULL)
		return;
	flush(c);
	cachefile_close(c->file);
	mac_close(c->mac);
	buf_free(&c->bytes);
	(void)pthread_mutex_destroy(&c->lock);
	free(c);
}

static void
auto_cache(struct cache **c)
{
	cache_close(*c);
}
#define AUTO_CACHE __attribute__((cleanup(auto_cache))) struct cache

static prov_status
open_key(struct cache *c, const char *state, prov_err *err)
{
	AUTO_FREE char *path = path_join(state, "cache.key");
	prov_status st;

	if (path == NULL)
		return (prov_fail(err, PROV_ENOMEM, "cache"));
	if ((st = dir_make(state, err)) != PROV_OK)
		return (st);
	return (mac_open(&c->mac, path, err));
}

prov_status
cache_open(struct cache **out, const char *path, const char *state,
    uint64_t max, prov_err *err)
{
	AUTO_CACHE *c = calloc(1, sizeof(*c));
	prov_status st;

	if (c == NULL)
		return (prov_fail(err, PROV_ENOMEM, "cache"));
	(void)pthread_mutex_init(&c->lock, NULL);
	c->hook = (struct recollection){ c, get, put };
	if ((st = open_key(c, state, err)) != PROV_OK ||
	    (st = cachefile_open(&c->file, path, max != 0 ? max : CACHE_BYTES,
		 err)) != PROV_OK)
		return (st);
	*out = TAKE(c);
	return (PROV_OK);
}

const struct recollection *
cache_recollection(const struct cache *c)
{
	return (&c->hook);
}

void
cache_stats(struct cache *c, struct cache_stats *out)
{
	(void)pthread_mutex_lock(&c->lock);
	*out = c->stats;
	(void)pthread_mutex_unlock(&c->lock);
}
