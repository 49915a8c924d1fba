/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "policy/model.h"

static void
put_text(struct buf *b, const char *s)
{
	text_escape(b, s, strlen(s), WORD_MAX);
}

static void
put_words(struct buf *b, const struct words *w)
{
	for (size_t i = 0; i < w->n; i++) {
		buf_put_str(b, i > 0 ? ", " : "");
		put_text(b, w->at[i]);
	}
}

static void
put_signer(struct buf *b, const prov_trust_signer *s)
{
	char when[32];

	buf_put_str(b, "trusts    ");
	put_text(b, s->key.name);
	buf_put_str(b, s->n_paths > 0 ? ", below" : ", for every path");
	for (size_t i = 0; i < s->n_paths; i++) {
		buf_put_str(b, i > 0 ? ", " : " ");
		put_text(b, s->paths[i]);
	}
	if (s->not_before != 0) {
		time_format(when, s->not_before);
		buf_printf(b, ", from %s", when);
	}
	if (s->not_after != 0) {
		time_format(when, s->not_after);
		buf_printf(b, ", until %s", when);
	}
	buf_put_str(b, s->may_revoke ? ", who may revoke\n" : "\n");
}

#define SIGNERS_SHOWN 32 /* a trust file may have thousands */

static void
put_trust(struct buf *b, const prov_policy *p)
{
	const prov_trust *t = p->trust;

	for (size_t i = 0; i < t->n && i < SIGNERS_SHOWN; i++)
		put_signer(b, &t->signers[i]);
	if (t->n > SIGNERS_SHOWN)
		buf_printf(b, "trusts    %zu more signers\n",
		    t->n - SIGNERS_SHOWN);
	for (size_t i = 0; i < t->logs.n_logs; i++) {
		buf_put_str(b, "log       ");
		put_text(b, t->logs.logs[i].name);
		buf_put_str(b,
		    t->logs.quorum ? ", with its quorum of witnesses" : "");
		if (p->max_age != 0)
			buf_printf(b, ", no head older than %" PRId64 " s",
			    p->max_age);
		buf_put_byte(b, '\n');
	}
}

/* Whether a list that is empty, and so asks for nothing, can be passed over. */
static bool
asks_nothing(const prov_policy *p, size_t s)
{
	const struct value *v = &p->at[s];

	switch (settings[s].kind) {
	case KIND_GLOBS:
		return (v->words.n == 0);
	case KIND_WORDS:
		return (v->number == 0);
	case KIND_SIZE:
		return (v->number == (s == SET_MIN_BYTES ? 0 : SIZE_ANY));
	case KIND_WORD:
		break;
	}
	switch (s) {
	case SET_SOURCE_UNKNOWN:
		return (asks_nothing(p, SET_SOURCE_ALLOW) &&
			asks_nothing(p, SET_SOURCE_DENY));
	case SET_LICENSE_UNKNOWN:
		return (asks_nothing(p, SET_LICENSE_ALLOW) &&
			asks_nothing(p, SET_LICENSE_DENY));
	case SET_ORIGIN_UNKNOWN:
		return (asks_nothing(p, SET_ORIGIN_ALLOW) &&
			asks_nothing(p, SET_ORIGIN_DENY));
	case SET_UNKNOWN:
	case SET_CONSTRAINED:
	case SET_HONOUR:
		return (p->asked == ASKED_NONE);
	case SET_CLIP_EDGES:
		return (!policy_accepts_clips(p));
	default:
		return (false);
	}
}

static void
put_settings(struct buf *b, const prov_policy *p)
{
	for (size_t s = 0; s < SETTING_N; s++) {
		if (asks_nothing(p, s))
			continue;
		buf_printf(b, "wants     %s: ", settings[s].name);
		setting_put(b, (enum setting)s, &p->at[s]);
		buf_put_byte(b, '\n');
	}
}

static void
put_matches(struct buf *b, const struct rule *r)
{
	bool any = false;

	for (size_t m = 0; m < MATCH_N; m++) {
		if (r->match[m].n == 0)
			continue;
		buf_printf(b, "%s %s ", any ? " and" : "",
		    match_name((enum match)m));
		put_words(b, &r->match[m]);
		any = true;
	}
	buf_put_str(b, any ? ":" : " all else:");
}

static void
put_rule(struct buf *b, const struct rule *r, size_t i)
{
	buf_printf(b, "rule %-4zu", i + 1);
	put_matches(b, r);
	for (size_t k = 0; k < r->n_set; k++) {
		buf_printf(b, " wants %s: ", settings[r->set[k].what].name);
		setting_put(b, r->set[k].what, &r->set[k].value);
		buf_put_str(b, k + 1 < r->n_set ? ";" : "");
	}
	if (r->then != THEN_JUDGE)
		buf_put_str(b,
		    r->then == THEN_DENY ? " is denied" : " is quarantined");
	if (r->route[0] != '\0')
		buf_printf(b, "%s goes to %s", r->n_set > 0 ? "," : "",
		    r->route);
	if (r->note != NULL) {
		buf_put_str(b, " (");
		put_text(b, r->note);
		buf_put_byte(b, ')');
	}
	buf_put_byte(b, '\n');
}

static void
put_head(struct buf *b, const prov_policy *p)
{
	buf_printf(b, "policy    %s\ndigest    ",
	    p->name[0] != '\0' ? p->name : "without a name");
	hex_put(b, p->digest, sizeof(p->digest));
	buf_put_str(b, "\npurpose   ");
	switch (p->asked) {
	case ASKED_ONE:
		buf_put_str(b, purpose_name(p->purpose));
		break;
	case ASKED_ALL:
		buf_put_str(b, "all: none is named, so each has to be allowed");
		break;
	case ASKED_NONE:
		buf_put_str(b, "none: no use is asked about");
		break;
	}
	buf_printf(b, "\nmode      %s\n",
	    p->warn ? "warn: what is denied or quarantined passes in effect"
		    : "enforce");
}

/* Whether anything at all could be allowed. */
static bool
allows_nothing(const prov_policy *p)
{
	if (p->trust->n > 0)
		return (false);
	if ((p->at[SET_CARRIER].number & UINT64_C(1) << CARRIER_NONE) != 0)
		return (false);
	for (size_t i = 0; i < p->n_rules; i++)
		for (size_t k = 0; k < p->rules[i].n_set; k++)
			if (p->rules[i].set[k].what == SET_CARRIER)
				return (false);
	return (true);
}

prov_status
prov_policy_text(char **out, const prov_policy *p, prov_err *err)
{
	AUTO_BUF b = { 0 };

	put_head(&b, p);
	put_trust(&b, p);
	put_settings(&b, p);
	for (size_t i = 0; i < p->n_rules; i++)
		put_rule(&b, &p->rules[i], i);
	buf_printf(&b, "otherwise %s; %s where it cannot be decided now\n",
	    prov_decision_name(p->otherwise), prov_decision_name(p->on_error));
	if (allows_nothing(p))
		buf_put_str(&b,
		    "It trusts nobody, so it lets nothing in: trust.signers "
		    "names whom it should.\n");
	else if (p->trust->n > 0 && p->trust->logs.n_logs == 0 &&
		 p->at[SET_INCLUSION].number == INCLUSION_REQUIRED)
		buf_put_str(&b,
		    "It trusts no log, and inclusion is required, so it lets "
		    "nothing in: trust.logs names which it should.\n");
	return (buf_take_str(&b, out, err));
}
