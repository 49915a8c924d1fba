/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/glob.h"
#include "policy/license.h"
#include "policy/model.h"
#include "verify/verdict.h"

static bool
is_honoured(const struct item *i, size_t signal)
{
	return ((i->at[SET_HONOUR].number & UINT64_C(1) << signal) != 0);
}

/* What nobody signed restricts, and never grants. */
enum use
item_use(const struct item *i, enum purpose purpose)
{
	enum use use = USE_SILENT;

	for (size_t s = 0; s < SIGNAL_N; s++) {
		enum use claimed = i->f->claimed.use[s][purpose];
		enum use seen = i->f->seen.use[s][purpose];

		if (!is_honoured(i, s))
			continue;
		if (claimed > use && (i->holds || claimed > USE_ALLOWED))
			use = claimed;
		if (seen > use && seen > USE_ALLOWED)
			use = seen;
	}
	return (use);
}

/* How bad it is to have a use: silence is worse than leave. */
static int
badness(enum use u)
{
	switch (u) {
	case USE_ALLOWED:
		return (0);
	case USE_SILENT:
		return (1);
	case USE_CONSTRAINED:
		return (2);
	case USE_NOT_ALLOWED:
	case USE_N:
		break;
	}
	return (3);
}

enum use
item_rights(const struct item *i)
{
	enum use worst = USE_ALLOWED;

	if (i->p->asked == ASKED_ONE)
		return (item_use(i, i->p->purpose));
	for (size_t p = 0; p < PURPOSE_N; p++) {
		enum use u = item_use(i, (enum purpose)p);

		if (badness(u) > badness(worst))
			worst = u;
	}
	return (worst);
}

/* "allowed", as prov-policy(5) and the record say it. */
static const char *
rights_word(const struct item *i)
{
	return (use_name(item_rights(i)));
}

/*
 * A rule that lets something in goes by what is signed. One that keeps it out
 * goes by what was merely seen, too.
 */
static bool
said(const struct words *w, const char *claimed, const char *seen, bool holds,
    bool restricts)
{
	return ((holds && claimed[0] != '\0' && words_match(w, claimed)) ||
		(restricts && seen[0] != '\0' && words_match(w, seen)));
}

static bool
license_said(const struct words *w, const struct item *i, bool restricts)
{
	const struct facts *f = i->f;

	return ((i->holds && license_all(f->claimed.license, w)) ||
		(restricts && license_any(f->claimed.license, w)) ||
		(restricts && license_any(f->seen.license, w)));
}

static bool
path_matches(const struct words *w, const char *path)
{
	for (size_t i = 0; i < w->n && path != NULL; i++)
		if (glob_path(w->at[i], path))
			return (true);
	return (false);
}

static bool
reason_matches(const struct words *w, const struct findings *why)
{
	for (size_t i = 0; i < why->n; i++)
		if (words_match(w, why->at[i].code))
			return (true);
	return (false);
}

static const char *
carrier_word(enum carrier c)
{
	switch (c) {
	case CARRIER_SIDECAR:
		return ("sidecar");
	case CARRIER_LEDGER:
		return ("ledger");
	case CARRIER_NONE:
		break;
	}
	return ("none");
}

static bool
matches(enum match m, const struct words *w, const struct item *i,
    const struct findings *why, bool restricts)
{
	const struct facts *f = i->f;

	switch (m) {
	case MATCH_PATH:
		return (path_matches(w, f->path));
	case MATCH_SIGNER:
		return (i->holds && words_match(w, f->signer));
	case MATCH_ISS:
		return (i->holds && words_match(w, f->iss));
	case MATCH_REASON:
		return (reason_matches(w, why));
	case MATCH_SOURCE_TYPE:
		return (said(w, f->claimed.source_type, f->seen.source_type,
		    i->holds, restricts));
	case MATCH_LICENSE:
		return (license_said(w, i, restricts));
	case MATCH_MEDIA_TYPE:
		return (words_match_type(w, f->media_type));
	case MATCH_BINDING:
		return (words_match(w, binding_name(f->binding)));
	case MATCH_CARRIER:
		return (words_match(w, carrier_word(f->carrier)));
	case MATCH_RIGHTS:
		return (words_match(w, rights_word(i)));
	case MATCH_ORIGIN:
		return (i->holds &&
			words_match(w, prov_origin_name(f->origin_class)));
	case MATCH_TENANT:
		return (f->tenant != NULL && words_match(w, f->tenant));
	case MATCH_N:
		break;
	}
	return (false);
}

bool
rule_matches(const struct rule *r, const struct item *i,
    const struct findings *why)
{
	for (size_t m = 0; m < MATCH_N; m++)
		if (r->match[m].n > 0 && !matches((enum match)m, &r->match[m],
					     i, why, r->then != THEN_JUDGE))
			return (false);
	return (true);
}
