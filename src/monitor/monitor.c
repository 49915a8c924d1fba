/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/text.h"
#include "ledger/layout.h"
#include "monitor/compare.h"
#include "monitor/seen.h"
#include "sign/note.h"
#include "witness/quorum.h"

#define SIGHTS_MAX (2 * PROV_MONITOR_MAX + 1)

/* Forks that are told apart in one round; further ones still count. */
#define FORKS_MAX   64
#define FORK_ID_LEN 32

/* Entries between two writes of the state: what a kill may report twice. */
#define STEP 4096U

struct prov_monitor {
	prov_monitor_options o; /* trust and strings are the caller's */
	size_t n;               /* sources, then witnesses */
	struct feed *feeds[2 * PROV_MONITOR_MAX];
};

/* One round: what it came to, over all logs. */
struct round {
	prov_monitor *m;
	struct events e;
	bool bad, retry;
	struct sight copies[PROV_MONITOR_MAX];
};

/* One log in one round. */
struct follow {
	struct round *r;
	const prov_pubkey *log;
	struct seen seen;
	struct sight memory;
	struct sight witnesses[PROV_MONITOR_MAX];
	size_t n;
	struct sight *all[SIGHTS_MAX]; /* copies of this log, and those above */
	struct view view;
	struct summary sum;
	char forks[FORKS_MAX][FORK_ID_LEN + 1]; /* of sum.forks */
};

void
prov_monitor_free(prov_monitor *m)
{
	if (m == NULL)
		return;
	for (size_t i = 0; i < m->n; i++)
		feed_close(m->feeds[i]);
	free(m);
}

static prov_status
open_feed(prov_monitor *m, const char *from, prov_err *err)
{
	char scratch[LEDGER_PATH_MAX];
	prov_status st;

	st = layout_path(scratch, err, m->o.state, "fetched-%zu", m->n);
	if (st == PROV_OK)
		st = feed_open(&m->feeds[m->n], from, scratch, m->o.net,
		    m->o.timeout_ms, err);
	if (st == PROV_OK)
		m->n++;
	return (st);
}

static prov_status
open_all(prov_monitor *m, prov_err *err)
{
	prov_status st = dir_make(m->o.state, err);

	for (size_t i = 0; i < m->o.n_sources && st == PROV_OK; i++)
		st = open_feed(m, m->o.sources[i], err);
	for (size_t i = 0; i < m->o.n_witnesses && st == PROV_OK; i++)
		st = open_feed(m, m->o.witnesses[i], err);
	return (st);
}

prov_status
prov_monitor_new(prov_monitor **out, const prov_monitor_options *options,
    prov_err *err)
{
	const prov_monitor_options *o = options;
	prov_monitor *m;
	prov_status st;

	if (o->trust == NULL || o->state == NULL || o->n_sources == 0)
		return (prov_fail(err, PROV_EARG,
		    "a monitor needs trust, a state and something to follow"));
	if (o->n_sources > PROV_MONITOR_MAX ||
	    o->n_witnesses > PROV_MONITOR_MAX || o->n_kids > PROV_MONITOR_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "more than %d copies, witnesses or signers",
		    PROV_MONITOR_MAX));
	if ((m = calloc(1, sizeof(*m))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "monitor"));
	m->o = *o;
	st = open_all(m, err);
	if (st != PROV_OK) {
		prov_monitor_free(m);
		return (st);
	}
	*out = m;
	return (PROV_OK);
}

/* What a place that was not good means for the round. */
static prov_status
report_trouble(struct round *r, const struct sight *s, prov_err *err)
{
	if (s->state == SIGHT_GOOD || s->state == SIGHT_FORK ||
	    s->state == SIGHT_ABSENT)
		return (PROV_OK);
	if (s->state == SIGHT_INVALID || s->state == SIGHT_UNTRUSTED)
		r->bad = true;
	else
		r->retry = true;
	return (event_trouble(&r->e, s, err));
}

static bool
is_counted(struct follow *w, const char *id)
{
	size_t n = w->sum.forks < FORKS_MAX ? w->sum.forks : FORKS_MAX;

	for (size_t i = 0; i < n; i++)
		if (strcmp(w->forks[i], id) == 0)
			return (true);
	if (n < FORKS_MAX)
		memcpy(w->forks[n], id, FORK_ID_LEN + 1);
	return (false);
}

/* By what was signed, so that other cosignatures are not another fork. */
static prov_status
fork_id(char id[FORK_ID_LEN + 1], const struct fork *f, prov_err *err)
{
	AUTO_BUF both = { 0 };
	uint8_t digest[32];
	prov_span text;
	prov_status st;

	for (size_t i = 0; i < 2; i++) {
		if ((st = note_parse(&text, f->note[i], err)) != PROV_OK)
			return (st);
		buf_put_span(&both, text);
	}
	if ((st = buf_done(&both, err)) != PROV_OK ||
	    (st = sha256_of(digest, buf_span(&both), err)) != PROV_OK)
		return (st);
	hex_encode(id, digest, FORK_ID_LEN / 2);
	return (PROV_OK);
}

/* Writes evidence, as anybody could check it, unless it is there. */
static prov_status
keep(struct follow *w, char path[LEDGER_PATH_MAX], bool *fresh,
    prov_span evidence, prov_err *err)
{
	struct checkpoint at[2];
	char id[FORK_ID_LEN + 1];
	struct fork f;
	prov_status st;

	if ((st = fork_parse(&f, evidence, err)) != PROV_OK ||
	    (st = fork_verify(at, &f, w->log, err)) != PROV_OK ||
	    (st = fork_id(id, &f, err)) != PROV_OK ||
	    (st = layout_path(path, err, w->r->m->o.state, "forks/%s", id)) !=
		PROV_OK ||
	    (st = layout_make_parent(path, err)) != PROV_OK)
		return (st);
	if (!is_counted(w, id))
		w->sum.forks++;
	st = file_write(path, evidence, 0644, FILE_SYNC | FILE_EXCL, err);
	*fresh = st == PROV_OK;
	if (st == PROV_EEXIST && err != NULL)
		prov_err_clear(err);
	return (st == PROV_EEXIST ? PROV_OK : st);
}

/* Evidence is kept once and reported when it is new; each round counts it. */
static prov_status
report_fork(struct follow *w, const struct sight *s, const struct sight *base,
    prov_span evidence, prov_err *err)
{
	char path[LEDGER_PATH_MAX];
	bool fresh;
	prov_status st;

	w->r->bad = true;
	if ((st = keep(w, path, &fresh, evidence, err)) != PROV_OK || !fresh)
		return (st);
	return (event_fork(&w->r->e, base, s, path, err));
}

static prov_status
compare_all(struct follow *w, struct sight *base, prov_err *err)
{
	prov_status st = PROV_OK;

	for (size_t i = 0; i < w->n && st == PROV_OK; i++) {
		struct sight *s = w->all[i];
		AUTO_BUF evidence = { 0 };

		st = compare_head(&evidence, s, &w->view, base, err);
		if (st == PROV_OK && evidence.len != 0)
			st = report_fork(w, s, base, buf_span(&evidence), err);
	}
	return (st);
}

/*
 * Heads of one size need no tiles to exclude each other: so witnesses show a
 * fork, too, that no copy shows.
 */
static prov_status
compare_equals(struct follow *w, prov_err *err)
{
	prov_status st = PROV_OK;

	for (size_t i = 0; i < w->n; i++)
		for (size_t k = 0; k < i; k++) {
			const struct sight *a = w->all[i], *b = w->all[k];
			AUTO_BUF evidence = { 0 };
			bool forked;

			st = compare_equal(&evidence, &forked, a, b, err);
			if (st == PROV_OK && forked)
				st = report_fork(w, b, a, buf_span(&evidence),
				    err);
			if (st != PROV_OK)
				return (st);
		}
	return (st);
}

/* Whose it is by its kid, where trust has the key. */
static prov_status
signature_of(const char **out, const prov_trust *trust,
    const struct statement *s, prov_err *err)
{
	const prov_trust_signer *signer = trust_find(trust, s->kid);
	prov_err why = { 0 };
	prov_status st;

	*out = "unknown";
	if (signer == NULL)
		return (PROV_OK);
	st = statement_verify(s, &signer->key, &why);
	*out = st == PROV_OK ? "valid" : "invalid";
	return (st == PROV_OK || prov_is_no(st)
		    ? PROV_OK
		    : prov_fail(err, st, "%s", why.msg));
}

static bool
is_wanted(const prov_monitor_options *o, const struct statement *s)
{
	if (o->n_kids == 0)
		return (true);
	for (size_t i = 0; s != NULL && i < o->n_kids; i++)
		if (memcmp(o->kids[i], s->kid, 32) == 0)
			return (true);
	return (false);
}

static prov_status
see_entry(void *arg, uint64_t i, prov_span entry, prov_err *err)
{
	struct follow *w = arg;
	const prov_monitor_options *o = &w->r->m->o;
	const char *signature = NULL;
	struct statement s;
	bool known = statement_parse(&s, entry, NULL) == PROV_OK;
	prov_status st = PROV_OK;

	w->sum.fresh++;
	if (!is_wanted(o, known ? &s : NULL))
		return (PROV_OK);
	if (known)
		st = signature_of(&signature, o->trust, &s, err);
	if (st != PROV_OK)
		return (st);
	return (event_entry(&w->r->e, w->log->name, i, known ? &s : NULL,
	    signature, err));
}

/* Moves what is remembered to base, with entries reported up to a number. */
static prov_status
remember(struct follow *w, const struct sight *base, uint64_t entries,
    prov_err *err)
{
	buf_free(&w->seen.note);
	buf_put_span(&w->seen.note, buf_span(&base->note));
	w->seen.at = base->at;
	w->seen.entries = entries;
	w->seen.time = w->r->e.now;
	return (seen_save(&w->seen, w->r->m->o.state, w->log, err));
}

/* Reports base's new entries. A copy that lacks them is blamed. */
static prov_status
read_entries(struct follow *w, struct sight *base, prov_err *err)
{
	uint64_t at = w->seen.entries, to;
	prov_err why = { 0 };
	prov_status st = PROV_OK;

	if (!w->seen.there && !w->r->m->o.from_start)
		at = base->at.size;
	do {
		to = base->at.size - at < STEP ? base->at.size : at + STEP;
		if ((st = feed_entries(base->feed, base->at.size, at, to,
			 &why)) != PROV_OK ||
		    (st = view_scan(&w->view, at, to, see_entry, w, &why)) !=
			PROV_OK)
			break;
		at = to;
		if ((st = remember(w, base, at, err)) != PROV_OK)
			return (st);
	} while (at < base->at.size);
	if (prov_is_no(st))
		sight_blame(base, SIGHT_INVALID, why.msg);
	else if (st == PROV_ENOTFOUND || st == PROV_EIO)
		sight_blame(base, SIGHT_UNREACHABLE, why.msg);
	else if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	return (PROV_OK);
}

/* Adds the signature lines of what was said of the same checkpoint. */
static prov_status
add_lines(struct buf *b, prov_span text, const struct sight *s, prov_err *err)
{
	prov_span its, lines;
	prov_status st;

	st = note_split(&its, &lines, buf_span(&s->note), err);
	if (st == PROV_OK && span_eq(text, its) &&
	    b->len + lines.len <= NOTE_MAX)
		buf_put_span(b, lines);
	return (st);
}

/*
 * How old base is: by the cosignatures on it, and on the same checkpoint at
 * the witnesses. A witness counts once, whatever it wrote.
 */
static prov_status
judge_age(struct follow *w, const struct sight *base, prov_err *err)
{
	const prov_monitor_options *o = &w->r->m->o;
	prov_span text, lines;
	struct quorum q = { 0 };
	AUTO_BUF note = { 0 };
	prov_status st;

	buf_put_span(&note, buf_span(&base->note));
	st = note_split(&text, &lines, buf_span(&base->note), err);
	for (size_t i = 0; i < w->n && st == PROV_OK; i++)
		if (w->all[i]->witness && w->all[i]->state == SIGHT_GOOD)
			st = add_lines(&note, text, w->all[i], err);
	if (st == PROV_OK)
		st = buf_done(&note, err);
	if (st == PROV_OK)
		st = quorum_weigh(&q, &o->trust->logs, buf_span(&note),
		    w->r->e.now, NULL);
	/* Lines that make no sense vouch for nothing. */
	if (st != PROV_OK && !prov_is_no(st))
		return (prov_fail(err, st, "cosignatures"));
	w->sum.timed = st == PROV_OK && q.timed;
	w->sum.age = w->sum.timed ? w->r->e.now - q.time : 0;
	w->sum.stale =
	    o->max_age > 0 && (!w->sum.timed || w->sum.age > o->max_age);
	return (PROV_OK);
}

static prov_status
look(struct follow *w, prov_err *err)
{
	struct sight *base;
	prov_status st;

	if ((st = compare_equals(w, err)) != PROV_OK ||
	    (st = compare_base(&base, &w->view, w->all, w->n, err)) != PROV_OK)
		return (st);
	w->sum.base = base;
	if (base == NULL)
		return (PROV_OK);
	if ((st = compare_all(w, base, err)) != PROV_OK ||
	    (st = judge_age(w, base, err)) != PROV_OK)
		return (st);
	/* Memory moves over a verified proof alone, never back. */
	if (base->state == SIGHT_GOOD &&
	    (!w->seen.there || w->memory.state == SIGHT_GOOD))
		st = read_entries(w, base, err);
	return (st);
}

static prov_status
see_witness(struct follow *w, size_t i, const char *name, prov_err *err)
{
	prov_monitor *m = w->r->m;
	struct sight *s = &w->witnesses[i];

	s->feed = m->feeds[m->o.n_sources + i];
	s->where = m->o.witnesses[i];
	s->witness = true;
	w->all[w->n++] = s;
	return (sight_read(s, name, m->o.trust, w->log, err));
}

/* Everything that has a head of this log, or should have. */
static prov_status
gather(struct follow *w, prov_err *err)
{
	prov_monitor *m = w->r->m;
	char hex[65], name[80];
	prov_status st;

	for (size_t i = 0; i < m->o.n_sources; i++)
		if (w->r->copies[i].log == w->log)
			w->all[w->n++] = &w->r->copies[i];
	if ((st = seen_load(&w->seen, m->o.state, w->log, err)) != PROV_OK ||
	    (st = origin_hex(hex, w->log->name, err)) != PROV_OK)
		return (st);
	w->sum.returned = w->seen.there;
	w->sum.lag = w->r->e.now - w->seen.time;
	(void)snprintf(name, sizeof(name), "%s/checkpoint", hex);
	for (size_t i = 0; i < m->o.n_witnesses && st == PROV_OK; i++)
		st = see_witness(w, i, name, err);
	if (st == PROV_OK && w->seen.there) {
		w->memory.where = "what the monitor saw before";
		w->memory.state = SIGHT_UNCHECKED;
		w->memory.log = w->log;
		w->memory.at = w->seen.at;
		buf_put_span(&w->memory.note, buf_span(&w->seen.note));
		w->all[w->n++] = &w->memory;
		st = buf_done(&w->memory.note, err);
	}
	return (st);
}

static void
follow_clear(struct follow *w)
{
	for (size_t i = 0; i < PROV_MONITOR_MAX; i++)
		sight_clear(&w->witnesses[i]);
	sight_clear(&w->memory);
	seen_clear(&w->seen);
	view_clear(&w->view);
}

static prov_status
follow_log(struct follow *w, prov_err *err)
{
	prov_status st;

	if ((st = gather(w, err)) != PROV_OK || (st = look(w, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < w->n && st == PROV_OK; i++)
		st = report_trouble(w->r, w->all[i], err);
	w->r->retry |= w->sum.stale;
	w->sum.all = (const struct sight *const *)w->all;
	w->sum.n = w->n;
	if (st == PROV_OK)
		st = event_head(&w->r->e, w->log->name, &w->sum, err);
	return (st);
}

/* Whether any copy is of this log. */
static bool
is_followed(const struct round *r, const prov_pubkey *log)
{
	for (size_t i = 0; i < r->m->o.n_sources; i++)
		if (r->copies[i].log == log)
			return (true);
	return (false);
}

static prov_status
see_copies(struct round *r, prov_err *err)
{
	prov_monitor *m = r->m;
	prov_status st = PROV_OK;

	for (size_t i = 0; i < m->o.n_sources && st == PROV_OK; i++) {
		struct sight *s = &r->copies[i];

		s->feed = m->feeds[i];
		s->where = m->o.sources[i];
		st = sight_read(s, LEDGER_CHECKPOINT, m->o.trust, NULL, err);
		if (st == PROV_OK && s->log == NULL)
			st = report_trouble(r, s, err);
	}
	return (st);
}

static prov_status
see_logs(struct round *r, prov_err *err)
{
	const struct tlogpolicy *logs = &r->m->o.trust->logs;
	prov_status st = PROV_OK;

	for (size_t i = 0; i < logs->n_logs && st == PROV_OK; i++) {
		struct follow *w;

		if (!is_followed(r, &logs->logs[i]))
			continue;
		if ((w = calloc(1, sizeof(*w))) == NULL)
			return (prov_fail(err, PROV_ENOMEM, "round"));
		w->r = r;
		w->log = &logs->logs[i];
		st = follow_log(w, err);
		follow_clear(w);
		free(w);
	}
	return (st);
}

prov_status
prov_monitor_round(prov_monitor *m, int64_t now, prov_monitor_fn report,
    void *arg, prov_err *err)
{
	AUTO_FREE struct round *r = calloc(1, sizeof(*r));
	prov_status st;

	if (r == NULL)
		return (prov_fail(err, PROV_ENOMEM, "round"));
	r->m = m;
	r->e = (struct events){ report, arg, now };
	if ((st = see_copies(r, err)) == PROV_OK)
		st = see_logs(r, err);
	for (size_t i = 0; i < m->o.n_sources; i++) {
		sight_clear(&r->copies[i]);
		feed_forget(m->feeds[i]);
	}
	if (st != PROV_OK)
		return (st);
	if (r->bad)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "a fork, or a copy that is not what its log signed"));
	if (r->retry)
		return (prov_fail(err, PROV_EBUSY,
		    "not all could be reached, compared or is fresh"));
	return (PROV_OK);
}
