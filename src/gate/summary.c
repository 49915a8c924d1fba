/* SPDX-License-Identifier: ISC */
#include "gate/summary.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "gate/lines.h"
#include "hash/digest.h"
#include "ledger/edge.h"

/* A run while it is read. */
struct reading {
	struct summary *t;
	struct edge *edge;
	struct sha256 *file, *leaf;
	bool long_line; /* which was handed out in pieces */
};

static void
reading_clear(struct reading *r)
{
	free(r->edge);
	sha256_free(r->file);
	sha256_free(r->leaf);
}
#define AUTO_READING __attribute__((cleanup(reading_clear))) struct reading

void
summary_free(struct summary *t)
{
	if (t != NULL)
		buf_free(&t->lines);
	free(t);
}

void
auto_summary(struct summary **t)
{
	summary_free(*t);
}

/* A list sorted by name: where name is, or is to be. */
static size_t
place(const char *first, size_t stride, size_t n, const char *name, bool *found)
{
	size_t lo = 0, hi = n;

	*found = false;
	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int c = strcmp(first + mid * stride, name);

		if (c == 0) {
			*found = true;
			return (mid);
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return (lo);
}

static prov_status
add_reason(struct run_record *r, const char *code, prov_err *err)
{
	struct run_reason *q = r->reasons;
	bool found;
	size_t i;

	i = place(q[0].code, sizeof(q[0]), r->n_reasons, code, &found);
	if (!found && r->n_reasons == RUN_REASONS_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "more than %d different reasons", RUN_REASONS_MAX));
	if (!found) {
		memmove(q + i + 1, q + i, (r->n_reasons++ - i) * sizeof(*q));
		memset(&q[i], 0, sizeof(*q));
		memcpy(q[i].code, code, strlen(code) + 1);
	}
	q[i].n++;
	return (PROV_OK);
}

/* Of each log the newest head that anything was decided under. */
static prov_status
add_head(struct run_record *r, const char *origin, uint64_t size, prov_err *err)
{
	struct run_head *h = r->heads;
	bool found;
	size_t i;

	i = place(h[0].origin, sizeof(h[0]), r->n_heads, origin, &found);
	if (!found && r->n_heads == RUN_HEADS_MAX)
		return (prov_fail(err, PROV_ELIMIT, "more than %d logs",
		    RUN_HEADS_MAX));
	if (!found) {
		memmove(h + i + 1, h + i, (r->n_heads++ - i) * sizeof(*h));
		memset(&h[i], 0, sizeof(*h));
		memcpy(h[i].origin, origin, strlen(origin) + 1);
	}
	if (size > h[i].size)
		h[i].size = size;
	return (PROV_OK);
}

/* One run is decided by one policy. */
static prov_status
add_policy(struct run_record *r, const struct record *q, prov_err *err)
{
	if (r->n == 0) {
		memcpy(r->policy, q->policy, sizeof(r->policy));
		r->purpose = q->purpose;
		r->first = r->last = q->t_ms;
	}
	if (memcmp(r->policy, q->policy, sizeof(r->policy)) != 0 ||
	    r->purpose != q->purpose)
		return (prov_fail(err, PROV_EFORMAT,
		    "decided by another policy than the first record"));
	if (q->t_ms < r->first)
		r->first = q->t_ms;
	if (q->t_ms > r->last)
		r->last = q->t_ms;
	return (PROV_OK);
}

static void
add_passed(struct run_passed *p, const struct record *q)
{
	p->n++;
	p->bytes += q->has_bytes ? q->bytes : 0;
	p->valid += q->signature == PROV_SIG_VALID;
	p->logged += q->ledger == PROV_LEDGER_INCLUDED;
	p->exact += q->binding == PROV_BIND_EXACT;
	p->streams += q->binding == PROV_BIND_STREAMS;
	p->rights += q->rights == USE_ALLOWED;
}

prov_status
summary_add(struct summary *t, const struct record *q, prov_err *err)
{
	struct run_record *r = &t->r;
	prov_status st;

	if ((st = add_policy(r, q, err)) != PROV_OK)
		return (st);
	if (q->has_bytes && r->bytes + q->bytes < r->bytes)
		return (prov_fail(err, PROV_ELIMIT, "too many bytes to count"));
	for (size_t i = 0; i < q->n_reasons; i++)
		if ((st = add_reason(r, q->reasons[i], err)) != PROV_OK)
			return (st);
	if (q->origin[0] != '\0' && q->has_entry &&
	    (st = add_head(r, q->origin, q->checkpoint_size, err)) != PROV_OK)
		return (st);
	r->n++;
	r->decided[q->decision]++;
	r->effective[q->effective]++;
	r->bytes += q->has_bytes ? q->bytes : 0;
	if (q->effective == PROV_ALLOW)
		add_passed(&r->passed, q);
	return (PROV_OK);
}

static void
mark_bad(struct summary *t, uint64_t line, const prov_err *why)
{
	if (t->bad != 0)
		return;
	t->bad = line;
	t->why = *why;
}

/* What the line says, unless a line before it was bad. */
static prov_status
read_line(struct summary *t, const struct line *l, prov_err *err)
{
	AUTO_RECORD q = { 0 };
	prov_err why = { 0 };
	prov_status st = PROV_EFORMAT;

	if (t->bad != 0)
		return (PROV_OK);
	if (l->torn)
		(void)prov_fail(&why, st,
		    "the run ends within it; gate --resume goes on with it");
	else if ((st = record_parse(&q, l->text, &why)) == PROV_OK)
		st = summary_add(t, &q, &why);
	if (st == PROV_ENOMEM)
		return (prov_fail(err, st, "%s", why.msg));
	if (st != PROV_OK)
		mark_bad(t, l->n, &why);
	return (PROV_OK);
}

static prov_status
end_line(struct reading *r, const struct line *l, prov_err *err)
{
	static const uint8_t prefix = 0; /* RFC 9162 2.1.1 */
	uint8_t leaf[SHA256_LEN];
	prov_status st;

	if ((st = sha256_done(r->leaf, leaf, err)) != PROV_OK ||
	    (st = edge_push(r->edge, leaf, NULL, NULL, err)) != PROV_OK)
		return (st);
	buf_put(&r->t->lines, leaf, RUN_PREFIX_LEN);
	if (!l->torn)
		sha256_add(r->file, "\n", 1);
	sha256_init(r->leaf);
	sha256_add(r->leaf, &prefix, 1);
	return (buf_done(&r->t->lines, err));
}

static prov_status
add_line(struct reading *r, const struct line *l, prov_err *err)
{
	prov_err too_long = { 0 };
	prov_status st;

	if (l->n > RUN_LINES_MAX)
		return (prov_fail(err, PROV_ELIMIT, "more than %lu lines",
		    RUN_LINES_MAX));
	sha256_add(r->file, l->text.p, l->text.len);
	sha256_add(r->leaf, l->text.p, l->text.len);
	r->long_line |= l->more;
	if (l->more)
		return (PROV_OK);
	if (r->long_line) {
		(void)prov_fail(&too_long, PROV_ELIMIT, "more than %lu bytes",
		    RECORD_MAX);
		mark_bad(r->t, l->n, &too_long);
	} else if ((st = read_line(r->t, l, err)) != PROV_OK) {
		return (st);
	}
	r->long_line = false;
	return (end_line(r, l, err));
}

static prov_status
read_all(struct reading *r, int fd, prov_err *err)
{
	static const uint8_t prefix = 0;
	AUTO_LINES *lines = NULL;
	struct line l;
	prov_status st;

	sha256_add(r->leaf, &prefix, 1);
	if ((st = lines_new(&lines, fd, RECORD_MAX, err)) != PROV_OK)
		return (st);
	while ((st = lines_next(lines, &l, err)) == PROV_OK)
		if ((st = add_line(r, &l, err)) != PROV_OK)
			return (st);
	return (st == PROV_ENOTFOUND ? PROV_OK : st);
}

static prov_status
finish(struct reading *r, prov_err *err)
{
	struct summary *t = r->t;
	prov_status st;

	if ((st = edge_root(r->edge, t->r.root, err)) != PROV_OK ||
	    (st = sha256_done(r->file, t->r.file, err)) != PROV_OK)
		return (st);
	return (sha256_of(t->r.lines, buf_span(&t->lines), err));
}

static prov_status
reading_new(struct reading *r, struct summary *t, prov_err *err)
{
	prov_status st;

	r->t = t;
	if ((r->edge = calloc(1, sizeof(*r->edge))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "run"));
	if ((st = sha256_new(&r->file, err)) != PROV_OK)
		return (st);
	return (sha256_new(&r->leaf, err));
}

prov_status
summary_read(struct summary **out, int fd, prov_err *err)
{
	AUTO_SUMMARY *t = calloc(1, sizeof(*t));
	AUTO_READING r = { .t = NULL };
	struct stat before, after;
	prov_status st;

	if (t == NULL)
		return (prov_fail(err, PROV_ENOMEM, "run"));
	t->r.purpose = PURPOSE_N;
	if (fstat(fd, &before) == -1)
		return (prov_fail_errno(err, PROV_EIO, "run"));
	if ((st = reading_new(&r, t, err)) != PROV_OK ||
	    (st = read_all(&r, fd, err)) != PROV_OK ||
	    (st = finish(&r, err)) != PROV_OK)
		return (st);
	if (fstat(fd, &after) == -1 || !stat_same(&before, &after))
		return (prov_fail(err, PROV_EIO,
		    "the run changed while it was read"));
	*out = TAKE(t);
	return (PROV_OK);
}
