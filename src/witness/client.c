/* SPDX-License-Identifier: ISC */
#include "witness/client.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/text.h"
#include "witness/post.h"
#include "witness/submission.h"

#define CONFLICTS_MAX 8    /* sizes that one witness may name in turn */
#define HEADS_MAX     16   /* times that the log may go on meanwhile */
#define PAUSE_MIN_MS  200  /* before what failed is tried again, */
#define PAUSE_MAX_MS  2000 /* doubled up to this */
#define LOCK_WAIT_MS  30000
#define WHY_MAX       120 /* of one witness, in messages */

enum peer_state {
	PEER_IDLE,  /* to be asked */
	PEER_ASKED, /* its answer is awaited */
	PEER_LATER, /* not reached: to be asked again */
	PEER_DONE,  /* cosigned */
	PEER_NO     /* will not, or cannot be believed */
};

struct peer {
	const struct policy_member *is;
	char *url; /* its add-checkpoint */
	enum peer_state state;
	uint64_t old;  /* what it cosigned last, as far as is known */
	uint64_t have; /* the newest of which its cosignature is at hand */
	unsigned conflicts;
	char why[WHY_MAX + 1];
};

struct prov_witnesses {
	const struct tlogpolicy *policy;
	const struct post_ops *ops;
	void *arg;
	size_t n;
	struct peer *peers;
	bool tired; /* a wait was in vain */
};

/* One checkpoint on its way to the witnesses. */
struct round {
	prov_witnesses *w;
	prov_ledger *l;
	uint64_t size;
	struct buf text;  /* of the note */
	struct buf bare;  /* the note with the log's own lines alone */
	struct buf lines; /* cosignatures that came and verified */
	struct quorum q;
	bool renew;
	bool moved; /* the log went on: begin again with its new head */
	int64_t now;
	uint64_t until_ms;
};

static void
round_clear(struct round *r)
{
	buf_free(&r->text);
	buf_free(&r->bare);
	buf_free(&r->lines);
}
#define AUTO_ROUND __attribute__((cleanup(round_clear))) struct round

static uint64_t
clock_ms(void)
{
	struct timespec t = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000);
}

static unsigned
left_ms(const struct round *r)
{
	uint64_t now = clock_ms();

	return (now < r->until_ms ? (unsigned)(r->until_ms - now) : 0);
}

/* The submission prefix may end with a slash. */
static char *
add_url(const char *prefix)
{
	size_t len = strlen(prefix);
	AUTO_BUF b = { 0 };
	char *url;

	while (len > 0 && prefix[len - 1] == '/')
		len--;
	buf_put(&b, prefix, len);
	buf_put_str(&b, "/add-checkpoint");
	return (buf_take_str(&b, &url, NULL) == PROV_OK ? url : NULL);
}

static prov_status
set_peers(prov_witnesses *w, prov_err *err)
{
	const struct tlogpolicy *p = w->policy;

	w->peers = calloc(p->n_witnesses + 1, sizeof(*w->peers));
	if (w->peers == NULL)
		return (prov_fail(err, PROV_ENOMEM, "witnesses"));
	for (size_t i = 0; i < p->n_members; i++) {
		const struct policy_member *m = &p->members[i];
		struct peer *peer = &w->peers[w->n];

		if (m->key == NULL || m->url == NULL ||
		    !cosigner_usable(m->key))
			continue;
		peer->is = m;
		if ((peer->url = add_url(m->url)) == NULL)
			return (prov_fail(err, PROV_ENOMEM, "witnesses"));
		w->n++;
	}
	return (PROV_OK);
}

prov_status
witnesses_new(prov_witnesses **out, const struct tlogpolicy *policy,
    const struct post_ops *ops, void *arg, prov_err *err)
{
	prov_witnesses *w = calloc(1, sizeof(*w));
	prov_status st;

	if (w == NULL) {
		ops->free(arg);
		return (prov_fail(err, PROV_ENOMEM, "witnesses"));
	}
	w->policy = policy;
	w->ops = ops;
	w->arg = arg;
	if ((st = set_peers(w, err)) != PROV_OK) {
		prov_witnesses_free(w);
		return (st);
	}
	*out = w;
	return (PROV_OK);
}

void
prov_witnesses_free(prov_witnesses *w)
{
	if (w == NULL)
		return;
	w->ops->free(w->arg);
	for (size_t i = 0; i < w->n; i++)
		free(w->peers[i].url);
	free(w->peers);
	free(w);
}

bool
witnesses_needed(const prov_witnesses *w)
{
	return (w->policy->quorum);
}

struct memory {
	prov_witnesses *w;
	prov_span text;
	uint64_t size;
};

static prov_status
remember_sig(void *arg, const struct note_sig *s, prov_err *err)
{
	struct memory *m = arg;
	int64_t time;

	(void)err;
	for (size_t i = 0; i < m->w->n; i++) {
		struct peer *p = &m->w->peers[i];

		if (!cosigner_signed(p->is->key, s) ||
		    cosignature_verify(&time, p->is->key, m->text, s->sig,
			NULL) != PROV_OK)
			continue;
		p->have = m->size;
		p->old = p->old < m->size ? m->size : p->old;
	}
	return (PROV_OK);
}

prov_status
witnesses_remember(prov_witnesses *w, prov_span note, prov_err *err)
{
	struct memory m = { .w = w };
	struct checkpoint c;
	prov_status st;
	prov_span sigs;

	if (note.len == 0)
		return (PROV_OK);
	if ((st = note_split(&m.text, &sigs, note, err)) != PROV_OK ||
	    (st = checkpoint_parse(&c, m.text, err)) != PROV_OK)
		return (st);
	m.size = c.size;
	return (note_sigs(sigs, remember_sig, &m, err));
}

/* Only the log's own lines go out: witnesses bound what they read. */
static prov_status
put_own(void *arg, const struct note_sig *s, prov_err *err)
{
	struct round *r = arg;
	const char *origin = prov_ledger_origin(r->l);

	if (span_eq(s->name, span(origin, strlen(origin))))
		buf_put_span(&r->bare, s->line);
	return (buf_done(&r->bare, err));
}

/* What the cosignatures come to, with those that came now. */
static prov_status
weigh(struct round *r, prov_err *err)
{
	AUTO_BUF note = { 0 };
	prov_status st;

	st = note_merge(&note, ledger_note(r->l), buf_span(&r->lines), err);
	if (st != PROV_OK)
		return (st);
	return (
	    quorum_weigh(&r->q, r->w->policy, buf_span(&note), r->now, err));
}

static prov_status
round_begin(struct round *r, prov_err *err)
{
	prov_span note, text, sigs;
	prov_status st;

	st = prov_ledger_checkpoint(r->l, &r->size, NULL, NULL, err);
	if (st != PROV_OK)
		return (st);
	note = ledger_note(r->l);
	if ((st = note_split(&text, &sigs, note, err)) != PROV_OK)
		return (st);
	buf_put_span(&r->text, text);
	buf_put_span(&r->bare, text);
	buf_put_byte(&r->bare, '\n');
	if ((st = buf_done(&r->text, err)) != PROV_OK ||
	    (st = note_sigs(sigs, put_own, r, err)) != PROV_OK ||
	    (st = witnesses_remember(r->w, note, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < r->w->n; i++) {
		struct peer *p = &r->w->peers[i];

		p->conflicts = 0;
		p->why[0] = '\0';
		p->state =
		    p->have == r->size && !r->renew ? PEER_DONE : PEER_IDLE;
	}
	return (weigh(r, err));
}

static void
set_why(struct peer *p, enum peer_state state, const char *text, size_t len)
{
	AUTO_BUF b = { 0 };

	p->state = state;
	text_escape(&b, text, len, WHY_MAX - 3);
	buf_put_byte(&b, '\0');
	if (!b.failed)
		memcpy(p->why, b.p, b.len < WHY_MAX ? b.len : WHY_MAX);
}

static void
say(struct peer *p, enum peer_state state, const char *text)
{
	set_why(p, state, text, strlen(text));
}

/* Reading the tree may have moved the ledger on to a newer checkpoint. */
static prov_status
check_moved(struct round *r, prov_err *err)
{
	uint64_t size;
	prov_status st;

	st = prov_ledger_checkpoint(r->l, &size, NULL, NULL, err);
	r->moved = r->moved || (st == PROV_OK && size != r->size);
	return (st);
}

static prov_status
ask(struct round *r, size_t i, prov_err *err)
{
	struct peer *p = &r->w->peers[i];
	AUTO_FREE uint8_t *path = NULL;
	AUTO_BUF body = { 0 };
	prov_err why = { 0 };
	prov_status st;
	size_t n = 0;

	if (p->old != 0 && p->old < r->size &&
	    (st = prov_ledger_consistency(r->l, p->old, r->size, &path, &n,
		 err)) != PROV_OK)
		return (st);
	if ((st = check_moved(r, err)) != PROV_OK || r->moved)
		return (st);
	submission_encode(&body, p->old, path, n, buf_span(&r->bare));
	if ((st = buf_done(&body, err)) != PROV_OK)
		return (st);
	st = r->w->ops->start(r->w->arg, (uint32_t)i, p->url, buf_span(&body),
	    left_ms(r), &why);
	if (st == PROV_ENOMEM || st == PROV_EINTERNAL)
		return (prov_fail(err, st, "%s", why.msg));
	p->state = PEER_ASKED;
	if (st != PROV_OK)
		say(p, st == PROV_EIO ? PEER_LATER : PEER_NO, why.msg);
	return (PROV_OK);
}

static size_t
count(const struct round *r, enum peer_state state)
{
	size_t n = 0;

	for (size_t i = 0; i < r->w->n; i++)
		n += r->w->peers[i].state == state;
	return (n);
}

static prov_status
ask_all(struct round *r, prov_err *err)
{
	prov_status st = PROV_OK;

	for (size_t i = 0; i < r->w->n && st == PROV_OK && !r->moved; i++)
		if (r->w->peers[i].state == PEER_IDLE && left_ms(r) > 0 &&
		    count(r, PEER_ASKED) < POSTS_MAX)
			st = ask(r, i, err);
	return (st);
}

/* A witness's own lines in its answer. */
struct given {
	struct round *r;
	const struct cosigner *key;
	bool found;
};

static prov_status
take_sig(void *arg, const struct note_sig *s, prov_err *err)
{
	struct given *g = arg;
	prov_status st;
	int64_t time;

	if (g->found || !cosigner_signed(g->key, s))
		return (PROV_OK);
	st = cosignature_verify(&time, g->key, buf_span(&g->r->text), s->sig,
	    err);
	if (st != PROV_OK)
		return (st);
	if (time - COSIGNED_AHEAD_S > g->r->now)
		return (prov_fail(err, PROV_EUNTRUSTED,
		    "its cosignature is of a time to come"));
	buf_put_span(&g->r->lines, s->line);
	g->found = true;
	return (buf_done(&g->r->lines, err));
}

static prov_status
take_cosignature(struct round *r, struct peer *p, prov_span body, prov_err *err)
{
	struct given g = { .r = r, .key = p->is->key };
	prov_err why = { 0 };
	prov_status st;

	st = note_sigs(body, take_sig, &g, &why);
	if (st != PROV_OK && !prov_is_no(st))
		return (prov_fail(err, st, "%s", why.msg));
	if (st != PROV_OK || !g.found) {
		say(p, PEER_NO,
		    st != PROV_OK ? why.msg : "answered without a cosignature");
		return (PROV_OK);
	}
	p->state = PEER_DONE;
	p->old = p->have = r->size;
	return (weigh(r, err));
}

/*
 * It cosigned another size last: the proof has to begin there. One that is
 * ahead knows of a head that was published meanwhile, or the ledger went back.
 */
static prov_status
take_size(struct round *r, struct peer *p, prov_span body, prov_err *err)
{
	uint64_t size;
	prov_status st;

	if (body.len == 0 || body.p[body.len - 1] != '\n' ||
	    !u64_decode(&size, (const char *)body.p, body.len - 1)) {
		say(p, PEER_NO, "named no size in its conflict");
		return (PROV_OK);
	}
	p->state = PEER_IDLE;
	p->old = size;
	if (++p->conflicts > CONFLICTS_MAX)
		say(p, PEER_NO, "names another size each time");
	if (size <= r->size)
		return (PROV_OK);
	p->old = 0;
	say(p, PEER_NO,
	    "has seen more entries of this log than are here: is the ledger "
	    "an old copy?");
	if ((st = ledger_refresh(r->l, err)) != PROV_OK)
		return (st);
	return (check_moved(r, err));
}

static prov_status
take_answer(struct round *r, const struct post_answer *a, prov_err *err)
{
	struct peer *p;
	const uint8_t *end;

	if (a->tag >= r->w->n || r->w->peers[a->tag].state != PEER_ASKED)
		return (PROV_OK);
	p = &r->w->peers[a->tag];
	if (a->st != PROV_OK) {
		say(p,
		    a->st == PROV_EIO || a->st == PROV_EBUSY ? PEER_LATER
							     : PEER_NO,
		    a->why.msg);
		return (PROV_OK);
	}
	if (a->status == 200)
		return (take_cosignature(r, p, buf_span(&a->body), err));
	if (a->status == 409)
		return (take_size(r, p, buf_span(&a->body), err));
	end = a->body.len == 0 ? NULL : memchr(a->body.p, '\n', a->body.len);
	set_why(p, a->status >= 500 || a->status == 429 ? PEER_LATER : PEER_NO,
	    (const char *)a->body.p,
	    end != NULL ? (size_t)(end - a->body.p) : a->body.len);
	if (p->why[0] == '\0')
		(void)snprintf(p->why, sizeof(p->why), "HTTP status %u",
		    a->status);
	return (PROV_OK);
}

/* Whether there is nothing more to wait for. */
static bool
is_over(const struct round *r)
{
	return (r->moved || left_ms(r) == 0 || (r->q.met && !r->renew));
}

/* Whatever brings the answers is gone, and those under way with it. */
static void
lose_all(struct round *r, const char *why)
{
	for (size_t i = 0; i < r->w->n; i++)
		if (r->w->peers[i].state == PEER_ASKED)
			say(&r->w->peers[i], PEER_LATER, why);
	r->w->ops->stop(r->w->arg);
}

static prov_status
take_next(struct round *r, prov_err *err)
{
	struct post_answer a = { 0 };
	prov_err why = { 0 };
	prov_status st;

	st = r->w->ops->next(r->w->arg, &a, &why);
	if (st == PROV_OK)
		st = take_answer(r, &a, err);
	else if (st == PROV_ENOMEM || st == PROV_EINTERNAL)
		st = prov_fail(err, st, "%s", why.msg);
	else {
		lose_all(r, why.msg);
		st = PROV_OK;
	}
	buf_free(&a.body);
	return (st);
}

/* All that can be asked now is asked, and answers are taken as they come. */
static prov_status
listen(struct round *r, prov_err *err)
{
	prov_status st = ask_all(r, err);

	while (st == PROV_OK && !is_over(r) && count(r, PEER_ASKED) > 0) {
		if ((st = take_next(r, err)) == PROV_OK)
			st = ask_all(r, err);
	}
	return (st);
}

static void
rest(const struct round *r, unsigned ms)
{
	unsigned left = left_ms(r);
	struct timespec t = { 0 };

	ms = ms < left ? ms : left;
	t.tv_sec = (time_t)(ms / 1000);
	t.tv_nsec = (long)(ms % 1000) * 1000000;
	(void)nanosleep(&t, NULL);
}

/* Until there is a quorum, or nobody is left who may make one, or time ends. */
static prov_status
gather(struct round *r, prov_err *err)
{
	unsigned pause = PAUSE_MIN_MS;
	prov_status st;

	for (;;) {
		if ((st = listen(r, err)) != PROV_OK || is_over(r) ||
		    count(r, PEER_LATER) == 0)
			break;
		rest(r, pause);
		pause = pause * 2 < PAUSE_MAX_MS ? pause * 2 : PAUSE_MAX_MS;
		for (size_t i = 0; i < r->w->n; i++)
			if (r->w->peers[i].state == PEER_LATER)
				r->w->peers[i].state = PEER_IDLE;
	}
	if (count(r, PEER_ASKED) > 0)
		r->w->ops->stop(r->w->arg);
	return (st);
}

/* Who is missing, and why, as far as there is room. */
static prov_status
no_quorum(const struct round *r, prov_err *err)
{
	AUTO_BUF b = { 0 };

	for (size_t i = 0; i < r->w->n; i++) {
		const struct peer *p = &r->w->peers[i];

		if (p->state != PEER_DONE)
			buf_printf(&b, "; %.60s: %s", p->is->name,
			    p->why[0] != '\0' ? p->why : "no answer in time");
	}
	buf_put_byte(&b, '\0');
	return (prov_fail(err, PROV_EBUSY,
	    "%zu of the %zu witnesses cosigned %llu entries, which is no "
	    "quorum%s%.330s",
	    r->q.n, r->q.of, (unsigned long long)r->size,
	    r->w->n < r->q.of ? " (some have no URL)" : "",
	    b.failed ? "" : (const char *)b.p));
}

/* One head: asks, and keeps what came. */
static prov_status
cosign_head(struct round *r, prov_err *err)
{
	prov_status st;

	if ((st = round_begin(r, err)) != PROV_OK || (r->q.met && !r->renew))
		return (st);
	st = gather(r, err);
	/* Of a head that is not the newest any more nothing is kept. */
	if (st != PROV_OK || r->moved || r->lines.len == 0)
		return (st);
	return (ledger_cosign(r->l, buf_span(&r->lines), LOCK_WAIT_MS, err));
}

prov_status
witnesses_cosign(prov_witnesses *w, prov_ledger *l, unsigned flags,
    unsigned wait_ms, int64_t now, struct quorum *out, prov_err *err)
{
	uint64_t until_ms = clock_ms() + (w->tired ? 0 : wait_ms);
	prov_status st;

	for (unsigned i = 0; i < HEADS_MAX; i++) {
		AUTO_ROUND r = { .w = w,
			.l = l,
			.renew = (flags & COSIGN_RENEW) != 0,
			.now = now,
			.until_ms = until_ms };

		if ((st = cosign_head(&r, err)) != PROV_OK)
			return (st);
		*out = r.q;
		if (r.moved)
			continue;
		if (r.q.met)
			return (PROV_OK);
		w->tired = true;
		return (no_quorum(&r, err));
	}
	return (prov_fail(err, PROV_EBUSY,
	    "the log goes on faster than witnesses cosign it"));
}
