/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "policy/reader.h"

#define POLICY_VERSION "1"

static void
rule_clear(struct rule *rule)
{
	for (size_t m = 0; m < MATCH_N; m++)
		words_free(&rule->match[m]);
	for (size_t i = 0; i < rule->n_set; i++)
		words_free(&rule->set[i].value.words);
	free(rule->set);
	free(rule->note);
}

void
prov_policy_free(prov_policy *p)
{
	if (p == NULL)
		return;
	for (size_t s = 0; s < SETTING_N; s++)
		words_free(&p->at[s].words);
	for (size_t i = 0; i < p->n_rules; i++)
		rule_clear(&p->rules[i]);
	free(p->rules);
	prov_trust_free(p->trust);
	free(p);
}

/* What holds where the policy says nothing: prov-policy(5) has the same. */
static prov_status
policy_new(prov_policy **out, prov_err *err)
{
	AUTO(prov_policy) *p = calloc(1, sizeof(*p));
	prov_status st;

	if (p == NULL)
		return (prov_fail(err, PROV_ENOMEM, "policy"));
	if ((st = prov_trust_new(&p->trust, err)) != PROV_OK)
		return (st);
	for (size_t s = 0; s < SETTING_N; s++)
		p->at[s].number = settings[s].initial;
	p->asked = ASKED_ALL;
	p->purpose = PURPOSE_N;
	p->otherwise = PROV_DENY;
	p->on_error = PROV_RETRY;
	*out = TAKE(p);
	return (PROV_OK);
}

static prov_status
read_version(const struct reader *r, const struct yaml *y, void *into)
{
	(void)into;
	if (y->type != YAML_SCALAR || strcmp(y->text, POLICY_VERSION) != 0)
		return (reader_fault(r, y,
		    "not a version that this prov knows; this one is 1"));
	return (PROV_OK);
}

static prov_status
read_name(const struct reader *r, const struct yaml *y, void *into)
{
	prov_policy *p = r->p;
	prov_status st;

	(void)into;
	if ((st = reader_copy(r, y, POLICY_NAME_MAX, p->name)) != PROV_OK)
		return (st);
	if (p->name[strspn(p->name,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789._-")] != '\0')
		return (reader_fault(r, y,
		    "a name has letters, digits, dots, dashes and "
		    "underscores"));
	return (PROV_OK);
}

static prov_status
read_purpose(const struct reader *r, const struct yaml *y, void *into)
{
	static const struct word words[] = {
		{ "data_mining", PURPOSE_DATA_MINING },
		{ "ai_inference", PURPOSE_AI_INFERENCE },
		{ "ai_training", PURPOSE_AI_TRAINING },
		{ "ai_generative_training", PURPOSE_AI_GENERATIVE_TRAINING },
		{ "none", PURPOSE_N },
		{ NULL, 0 },
	};
	uint64_t n = PURPOSE_N;
	prov_status st;

	(void)into;
	if ((st = reader_word(r, y, words, &n)) != PROV_OK)
		return (st);
	r->p->purpose = (enum purpose)n;
	r->p->asked = n == PURPOSE_N ? ASKED_NONE : ASKED_ONE;
	return (PROV_OK);
}

static prov_status
read_mode(const struct reader *r, const struct yaml *y, void *into)
{
	static const struct word words[] = {
		{ "enforce", 0 },
		{ "warn", 1 },
		{ NULL, 0 },
	};
	uint64_t n = 0;
	prov_status st = reader_word(r, y, words, &n);

	(void)into;
	r->p->warn = n == 1;
	return (st);
}

static prov_status
read_require(const struct reader *r, const struct yaml *y, void *into)
{
	struct value *at = r->p->at;
	prov_status st;

	(void)into;
	if ((st = reader_settings(r, y, "require.", at)) != PROV_OK)
		return (st);
	if (at[SET_MIN_BYTES].number > at[SET_MAX_BYTES].number)
		return (reader_fault(r, y,
		    "nothing has at least min_bytes and at most max_bytes"));
	return (PROV_OK);
}

static prov_status
read_rights(const struct reader *r, const struct yaml *y, void *into)
{
	(void)into;
	return (reader_settings(r, y, "rights.", r->p->at));
}

static prov_status
read_default(const struct reader *r, const struct yaml *y, void *into)
{
	static const struct word words[] = {
		{ "deny", PROV_DENY },
		{ "quarantine", PROV_QUARANTINE },
		{ NULL, 0 },
	};
	uint64_t n = PROV_DENY;
	prov_status st = reader_word(r, y, words, &n);

	(void)into;
	r->p->otherwise = (prov_decision)n;
	return (st);
}

static prov_status
read_on_error(const struct reader *r, const struct yaml *y, void *into)
{
	static const struct word words[] = {
		{ "retry", PROV_RETRY },
		{ "quarantine", PROV_QUARANTINE },
		{ "deny", PROV_DENY },
		{ NULL, 0 },
	};
	uint64_t n = PROV_RETRY;
	prov_status st = reader_word(r, y, words, &n);

	(void)into;
	r->p->on_error = (prov_decision)n;
	return (st);
}

/* In the order in which they are read: whoever is named comes before names. */
static const struct reader_key top_keys[] = {
	{ "version", read_version },
	{ "name", read_name },
	{ "purpose", read_purpose },
	{ "mode", read_mode },
	{ "trust", read_trust },
	{ "require", read_require },
	{ "rights", read_rights },
	{ "rules", read_rules },
	{ "default", read_default },
	{ "on_error", read_on_error },
	{ NULL, NULL },
};

static prov_status
known(const struct reader *r, const struct yaml *y, void *into)
{
	(void)r;
	(void)y;
	(void)into;
	return (PROV_OK);
}

/* No key may be unknown, whatever is wrong behind the others. */
static prov_status
check_top(const struct reader *r, const struct yaml *top)
{
	struct reader_key keys[sizeof(top_keys) / sizeof(top_keys[0])];

	memcpy(keys, top_keys, sizeof(keys));
	for (size_t i = 0; keys[i].name != NULL; i++)
		keys[i].read = known;
	return (reader_map(r, top, "a policy", keys, NULL));
}

/* Without a quorum nobody says how old a head is, so all would be stale. */
static prov_status
check_age(const struct reader *r, const struct yaml *top)
{
	const struct yaml *y =
	    yaml_get(yaml_get(yaml_get(top, "trust"), "logs"), "max_age");

	if (y == NULL || r->p->trust->logs.quorum)
		return (PROV_OK);
	return (reader_fault(r, y,
	    "witnesses tell a head's age, and the tlog-policy asks for none: "
	    "it needs a quorum"));
}

static prov_status
read_top(const struct reader *r, const struct yaml *top)
{
	prov_status st;

	if ((st = check_top(r, top)) != PROV_OK)
		return (st);
	if (yaml_get(top, "version") == NULL)
		return (reader_fault(r, top, "no version; this one is 1"));
	for (size_t i = 0; top_keys[i].name != NULL; i++) {
		const struct yaml *y = yaml_get(top, top_keys[i].name);

		if (y != NULL && (st = top_keys[i].read(r, y, NULL)) != PROV_OK)
			return (st);
	}
	r->p->trust->rooted = true;
	return (check_age(r, top));
}

static void
auto_yaml(struct yaml **y)
{
	yaml_free(*y);
}

prov_status
policy_parse(prov_policy **out, prov_span bytes, const char *name,
    const char *dir, prov_err *err)
{
	__attribute__((cleanup(auto_yaml))) struct yaml *top = NULL;
	AUTO(prov_policy) *p = NULL;
	prov_status st;

	if ((st = policy_new(&p, err)) != PROV_OK ||
	    (st = reader_yaml(&top, bytes, name, err)) != PROV_OK ||
	    (st = read_top(&(struct reader){ p, name, dir, err }, top)) !=
		PROV_OK ||
	    (st = policy_seal(p, err)) != PROV_OK)
		return (st);
	*out = TAKE(p);
	return (PROV_OK);
}

prov_status
prov_policy_load(prov_policy **out, const char *path, prov_err *err)
{
	AUTO_FREE char *dir = reader_dir(path);
	AUTO_BUF b = { 0 };
	prov_status st;

	if (dir == NULL)
		return (prov_fail(err, PROV_ENOMEM, "policy"));
	if ((st = file_read(&b, path, YAML_SIZE_MAX, err)) != PROV_OK)
		return (st);
	return (policy_parse(out, buf_span(&b), path, dir, err));
}

const uint8_t *
prov_policy_digest(const prov_policy *p)
{
	return (p->digest);
}

const char *
prov_policy_name(const prov_policy *p)
{
	return (p->name);
}

enum purpose
policy_purpose(const prov_policy *p)
{
	return (p->purpose);
}

const char *
prov_policy_purpose(const prov_policy *p)
{
	switch (p->asked) {
	case ASKED_ONE:
		return (purpose_name(p->purpose));
	case ASKED_NONE:
		return ("none");
	case ASKED_ALL:
		break;
	}
	return ("all");
}

const prov_trust *
policy_trust(const prov_policy *p)
{
	return (p->trust);
}

bool
policy_trusts(const prov_policy *p, const char *signer)
{
	for (size_t i = 0; i < p->trust->n; i++)
		if (strcmp(p->trust->signers[i].key.name, signer) == 0)
			return (true);
	return (false);
}

bool
policy_accepts_clips(const prov_policy *p)
{
	if (p->at[SET_BINDING].number == PROV_BIND_CLIP)
		return (true);
	for (size_t i = 0; i < p->n_rules; i++)
		for (size_t k = 0; k < p->rules[i].n_set; k++)
			if (p->rules[i].set[k].what == SET_BINDING &&
			    p->rules[i].set[k].value.number == PROV_BIND_CLIP)
				return (true);
	return (false);
}
