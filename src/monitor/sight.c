/* SPDX-License-Identifier: ISC */
#include "monitor/sight.h"

#include <stdio.h>
#include <string.h>

#include "base/limits.h"
#include "sign/note.h"

const char *
sight_state_name(enum sight_state s)
{
	static const char *const names[] = {
		[SIGHT_UNREACHABLE] = "unreachable",
		[SIGHT_ABSENT] = "absent",
		[SIGHT_UNTRUSTED] = "untrusted",
		[SIGHT_INVALID] = "invalid",
		[SIGHT_UNCHECKED] = "unchecked",
		[SIGHT_FORK] = "fork",
		[SIGHT_GOOD] = "good",
	};

	return (names[s]);
}

void
sight_clear(struct sight *s)
{
	buf_free(&s->note);
}

void
sight_blame(struct sight *s, enum sight_state state, const char *why)
{
	s->state = state;
	(void)snprintf(s->why, sizeof(s->why), "%.255s", why);
}

bool
sight_has_head(const struct sight *s)
{
	return (s->state >= SIGHT_UNCHECKED);
}

/* The trusted log that signed it, tried by name. */
static prov_status
identify(struct sight *s, const prov_trust *trust, const prov_pubkey *only,
    prov_err *err)
{
	struct checkpoint c;
	prov_span text;
	prov_status st;

	if ((st = note_parse(&text, buf_span(&s->note), err)) != PROV_OK ||
	    (st = checkpoint_parse(&c, text, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < trust->logs.n_logs; i++) {
		const prov_pubkey *log = &trust->logs.logs[i];

		if (strcmp(log->name, c.origin) != 0 ||
		    (only != NULL && strcmp(only->name, c.origin) != 0))
			continue;
		s->log = log;
		return (
		    checkpoint_verify(&s->at, buf_span(&s->note), log, err));
	}
	return (prov_fail(err, PROV_ENOTFOUND, "the log is %s, which is not %s",
	    c.origin, only != NULL ? "the one that was asked for" : "trusted"));
}

prov_status
sight_read(struct sight *s, const char *name, const prov_trust *trust,
    const prov_pubkey *only, prov_err *err)
{
	prov_err why = { 0 };
	prov_status st;

	st = feed_get(s->feed, name, NOTE_MAX, &s->note, &why);
	if (st == PROV_ENOMEM)
		return (prov_fail(err, st, "%s", why.msg));
	if (st != PROV_OK) {
		sight_blame(s,
		    st == PROV_ENOTFOUND && s->witness ? SIGHT_ABSENT
						       : SIGHT_UNREACHABLE,
		    why.msg);
		return (PROV_OK);
	}
	st = identify(s, trust, only, &why);
	if (st == PROV_OK)
		s->state = SIGHT_UNCHECKED;
	else if (st == PROV_ENOTFOUND)
		sight_blame(s, SIGHT_UNTRUSTED, why.msg);
	else if (prov_is_no(st))
		sight_blame(s, SIGHT_INVALID, why.msg);
	else
		return (prov_fail(err, st, "%s", why.msg));
	return (PROV_OK);
}
