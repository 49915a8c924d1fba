/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/name.h"
#include "policy/license.h"
#include "policy/model.h"
#include "policy/reason.h"
#include "policy/requirement.h"
#include "verify/verdict.h"

/* Whether text ends within size bytes. */
#define ENDS(a) (memchr((a), '\0', sizeof(a)) != NULL)

static bool
signals_sane(const struct signals *s)
{
	for (size_t i = 0; i < SIGNAL_N; i++)
		for (size_t p = 0; p < PURPOSE_N; p++)
			if ((unsigned)s->use[i][p] > USE_NOT_ALLOWED)
				return (false);
	return (ENDS(s->source_type) && ENDS(s->license));
}

static bool
findings_sane(const struct findings *w)
{
	if (w->n >= FINDINGS_MAX || w->n_skipped > SKIPPED_MAX)
		return (false);
	for (size_t i = 0; i < w->n; i++)
		if (!ENDS(w->at[i].code) || !ENDS(w->at[i].detail) ||
		    w->at[i].code[0] == '\0')
			return (false);
	for (size_t i = 0; i < w->n_skipped; i++)
		if (!ENDS(w->skipped[i]))
			return (false);
	return (true);
}

/* Whether every field is one that this library could have filled in. */
static bool
facts_sane(const struct facts *f)
{
	return ((unsigned)f->carrier <= CARRIER_LEDGER &&
		(unsigned)f->binding <= PROV_BIND_EXACT &&
		(unsigned)f->signature <= PROV_SIG_VALID &&
		(unsigned)f->ledger <= PROV_LEDGER_INCLUDED &&
		(unsigned)f->revoked <= REVOKED_YES &&
		(unsigned)f->origin_class <= PROV_ORIGIN_TRANSFORMED &&
		ENDS(f->media_type) && ENDS(f->signer) && ENDS(f->iss) &&
		ENDS(f->origin) && ENDS(f->error) && findings_sane(&f->why) &&
		signals_sane(&f->claimed) && signals_sane(&f->seen));
}

/* Adds verify's own code for a state, unless it said something about it. */
static void
add_state(struct findings *why, const char *topic, enum reason r)
{
	if (!why_about(why, topic))
		why_add(why, reason_code(r), "%s", "");
}

/*
 * Evidence that does not hold, or no longer counts: worse than none, so that
 * neither a rule nor the default nor warning lets it through.
 */
static bool
is_refused(const struct facts *f, struct findings *why)
{
	static const enum reason lies[] = { REASON_SIDECAR_MALFORMED,
		REASON_SIGNATURE_INVALID, REASON_SIGNATURE_REVOKED,
		REASON_ASSET_TAKEDOWN, REASON_LEDGER_INVALID,
		REASON_LEDGER_FORK };
	bool refused = false;

	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++)
		refused |= findings_has(&f->why, lies[i]);
	if (f->signature == PROV_SIG_REVOKED || f->revoked == REVOKED_YES) {
		if (!findings_has(why, REASON_ASSET_TAKEDOWN))
			why_add(why, reason_code(REASON_SIGNATURE_REVOKED),
			    "%s", "");
		refused = true;
	}
	if (f->signature == PROV_SIG_INVALID) {
		if (!findings_has(why, REASON_SIDECAR_MALFORMED))
			why_add(why, reason_code(REASON_SIGNATURE_INVALID),
			    "%s", "");
		refused = true;
	}
	if (f->ledger == PROV_LEDGER_INVALID) {
		add_state(why, "ledger.", REASON_LEDGER_INVALID);
		refused = true;
	}
	if (f->ledger == PROV_LEDGER_FORK) {
		why_add(why, reason_code(REASON_LEDGER_FORK), "%s", "");
		refused = true;
	}
	return (refused);
}

/* What trouble is called, and whether trying again could help. */
static bool
trouble_passes(prov_status st, enum own_reason *code)
{
	static const struct {
		prov_status st;
		enum own_reason code;
		bool passes;
	} kinds[] = {
		{ PROV_EIO, OWN_READ, true },
		{ PROV_EBUSY, OWN_BUSY, true },
		{ PROV_ENOTFOUND, OWN_OPEN, true },
		{ PROV_EOPEN, OWN_OPEN, true },
		{ PROV_ENOMEM, OWN_MEMORY, true },
		{ PROV_EWRITE, OWN_INTERNAL, true },
		{ PROV_EINTERNAL, OWN_INTERNAL, true },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (kinds[i].st == st) {
			*code = kinds[i].code;
			return (kinds[i].passes);
		}
	*code = OWN_REFUSED;
	return (false);
}

/* Nothing yet, which is a denial. */
static void
begin(struct decision *out)
{
	out->decision = out->effective = PROV_DENY;
	out->why.n = out->why.n_skipped = 0;
	out->rule = 0;
	out->note = NULL;
	out->route[0] = '\0';
	out->rights = USE_SILENT;
	out->source_type[0] = '\0';
	out->license[0] = '\0';
}

/* Some room is left for what the policy has to say itself. */
static void
copy_why(struct findings *out, const struct findings *why)
{
	while (out->n < why->n && out->n < FINDINGS_MAX - POLICY_REASONS_MAX) {
		out->at[out->n] = why->at[out->n];
		out->n++;
	}
	out->n_skipped = why->n_skipped;
	memcpy(out->skipped, why->skipped,
	    why->n_skipped * sizeof(why->skipped[0]));
}

/* What the record says of the item: signed, else as seen. */
static void
put_said(struct decision *out, const struct item *i)
{
	const struct facts *f = i->f;
	const char *type = i->holds && f->claimed.source_type[0] != '\0'
	                       ? f->claimed.source_type
	                       : f->seen.source_type;
	const char *license = i->holds && f->claimed.license[0] != '\0'
	                          ? f->claimed.license
	                          : f->seen.license;

	memcpy(out->source_type, type, strlen(type) + 1);
	memcpy(out->license, license, strlen(license) + 1);
	out->rights = item_rights(i);
}

/* Whether a trusted statement, as far as is known, is about the item. */
static bool
is_signed(const prov_policy *p, const struct facts *f)
{
	return (f->signature == PROV_SIG_VALID && policy_trusts(p, f->signer) &&
		f->binding != PROV_BIND_NONE && f->has_statement &&
		f->carrier != CARRIER_NONE);
}

static const struct rule *
find_rule(struct decision *out, const struct item *i)
{
	const prov_policy *p = i->p;

	for (size_t r = 0; r < p->n_rules; r++)
		if (rule_matches(&p->rules[r], i, &out->why)) {
			out->rule = (unsigned)r + 1;
			out->note = p->rules[r].note;
			return (&p->rules[r]);
		}
	return (NULL);
}

static void
put_changes(struct value *at, const prov_policy *p, const struct rule *r)
{
	memcpy(at, p->at, SETTING_N * sizeof(*at));
	for (size_t i = 0; i < r->n_set; i++)
		at[r->set[i].what] = r->set[i].value;
}

/* The decision where nothing stands in its way. */
static prov_decision
decide(const prov_policy *p, const struct rule *rule, const struct weight *w,
    struct findings *why)
{
	if (w->stale)
		return (p->on_error);
	if (rule != NULL && rule->then != THEN_JUDGE) {
		why_add(why, own_code(OWN_RULE), "%.100s",
		    rule->note != NULL ? rule->note : "");
		return (rule->then == THEN_QUARANTINE ? PROV_QUARANTINE
						      : PROV_DENY);
	}
	return (w->met ? PROV_ALLOW : p->otherwise);
}

static prov_decision
warn(const prov_policy *p, prov_decision d, bool stale)
{
	if (p->warn && !stale && (d == PROV_DENY || d == PROV_QUARANTINE))
		return (PROV_ALLOW);
	return (d);
}

/* All but what is refused or in trouble. */
static void
judge(struct decision *out, struct explanation *x, struct item *i, int64_t now)
{
	struct value at[SETTING_N];
	struct weight w = { .i = i, .now = now, .why = &out->why, .x = x };
	size_t n_why = out->why.n;
	const struct rule *rule;

	requirements_weigh(&w);
	rule = find_rule(out, i);
	if (rule != NULL && rule->n_set > 0) {
		put_changes(at, i->p, rule);
		i->at = at;
		out->why.n = n_why;
		requirements_weigh(&w);
	}
	put_said(out, i);
	out->decision = decide(i->p, rule, &w, &out->why);
	out->effective = warn(i->p, out->decision, w.stale);
	if (out->decision == PROV_ALLOW)
		out->why.n = 0;
	if (out->effective == PROV_ALLOW && rule != NULL)
		memcpy(out->route, rule->route, sizeof(out->route));
}

void
policy_explain(struct decision *out, struct explanation *x,
    const prov_policy *p, const struct facts *f, int64_t now)
{
	struct item i = { p, f, p->at, false };
	enum own_reason code;

	begin(out);
	if (x != NULL) {
		x->n = 0;
		x->failed = false;
	}
	if (!facts_sane(f)) {
		why_add(&out->why, own_code(OWN_FACTS), "%s", "");
		return;
	}
	copy_why(&out->why, &f->why);
	i.holds = is_signed(p, f);
	if (f->path != NULL &&
	    name_check(span(f->path, strlen(f->path)), NULL) != PROV_OK) {
		why_add(&out->why, own_code(OWN_PATH), "%.100s", f->path);
		return;
	}
	put_said(out, &i);
	if (is_refused(f, &out->why)) {
		if (x != NULL)
			requirements_explain(x, &i, now);
		return;
	}
	if (f->trouble != PROV_OK) {
		out->decision =
		    trouble_passes(f->trouble, &code) ? p->on_error : PROV_DENY;
		out->effective = out->decision;
		why_add(&out->why, own_code(code), "%.150s", f->error);
		return;
	}
	/* Whoever read it knows at least its digest. */
	if (!f->has_digest) {
		why_add(&out->why, own_code(OWN_FACTS), "%s", "");
		if (x != NULL)
			requirements_explain(x, &i, now);
		return;
	}
	judge(out, x, &i, now);
}

void
policy_judge(struct decision *out, const prov_policy *p, const struct facts *f,
    int64_t now)
{
	policy_explain(out, NULL, p, f, now);
}
