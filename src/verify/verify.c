/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "base/file.h"
#include "hash/digest.h"
#include "verify/lookup.h"
#include "verify/verdict.h"

struct prov_verifier {
	prov_verify_options o;
	prov_ledger *ledger; /* NULL: none at hand, or bad */
	bool ledger_bad;     /* at hand, and does not verify */
	enum reason ledger_reason;
	prov_err ledger_why;
	struct memory *memory;          /* NULL: none */
	struct standing standing;       /* of the ledger; recalled or not */
	struct revocations revocations; /* that the ledger knows */
	prov_media *media;              /* made when first used */
};

/* One file being verified. */
struct task {
	prov_verifier *v;
	prov_verdict *out;
	int fd;
	struct stat sb; /* when it was opened */
	struct judge judge;
	char *canonical;
	struct buf sidecar_bytes;
	struct sidecar *sidecar; /* NULL: none */
	prov_identity *id;       /* NULL: not identified */
	prov_identity *framed; /* the same, with each picture; NULL: not yet */
	struct finding no_id;  /* why there is none */
	struct dossier d;
	prov_ledger_state ledger_state; /* where the ledger at hand is bad */
};

static void
task_clear(struct task *t)
{
	auto_fd(&t->fd);
	free(t->canonical);
	buf_free(&t->sidecar_bytes);
	free(t->sidecar);
	prov_identity_free(t->id);
	prov_identity_free(t->framed);
	dossier_clear(&t->d);
}
#define AUTO_TASK __attribute__((cleanup(task_clear))) struct task

static int64_t
clock_ms(clockid_t clock)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(clock, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

static bool
begins(const char *s, const char *with)
{
	return (strncmp(s, with, strlen(with)) == 0);
}

/* Opens the ledger under whichever trusted log it is of. */
static prov_status
open_ledger(prov_verifier *v, prov_err *err)
{
	const prov_trust *t = v->o.trust;
	prov_status st = PROV_EUNTRUSTED;
	prov_err why = { 0 };

	v->ledger_reason = REASON_LEDGER_UNTRUSTED;
	for (size_t i = 0; i < t->logs.n_logs; i++) {
		prov_err_clear(&why);
		st = prov_ledger_open(&v->ledger, v->o.ledger_dir,
		    &t->logs.logs[i], &why);
		if (st != PROV_EUNTRUSTED ||
		    !begins(why.msg, reason_code(REASON_LEDGER_UNTRUSTED)))
			break;
	}
	if (st == PROV_OK)
		return (PROV_OK);
	if (!prov_is_no(st))
		return (prov_fail(err, st, "%s", why.msg));
	if (t->logs.n_logs == 0)
		(void)prov_fail(&why, st,
		    "no log is trusted; "
		    "prov trust add --log VKEY");
	if (!begins(why.msg, reason_code(REASON_LEDGER_UNTRUSTED)) &&
	    t->logs.n_logs > 0)
		v->ledger_reason = REASON_LEDGER_INVALID;
	v->ledger_bad = true;
	v->ledger_why = why;
	return (PROV_OK);
}

/*
 * How the ledger's revocations are found: all entries are read where that is
 * soon done or was asked for, else a foreign index has to do.
 */
static prov_status
begin_revocations(prov_verifier *v, prov_err *err)
{
	struct notices *n = &v->revocations.notices;
	uint64_t size;
	prov_status st;

	v->revocations.trust = v->o.trust;
	if ((st = prov_ledger_checkpoint(v->ledger, &size, NULL, NULL, err)) !=
	    PROV_OK)
		return (st);
	if (v->o.ledger_own) {
		n->by = NOTICES_OWN;
		return (PROV_OK);
	}
	if (v->o.notices_dir != NULL &&
	    (st = notices_load(n, v->o.notices_dir, v->ledger, err)) != PROV_OK)
		return (st);
	if (size - n->position <= SCAN_MAX || v->o.require_revocation)
		n->by = NOTICES_SCAN;
	else
		notices_clear(n);
	return (PROV_OK);
}

/* A client that cannot write what it has read reads it again next time. */
static void
keep_revocations(prov_verifier *v, uint64_t was)
{
	const struct notices *n = &v->revocations.notices;

	if (v->o.notices_dir != NULL && n->by == NOTICES_SCAN &&
	    n->position > was)
		(void)notices_save(n, v->o.notices_dir, v->ledger, NULL);
}

static prov_status
read_revocations(prov_verifier *v, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;
	uint64_t was;

	if (v->ledger == NULL || v->ledger_bad ||
	    (v->memory != NULL && !v->standing.fine))
		return (PROV_OK);
	st = begin_revocations(v, &why);
	was = v->revocations.notices.position;
	if (st == PROV_OK)
		st = revocations_follow(&v->revocations, v->ledger, &why);
	if (st == PROV_OK) {
		keep_revocations(v, was);
		return (PROV_OK);
	}
	if (!prov_is_no(st))
		return (prov_fail(err, st, "%s", why.msg));
	v->ledger_bad = true;
	v->ledger_reason = REASON_LEDGER_INVALID;
	v->ledger_why = why;
	return (PROV_OK);
}

/* How the ledger stands now to what is remembered, if anything is. */
static prov_status
recall(prov_verifier *v, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	if (v->ledger == NULL || v->ledger_bad || v->memory == NULL)
		return (PROV_OK);
	st = recall_ledger(&v->standing, v->memory, v->ledger, &why);
	if (st == PROV_OK || !prov_is_no(st))
		return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
	v->standing = (struct standing){ .state = PROV_LEDGER_INVALID,
		.reason = REASON_LEDGER_INVALID,
		.why = why };
	return (PROV_OK);
}

/* The ledger's state, what is remembered of it, and what it revokes. */
static prov_status
look_around(prov_verifier *v, prov_err *err)
{
	prov_status st;

	if (v->o.state_dir != NULL &&
	    (st = memory_open(&v->memory, v->o.state_dir, err)) != PROV_OK)
		return (st);
	if (v->o.ledger_dir == NULL)
		return (PROV_OK);
	v->standing.first = v->o.beside != NULL && v->o.beside->standing.first;
	if ((st = open_ledger(v, err)) != PROV_OK ||
	    (st = recall(v, err)) != PROV_OK)
		return (st);
	return (read_revocations(v, err));
}

prov_status
prov_verifier_new(prov_verifier **out, const prov_verify_options *options,
    prov_err *err)
{
	prov_verifier *v;
	prov_status st;

	if (options->trust == NULL)
		return (prov_fail(err, PROV_EARG, "verify needs trust"));
	if (options->sidecar == PROV_SIDECAR_DIR &&
	    options->sidecar_dir == NULL)
		return (prov_fail(err, PROV_EARG,
		    "sidecars in a directory, but none named"));
	if ((v = calloc(1, sizeof(*v))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "verifier"));
	v->o = *options;
	if ((st = look_around(v, err)) != PROV_OK) {
		prov_verifier_free(v);
		return (st);
	}
	*out = v;
	return (PROV_OK);
}

void
prov_verifier_free(prov_verifier *v)
{
	if (v == NULL)
		return;
	revocations_clear(&v->revocations);
	memory_close(v->memory);
	prov_ledger_close(v->ledger);
	prov_media_free(v->media);
	free(v);
}

/* Where the opened file really is; NULL if that cannot be told. */
static char *
canonical_path(const char *path, const struct stat *opened)
{
	char *real = realpath(path, NULL);
	struct stat sb;

	if (real != NULL && stat(real, &sb) == 0 &&
	    sb.st_dev == opened->st_dev && sb.st_ino == opened->st_ino)
		return (real);
	free(real);
	return (NULL);
}

static prov_status
open_file(struct task *t, prov_err *err)
{
	const prov_verify_options *o = &t->v->o;
	prov_status st;

	st = file_open(&t->fd, &t->sb, t->out->path, err);
	if (st != PROV_OK)
		return (st);
	t->canonical = canonical_path(t->out->path, &t->sb);
	t->judge = (struct judge){ o->trust, t->canonical,
		o->now != 0 ? o->now : clock_ms(CLOCK_REALTIME) / 1000 };
	st = prov_digest_fd(&t->out->digest, t->fd, o->progress,
	    o->progress_arg, err);
	t->out->has_digest = st == PROV_OK;
	return (st);
}

static char *
sidecar_name(const struct task *t)
{
	const prov_verify_options *o = &t->v->o;

	if (o->sidecar_file != NULL)
		return (strdup(o->sidecar_file));
	return (sidecar_path(t->out->path,
	    o->sidecar == PROV_SIDECAR_DIR ? o->sidecar_dir : NULL));
}

static void
sidecar_bad(struct task *t, const prov_err *why)
{
	t->out->sidecar_bad = true;
	t->out->signature = PROV_SIG_INVALID;
	findings_add(&t->out->why, REASON_SIDECAR_MALFORMED, "%.150s",
	    why->msg);
}

static prov_status
read_sidecar(struct task *t, const char *name, prov_err *err)
{
	prov_status st;

	st = file_read(&t->sidecar_bytes, name, SIDECAR_MAX, err);
	if (st == PROV_ENOTFOUND && t->v->o.sidecar_file == NULL) {
		if (err != NULL)
			prov_err_clear(err);
		return (PROV_OK);
	}
	if (st != PROV_OK)
		return (st);
	if ((t->sidecar = calloc(1, sizeof(*t->sidecar))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "sidecar"));
	return (sidecar_decode(t->sidecar, buf_span(&t->sidecar_bytes), err));
}

/* The sidecar's statement and proof become the first evidence. */
static prov_status
judge_sidecar(struct task *t, prov_err *err)
{
	AUTO_EVIDENCE *e = NULL;
	prov_status st;

	if ((st = evidence_new(&e, t->sidecar->statement, err)) != PROV_OK ||
	    (st = evidence_signature(e, t->judge.trust, t->judge.path,
		 t->judge.now, err)) != PROV_OK ||
	    (st = evidence_proof(e, t->judge.trust, t->sidecar->proof,
		 t->judge.now, err)) != PROV_OK ||
	    (st = evidence_receipt(e, t->judge.trust, t->sidecar->receipt,
		 err)) != PROV_OK)
		return (st);
	e->from_sidecar = true;
	if (t->v->memory != NULL && (st = recall_proof(e, t->v->memory,
					 t->judge.trust, err)) != PROV_OK)
		return (st);
	if ((st = dossier_add(&t->d, e, err)) == PROV_OK)
		e = NULL;
	return (st);
}

static prov_status
open_sidecar(struct task *t, prov_err *err)
{
	AUTO_FREE char *name = NULL;
	prov_err why = { 0 };
	prov_status st;

	if (t->v->o.sidecar == PROV_SIDECAR_NONE &&
	    t->v->o.sidecar_file == NULL)
		return (PROV_OK);
	if ((name = sidecar_name(t)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "sidecar"));
	st = read_sidecar(t, name, &why);
	if (st == PROV_OK && t->sidecar != NULL)
		st = judge_sidecar(t, &why);
	if (prov_is_no(st)) {
		sidecar_bad(t, &why);
		return (PROV_OK);
	}
	return (st == PROV_OK ? st : prov_fail(err, st, "%s", why.msg));
}

static void
ledger_bad(struct task *t, enum reason r, const prov_err *why)
{
	t->out->ledger_bad = true;
	t->ledger_state = r == REASON_LEDGER_STALE  ? PROV_LEDGER_STALE
	                  : r == REASON_LEDGER_FORK ? PROV_LEDGER_FORK
	                                            : PROV_LEDGER_INVALID;
	findings_add(&t->out->why, r, "%.150s", why->msg);
}

/* Passes a look-up's status on; a bad ledger is a finding, no failure. */
static prov_status
after_lookup(struct task *t, prov_status st, const prov_err *why, prov_err *err)
{
	if (st == PROV_OK)
		return (PROV_OK);
	if (!prov_is_no(st))
		return (prov_fail(err, st, "%s", why->msg));
	ledger_bad(t, REASON_LEDGER_INVALID, why);
	return (PROV_OK);
}

/*
 * Reads the checkpoint again. One that does not extend the last is left to
 * memory to judge, where there is one: by a ledger that is opened anew.
 */
static prov_status
refresh(prov_verifier *v, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st = ledger_refresh(v->ledger, &why);

	if (st == PROV_EUNTRUSTED && v->memory != NULL) {
		AUTO(prov_ledger) *old = TAKE(v->ledger);

		prov_err_clear(&why);
		st = prov_ledger_open(&v->ledger, v->o.ledger_dir,
		    ledger_key(old), &why);
		if (st != PROV_OK)
			v->ledger = TAKE(old);
	}
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	if ((st = recall(v, err)) != PROV_OK)
		return (st);
	/* Of a ledger that was behind at first nothing was read yet. */
	return (
	    v->revocations.trust == NULL ? read_revocations(v, err) : PROV_OK);
}

static prov_status
look_up_asset(struct task *t, prov_err *err)
{
	prov_verifier *v = t->v;
	prov_err why = { 0 };
	prov_status st;

	t->out->looked_up = v->o.ledger_dir != NULL;
	if (v->ledger_bad)
		ledger_bad(t, v->ledger_reason, &v->ledger_why);
	if (v->ledger == NULL || v->ledger_bad)
		return (PROV_OK);
	if ((st = refresh(v, &why)) != PROV_OK)
		return (after_lookup(t, st, &why, err));
	if (v->memory != NULL && !v->standing.fine) {
		ledger_bad(t, v->standing.reason, &v->standing.why);
		return (PROV_OK);
	}
	if (v->ledger_bad) {
		ledger_bad(t, v->ledger_reason, &v->ledger_why);
		return (PROV_OK);
	}
	if ((st = revocations_follow(&v->revocations, v->ledger, &why)) ==
	    PROV_OK)
		st = lookup_asset(&t->d, v->ledger, &t->judge,
		    t->out->digest.sha256, &why);
	return (after_lookup(t, st, &why, err));
}

/* The length of a dotted code in front of a message and ": ", or 0. */
static size_t
code_len(const char *msg)
{
	size_t len = strspn(msg, "abcdefghijklmnopqrstuvwxyz.");

	if (len > CODE_MAX || msg[len] != ':' || msg[len + 1] != ' ' ||
	    memchr(msg, '.', len) == NULL)
		return (0);
	return (len);
}

/* Takes "demux.unsupported: format.encrypted: ..." apart: the inmost code. */
static void
code_of(struct finding *f, const char *msg, const char *otherwise)
{
	size_t len;

	(void)snprintf(f->code, sizeof(f->code), "%s", otherwise);
	while ((len = code_len(msg)) > 0) {
		(void)snprintf(f->code, sizeof(f->code), "%.*s", (int)len, msg);
		msg += len + 2;
	}
	(void)snprintf(f->detail, sizeof(f->detail), "%.150s", msg);
}

static prov_status
same_file(const struct task *t, prov_err *err)
{
	struct stat sb;

	if (fstat(t->fd, &sb) != 0 || !stat_same(&t->sb, &sb))
		return (prov_fail(err, PROV_EIO,
		    "the file changed while it was read"));
	return (PROV_OK);
}

static prov_status
identify(struct task *t, prov_err *err)
{
	prov_verifier *v = t->v;
	prov_err why = { 0 };
	prov_status st = PROV_OK;

	if (v->media == NULL)
		st = prov_media_new(&v->media, v->o.demux, &why);
	if (st == PROV_OK)
		st = prov_media_identify(v->media, t->fd, &t->id, &why);
	if (st == PROV_OK) {
		t->out->has_uncovered = t->id->uncovered >= 0;
		t->out->uncovered = t->id->uncovered;
	} else if (st == PROV_EUNSUPPORTED) {
		code_of(&t->no_id, why.msg,
		    reason_code(REASON_DEMUX_UNSUPPORTED));
	} else if (st == PROV_EFORMAT) {
		code_of(&t->no_id, why.msg,
		    reason_code(REASON_DEMUX_MALFORMED));
	} else if (st == PROV_ELIMIT) {
		code_of(&t->no_id, why.msg, "limit.size");
	} else {
		return (prov_fail(err, st, "%s", why.msg));
	}
	return (same_file(t, err));
}

static bool
is_exact(const struct task *t, const struct evidence *e)
{
	return (e->m.asset.size == t->out->digest.size &&
		memcmp(e->m.asset.sha256, t->out->digest.sha256, 32) == 0);
}

/* Marks what is about these very bytes; says whether any of it holds. */
static bool
bind_exact(struct task *t)
{
	bool any = false;

	for (size_t i = 0; i < t->d.n; i++) {
		if (!is_exact(t, t->d.at[i]))
			continue;
		t->d.at[i]->binding = PROV_BIND_EXACT;
		any |= evidence_holds(t->d.at[i]);
	}
	return (any);
}

static bool
is_settled(const struct task *t)
{
	return (
	    t->out->sidecar_bad || t->out->ledger_bad || dossier_lies(&t->d));
}

/* Whether the file's streams could change anything. */
static bool
has_question(const struct task *t)
{
	if (t->v->ledger != NULL)
		return (true);
	for (size_t i = 0; i < t->d.n; i++) {
		if (t->d.at[i]->binding != PROV_BIND_EXACT)
			return (true);
	}
	return (false);
}

/* Whether pictures were signed one by one, in a stream that is not there. */
static bool
wants_frames(const struct task *t, const struct evidence *e)
{
	for (size_t i = 0; i < e->m.n_streams; i++) {
		bool there = false;

		if (e->tl[i] == NULL || e->tl[i]->frames == NULL)
			continue;
		for (size_t j = 0; j < t->id->n && !there; j++)
			there = memcmp(t->id->streams[j].root,
				    e->m.streams[i].root, 32) == 0;
		if (!there)
			return (true);
	}
	return (false);
}

/*
 * What to compare with e: the file is read again where its pictures have to be
 * told one by one. Where that fails, they are not, and segments decide.
 */
static prov_status
identity_for(struct task *t, const struct evidence *e,
    const prov_identity **out, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	*out = t->id;
	if (t->id == NULL || !wants_frames(t, e))
		return (PROV_OK);
	if (t->framed == NULL) {
		st = prov_media_identify_frames(t->v->media, t->fd, &t->framed,
		    &why);
		if (st != PROV_OK && st != PROV_ELIMIT &&
		    st != PROV_EUNSUPPORTED && st != PROV_EFORMAT)
			return (prov_fail(err, st, "%s", why.msg));
		if (st != PROV_OK)
			return (PROV_OK);
		if ((st = same_file(t, err)) != PROV_OK)
			return (st);
	}
	*out = t->framed;
	return (PROV_OK);
}

/* Compares the streams of each statement that was not compared yet. */
static prov_status
bind_each(struct task *t, size_t from, prov_err *err)
{
	const prov_identity *id;
	prov_status st;

	for (size_t i = from; i < t->d.n; i++) {
		struct evidence *e = t->d.at[i];

		if (e->binding == PROV_BIND_EXACT)
			continue;
		if ((t->id != NULL && (st = evidence_timelines(e,
					   e->from_sidecar ? t->sidecar : NULL,
					   t->v->ledger, err)) != PROV_OK) ||
		    (st = identity_for(t, e, &id, err)) != PROV_OK ||
		    (st = evidence_streams(e, id, &t->no_id, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

/* What is proven to be a whole, or a piece of one, need not be looked for. */
static bool
is_bound(const struct task *t)
{
	for (size_t i = 0; i < t->d.n; i++) {
		if (t->d.at[i]->binding != PROV_BIND_NONE &&
		    evidence_is_sound(t->d.at[i]))
			return (true);
	}
	return (false);
}

/* A look-up that finds the ledger bad leaves nothing to be bound by. */
static prov_status
look_up_by(struct task *t,
    prov_status (*look)(struct dossier *d, prov_ledger *l,
	const struct judge *j, const prov_identity *id, prov_err *err),
    prov_err *err)
{
	prov_err why = { 0 };

	if (t->id == NULL || t->v->ledger == NULL || t->out->ledger_bad)
		return (PROV_OK);
	return (after_lookup(t,
	    look(&t->d, t->v->ledger, &t->judge, t->id, &why), &why, err));
}

static prov_status
bind_streams(struct task *t, prov_err *err)
{
	prov_status st;
	size_t n;

	if (!has_question(t))
		return (PROV_OK);
	if ((st = identify(t, err)) != PROV_OK ||
	    (st = look_up_by(t, lookup_streams, err)) != PROV_OK)
		return (st);
	if (t->out->ledger_bad)
		return (PROV_OK);
	if ((st = bind_each(t, 0, err)) != PROV_OK || is_bound(t))
		return (st);
	n = t->d.n;
	st = look_up_by(t, lookup_segments, err);
	if (st != PROV_OK || t->out->ledger_bad)
		return (st);
	return (bind_each(t, n, err));
}

/* Whether the ledger at hand is the log that e was proven under. */
static bool
is_at_hand(const struct task *t, const struct evidence *e)
{
	return (t->v->ledger != NULL && e->ledger == PROV_LEDGER_INCLUDED &&
		e->at.size != 0 &&
		strcmp(prov_ledger_origin(t->v->ledger), e->at.origin) == 0);
}

/* A pending sidecar: the ledger's own head may have its cosignatures. */
static prov_status
confirm(struct task *t, struct evidence *e, prov_err *err)
{
	prov_status st;

	if (!e->from_sidecar || t->v->ledger == NULL ||
	    e->ledger != PROV_LEDGER_UNCHECKED || e->at.size == 0 ||
	    strcmp(prov_ledger_origin(t->v->ledger), e->at.origin) != 0)
		return (PROV_OK);
	st = lookup_consistency(e, t->v->ledger, t->v->memory, err);
	if (st != PROV_OK || e->ledger != PROV_LEDGER_UNCHECKED)
		return (st);
	return (lookup_confirm(e, t->v->ledger, &t->judge, err));
}

/* A key that is revoked in the log at hand is so for those of others, too. */
static prov_status
audit_one(struct task *t, struct evidence *e, prov_err *err)
{
	prov_verifier *v = t->v;
	prov_status st = PROV_OK;

	if (is_at_hand(t, e) && e->binding != PROV_BIND_NONE)
		st = lookup_superseded(e, v->ledger, &v->revocations, err);
	if (st == PROV_OK)
		revocations_judge(&v->revocations,
		    prov_ledger_origin(v->ledger), e);
	return (st);
}

/* Everything that only the ledger can say against what holds so far. */
static prov_status
audit(struct task *t, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st = PROV_OK;

	for (size_t i = 0; i < t->d.n && st == PROV_OK; i++) {
		struct evidence *e = t->d.at[i];

		st = confirm(t, e, &why);
		if (st == PROV_OK && is_at_hand(t, e) && e->from_sidecar)
			st = lookup_consistency(e, t->v->ledger, t->v->memory,
			    &why);
		if (st == PROV_OK && t->v->ledger != NULL &&
		    evidence_is_sound(e))
			st = audit_one(t, e, &why);
	}
	return (after_lookup(t, st, &why, err));
}

/*
 * Whether e's checkpoint was compared with another that its log signed: the
 * remembered one, or the ledger's. A client without memory is shown what the
 * log likes to show.
 */
static bool
is_recalled(const struct task *t, const struct evidence *e)
{
	if (t->v->memory == NULL)
		return (false);
	if (e->recalled)
		return (true);
	return (
	    is_at_hand(t, e) && (e->from_sidecar || t->v->standing.recalled));
}

static void
skip_unchecked(struct task *t, const struct evidence *e)
{
	struct findings *f = &t->out->why;

	enum notices_by by = t->v->revocations.notices.by;

	if (!is_at_hand(t, e) || by != NOTICES_OWN)
		findings_skip(f, "superseded");
	t->out->revocation_checked = is_at_hand(t, e) && by != NOTICES_FOREIGN;
	if (!t->out->revocation_checked)
		findings_skip(f, "revocation");
	if (t->v->o.require_revocation && !t->out->revocation_checked)
		findings_add(f, REASON_REVOCATION_UNCHECKED, "%s",
		    reason_text(REASON_REVOCATION_UNCHECKED));
	if (!is_recalled(t, e))
		findings_skip(f, "consistency");
}

/* Formats whose framing prov counts to a byte; images are, all of them. */
static bool
bytes_are_exact(const prov_identity *id)
{
	static const char *const formats[] = { "mp4", "mov", "wav", "avi" };

	if (id->uncovered < 0)
		return (false);
	if (id->n > 0 && id->streams[0].kind == PROV_IMAGE)
		return (true);
	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++) {
		if (strcmp(id->format, formats[i]) == 0)
			return (true);
	}
	return (false);
}

/* The digest of all bytes leaves none out; elsewhere it is as was counted. */
static void
fill_uncovered(struct task *t, const struct evidence *e)
{
	prov_verdict *out = t->out;

	if (e->binding == PROV_BIND_EXACT) {
		out->has_uncovered = true;
		out->uncovered = 0;
	} else if (t->id != NULL && !bytes_are_exact(t->id)) {
		findings_skip(&out->why, "bytes");
	}
}

static prov_status
fill_streams(struct task *t, const struct evidence *e, prov_err *err)
{
	if (e->pairing != NULL)
		return (verdict_pairing(t->out, e->pairing,
		    e->binding == PROV_BIND_CLIP ? e->clip : NULL, err));
	if (e->binding == PROV_BIND_EXACT)
		return (verdict_exact(t->out, &e->m, err));
	return (PROV_OK);
}

static void
fill_entry(prov_verdict *out, const struct evidence *e)
{
	out->receipt = e->receipt;
	memcpy(out->origin, e->at.origin, sizeof(out->origin));
	if (e->at.size == 0)
		return;
	out->has_entry = true;
	out->log_index = e->index;
	out->checkpoint_size = e->at.size;
	memcpy(out->checkpoint_root, e->at.root, sizeof(out->checkpoint_root));
	out->has_witnessed = e->quorum.timed;
	out->witnessed_at = e->quorum.time;
}

static prov_status
fill(struct task *t, const struct evidence *e, prov_err *err)
{
	prov_verdict *out = t->out;

	out->binding = e->binding;
	out->accept_clip = t->v->o.accept_clip != 0;
	out->require_revocation = t->v->o.require_revocation != 0;
	out->signature = e->signature;
	out->ledger = e->ledger;
	out->superseded = e->superseded;
	out->has_statement = true;
	memcpy(out->iss, e->st.iss, sizeof(out->iss));
	memcpy(out->kid, e->st.kid, sizeof(out->kid));
	out->signed_at = e->m.time;
	memcpy(out->statement, e->digest, sizeof(out->statement));
	out->asset = e->m.asset;
	memcpy(out->format, e->m.format, sizeof(out->format));
	if (t->id != NULL)
		memcpy(out->found, t->id->format, sizeof(out->found));
	out->from_ledger = !e->from_sidecar;
	if (e->signer != NULL)
		memcpy(out->signer, e->signer->key.name, sizeof(out->signer));
	fill_entry(out, e);
	findings_join(&out->why, &e->why);
	findings_join(&out->why, &e->binding_why);
	if (e->from_sidecar && e->pairing != NULL &&
	    e->binding == PROV_BIND_NONE && e->pairing->n_aligned == 0)
		findings_add(&out->why, REASON_SIDECAR_MISMATCH, "%s",
		    reason_text(REASON_SIDECAR_MISMATCH));
	skip_unchecked(t, e);
	fill_uncovered(t, e);
	return (fill_streams(t, e, err));
}

/* The key to trust, for the hint; a ledger that has it not is no failure. */
static void
fill_vkey(struct task *t, const struct evidence *e)
{
	if (e->signer == NULL && t->v->ledger != NULL && !t->v->ledger_bad &&
	    lookup_vkey(t->out->vkey, t->v->ledger, e->st.kid, NULL) != PROV_OK)
		t->out->vkey[0] = '\0';
}

static void
fill_unsigned(struct task *t)
{
	prov_verdict *out = t->out;

	if (out->sidecar_bad)
		return;
	out->ledger = PROV_LEDGER_UNCHECKED;
	if (out->looked_up && !out->ledger_bad)
		out->ledger = PROV_LEDGER_ABSENT;
	out->signature = PROV_SIG_ABSENT;
	findings_add(&out->why, REASON_UNSIGNED, "%s",
	    reason_text(REASON_UNSIGNED));
	if (!out->looked_up) {
		findings_skip(&out->why, "ledger");
	} else if (t->id == NULL) {
		findings_skip(&out->why, "streams");
		if (begins(t->no_id.code, "limit."))
			findings_foreign(&out->why, t->no_id.code,
			    t->no_id.detail, REASON_DEMUX_UNSUPPORTED);
	}
}

static prov_status
work(struct task *t, prov_err *err)
{
	const struct evidence *e;
	prov_status st;

	if ((st = open_file(t, err)) != PROV_OK ||
	    (st = open_sidecar(t, err)) != PROV_OK ||
	    (st = look_up_asset(t, err)) != PROV_OK)
		return (st);
	if (!bind_exact(t) && !is_settled(t) &&
	    (st = bind_streams(t, err)) != PROV_OK)
		return (st);
	if (!is_settled(t) && (st = audit(t, err)) != PROV_OK)
		return (st);
	/* Beside a damaged sidecar nothing is said to be valid. */
	if (t->out->sidecar_bad || (e = dossier_choose(&t->d)) == NULL) {
		fill_unsigned(t);
	} else {
		if ((st = fill(t, e, err)) != PROV_OK)
			return (st);
		fill_vkey(t, e);
	}
	/* What a sidecar proved against its log is not taken back. */
	if (t->out->ledger_bad && t->out->ledger != PROV_LEDGER_FORK)
		t->out->ledger = t->ledger_state;
	return (PROV_OK);
}

/* Says why without the path, which stands in front of it anyway. */
static void
note_trouble(prov_verdict *v, prov_status st, const prov_err *why)
{
	const char *msg = why->msg;
	size_t len = strlen(v->path);

	if (strncmp(msg, v->path, len) == 0 && msg[len] == ':' &&
	    msg[len + 1] == ' ')
		msg += len + 2;
	v->trouble = st;
	(void)snprintf(v->error, sizeof(v->error), "%s",
	    msg[0] != '\0' ? msg : prov_strstatus(st));
}

prov_status
prov_verify_file(prov_verifier *v, const char *path, prov_verdict **out,
    prov_err *err)
{
	AUTO(prov_verdict) *verdict = NULL;
	AUTO_TASK t = { .v = v, .fd = -1 };
	int64_t start = clock_ms(CLOCK_MONOTONIC);
	prov_err why = { 0 };
	prov_status st;

	if ((st = verdict_new(&verdict, path, err)) != PROV_OK)
		return (st);
	t.out = verdict;
	st = work(&t, &why);
	if (st == PROV_ENOMEM || st == PROV_EARG)
		return (prov_fail(err, st, "%s", why.msg));
	if (st != PROV_OK)
		note_trouble(verdict, st, &why);
	verdict_settle(verdict);
	verdict->ms = clock_ms(CLOCK_MONOTONIC) - start;
	st = verdict_result(verdict, err);
	*out = TAKE(verdict);
	return (st);
}
