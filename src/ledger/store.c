/* SPDX-License-Identifier: ISC */
#include "ledger/store.h"

#include <string.h>

#include "base/limits.h"
#include "ledger/db.h"
#include "ledger/layout.h"
#include "ledger/sql.h"
#include "ledger/store_target.h"
#include "ledger/wal.h"

static prov_status
read_position(struct store *s, const char *name, uint64_t *out, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	st = sql_prepare(s, &q, "SELECT value FROM positions WHERE name = ?",
	    err);
	if (st != PROV_OK)
		return (st);
	(void)sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
	*out = 0;
	if ((rc = sqlite3_step(q)) == SQLITE_ROW)
		*out = (uint64_t)sqlite3_column_int64(q, 0);
	else if (rc != SQLITE_DONE)
		return (sql_fail(s, rc, "positions", err));
	if (*out > INT64_MAX)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    LEDGER_DB ": position %s is negative", name));
	return (PROV_OK);
}

/* The newest checkpoint's note, and in *size the size that its row states. */
static prov_status
read_note(struct store *s, struct buf *note, uint64_t *size, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	st = sql_prepare(s, &q,
	    "SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1",
	    err);
	if (st != PROV_OK)
		return (st);
	*size = 0;
	if ((rc = sqlite3_step(q)) == SQLITE_DONE)
		return (PROV_OK);
	if (rc != SQLITE_ROW)
		return (sql_fail(s, rc, "checkpoints", err));
	*size = (uint64_t)sqlite3_column_int64(q, 0);
	buf_put(note, sqlite3_column_blob(q, 1),
	    (size_t)sqlite3_column_bytes(q, 1));
	return (buf_done(note, err));
}

static prov_status
sqlite_entries(struct store *s, uint64_t from, uint64_t to, store_entry_fn fn,
    void *arg, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	st = sql_prepare(s, &q,
	    "SELECT idx, bytes FROM entries WHERE idx >= ? AND idx < ? "
	    "ORDER BY idx",
	    err);
	if (st != PROV_OK)
		return (st);
	(void)sqlite3_bind_int64(q, 1, (sqlite3_int64)from);
	(void)sqlite3_bind_int64(q, 2, (sqlite3_int64)to);
	for (; from < to; from++) {
		rc = sqlite3_step(q);
		if (rc != SQLITE_ROW && rc != SQLITE_DONE)
			return (sql_fail(s, rc, "entries", err));
		if (rc == SQLITE_DONE ||
		    sqlite3_column_int64(q, 0) != (sqlite3_int64)from ||
		    (size_t)sqlite3_column_bytes(q, 1) > STATEMENT_MAX)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    LEDGER_DB ": entry %llu is missing or malformed",
			    (unsigned long long)from));
		st = fn(arg, from,
		    span(sqlite3_column_blob(q, 1),
			(size_t)sqlite3_column_bytes(q, 1)),
		    err);
		if (st != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

/* A store_entry_fn: of what is in no full tile yet the leaves are not kept. */
static prov_status
hash_leaf(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct edge *e = arg;

	return (tree_leaf(e->hash[0][i % TILE_WIDTH], entry, err));
}

static prov_status
read_edge(struct store *s, struct edge *e, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	st = sql_prepare(s, &q, "SELECT hashes FROM edge WHERE level = ?", err);
	if (st != PROV_OK)
		return (st);
	for (unsigned level = 1; level < TILE_LEVELS; level++) {
		size_t len = (size_t)tile_partial(e->size, level) * 32;

		if (len == 0)
			continue;
		(void)sqlite3_bind_int(q, 1, (int)level);
		if ((rc = sqlite3_step(q)) != SQLITE_ROW && rc != SQLITE_DONE)
			return (sql_fail(s, rc, "edge", err));
		if (rc == SQLITE_DONE ||
		    (size_t)sqlite3_column_bytes(q, 0) != len)
			return (prov_fail(err, PROV_EUNTRUSTED,
			    LEDGER_DB ": the tree's edge at level %u is not "
				      "that of %llu entries",
			    level, (unsigned long long)e->size));
		memcpy(e->hash[level], sqlite3_column_blob(q, 0), len);
		(void)sqlite3_reset(q);
	}
	return (sqlite_entries(s, e->size - tile_partial(e->size, 0), e->size,
	    hash_leaf, e, err));
}

/*
 * The checkpoint and the edge that go with it. Under a signed checkpoint that
 * the caller has already, it has the edge as well.
 */
static prov_status
read_tree(struct store *s, struct store_state *out, prov_err *err)
{
	AUTO_BUF note = { 0 };
	uint64_t size;
	prov_status st;

	if ((st = read_note(s, &note, &size, err)) != PROV_OK)
		return (st);
	if (size > INT64_MAX)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    LEDGER_DB ": a checkpoint of a negative size"));
	if (note.len != 0 && out->edge.size == size &&
	    span_eq(buf_span(&note), buf_span(&out->note)))
		return (PROV_OK);
	out->note.len = 0;
	buf_put_span(&out->note, buf_span(&note));
	out->edge.size = size;
	if ((st = buf_done(&out->note, err)) == PROV_OK)
		st = read_edge(s, &out->edge, err);
	/* Half of it must not be taken for the whole later. */
	if (st != PROV_OK)
		out->note.len = 0;
	return (st);
}

static prov_status
sqlite_load(struct store *s, struct store_state *out, prov_err *err)
{
	prov_status st;

	if ((st = read_tree(s, out, err)) != PROV_OK ||
	    (st = read_position(s, "policy", &out->policy, err)) != PROV_OK ||
	    (st = read_position(s, "synced", &out->synced, err)) != PROV_OK)
		return (st);
	if (out->synced > out->edge.size ||
	    (out->edge.size != 0 && out->policy >= out->edge.size))
		return (prov_fail(err, PROV_EUNTRUSTED,
		    LEDGER_DB ": positions past the checkpoint"));
	return (PROV_OK);
}

static int
put_blob(sqlite3_stmt *q, uint64_t key, const void *p, size_t len)
{
	int rc;

	(void)sqlite3_bind_int64(q, 1, (sqlite3_int64)key);
	rc = sqlite3_bind_blob64(q, 2, p, len, SQLITE_STATIC);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(q);
	(void)sqlite3_reset(q);
	return (rc == SQLITE_DONE ? SQLITE_OK : rc);
}

static int
put_entries(struct store *s, const struct store_batch *b)
{
	AUTO_STMT *q = NULL;
	int rc;

	rc = sqlite3_prepare_v2(s->db, "INSERT INTO entries VALUES (?, ?)", -1,
	    &q, NULL);
	for (size_t i = 0; i < b->n && rc == SQLITE_OK; i++)
		rc = put_blob(q, b->first + i, b->entries[i].p,
		    b->entries[i].len);
	return (rc);
}

static int
put_edge(struct store *s, const struct store_batch *b)
{
	AUTO_STMT *q = NULL;
	int rc;

	rc = sqlite3_prepare_v2(s->db,
	    "INSERT OR REPLACE INTO edge VALUES (?, ?)", -1, &q, NULL);
	for (unsigned level = 1; level < TILE_LEVELS && rc == SQLITE_OK;
	     level++) {
		size_t len = (size_t)tile_partial(b->edge->size, level) * 32;

		if (len != 0 && tile_hashes(b->first, level) !=
				    tile_hashes(b->edge->size, level))
			rc = put_blob(q, level, b->edge->hash[level], len);
	}
	return (rc);
}

static int
put_note(struct store *s, const struct store_batch *b)
{
	AUTO_STMT *q = NULL;
	int rc;

	rc = sqlite3_prepare_v2(s->db, "INSERT INTO checkpoints VALUES (?, ?)",
	    -1, &q, NULL);
	return (rc != SQLITE_OK
		    ? rc
		    : put_blob(q, b->edge->size, b->note.p, b->note.len));
}

/* A page that says what it said already is not written again. */
static int
put_position(struct store *s, const char *name, uint64_t value)
{
	AUTO_STMT *q = NULL;
	int rc;

	rc = sqlite3_prepare_v2(s->db,
	    "INSERT INTO positions VALUES (?1, ?2) ON CONFLICT (name) "
	    "DO UPDATE SET value = ?2 WHERE value <> ?2",
	    -1, &q, NULL);
	if (rc != SQLITE_OK)
		return (rc);
	(void)sqlite3_bind_text(q, 1, name, -1, SQLITE_STATIC);
	(void)sqlite3_bind_int64(q, 2, (sqlite3_int64)value);
	rc = sqlite3_step(q);
	return (rc == SQLITE_DONE ? SQLITE_OK : rc);
}

/* The newest stays: it is what the ledger is at. */
static int
forget_checkpoints(struct store *s, uint64_t synced)
{
	AUTO_STMT *q = NULL;
	int rc;

	rc = sqlite3_prepare_v2(s->db,
	    "DELETE FROM checkpoints WHERE size <= ? AND "
	    "size < (SELECT max(size) FROM checkpoints)",
	    -1, &q, NULL);
	if (rc != SQLITE_OK)
		return (rc);
	(void)sqlite3_bind_int64(q, 1, (sqlite3_int64)synced);
	rc = sqlite3_step(q);
	return (rc == SQLITE_DONE ? SQLITE_OK : rc);
}

static prov_status
sqlite_commit(struct store *s, const struct store_batch *b, bool *fatal,
    prov_err *err)
{
	int rc = wal_begin(s);

	*fatal = (rc & 0xff) == SQLITE_IOERR;
	if (rc != SQLITE_OK)
		return (sql_fail(s, rc, "append", err));
	if ((rc = put_entries(s, b)) == SQLITE_OK &&
	    (rc = put_edge(s, b)) == SQLITE_OK &&
	    (rc = put_note(s, b)) == SQLITE_OK &&
	    (rc = put_position(s, "policy", b->policy)) == SQLITE_OK &&
	    (rc = put_position(s, "synced", b->synced)) == SQLITE_OK)
		rc = forget_checkpoints(s, b->synced);
	return (sql_finish(s, rc, fatal, "append", err));
}

static prov_status
put_mark(struct store *s, uint64_t synced, bool *fatal, prov_err *err)
{
	int rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);

	*fatal = (rc & 0xff) == SQLITE_IOERR;
	if (rc != SQLITE_OK)
		return (sql_fail(s, rc, "mark", err));
	if ((rc = put_position(s, "synced", synced)) == SQLITE_OK)
		rc = forget_checkpoints(s, synced);
	return (sql_finish(s, rc, fatal, "mark", err));
}

static prov_status
sqlite_mark(struct store *s, uint64_t synced, bool *fatal, prov_err *err)
{
	return (wal_sync_less(s, "PRAGMA synchronous = " WAL_WITH_THE_NEXT_ONE,
	    WAL_WITH_THE_NEXT_IS, put_mark, synced, fatal, err));
}

static int
replace_note(struct store *s, uint64_t size, prov_span note)
{
	AUTO_STMT *q = NULL;
	int rc;

	rc = sqlite3_prepare_v2(s->db,
	    "UPDATE checkpoints SET note = ?2 WHERE size = ?1", -1, &q, NULL);
	return (rc != SQLITE_OK ? rc : put_blob(q, size, note.p, note.len));
}

static prov_status
sqlite_note(struct store *s, uint64_t size, prov_span note, bool *fatal,
    prov_err *err)
{
	int rc = sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
	prov_status st, end;

	*fatal = false;
	if (rc != SQLITE_OK)
		return (sql_fail(s, rc, "cosign", err));
	rc = replace_note(s, size, note);
	st = rc == SQLITE_OK && sqlite3_changes(s->db) == 0 ? PROV_ENOTFOUND
	                                                    : PROV_OK;
	if ((end = sql_finish(s, rc, fatal, "cosign", err)) != PROV_OK)
		return (end);
	return (st);
}

static prov_status
sqlite_sizes(struct store *s, uint64_t above, struct buf *out, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	st = sql_prepare(s, &q,
	    "SELECT size FROM checkpoints WHERE size > ? ORDER BY size", err);
	if (st != PROV_OK)
		return (st);
	(void)sqlite3_bind_int64(q, 1, (sqlite3_int64)above);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		uint64_t size = (uint64_t)sqlite3_column_int64(q, 0);

		buf_put(out, &size, sizeof(size));
	}
	if (rc != SQLITE_DONE)
		return (sql_fail(s, rc, "checkpoints", err));
	return (buf_done(out, err));
}

static prov_status
sqlite_notes(struct store *s, store_entry_fn fn, void *arg, prov_err *err)
{
	AUTO_STMT *q = NULL;
	prov_status st;
	int rc;

	st = sql_prepare(s, &q,
	    "SELECT size, note FROM checkpoints ORDER BY size", err);
	if (st != PROV_OK)
		return (st);
	while ((rc = sqlite3_step(q)) == SQLITE_ROW) {
		st = fn(arg, (uint64_t)sqlite3_column_int64(q, 0),
		    span(sqlite3_column_blob(q, 1),
			(size_t)sqlite3_column_bytes(q, 1)),
		    err);
		if (st != PROV_OK)
			return (st);
	}
	return (
	    rc == SQLITE_DONE ? PROV_OK : sql_fail(s, rc, "checkpoints", err));
}

static prov_status
sqlite_check(struct store *s, prov_err *err)
{
	prov_status st = sql_expect(s, "PRAGMA integrity_check(1)", "ok", err);

	/* What no read asks for would stand in the way of the next append. */
	return (st != PROV_OK ? st
			      : sql_expect(s,
				    "SELECT coalesce((SELECT min(idx) FROM "
				    "entries), 0) = 0 AND coalesce((SELECT "
				    "max(idx) + 1 FROM entries), 0) = "
				    "coalesce((SELECT max(size) FROM "
				    "checkpoints), 0)",
				    "1", err));
}

const struct ledger_ops ledger_sqlite = {
	.name = "sqlite",
	.open = db_open,
	.close = db_close,
	.load = sqlite_load,
	.commit = sqlite_commit,
	.flush = wal_flush,
	.settle = wal_settle,
	.mark = sqlite_mark,
	.note = sqlite_note,
	.entries = sqlite_entries,
	.sizes = sqlite_sizes,
	.targets = store_targets,
	.target_put = store_target_put,
	.target_drop = store_target_drop,
	.notes = sqlite_notes,
	.check = sqlite_check,
};

const struct ledger_ops *const ledger_backends[] = { &ledger_sqlite, NULL };
