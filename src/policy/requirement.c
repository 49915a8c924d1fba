/* SPDX-License-Identifier: ISC */
#include "policy/requirement.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "policy/license.h"
#include "policy/reason.h"
#include "verify/verdict.h"
#include "witness/quorum.h"

/* What was found, with where it was; it may hold outside text. */
struct found {
	char text[160];
	const char *where;
};

static struct found found(const char *where, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

static struct found
found(const char *where, const char *fmt, ...)
{
	struct found f = { "", where };
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(f.text, sizeof(f.text), fmt, ap);
	va_end(ap);
	return (f);
}

/* Nobody reads it where nothing is explained. */
#define FOUND(w, where, ...)                            \
	((w)->x == NULL ? (struct found){ "", (where) } \
			: found((where), __VA_ARGS__))

static void
copy(struct explanation *x, char *to, size_t size, const struct buf *b)
{
	x->failed |= b->failed;
	(void)snprintf(to, size, "%.*s", (int)b->len,
	    b->p != NULL ? (const char *)b->p : "");
}

static struct requirement *
next_requirement(struct explanation *x, const char *name)
{
	struct requirement *q;

	if (x == NULL || x->n == REQUIREMENTS_MAX)
		return (NULL);
	q = &x->at[x->n++];
	*q = (struct requirement){ 0 };
	(void)snprintf(q->name, sizeof(q->name), "%s", name);
	return (q);
}

/* Puts down one requirement and passes on whether it is met. */
static bool
put(struct weight *w, const char *name, const char *wanted, struct found f,
    bool met)
{
	struct requirement *q = next_requirement(w->x, name);
	AUTO_BUF b = { 0 };

	w->met &= met;
	if (q == NULL)
		return (met);
	(void)snprintf(q->wanted, sizeof(q->wanted), "%s", wanted);
	text_escape(&b, f.text, strlen(f.text), sizeof(q->found) - 4);
	copy(w->x, q->found, sizeof(q->found), &b);
	(void)snprintf(q->where, sizeof(q->where), "%s", f.where);
	q->met = met;
	return (met);
}

/* The same for a setting, which says what is wanted. */
static bool
weigh(struct weight *w, enum setting s, struct found f, bool met)
{
	AUTO_BUF b = { 0 };
	char wanted[160];

	w->met &= met;
	if (w->x == NULL)
		return (met);
	setting_put(&b, s, &w->i->at[s]);
	copy(w->x, wanted, sizeof(wanted), &b);
	return (put(w, settings[s].name, wanted, f, met));
}

static bool
is_set(const struct weight *w, enum setting s, unsigned bit)
{
	return ((w->i->at[s].number & UINT64_C(1) << bit) != 0);
}

static uint64_t
number(const struct weight *w, enum setting s)
{
	return (w->i->at[s].number);
}

/* Nothing is signed, and nothing has to be. */
static bool
may_be_unsigned(const struct weight *w)
{
	const struct facts *f = w->i->f;

	return (f->carrier == CARRIER_NONE && f->signature == PROV_SIG_ABSENT &&
		is_set(w, SET_CARRIER, CARRIER_NONE));
}

/* Whether what a manifest lacks is worth a reason of its own. */
static bool
should_say(const struct weight *w)
{
	return (w->i->holds || may_be_unsigned(w));
}

static void
because(struct weight *w, enum own_reason r)
{
	why_add(w->why, own_code(r), "%s", "");
}

/* Verify's own code, unless it said something with this topic. */
static void
because_state(struct weight *w, const char *topic, enum reason r)
{
	if (!why_about(w->why, topic))
		why_add(w->why, reason_code(r), "%s", "");
}

static const char *
carrier_where(const struct facts *f)
{
	switch (f->carrier) {
	case CARRIER_SIDECAR:
		return ("sidecar");
	case CARRIER_LEDGER:
		return ("ledger");
	case CARRIER_NONE:
		break;
	}
	return ("");
}

static void
weigh_digest(struct weight *w)
{
	bool there = w->i->f->has_digest;

	if (!put(w, "digest", "known",
		FOUND(w, "file", "%s", there ? "known" : "none"), there))
		because(w, OWN_FACTS);
}

static void
weigh_carrier(struct weight *w)
{
	const struct facts *f = w->i->f;
	bool met =
	    is_set(w, SET_CARRIER, f->carrier) &&
	    (f->carrier != CARRIER_NONE || f->signature == PROV_SIG_ABSENT);

	if (weigh(w, SET_CARRIER,
		FOUND(w, carrier_where(f), "%s",
		    f->carrier == CARRIER_NONE ? "none" : carrier_where(f)),
		met))
		return;
	if (f->carrier != CARRIER_NONE)
		because(w, OWN_CARRIER);
	else if (!why_about(w->why, "signature.") &&
		 !why_about(w->why, "carrier."))
		because_state(w, "unsigned", REASON_UNSIGNED);
}

static void
weigh_signature(struct weight *w)
{
	const struct facts *f = w->i->f;
	bool trusted = policy_trusts(w->i->p, f->signer);
	bool met = may_be_unsigned(w) ||
	           (f->signature == PROV_SIG_VALID && f->has_statement &&
		       f->carrier != CARRIER_NONE && trusted);

	if (put(w, "signature", "valid, by a trusted signer",
		FOUND(w, carrier_where(f), "%s%s%s",
		    sig_state_name(f->signature),
		    f->signer[0] != '\0' ? ", by " : "", f->signer),
		met))
		return;
	if (f->signature == PROV_SIG_UNKNOWN ||
	    (f->signature == PROV_SIG_VALID && f->signer[0] != '\0' &&
		!trusted))
		because_state(w, "signature.", REASON_SIGNATURE_UNTRUSTED);
	else if (f->signature == PROV_SIG_EXPIRED)
		because_state(w, "signature.", REASON_SIGNATURE_EXPIRED);
	else if (f->signature == PROV_SIG_ABSENT)
		because_state(w, "unsigned", REASON_UNSIGNED);
	else if (f->signature == PROV_SIG_VALID)
		because(w, OWN_FACTS);
}

static void
weigh_signer(struct weight *w)
{
	const struct facts *f = w->i->f;
	const struct words *list = &w->i->at[SET_SIGNER].words;
	bool met = list->n == 0 || (f->signature == PROV_SIG_VALID &&
				       words_match(list, f->signer));

	if (!weigh(w, SET_SIGNER,
		FOUND(w, carrier_where(f), "%s",
		    f->signer[0] != '\0' ? f->signer : "none"),
		met) &&
	    (f->signature == PROV_SIG_VALID || may_be_unsigned(w)))
		because(w, OWN_SIGNER);
}

static void
weigh_binding(struct weight *w)
{
	const struct facts *f = w->i->f;
	bool met = may_be_unsigned(w) ||
	           (f->binding != PROV_BIND_NONE &&
		       (uint64_t)f->binding >= number(w, SET_BINDING));

	if (weigh(w, SET_BINDING,
		FOUND(w, carrier_where(f), "%s", binding_name(f->binding)),
		met))
		return;
	if (f->binding != PROV_BIND_NONE)
		because(w, OWN_BINDING);
	else if (w->why->n == 0)
		why_add(w->why, reason_code(REASON_BYTES_MISMATCH), "%s", "");
}

static void
weigh_edges(struct weight *w)
{
	const struct facts *f = w->i->f;
	bool open = f->binding == PROV_BIND_CLIP && f->edges;

	if (!weigh(w, SET_CLIP_EDGES,
		FOUND(w, "file", "%s",
		    open ? "unproven edges" : "no unproven edges"),
		!open || number(w, SET_CLIP_EDGES) == ALLOW_IT))
		because(w, OWN_CLIP_EDGES);
}

static bool
inclusion_met(const struct weight *w)
{
	const struct facts *f = w->i->f;

	switch (number(w, SET_INCLUSION)) {
	case INCLUSION_NONE:
		return (true);
	case INCLUSION_IF_PRESENT:
		return (f->ledger == PROV_LEDGER_INCLUDED ||
			f->ledger == PROV_LEDGER_ABSENT ||
			f->ledger == PROV_LEDGER_UNCHECKED);
	default:
		break;
	}
	return (f->ledger == PROV_LEDGER_INCLUDED ||
		(may_be_unsigned(w) && f->ledger != PROV_LEDGER_STALE));
}

static void
weigh_inclusion(struct weight *w)
{
	const struct facts *f = w->i->f;

	if (weigh(w, SET_INCLUSION,
		FOUND(w, f->origin, "%s", ledger_state_name(f->ledger)),
		inclusion_met(w)))
		return;
	if (f->ledger == PROV_LEDGER_STALE) {
		w->stale = true;
		because_state(w, "ledger.stale", REASON_LEDGER_STALE);
	} else if (f->signature == PROV_SIG_VALID)
		because_state(w, "ledger.", REASON_LEDGER_ABSENT);
}

/* Seconds that the head is old; -1: nobody says, or a clock is wrong. */
static int64_t
head_age(const struct weight *w)
{
	const struct facts *f = w->i->f;
	int64_t age;

	if (!f->has_head_time ||
	    __builtin_sub_overflow(w->now, f->head_time, &age) ||
	    age < -COSIGNED_AHEAD_S)
		return (-1);
	return (age < 0 ? 0 : age);
}

/* Whether there is no head at hand that could be too old. */
static bool
has_no_head(const struct weight *w)
{
	const struct facts *f = w->i->f;

	return (!f->has_head_time && f->ledger == PROV_LEDGER_UNCHECKED &&
		(f->signature == PROV_SIG_ABSENT ||
		    number(w, SET_INCLUSION) == INCLUSION_IF_PRESENT));
}

static void
weigh_age(struct weight *w)
{
	int64_t age = head_age(w), max = w->i->p->max_age;
	char wanted[48];
	bool met;

	if (max == 0 || number(w, SET_INCLUSION) == INCLUSION_NONE)
		return;
	met = (age >= 0 && age <= max) || has_no_head(w);
	(void)snprintf(wanted, sizeof(wanted), "at most %" PRId64 " s", max);
	if (put(w, "trust.logs.max_age", wanted,
		age < 0 ? FOUND(w, w->i->f->origin, "not known")
			: FOUND(w, w->i->f->origin, "%" PRId64 " s", age),
		met))
		return;
	w->stale = true;
	if (age < 0)
		why_add(w->why, reason_code(REASON_LEDGER_STALE),
		    "nobody says how old the head is");
	else
		why_add(w->why, reason_code(REASON_LEDGER_STALE),
		    "the head is %" PRId64 " s old", age);
}

static void
weigh_revocation(struct weight *w)
{
	static const char *const names[] = {
		[REVOKED_UNCHECKED] = "not checked",
		[REVOKED_NO] = "not revoked",
		[REVOKED_YES] = "revoked",
	};
	const struct facts *f = w->i->f;
	bool met = f->revoked == REVOKED_NO ||
	           (f->revoked == REVOKED_UNCHECKED &&
		       number(w, SET_REVOCATION) == REVOCATION_IF_KNOWN);

	if (!weigh(w, SET_REVOCATION,
		FOUND(w, f->origin, "%s", names[f->revoked]), met) &&
	    f->revoked == REVOKED_UNCHECKED && should_say(w))
		why_add(w->why, reason_code(REASON_REVOCATION_UNCHECKED), "%s",
		    "");
}

static void
weigh_superseded(struct weight *w)
{
	const struct facts *f = w->i->f;
	bool unchecked = findings_skipped(&f->why, "superseded");
	uint64_t want = number(w, SET_SUPERSEDED);
	bool met =
	    may_be_unsigned(w) || want == SUPERSEDED_ALLOW ||
	    (!f->superseded && (!unchecked || want == SUPERSEDED_IF_KNOWN));

	if (weigh(w, SET_SUPERSEDED,
		FOUND(w, f->origin, "%s",
		    f->superseded ? "superseded"
		    : unchecked   ? "not checked"
				  : "not superseded"),
		met))
		return;
	if (f->superseded)
		why_add(w->why, reason_code(REASON_STATEMENT_SUPERSEDED), "%s",
		    "");
	else if (w->i->holds)
		because(w, OWN_SUPERSEDED);
}

static void
weigh_media_type(struct weight *w)
{
	const char *type = w->i->f->media_type;
	const struct words *list = &w->i->at[SET_MEDIA_TYPE].words;

	if (!weigh(w, SET_MEDIA_TYPE,
		FOUND(w, "file", "%s", type[0] != '\0' ? type : "not known"),
		list->n == 0 || words_match_type(list, type)))
		why_add(w->why, own_code(OWN_MEDIA_TYPE), "%s", type);
}

static void
weigh_bytes(struct weight *w, enum setting s, bool met)
{
	const struct facts *f = w->i->f;

	if (weigh(w, s,
		f->has_size ? FOUND(w, "file", "%" PRIu64 " B",
				  (uint64_t)f->digest.size)
			    : FOUND(w, "file", "not known"),
		met))
		return;
	if (f->has_size)
		why_add(w->why, own_code(OWN_SIZE), "%" PRIu64 " bytes",
		    (uint64_t)f->digest.size);
	else
		because(w, OWN_SIZE);
}

static void
weigh_size(struct weight *w)
{
	const struct facts *f = w->i->f;
	uint64_t min = number(w, SET_MIN_BYTES), max = number(w, SET_MAX_BYTES);

	weigh_bytes(w, SET_MIN_BYTES,
	    min == 0 || (f->has_size && (uint64_t)f->digest.size >= min));
	weigh_bytes(w, SET_MAX_BYTES,
	    max == SIZE_ANY ||
		(f->has_size && (uint64_t)f->digest.size <= max));
}

static void
weigh_uncovered(struct weight *w)
{
	const struct facts *f = w->i->f;
	uint64_t max = number(w, SET_UNCOVERED);
	bool exact = f->binding == PROV_BIND_EXACT;
	bool known = exact || (f->has_uncovered && f->uncovered >= 0);
	uint64_t n = exact || !known ? 0 : (uint64_t)f->uncovered;

	if (weigh(w, SET_UNCOVERED,
		known ? FOUND(w, "file", "%" PRIu64 " B", n)
		      : FOUND(w, "file", "not known"),
		max == SIZE_ANY || (known && n <= max)))
		return;
	if (known)
		why_add(w->why, own_code(OWN_UNCOVERED), "%" PRIu64 " bytes",
		    n);
	else
		because(w, OWN_UNCOVERED);
}

static void
weigh_captions(struct weight *w)
{
	const struct facts *f = w->i->f;
	uint64_t want = number(w, SET_CAPTIONS);

	if (!weigh(w, SET_CAPTIONS,
		FOUND(w, "file", "%s",
		    f->captions_altered ? "not as signed"
		    : f->captions       ? "as signed"
					: "none"),
		want == CAPTIONS_ANY ||
		    (!f->captions_altered &&
			(f->captions || want == CAPTIONS_SIGNED))))
		because(w, OWN_CAPTIONS);
}

/* Who said what decides, for people: "cawg.training-mining, signed". */
static struct found
found_use(const struct weight *w, enum purpose purpose, enum use use)
{
	const struct facts *f = w->i->f;

	for (size_t s = 0; s < SIGNAL_N && use != USE_SILENT; s++) {
		if (!is_set(w, SET_HONOUR, (unsigned)s))
			continue;
		if (f->claimed.use[s][purpose] == use)
			return (found("manifest", "%s, by %s", use_name(use),
			    signal_name((enum signal)s)));
		if (f->seen.use[s][purpose] == use)
			return (found("unsigned", "%s, by %s", use_name(use),
			    signal_name((enum signal)s)));
	}
	return (found("", "%s", use_name(USE_SILENT)));
}

static bool
use_met(const struct weight *w, enum use use)
{
	switch (use) {
	case USE_ALLOWED:
		return (true);
	case USE_SILENT:
		return (number(w, SET_UNKNOWN) == ALLOW_IT);
	case USE_CONSTRAINED:
		return (number(w, SET_CONSTRAINED) == ALLOW_IT);
	case USE_NOT_ALLOWED:
	case USE_N:
		break;
	}
	return (false);
}

static void
weigh_use(struct weight *w, enum purpose purpose)
{
	enum use use = item_use(w->i, purpose);
	char name[48], wanted[64];

	(void)snprintf(name, sizeof(name), "rights.%s", purpose_name(purpose));
	(void)snprintf(wanted, sizeof(wanted), "allowed%s%s",
	    number(w, SET_UNKNOWN) == ALLOW_IT ? ", silent" : "",
	    number(w, SET_CONSTRAINED) == ALLOW_IT ? ", constrained" : "");
	if (put(w, name, wanted,
		w->x == NULL ? (struct found){ "", "" }
			     : found_use(w, purpose, use),
		use_met(w, use)))
		return;
	if (use != USE_SILENT || should_say(w))
		why_add(w->why, rights_code(purpose, use), "%s", "");
}

static void
weigh_rights(struct weight *w)
{
	const prov_policy *p = w->i->p;

	for (size_t i = 0; i < PURPOSE_N && p->asked != ASKED_NONE; i++)
		if (p->asked == ASKED_ALL || p->purpose == (enum purpose)i)
			weigh_use(w, (enum purpose)i);
}

/* What lists of allowed and denied words come to. */
enum choice { CHOICE_MET, CHOICE_DENIED, CHOICE_UNKNOWN };

static void
weigh_choice(struct weight *w, enum setting allow, enum choice c,
    struct found f, enum own_reason denied, const char *what)
{
	enum setting deny = allow + 1, unknown = allow + 2;
	AUTO_BUF b = { 0 };
	char wanted[160] = "", name[48];
	bool met = c == CHOICE_MET ||
	           (c == CHOICE_UNKNOWN && number(w, unknown) == ALLOW_IT);

	if (w->x != NULL) {
		buf_put_str(&b, "allow ");
		setting_put(&b, allow, &w->i->at[allow]);
		if (w->i->at[deny].words.n + w->i->at[deny].number > 0) {
			buf_put_str(&b, "; deny ");
			setting_put(&b, deny, &w->i->at[deny]);
		}
		copy(w->x, wanted, sizeof(wanted), &b);
	}
	/* "rights.source_type" of "rights.source_type.allow". */
	(void)snprintf(name, sizeof(name), "%.*s",
	    (int)(strlen(settings[allow].name) - strlen(".allow")),
	    settings[allow].name);
	if (put(w, name, wanted, f, met))
		return;
	if (c == CHOICE_DENIED)
		why_add(w->why, own_code(denied), "%.100s", what);
	else if (should_say(w))
		because(w, denied + 1);
}

static bool
is_source_type(const char *s)
{
	for (size_t i = 0; source_types[i] != NULL; i++)
		if (strcmp(source_types[i], s) == 0)
			return (true);
	return (false);
}

static enum choice
choose_source(const struct weight *w)
{
	const struct facts *f = w->i->f;
	const struct words *allow = &w->i->at[SET_SOURCE_ALLOW].words;
	const struct words *deny = &w->i->at[SET_SOURCE_DENY].words;
	const char *claimed = f->claimed.source_type;
	const char *seen = f->seen.source_type;

	if (words_match(deny, claimed) || words_match(deny, seen) ||
	    (allow->n > 0 && claimed[0] != '\0' &&
		!words_match(allow, claimed)) ||
	    (allow->n > 0 && seen[0] != '\0' && !words_match(allow, seen)))
		return (CHOICE_DENIED);
	/* A word that nobody knows is none that somebody looked out for. */
	if (!w->i->holds || claimed[0] == '\0' ||
	    (allow->n == 0 && !is_source_type(claimed)))
		return (CHOICE_UNKNOWN);
	return (CHOICE_MET);
}

static void
weigh_source(struct weight *w)
{
	const struct facts *f = w->i->f;
	bool signs = w->i->holds && f->claimed.source_type[0] != '\0';
	const char *said = signs ? f->claimed.source_type : f->seen.source_type;

	if (w->i->at[SET_SOURCE_ALLOW].words.n +
		w->i->at[SET_SOURCE_DENY].words.n >
	    0)
		weigh_choice(w, SET_SOURCE_ALLOW, choose_source(w),
		    FOUND(w, signs ? "manifest" : "unsigned", "%s",
			said[0] != '\0' ? said : "not said"),
		    OWN_SOURCE, said);
}

/* SPDX has words for saying nothing. */
static bool
says_license(const char *s)
{
	return (s[0] != '\0' && strcmp(s, "NOASSERTION") != 0 &&
		strcmp(s, "NONE") != 0);
}

static enum choice
choose_license(const struct weight *w)
{
	const struct facts *f = w->i->f;
	const struct words *allow = &w->i->at[SET_LICENSE_ALLOW].words;
	const struct words *deny = &w->i->at[SET_LICENSE_DENY].words;
	const char *claimed = f->claimed.license, *seen = f->seen.license;

	if (license_any(claimed, deny) || license_any(seen, deny) ||
	    (allow->n > 0 && says_license(claimed) &&
		!license_all(claimed, allow)) ||
	    (allow->n > 0 && says_license(seen) && !license_all(seen, allow)))
		return (CHOICE_DENIED);
	return (
	    w->i->holds && says_license(claimed) ? CHOICE_MET : CHOICE_UNKNOWN);
}

static void
weigh_license(struct weight *w)
{
	const struct facts *f = w->i->f;
	bool signs = w->i->holds && f->claimed.license[0] != '\0';
	const char *said = signs ? f->claimed.license : f->seen.license;

	if (w->i->at[SET_LICENSE_ALLOW].words.n +
		w->i->at[SET_LICENSE_DENY].words.n >
	    0)
		weigh_choice(w, SET_LICENSE_ALLOW, choose_license(w),
		    FOUND(w, signs ? "manifest" : "unsigned", "%s",
			said[0] != '\0' ? said : "not said"),
		    OWN_LICENSE, said);
}

static void
weigh_origin(struct weight *w)
{
	const struct facts *f = w->i->f;
	prov_origin o = w->i->holds ? f->origin_class : PROV_ORIGIN_UNSTATED;
	uint64_t allow = number(w, SET_ORIGIN_ALLOW);
	uint64_t deny = number(w, SET_ORIGIN_DENY);
	enum choice c = CHOICE_MET;

	if (allow == 0 && deny == 0)
		return;
	if (o == PROV_ORIGIN_UNSTATED)
		c = CHOICE_UNKNOWN;
	else if (is_set(w, SET_ORIGIN_DENY, o) ||
		 (allow != 0 && !is_set(w, SET_ORIGIN_ALLOW, o)))
		c = CHOICE_DENIED;
	weigh_choice(w, SET_ORIGIN_ALLOW, c,
	    FOUND(w, "manifest", "%s", prov_origin_name(o)), OWN_ORIGIN,
	    prov_origin_name(o));
}

void
requirements_weigh(struct weight *w)
{
	w->met = true;
	w->stale = false;
	if (w->x != NULL)
		w->x->n = 0;
	weigh_digest(w);
	weigh_carrier(w);
	weigh_signature(w);
	weigh_signer(w);
	weigh_binding(w);
	weigh_edges(w);
	weigh_inclusion(w);
	weigh_age(w);
	weigh_revocation(w);
	weigh_superseded(w);
	weigh_media_type(w);
	weigh_size(w);
	weigh_uncovered(w);
	weigh_captions(w);
	weigh_rights(w);
	weigh_source(w);
	weigh_license(w);
	weigh_origin(w);
}

void
requirements_explain(struct explanation *x, const struct item *i, int64_t now)
{
	struct findings why = i->f->why;
	struct weight w = { .i = i, .now = now, .why = &why, .x = x };

	requirements_weigh(&w);
}
