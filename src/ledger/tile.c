/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "ledger/layout.h"
#include "ledger/tile.h"

/* Holds the longest frame, and most bundles as a whole. */
#define BUNDLE_BUF ((size_t)256 << 10)

void
tile_path(char out[TILE_PATH_MAX], int level, uint64_t n, unsigned width)
{
	char name[TILE_PATH_MAX] = "", group[8], rest[TILE_PATH_MAX];

	snprintf(name, sizeof(name), "%03u", (unsigned)(n % 1000));
	while ((n /= 1000) != 0) {
		snprintf(group, sizeof(group), "x%03u/", (unsigned)(n % 1000));
		memcpy(rest, name, sizeof(rest));
		snprintf(name, sizeof(name), "%s%.40s", group, rest);
	}
	if (level == TILE_ENTRIES)
		snprintf(out, TILE_PATH_MAX, "tile/entries/%.40s", name);
	else
		snprintf(out, TILE_PATH_MAX, "tile/%d/%.40s", level, name);
	if (width != TILE_WIDTH)
		snprintf(out + strlen(out), TILE_PATH_MAX - strlen(out),
		    ".p/%u", width);
}

uint64_t
tile_hashes(uint64_t size, unsigned level)
{
	return (level >= TILE_LEVELS ? 0 : size >> (TILE_HEIGHT * level));
}

unsigned
tile_partial(uint64_t size, unsigned level)
{
	return ((unsigned)(tile_hashes(size, level) % TILE_WIDTH));
}

/* Where a sub-level's nodes begin. */
static size_t
sub_at(unsigned sub)
{
	return (2 * TILE_WIDTH - (2 * TILE_WIDTH >> sub));
}

prov_status
tile_build(struct tile *t, unsigned level, uint64_t n, const uint8_t *hashes,
    unsigned width, prov_err *err)
{
	prov_status st;

	if (width == 0 || width > TILE_WIDTH || level >= TILE_LEVELS)
		return (prov_fail(err, PROV_EINTERNAL,
		    "tile of level %u with %u hashes", level, width));
	t->level = level;
	t->n = n;
	t->width = width;
	memcpy(t->node, hashes, (size_t)width * 32);
	for (unsigned sub = 1; sub <= TILE_HEIGHT; sub++) {
		uint8_t(*below)[32] = t->node + sub_at(sub - 1);
		uint8_t(*here)[32] = t->node + sub_at(sub);

		for (unsigned i = 0; i < width >> sub; i++)
			if ((st = tree_node(here[i], below[2 * i],
				 below[2 * i + 1], err)) != PROV_OK)
				return (st);
	}
	return (PROV_OK);
}

const uint8_t *
tile_node(const struct tile *t, unsigned sub, uint64_t i)
{
	if (sub > TILE_HEIGHT || i >= t->width >> sub)
		return (NULL);
	return (t->node[sub_at(sub) + i]);
}

/* Opens the partial file, else the full one; *path says which. */
static prov_status
open_either(int *fd, struct stat *sb, char path[TILE_PATH_MAX], const char *dir,
    int level, uint64_t n, unsigned width, prov_err *err)
{
	char name[LEDGER_PATH_MAX];
	prov_err first = { 0 };
	prov_status st;

	tile_path(path, level, n, width);
	if ((st = layout_path(name, err, dir, "tlog/%s", path)) != PROV_OK)
		return (st);
	st = part_open(fd, sb, name, width == TILE_WIDTH ? err : &first);
	if (st == PROV_OK || width == TILE_WIDTH)
		return (st);
	if (st != PROV_ENOTFOUND)
		return (prov_fail(err, st, "%s", first.msg));
	tile_path(path, level, n, TILE_WIDTH);
	if ((st = layout_path(name, err, dir, "tlog/%s", path)) != PROV_OK)
		return (st);
	return (part_open(fd, sb, name, err));
}

prov_status
tile_load(uint8_t *hashes, const char *dir, unsigned level, uint64_t n,
    unsigned width, prov_err *err)
{
	char path[TILE_PATH_MAX];
	struct stat sb;
	AUTO_FD int fd = -1;
	prov_status st;

	st = open_either(&fd, &sb, path, dir, (int)level, n, width, err);
	if (st != PROV_OK)
		return (st);
	/* A partial tile's name says its length; a full one has 8,192 bytes. */
	if (sb.st_size != 8192 && sb.st_size != (off_t)width * 32)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: tlog/%s has %lld bytes", path,
		    (long long)sb.st_size));
	if ((st = fd_pread(fd, hashes, (size_t)width * 32, 0, err)) != PROV_OK)
		return (prov_wrap(err, st, path));
	return (PROV_OK);
}

prov_status
tile_read(struct tile *t, const char *dir, unsigned level, uint64_t n,
    unsigned width, prov_err *err)
{
	uint8_t hashes[TILE_WIDTH * 32];
	prov_status st;

	if ((st = tile_load(hashes, dir, level, n, width, err)) != PROV_OK)
		return (st);
	return (tile_build(t, level, n, hashes, width, err));
}

void
bundle_init(struct bundle *b)
{
	memset(b, 0, sizeof(*b));
	b->fd = -1;
}

void
bundle_close(struct bundle *b)
{
	auto_fd(&b->fd);
	free(b->buf);
	bundle_init(b);
}

prov_status
bundle_open(struct bundle *b, const char *dir, uint64_t n, unsigned width,
    prov_err *err)
{
	struct stat sb;
	prov_status st;

	auto_fd(&b->fd);
	b->fd = -1;
	b->off = b->at = b->len = 0;
	b->ended = false;
	st =
	    open_either(&b->fd, &sb, b->path, dir, TILE_ENTRIES, n, width, err);
	if (st != PROV_OK)
		return (st);
	if (b->buf == NULL && (b->buf = malloc(BUNDLE_BUF)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	return (PROV_OK);
}

prov_status
bundle_from(struct bundle *b, prov_span bytes, prov_err *err)
{
	if ((b->buf = malloc(bytes.len + 1)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	if (bytes.len != 0)
		memcpy(b->buf, bytes.p, bytes.len);
	b->len = bytes.len;
	snprintf(b->path, sizeof(b->path), "bundle");
	return (PROV_OK);
}

bool
bundle_has(const struct bundle *b)
{
	size_t left = b->len - b->at;

	return (left >= 2 && left - 2 >= be16(b->buf + b->at));
}

/* Moves what is left to the front and fills up, so that a frame fits. */
static prov_status
bundle_fill(struct bundle *b, prov_err *err)
{
	size_t left = b->len - b->at;
	ssize_t n;

	if (b->fd == -1 || b->ended || bundle_has(b))
		return (PROV_OK);
	memmove(b->buf, b->buf + b->at, left);
	b->at = 0;
	b->len = left;
	while (b->len < BUNDLE_BUF) {
		n = pread(b->fd, b->buf + b->len, BUNDLE_BUF - b->len,
		    (off_t)b->off);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return (
			    prov_fail_errno(err, PROV_EIO, "tlog/%s", b->path));
		if (n == 0) {
			b->ended = true;
			return (PROV_OK);
		}
		b->len += (size_t)n;
		b->off += (uint64_t)n;
	}
	return (PROV_OK);
}

prov_status
bundle_next(struct bundle *b, prov_span *entry, prov_err *err)
{
	size_t left, len;
	prov_status st;

	if ((st = bundle_fill(b, err)) != PROV_OK)
		return (st);
	left = b->len - b->at;
	if (left == 0)
		return (PROV_ENOTFOUND);
	if (left < 2 || left - 2 < (len = be16(b->buf + b->at)))
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "ledger.invalid: tlog/%s is cut short", b->path));
	*entry = span(b->buf + b->at + 2, len);
	b->at += 2 + len;
	return (PROV_OK);
}

prov_status
bundle_file(int *fd, const char *dir, uint64_t n, unsigned width, prov_err *err)
{
	char path[TILE_PATH_MAX];
	struct stat sb;

	return (open_either(fd, &sb, path, dir, TILE_ENTRIES, n, width, err));
}

prov_status
bundle_read(struct buf *out, int fd, uint64_t at, size_t len, prov_err *err)
{
	uint8_t head[2], *p;
	size_t from = out->len;
	prov_status st;

	if (len < sizeof(head) || (p = buf_grow(out, len)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "out of memory"));
	st = fd_pread(fd, p, len, at, err);
	memcpy(head, p, sizeof(head));
	memmove(p, p + sizeof(head), len - sizeof(head));
	out->len = from + len - sizeof(head);
	if (st == PROV_OK && be16(head) != len - sizeof(head))
		st = prov_fail(err, PROV_EFORMAT, "bundle: no frame");
	if (st != PROV_OK)
		out->len = from;
	return (st);
}

void
bundle_put(struct buf *b, prov_span entry)
{
	if (entry.len > STATEMENT_MAX) {
		b->failed = true;
		return;
	}
	buf_put_be16(b, (uint16_t)entry.len);
	buf_put_span(b, entry);
}
