/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/json.h"
#include "base/text.h"
#include "policy/model.h"
#include "verify/facts_json.h"

const char *
prov_decision_name(prov_decision d)
{
	switch (d) {
	case PROV_ALLOW:
		return ("allow");
	case PROV_QUARANTINE:
		return ("quarantine");
	case PROV_RETRY:
		return ("retry");
	case PROV_DENY:
		break;
	}
	return ("deny");
}

/* What is put down, decided and explained. */
struct account {
	const prov_policy *p;
	struct decision d;
	struct explanation x;
};

static void
put_requirements(struct json *j, const struct explanation *x)
{
	json_begin_array(j, "requirements");
	for (size_t i = 0; i < x->n; i++) {
		const struct requirement *q = &x->at[i];

		json_begin_object(j, NULL);
		json_str(j, "name", q->name);
		json_str(j, "wanted", q->wanted);
		json_str(j, "found", q->found);
		json_str(j, "where", q->where[0] != '\0' ? q->where : NULL);
		json_bool(j, "met", q->met);
		json_end(j);
	}
	json_end(j);
}

static const char *
or_null(const char *s)
{
	return (s[0] != '\0' ? s : NULL);
}

static prov_status
account_json(char **out, const struct account *a, prov_err *err)
{
	AUTO_JSON *j = json_new();

	if (j == NULL)
		return (prov_fail(err, PROV_ENOMEM, "policy"));
	json_u64(j, "v", 1);
	json_hex(j, "policy", a->p->digest, sizeof(a->p->digest));
	json_str(j, "name", or_null(a->p->name));
	json_str(j, "purpose", prov_policy_purpose(a->p));
	json_str(j, "decision", prov_decision_name(a->d.decision));
	json_str(j, "effective", prov_decision_name(a->d.effective));
	json_begin_array(j, "reasons");
	for (size_t i = 0; i < a->d.why.n; i++)
		json_str(j, NULL, a->d.why.at[i].code);
	json_end(j);
	if (a->d.rule > 0)
		json_u64(j, "rule", a->d.rule);
	else
		json_null(j, "rule");
	json_str(j, "note", a->d.note);
	json_str(j, "route", or_null(a->d.route));
	json_str(j, "rights", use_name(a->d.rights));
	json_str(j, "source_type", or_null(a->d.source_type));
	json_str(j, "license", or_null(a->d.license));
	put_requirements(j, &a->x);
	return (json_take(j, out, err));
}

static void
put_padded(struct buf *b, const char *s, size_t width)
{
	size_t len = strlen(s);

	buf_put(b, s, len);
	for (; len < width; len++)
		buf_put_byte(b, ' ');
}

static size_t
widest(const struct explanation *x, bool found)
{
	size_t most = 6;

	for (size_t i = 0; i < x->n; i++) {
		size_t len = strlen(found ? x->at[i].found : x->at[i].wanted);

		if (len > most)
			most = len;
	}
	return (most < 40 ? most : 40);
}

/* What a setting, or a manifest, said may hold anything. */
static void
put_table(struct buf *b, const struct explanation *x)
{
	size_t wanted = widest(x, false), found = widest(x, true);

	buf_put_str(b, "        ");
	put_padded(b, "requirement", 32);
	put_padded(b, "wanted", wanted + 2);
	put_padded(b, "found", found + 2);
	buf_put_str(b, "where\n");
	for (size_t i = 0; i < x->n; i++) {
		const struct requirement *q = &x->at[i];

		buf_put_str(b, q->met ? "met     " : "NOT MET ");
		put_padded(b, q->name, 32);
		put_padded(b, q->wanted, wanted + 2);
		put_padded(b, q->found, found + 2);
		text_escape(b, q->where, strlen(q->where), sizeof(q->where));
		buf_put_byte(b, '\n');
	}
}

static void
put_reasons(struct buf *b, const struct findings *why)
{
	for (size_t i = 0; i < why->n; i++) {
		const struct finding *f = &why->at[i];
		const char *text = policy_reason_text(f->code);

		buf_put_str(b, "reason    ");
		text_escape(b, f->code, strlen(f->code), CODE_MAX);
		if (f->detail[0] != '\0') {
			buf_put_str(b, ": ");
			text_escape(b, f->detail, strlen(f->detail),
			    DETAIL_MAX);
		} else if (text != NULL)
			buf_printf(b, ": %s", text);
		buf_put_byte(b, '\n');
	}
}

static void
put_rule(struct buf *b, const struct decision *d)
{
	if (d->rule == 0)
		buf_put_str(b, "rule      none matches\n");
	else {
		buf_printf(b, "rule      %u", d->rule);
		if (d->note != NULL) {
			buf_put_str(b, ", ");
			text_escape(b, d->note, strlen(d->note),
			    POLICY_NOTE_MAX);
		}
		buf_put_byte(b, '\n');
	}
	if (d->route[0] != '\0')
		buf_printf(b, "route     %s\n", d->route);
}

static prov_status
account_text(char **out, const struct account *a, prov_err *err)
{
	AUTO_BUF b = { 0 };

	if (a->x.n > 0)
		put_table(&b, &a->x);
	put_rule(&b, &a->d);
	put_reasons(&b, &a->d.why);
	buf_printf(&b, "decision  %s", prov_decision_name(a->d.decision));
	if (a->d.effective != a->d.decision)
		buf_printf(&b, ", in effect %s, for the mode is warn",
		    prov_decision_name(a->d.effective));
	return (buf_take_str(&b, out, err));
}

static int64_t
time_now(int64_t now)
{
	return (now != 0 ? now : (int64_t)time(NULL));
}

/* What is to be judged: as somebody else found it, or by verifying a file. */
static prov_status
find_facts(struct facts *f, struct jsonin **held, const prov_explain_options *o,
    prov_err *err)
{
	if (o->facts.p != NULL)
		return (facts_parse(f, held, o->facts, err));
	return (prov_fail(err, PROV_EARG, "explain needs facts"));
}

prov_status
prov_policy_explain(char **out, prov_decision *decision, const prov_policy *p,
    const prov_explain_options *options, prov_err *err)
{
	AUTO_FREE struct account *a = calloc(1, sizeof(*a));
	AUTO_FREE struct facts *f = calloc(1, sizeof(*f));
	AUTO_JSONIN *held = NULL;
	prov_status st;

	if (a == NULL || f == NULL)
		return (prov_fail(err, PROV_ENOMEM, "policy"));
	if ((st = find_facts(f, &held, options, err)) != PROV_OK)
		return (st);
	a->p = p;
	policy_explain(&a->d, &a->x, p, f, time_now(options->now));
	if (a->x.failed)
		return (prov_fail(err, PROV_ENOMEM, "policy"));
	st = options->json ? account_json(out, a, err)
	                   : account_text(out, a, err);
	if (st == PROV_OK)
		*decision = a->d.effective;
	return (st);
}
