/* SPDX-License-Identifier: ISC */
#include "ledger/stray.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/file.h"
#include "base/text.h"

/* tile, level, six groups of three digits, .p: no tile lies deeper. */
#define DEPTH_MAX 10

/* A bundle of 256 entries of the largest size. */
#define BUNDLE_MAX ((size_t)TILE_WIDTH * (STATEMENT_MAX + 2))

static bool
number(const char **p, unsigned digits_max, uint64_t *out)
{
	unsigned n = 0;

	*out = 0;
	for (; **p >= '0' && **p <= '9' && n < digits_max; (*p)++, n++)
		*out = *out * 10 + (uint64_t)(**p - '0');
	return (n != 0);
}

/* Groups of three digits, all but the last after an x. */
static bool
groups(const char **p, uint64_t *n)
{
	uint64_t group;

	*n = 0;
	for (unsigned i = 0; i < 7; i++) {
		bool more = **p == 'x';

		*p += more;
		if (!number(p, 3, &group))
			return (false);
		*n = *n * 1000 + group;
		if (!more)
			return (true);
		if (*(*p)++ != '/')
			return (false);
	}
	return (false);
}

bool
tile_name_parse(struct tile_name *out, const char *path)
{
	struct tile_name t = { .level = TILE_ENTRIES, .width = TILE_WIDTH };
	char again[TILE_PATH_MAX];
	const char *p = path;
	uint64_t v;

	if (strlen(path) >= TILE_PATH_MAX || strncmp(p, "tile/", 5) != 0)
		return (false);
	p += 5;
	if (strncmp(p, "entries/", 8) == 0) {
		p += 8;
	} else {
		if (!number(&p, 1, &v) || v >= TILE_LEVELS || *p++ != '/')
			return (false);
		t.level = (int)v;
	}
	if (!groups(&p, &t.n))
		return (false);
	if (strncmp(p, ".p/", 3) == 0) {
		p += 3;
		if (!number(&p, 3, &v) || v == 0 || v >= TILE_WIDTH)
			return (false);
		t.width = (unsigned)v;
	}
	tile_path(again, t.level, t.n, t.width);
	if (strcmp(again, path) != 0)
		return (false);
	*out = t;
	return (true);
}

bool
stray_is_temporary(const char *name)
{
	const char *base = strrchr(name, '/');
	size_t len;

	base = base != NULL ? base + 1 : name;
	len = strlen(base);
	return (strncmp(base, ".prov-", 6) == 0 && len > 10 &&
		strcmp(base + len - 4, ".tmp") == 0);
}

static prov_status walk(const char *dir, char path[LEDGER_PATH_MAX],
    unsigned depth, stray_fn fn, void *arg, prov_err *err);

static prov_status
visit(const char *dir, DIR *d, char path[LEDGER_PATH_MAX], const char *name,
    unsigned depth, stray_fn fn, void *arg, prov_err *err)
{
	size_t len = strlen(path);
	struct tile_name t;
	struct stat sb;
	prov_status st = PROV_OK;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return (PROV_OK);
	if (len + strlen(name) + 2 > TILE_PATH_MAX * 2)
		return (fn(arg, path, S_IFREG, err));
	if (fstatat(dirfd(d), name, &sb, AT_SYMLINK_NOFOLLOW) == -1)
		return (errno == ENOENT
			    ? PROV_OK
			    : prov_fail_errno(err, PROV_EIO, "%s", name));
	snprintf(path + len, LEDGER_PATH_MAX - len, "/%s", name);
	/* One in a tile's place is no directory of tiles. */
	if (S_ISDIR(sb.st_mode) && depth < DEPTH_MAX &&
	    !tile_name_parse(&t, path))
		st = walk(dir, path, depth + 1, fn, arg, err);
	else
		st = fn(arg, path, sb.st_mode, err);
	path[len] = '\0';
	return (st);
}

static prov_status
walk(const char *dir, char path[LEDGER_PATH_MAX], unsigned depth, stray_fn fn,
    void *arg, prov_err *err)
{
	char full[LEDGER_PATH_MAX];
	struct dirent *de;
	prov_status st;
	DIR *d;

	st = layout_path(full, err, dir, "tlog/%s", path);
	if (st != PROV_OK)
		return (st);
	if ((d = opendir(full)) == NULL)
		return (errno == ENOENT
			    ? PROV_OK
			    : prov_fail_errno(err, PROV_EIO, "tlog/%s", path));
	while ((st = dir_next(&de, d, full, err)) == PROV_OK && de != NULL) {
		st = visit(dir, d, path, de->d_name, depth, fn, arg, err);
		if (st != PROV_OK)
			break;
	}
	(void)closedir(d);
	return (st);
}

prov_status
stray_walk(const char *dir, stray_fn fn, void *arg, prov_err *err)
{
	char path[LEDGER_PATH_MAX] = "tile";

	return (walk(dir, path, 0, fn, arg, err));
}

struct looking {
	struct view *v;
	struct damage *found;
};

static void
differs(struct looking *l, const char *name)
{
	damage_add(l->found, FOUND_STRAY, name, NO_ENTRY,
	    "is left from an older checkpoint, and does not follow from the "
	    "entries");
}

/* The hashes of a tile that we know of at our size. */
static unsigned
known_width(const struct view *v, const struct tile_name *t)
{
	unsigned level = t->level < 0 ? 0 : (unsigned)t->level;
	uint64_t have = tile_hashes(v->at.size, level);
	uint64_t first = t->n * TILE_WIDTH;

	if (t->n > UINT64_MAX / TILE_WIDTH || first >= have)
		return (0);
	return (have - first < t->width ? (unsigned)(have - first) : t->width);
}

static prov_status
right_hashes(struct view *v, const struct tile_name *t, unsigned width,
    uint8_t (*out)[32], prov_err *why)
{
	unsigned level = t->level < 0 ? 0 : (unsigned)t->level;
	prov_status st = PROV_OK;

	for (unsigned i = 0; st == PROV_OK && i < width; i++)
		st = view_node(v, level * TILE_HEIGHT, t->n * TILE_WIDTH + i,
		    out[i], why);
	return (st);
}

/*
 * Whether the beginning of a bundle has these leaf hashes. Only PROV_ENOMEM is
 * a failure: without memory nothing is known of it.
 */
static prov_status
same_entries(const struct buf *b, const uint8_t (*want)[32], unsigned n,
    bool whole, bool *same)
{
	AUTO_BUNDLE in;
	uint8_t leaf[32];
	prov_span entry;
	prov_status st;

	bundle_init(&in);
	*same = true;
	st = bundle_from(&in, buf_span(b), NULL);
	for (unsigned i = 0; st == PROV_OK && *same && i < n; i++) {
		if ((st = bundle_next(&in, &entry, NULL)) == PROV_OK)
			st = tree_leaf(leaf, entry, NULL);
		*same = st == PROV_OK && memcmp(leaf, want[i], 32) == 0;
	}
	*same = *same && st == PROV_OK &&
	        (!whole || bundle_next(&in, &entry, NULL) == PROV_ENOTFOUND);
	return (st == PROV_ENOMEM ? st : PROV_OK);
}

/* PROV_ENOTFOUND: it went away meanwhile. Otherwise why it cannot be read. */
static prov_status
compare(const struct view *v, const struct tile_name *t, const char *path,
    const uint8_t (*want)[32], unsigned width, bool *same, prov_err *why)
{
	char full[LEDGER_PATH_MAX];
	AUTO_BUF b = { 0 };
	bool whole = width == t->width;
	prov_status st;

	st = layout_path(full, why, v->dir, "tlog/%s", path);
	if (st == PROV_OK)
		st = part_read(&b, full, BUNDLE_MAX, why);
	*same = false;
	if (st != PROV_OK)
		return (prov_is_no(st) ? PROV_OK : st);
	if (t->level == TILE_ENTRIES)
		return (same_entries(&b, want, width, whole, same));
	*same = b.len == (size_t)t->width * 32 &&
	        memcmp(b.p, want, (size_t)width * 32) == 0;
	return (PROV_OK);
}

static prov_status
look_at_tile(struct looking *l, const struct tile_name *t, const char *path,
    prov_err *err)
{
	uint8_t want[TILE_WIDTH][32];
	unsigned width = known_width(l->v, t);
	char name[FINDING_PATH_MAX];
	prov_err why = { 0 };
	bool held, same;
	prov_status st;

	if (width == 0)
		return (PROV_OK); /* a later checkpoint's */
	snprintf(name, sizeof(name), "tlog/%.150s", path);
	st = right_hashes(l->v, t, width, want, &why);
	held = st == PROV_OK;
	if (held)
		st = compare(l->v, t, path, (const uint8_t(*)[32])want, width,
		    &same, &why);
	if (st == PROV_ENOMEM)
		return (prov_fail(err, st, "out of memory"));
	if (st == PROV_OK && !same)
		differs(l, name);
	/*
	 * Where the tree above is damaged there is nothing to hold it to, nor
	 * where that cannot be read, which was told by then.
	 */
	if (st != PROV_OK && st != PROV_ENOTFOUND && !prov_is_no(st) &&
	    (held || !damage_has_unread(l->found)))
		damage_read(l->found, FOUND_STRAY, name, st, why.msg);
	return (PROV_OK);
}

/* Compared with the tree already: it is full, or at the edge. */
static bool
is_needed(const struct view *v, const struct tile_name *t)
{
	unsigned level = t->level < 0 ? 0 : (unsigned)t->level;

	if (t->width == TILE_WIDTH)
		return (known_width(v, t) == TILE_WIDTH);
	return (t->n == tile_hashes(v->at.size, level) / TILE_WIDTH &&
		t->width == tile_partial(v->at.size, level));
}

static prov_status
look(void *arg, const char *path, mode_t mode, prov_err *err)
{
	struct looking *l = arg;
	char name[FINDING_PATH_MAX];
	struct tile_name t;

	if (stray_is_temporary(path))
		return (PROV_OK);
	snprintf(name, sizeof(name), "tlog/%.150s", path);
	if (!tile_name_parse(&t, path)) {
		damage_add(l->found, FOUND_STRAY, name, NO_ENTRY,
		    "is no tile's name");
		return (PROV_OK);
	}
	if (!S_ISREG(mode)) {
		damage_add(l->found, FOUND_STRAY, name, NO_ENTRY,
		    "is no regular file");
		return (PROV_OK);
	}
	if (is_needed(l->v, &t))
		return (PROV_OK);
	return (look_at_tile(l, &t, path, err));
}

prov_status
stray_check(struct view *v, struct damage *found, prov_err *err)
{
	struct looking l = { v, found };

	return (stray_walk(v->dir, look, &l, err));
}
