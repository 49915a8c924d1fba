/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "policy/reader.h"
#include "policy/reason.h"

/* What may be asked about, and what an answer can be. */
struct match_info {
	const char *name;
	bool (*can_match)(const struct reader *r, const char *glob);
	const char *const *words; /* the only ones; NULL: any text */
	const char *hint;
};

static bool
is_scope(const struct reader *r, const char *glob)
{
	(void)r;
	return (glob_valid(glob));
}

static bool
is_code(const struct reader *r, const char *glob)
{
	(void)r;
	return (code_exists(glob));
}

static bool
is_source_type(const struct reader *r, const char *glob)
{
	(void)r;
	return (settings[SET_SOURCE_DENY].can_match(glob));
}

static bool
is_license(const struct reader *r, const char *glob)
{
	(void)r;
	return (settings[SET_LICENSE_DENY].can_match(glob));
}

static bool
is_media_type(const struct reader *r, const char *glob)
{
	(void)r;
	return (settings[SET_MEDIA_TYPE].can_match(glob));
}

static const char *const bindings[] = { "exact", "streams", "clip", "none",
	NULL };
static const char *const carriers[] = { "sidecar", "ledger", "none", NULL };
static const char *const uses[] = { "silent", "allowed", "constrained",
	"notAllowed", NULL };
static const char *const origins[] = { "captured", "ingested", "generated",
	"transformed", "unstated", NULL };

static const struct match_info matches[MATCH_N] = {
	[MATCH_PATH] = { "path", is_scope, NULL,
	    "a name below the root, such as vendor/acme/**" },
	[MATCH_SIGNER] = { "signer", reader_knows_signer, NULL,
	    "the name of a signer whom the policy trusts" },
	[MATCH_ISS] = { "iss", NULL, NULL, NULL },
	[MATCH_REASON] = { "reason", is_code, NULL,
	    "a reason code of prov-verify(1) or prov-policy(5)" },
	[MATCH_SOURCE_TYPE] = { "source_type", is_source_type, source_types,
	    "an IPTC digital source type" },
	[MATCH_LICENSE] = { "license", is_license, NULL,
	    "one SPDX license identifier" },
	[MATCH_MEDIA_TYPE] = { "media_type", is_media_type, NULL,
	    "a media type such as video/mp4 or image/*" },
	[MATCH_BINDING] = { "binding", NULL, bindings, NULL },
	[MATCH_CARRIER] = { "carrier", NULL, carriers, NULL },
	[MATCH_RIGHTS] = { "rights", NULL, uses, NULL },
	[MATCH_ORIGIN] = { "origin", NULL, origins, NULL },
	[MATCH_TENANT] = { "tenant", NULL, NULL, NULL },
};

const char *
match_name(enum match m)
{
	return (matches[m].name);
}

static prov_status
check_answer(const struct reader *r, const struct yaml *y, const void *arg)
{
	const struct match_info *info = arg;
	size_t n = 0;

	if (info->can_match != NULL) {
		if (info->can_match(r, y->text))
			return (PROV_OK);
		if (info->words == NULL)
			return (reader_fault(r, y, "\"%.60s\" is not %s",
			    y->text, info->hint));
	} else if (info->words == NULL)
		return (PROV_OK);
	for (; info->words[n] != NULL; n++)
		if (strcmp(info->words[n], y->text) == 0)
			return (PROV_OK);
	return (reader_unknown(r, y, "value", info->words, n));
}

static prov_status
unknown_match(const struct reader *r, const struct yaml *y)
{
	const char *names[MATCH_N];

	for (size_t m = 0; m < MATCH_N; m++)
		names[m] = matches[m].name;
	return (reader_unknown(r, y, "key", names, MATCH_N));
}

static prov_status
read_match(const struct reader *r, const struct yaml *y, void *into)
{
	struct rule *rule = into;

	if (y->type != YAML_MAP || y->n == 0)
		return (reader_fault(r, y,
		    "not a map with something in it; without match a rule is "
		    "about all"));
	for (size_t i = 0; i < y->n; i++) {
		size_t m = 0;
		prov_status st;

		while (m < MATCH_N &&
		       strcmp(matches[m].name, y->keys[i].text) != 0)
			m++;
		if (m == MATCH_N)
			return (unknown_match(r, &y->keys[i]));
		if ((st = reader_words(r, &y->at[i], WORDS_MAX, check_answer,
			 &matches[m], &rule->match[m])) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

static prov_status
read_change(const struct reader *r, const struct yaml *key,
    const struct yaml *y, struct rule *rule)
{
	const char *names[SETTING_N];

	for (size_t s = 0; s < SETTING_N; s++) {
		names[s] = settings[s].name;
		if (strcmp(settings[s].name, key->text) == 0) {
			struct change *c = &rule->set[rule->n_set++];

			c->what = (enum setting)s;
			return (reader_value(r, y, c->what, &c->value));
		}
	}
	return (reader_unknown(r, key, "requirement", names, SETTING_N));
}

/* Each key is there once, so there are at most as many as settings. */
static prov_status
read_set(const struct reader *r, const struct yaml *y, void *into)
{
	struct rule *rule = into;
	prov_status st;

	if (y->type != YAML_MAP || y->n == 0)
		return (reader_fault(r, y,
		    "not a map such as {require.binding: clip}"));
	if ((rule->set = calloc(SETTING_N, sizeof(*rule->set))) == NULL)
		return (reader_no_memory(r));
	for (size_t i = 0; i < y->n; i++)
		if ((st = read_change(r, &y->keys[i], &y->at[i], rule)) !=
		    PROV_OK)
			return (st);
	return (PROV_OK);
}

static prov_status
read_then(const struct reader *r, const struct yaml *y, void *into)
{
	static const struct word words[] = {
		{ "deny", THEN_DENY },
		{ "quarantine", THEN_QUARANTINE },
		{ NULL, 0 },
	};
	struct rule *rule = into;
	uint64_t n = 0;
	prov_status st;

	if (y->type == YAML_SCALAR && strcmp(y->text, "allow") == 0)
		return (reader_fault(r, y,
		    "a rule allows nothing by itself: `set` the requirement "
		    "that is not met instead"));
	st = reader_word(r, y, words, &n);
	rule->then = (enum then)n;
	return (st);
}

static prov_status
read_route(const struct reader *r, const struct yaml *y, void *into)
{
	struct rule *rule = into;
	prov_status st;

	if ((st = reader_copy(r, y, ROUTE_MAX, rule->route)) != PROV_OK)
		return (st);
	if (rule->route[strspn(rule->route,
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
		"0123456789._-")] != '\0' ||
	    rule->route[0] == '.' || rule->route[0] == '-')
		return (reader_fault(r, y,
		    "a route is a word of letters, digits, dots, dashes and "
		    "underscores"));
	return (PROV_OK);
}

static prov_status
read_note(const struct reader *r, const struct yaml *y, void *into)
{
	struct rule *rule = into;
	prov_status st;

	if ((st = reader_text(r, y, POLICY_NOTE_MAX)) != PROV_OK)
		return (st);
	rule->note = strdup(y->text);
	return (rule->note == NULL ? reader_no_memory(r) : PROV_OK);
}

static prov_status
check_rule(const struct reader *r, const struct yaml *y)
{
	const struct yaml *then = yaml_get(y, "then");
	bool set = yaml_get(y, "set") != NULL;
	bool route = yaml_get(y, "route") != NULL;

	if (then == NULL && !set && !route)
		return (reader_fault(r, y,
		    "a rule needs one of set, then and route"));
	if (then != NULL && (set || route))
		return (reader_fault(r, then,
		    "`then` lets nothing in, so `set` and `route` do not go "
		    "with it"));
	return (PROV_OK);
}

static prov_status
read_rule(const struct reader *r, const struct yaml *y, struct rule *rule)
{
	static const struct reader_key keys[] = {
		{ "match", read_match },
		{ "set", read_set },
		{ "then", read_then },
		{ "route", read_route },
		{ "note", read_note },
		{ NULL, NULL },
	};
	prov_status st;

	if ((st = reader_map(r, y, "a rule", keys, rule)) != PROV_OK)
		return (st);
	return (check_rule(r, y));
}

prov_status
read_rules(const struct reader *r, const struct yaml *y, void *into)
{
	prov_policy *p = r->p;
	prov_status st;

	(void)into;
	if (y->type != YAML_LIST)
		return (reader_fault(r, y, "not a list of rules"));
	if (y->n > RULES_MAX)
		return (reader_fault(r, y, "%zu rules, more than %d", y->n,
		    RULES_MAX));
	if ((p->rules = calloc(y->n + 1, sizeof(*p->rules))) == NULL)
		return (reader_no_memory(r));
	while (p->n_rules < y->n) {
		size_t i = p->n_rules++;

		if ((st = read_rule(r, &y->at[i], &p->rules[i])) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}
