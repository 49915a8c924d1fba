/* SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "policy/reader.h"
#include "policy/reason.h"
#include "verify/facts_json.h"

#define CASES_MAX       10000
#define CASE_NAME_MAX   255
#define FACTS_DEPTH_MAX 6       /* facts nest three deep */
#define FACTS_SIZE_MAX  1048576 /* of a file; a record is under 16 KiB */

/* A table of cases as it is read and run. */
struct table {
	struct reader r;      /* its policy is none: nothing is set in it */
	const prov_policy *p; /* that is tried */
	prov_policy *own;     /* the same, where the table names it */
	int64_t now;
	const struct yaml *base; /* facts of each case; NULL: none */
	struct buf *out;
	prov_policy_tested *tested;
};

/* One case: what is given, and what is expected. */
struct trial {
	const struct table *t;
	char name[CASE_NAME_MAX + 1];
	const struct yaml *facts;
	const struct yaml *decision, *effective, *route, *rule, *reasons;
	int64_t now;
	struct words why;
};

static void
trial_clear(struct trial *c)
{
	words_free(&c->why);
}
#define AUTO_TRIAL __attribute__((cleanup(trial_clear))) struct trial

static void
put_scalar(struct json *j, const char *key, const struct yaml *y)
{
	uint64_t n;

	if (y->plain &&
	    (strcmp(y->text, "true") == 0 || strcmp(y->text, "false") == 0))
		json_bool(j, key, y->text[0] == 't');
	else if (y->plain && strcmp(y->text, "null") == 0)
		json_null(j, key);
	else if (y->plain && u64_decode(&n, y->text, strlen(y->text)))
		json_u64(j, key, n);
	else
		json_str(j, key, y->text);
}

static prov_status put_node(const struct reader *r, struct json *j,
    const char *key, const struct yaml *y, const struct yaml *base,
    unsigned depth);

/* The keys of y, and those of base that y does not have. */
static prov_status
put_keys(const struct reader *r, struct json *j, const struct yaml *y,
    const struct yaml *base, unsigned depth)
{
	prov_status st;

	for (size_t i = 0; i < y->n; i++)
		if ((st = put_node(r, j, y->keys[i].text, &y->at[i],
			 yaml_get(base, y->keys[i].text), depth)) != PROV_OK)
			return (st);
	for (size_t i = 0; base != NULL && i < base->n; i++)
		if (yaml_get(y, base->keys[i].text) == NULL &&
		    (st = put_node(r, j, base->keys[i].text, &base->at[i], NULL,
			 depth)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

static prov_status
put_node(const struct reader *r, struct json *j, const char *key,
    const struct yaml *y, const struct yaml *base, unsigned depth)
{
	prov_status st = PROV_OK;

	if (depth == FACTS_DEPTH_MAX)
		return (reader_fault(r, y, "nested too deep"));
	switch (y->type) {
	case YAML_SCALAR:
		put_scalar(j, key, y);
		return (PROV_OK);
	case YAML_LIST:
		json_begin_array(j, key);
		for (size_t i = 0; i < y->n && st == PROV_OK; i++)
			st = put_node(r, j, NULL, &y->at[i], NULL, depth + 1);
		break;
	case YAML_MAP:
		json_begin_object(j, key);
		st = put_keys(r, j, y,
		    base != NULL && base->type == YAML_MAP ? base : NULL,
		    depth + 1);
		break;
	}
	json_end(j);
	return (st);
}

static prov_status
facts_inline(const struct trial *c, const struct yaml *y, char **out)
{
	const struct reader *r = &c->t->r;
	AUTO_JSON *j = json_new();
	prov_status st;

	if (j == NULL)
		return (reader_no_memory(r));
	if ((st = put_keys(r, j, y, c->t->base, 0)) != PROV_OK)
		return (st);
	return (json_take(j, out, r->err));
}

static prov_status
facts_file(const struct trial *c, char **out)
{
	const struct reader *r = &c->t->r;
	AUTO_FREE char *path = NULL;
	AUTO_BUF b = { 0 };
	prov_status st;

	if ((st = reader_file(r, c->facts, &path)) != PROV_OK ||
	    (st = file_read(&b, path, FACTS_SIZE_MAX, r->err)) != PROV_OK)
		return (st);
	return (buf_take_str(&b, out, r->err));
}

static prov_status
find_facts(const struct trial *c, const struct yaml *y, struct facts *f,
    struct jsonin **held)
{
	static const struct yaml none = { .type = YAML_MAP };
	AUTO_FREE char *text = NULL;
	prov_err why = { 0 };
	prov_status st;

	if (c->facts != NULL && c->facts->type == YAML_SCALAR)
		st = facts_file(c, &text);
	else if (c->facts != NULL && c->facts->type != YAML_MAP)
		return (reader_fault(&c->t->r, c->facts,
		    "facts are a map, or the name of a file"));
	else
		st =
		    facts_inline(c, c->facts != NULL ? c->facts : &none, &text);
	if (st != PROV_OK)
		return (st);
	st = facts_parse(f, held, span(text, strlen(text)), &why);
	if (st == PROV_ENOMEM)
		return (reader_no_memory(&c->t->r));
	return (st == PROV_OK
		    ? st
		    : reader_fault(&c->t->r, c->facts != NULL ? c->facts : y,
			  "%s", why.msg));
}

/* One line of expected and one of found, where they differ. */
static bool
differs(struct buf *b, const char *what, const char *want, const char *got)
{
	if (strcmp(want, got) == 0)
		return (false);
	buf_printf(b, "- %s: ", what);
	text_escape(b, want, strlen(want), WORD_MAX);
	buf_printf(b, "\n+ %s: ", what);
	text_escape(b, got, strlen(got), WORD_MAX);
	buf_put_byte(b, '\n');
	return (true);
}

static bool
has_word(const struct words *w, const char *s)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->at[i], s) == 0)
			return (true);
	return (false);
}

static bool
has_code(const struct findings *w, const char *s)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->at[i].code, s) == 0)
			return (true);
	return (false);
}

/* In whatever order they stand. */
static bool
reasons_differ(struct buf *b, const struct words *want,
    const struct findings *got)
{
	bool differ = false;

	for (size_t i = 0; i < want->n; i++)
		if (!has_code(got, want->at[i])) {
			buf_printf(b, "- reason: %s\n", want->at[i]);
			differ = true;
		}
	for (size_t i = 0; i < got->n; i++)
		if (!has_word(want, got->at[i].code)) {
			buf_printf(b, "+ reason: %s\n", got->at[i].code);
			differ = true;
		}
	return (differ);
}

static bool
compare(struct buf *b, const struct trial *c, const struct decision *d)
{
	char rule[16] = "none";
	bool differ;

	if (d->rule > 0)
		(void)snprintf(rule, sizeof(rule), "%u", d->rule);
	differ = differs(b, "decision", c->decision->text,
	    prov_decision_name(d->decision));
	if (c->effective != NULL)
		differ |= differs(b, "effective", c->effective->text,
		    prov_decision_name(d->effective));
	if (c->route != NULL)
		differ |= differs(b, "route", c->route->text, d->route);
	if (c->rule != NULL)
		differ |= differs(b, "rule", c->rule->text, rule);
	/* What is allowed has none, so they need not be named. */
	if (c->reasons != NULL || d->decision == PROV_ALLOW)
		differ |= reasons_differ(b, &c->why, &d->why);
	return (differ);
}

static prov_status
keep(const struct reader *r, const struct yaml *y, const struct yaml **out)
{
	*out = y;
	return (reader_text(r, y, WORD_MAX));
}

static prov_status
read_name(const struct reader *r, const struct yaml *y, void *into)
{
	struct trial *c = into;

	return (reader_copy(r, y, CASE_NAME_MAX, c->name));
}

static prov_status
read_facts(const struct reader *r, const struct yaml *y, void *into)
{
	struct trial *c = into;

	(void)r;
	c->facts = y;
	return (PROV_OK);
}

static prov_status
read_now(const struct reader *r, const struct yaml *y, void *into)
{
	struct trial *c = into;

	return (reader_time(r, y, &c->now));
}

static const struct word decisions[] = {
	{ "allow", PROV_ALLOW },
	{ "quarantine", PROV_QUARANTINE },
	{ "retry", PROV_RETRY },
	{ "deny", PROV_DENY },
	{ NULL, 0 },
};

static prov_status
read_decision(const struct reader *r, const struct yaml *y, void *into)
{
	struct trial *c = into;
	uint64_t n;

	c->decision = y;
	return (reader_word(r, y, decisions, &n));
}

static prov_status
read_effective(const struct reader *r, const struct yaml *y, void *into)
{
	struct trial *c = into;
	uint64_t n;

	c->effective = y;
	return (reader_word(r, y, decisions, &n));
}

static prov_status
read_route(const struct reader *r, const struct yaml *y, void *into)
{
	struct trial *c = into;

	return (keep(r, y, &c->route));
}

static prov_status
read_rule(const struct reader *r, const struct yaml *y, void *into)
{
	struct trial *c = into;

	return (keep(r, y, &c->rule));
}

static prov_status
check_code(const struct reader *r, const struct yaml *y, const void *arg)
{
	(void)arg;
	if (code_known(y->text))
		return (PROV_OK);
	return (reader_fault(r, y, "\"%.60s\" is no reason code", y->text));
}

/* None may be expected: the list may be empty here. */
static prov_status
read_reasons(const struct reader *r, const struct yaml *y, void *into)
{
	struct trial *c = into;

	c->reasons = y;
	if (y->type == YAML_LIST && y->n == 0)
		return (PROV_OK);
	return (reader_words(r, y, WORDS_MAX, check_code, NULL, &c->why));
}

static prov_status
read_case(const struct reader *r, const struct yaml *y, struct trial *c)
{
	static const struct reader_key keys[] = {
		{ "name", read_name },
		{ "facts", read_facts },
		{ "now", read_now },
		{ "decision", read_decision },
		{ "effective", read_effective },
		{ "reasons", read_reasons },
		{ "route", read_route },
		{ "rule", read_rule },
		{ NULL, NULL },
	};
	prov_status st;

	if ((st = reader_map(r, y, "a case", keys, c)) != PROV_OK)
		return (st);
	if (c->decision == NULL)
		return (reader_fault(r, y, "a case needs a decision"));
	return (PROV_OK);
}

static prov_status
run_case(struct table *t, const struct yaml *y)
{
	AUTO_TRIAL c = { .t = t, .now = t->now };
	AUTO_FREE struct decision *d = calloc(1, sizeof(*d));
	AUTO_FREE struct facts *f = calloc(1, sizeof(*f));
	AUTO_JSONIN *held = NULL;
	AUTO_BUF diff = { 0 };
	prov_status st;

	if (d == NULL || f == NULL)
		return (reader_no_memory(&t->r));
	if ((st = read_case(&t->r, y, &c)) != PROV_OK ||
	    (st = find_facts(&c, y, f, &held)) != PROV_OK)
		return (st);
	policy_judge(d, t->p, f, c.now);
	t->tested->n++;
	if (!compare(&diff, &c, d))
		return (buf_done(&diff, t->r.err));
	t->tested->n_failed++;
	text_escape(t->out, t->r.file, strlen(t->r.file), WORD_MAX);
	buf_printf(t->out, ":%u: ", y->line);
	text_escape(t->out, c.name, strlen(c.name), CASE_NAME_MAX);
	buf_put_byte(t->out, '\n');
	buf_put_span(t->out, buf_span(&diff));
	return (buf_done(&diff, t->r.err));
}

static prov_status
read_policy(const struct reader *r, const struct yaml *y, void *into)
{
	struct table *t = into;
	AUTO_FREE char *path = NULL;
	prov_status st;

	if (t->p != NULL)
		return (PROV_OK);
	if ((st = reader_file(r, y, &path)) != PROV_OK ||
	    (st = prov_policy_load(&t->own, path, r->err)) != PROV_OK)
		return (st);
	t->p = t->own;
	return (PROV_OK);
}

static prov_status
read_table_now(const struct reader *r, const struct yaml *y, void *into)
{
	struct table *t = into;

	return (reader_time(r, y, &t->now));
}

static prov_status
read_base(const struct reader *r, const struct yaml *y, void *into)
{
	struct table *t = into;

	t->base = y;
	if (y->type != YAML_MAP)
		return (reader_fault(r, y, "facts of each case are a map"));
	return (PROV_OK);
}

static prov_status
check_table(const struct table *t, const struct yaml *top)
{
	const struct yaml *version = yaml_get(top, "version");
	const struct yaml *cases = yaml_get(top, "cases");

	if (version == NULL || version->type != YAML_SCALAR ||
	    strcmp(version->text, "1") != 0)
		return (reader_fault(&t->r, version != NULL ? version : top,
		    "no version that this prov knows; this one is 1"));
	if (cases == NULL || cases->type != YAML_LIST || cases->n == 0)
		return (reader_fault(&t->r, cases != NULL ? cases : top,
		    "no list of cases"));
	if (cases->n > CASES_MAX)
		return (reader_fault(&t->r, cases, "%zu cases, more than %d",
		    cases->n, CASES_MAX));
	if (t->p == NULL)
		return (reader_fault(&t->r, top,
		    "no policy: it is a key here, or an option"));
	return (PROV_OK);
}

/* Everything is read before any case runs, but for the cases themselves. */
static prov_status
run_table(struct table *t, const struct yaml *top)
{
	static const struct reader_key keys[] = {
		{ "version", NULL },
		{ "policy", read_policy },
		{ "now", read_table_now },
		{ "facts", read_base },
		{ "cases", NULL },
		{ NULL, NULL },
	};
	const struct yaml *cases;
	prov_status st;

	if ((st = reader_map(&t->r, top, "a table", keys, t)) != PROV_OK ||
	    (st = check_table(t, top)) != PROV_OK)
		return (st);
	cases = yaml_get(top, "cases");
	for (size_t i = 0; i < cases->n; i++)
		if ((st = run_case(t, &cases->at[i])) != PROV_OK)
			return (st);
	return (PROV_OK);
}

prov_status
prov_policy_test(char **out, prov_policy_tested *tested, const char *path,
    const prov_policy *p, prov_err *err)
{
	AUTO_FREE char *dir = reader_dir(path);
	AUTO_BUF bytes = { 0 }, text = { 0 };
	prov_policy_tested count = { 0 };
	struct table t = { { NULL, path, dir, err }, p, NULL, time(NULL), NULL,
		&text, &count };
	struct yaml *top = NULL;
	prov_status st;

	if (dir == NULL)
		return (prov_fail(err, PROV_ENOMEM, "policy"));
	if ((st = file_read(&bytes, path, YAML_SIZE_MAX, err)) != PROV_OK ||
	    (st = reader_yaml(&top, buf_span(&bytes), path, err)) != PROV_OK)
		return (st);
	st = run_table(&t, top);
	yaml_free(top);
	prov_policy_free(t.own);
	if (st != PROV_OK || (st = buf_take_str(&text, out, err)) != PROV_OK)
		return (st);
	*tested = count;
	return (PROV_OK);
}
