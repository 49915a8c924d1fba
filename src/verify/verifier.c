/* SPDX-License-Identifier: ISC */
#include "verify/verifier.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

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
	scale_clear(&v->scale);
	scale_clear(&v->lately.scale);
	buf_free(&v->scratch);
	memory_close(v->memory);
	prov_ledger_close(v->ledger);
	prov_media_free(v->media);
	free(v);
}

int64_t
verifier_now(const prov_verifier *v)
{
	struct timespec ts = { 0 };

	if (v->o.now != 0)
		return (v->o.now);
	(void)clock_gettime(CLOCK_REALTIME, &ts);
	return ((int64_t)ts.tv_sec);
}

/*
 * Reads the checkpoint again. One that does not extend the last is left to
 * memory to judge, where there is one: by a ledger that is opened anew.
 */
prov_status
verifier_refresh(prov_verifier *v, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st = ledger_follow(v->ledger, &why);

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
