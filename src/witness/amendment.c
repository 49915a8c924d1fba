/* SPDX-License-Identifier: ISC */
#include "witness/amendment.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

/* A policy being written anew: line i of the old one, or another. */
struct draft {
	const struct tlogpolicy *p;
	struct buf b;
};

static void
draft_clear(struct draft *d)
{
	buf_free(&d->b);
}
#define AUTO_DRAFT __attribute__((cleanup(draft_clear))) struct draft

static void
put_line(struct draft *d, size_t i)
{
	buf_put_str(&d->b, d->p->lines[i]);
	buf_put_byte(&d->b, '\n');
}

/* What was written takes the place of what was there, if it is a policy. */
static prov_status
adopt(struct tlogpolicy *p, struct draft *d, prov_err *err)
{
	struct tlogpolicy next;
	prov_status st;

	if ((st = buf_done(&d->b, err)) != PROV_OK ||
	    (st = tlogpolicy_parse(&next, buf_span(&d->b), "tlog-policy",
		 err)) != PROV_OK)
		return (st);
	tlogpolicy_clear(p);
	*p = next;
	return (PROV_OK);
}

/* How many of a group's members: as it stands in its line. */
static void
group_word(char out[24], const struct tlogpolicy *p,
    const struct policy_member *g)
{
	AUTO_FREE char *copy = strdup(p->lines[g->line]);
	char *rest = NULL, *word = NULL;

	(void)snprintf(out, 24, "%zu", g->k);
	if (copy == NULL)
		return;
	for (int i = 0; i < 3; i++)
		word = strtok_r(i == 0 ? copy : NULL, " \t", &rest);
	if (word != NULL &&
	    (strcmp(word, "all") == 0 || strcmp(word, "any") == 0))
		(void)snprintf(out, 24, "%s", word);
}

/* A group's line with another count, without one member, with another. */
static void
put_group(struct draft *d, const struct policy_member *g, const char *word,
    const char *without, const char *with)
{
	buf_printf(&d->b, "group %s %s", g->name, word);
	for (size_t i = 0; i < g->n; i++) {
		const char *name = d->p->members[g->at[i]].name;

		if (without == NULL || strcmp(name, without) != 0)
			buf_printf(&d->b, " %s", name);
	}
	buf_printf(&d->b, "%s%s\n", with != NULL ? " " : "",
	    with != NULL ? with : "");
}

/* Where witnesses go: before the first line that may name them. */
static size_t
first_use(const struct tlogpolicy *p)
{
	size_t at = p->quorum_line;

	for (size_t i = 0; i < p->n_members; i++) {
		if (p->members[i].key == NULL && p->members[i].line < at)
			at = p->members[i].line;
	}
	return (at);
}

/* The word is one of the file's: no blanks, nothing that the reader refuses. */
static prov_status
check_word(const char *what, const char *word, prov_err *err)
{
	if (word[0] != '\0' && word[strcspn(word, " \t\r\n")] == '\0')
		return (PROV_OK);
	return (prov_fail(err, PROV_EARG, "a %s has no blanks in it", what));
}

/* The group that a first witness makes, and a quorum where there is none. */
static void
put_first_group(struct draft *d, const char *name)
{
	const struct tlogpolicy *p = d->p;

	buf_printf(&d->b, "group %s all %s\n", AMENDMENT_GROUP, name);
	if (!p->quorum)
		buf_printf(&d->b, "quorum %s\n", AMENDMENT_GROUP);
	else
		put_line(d, p->quorum_line);
}

static void
draft_add(struct draft *d, const char *name, const char *vkey, const char *url)
{
	const struct tlogpolicy *p = d->p;
	const struct policy_member *g = tlogpolicy_member(p, AMENDMENT_GROUP);
	size_t at = first_use(p);
	char word[24];

	for (size_t i = 0; i < p->n_lines; i++) {
		if (i == at)
			buf_printf(&d->b, "witness %s %s%s%s\n", name, vkey,
			    url != NULL ? " " : "", url != NULL ? url : "");
		if (g != NULL && i == g->line) {
			group_word(word, p, g);
			put_group(d, g, word, NULL, name);
		} else if (g == NULL && i == p->quorum_line) {
			put_first_group(d, name);
		} else {
			put_line(d, i);
		}
	}
}

prov_status
amendment_add(struct tlogpolicy *p, const char *name, const char *vkey,
    const char *url, prov_err *err)
{
	AUTO_FREE struct cosigner *key = calloc(1, sizeof(*key));
	const struct policy_member *g;
	AUTO_DRAFT d = { .p = p };
	prov_status st;

	if (key == NULL)
		return (prov_fail(err, PROV_ENOMEM, "witness"));
	if ((st = cosigner_parse(key, vkey, err)) != PROV_OK)
		return (st);
	name = name != NULL ? name : key->name;
	if ((st = check_word("name", name, err)) != PROV_OK ||
	    (url != NULL && (st = check_word("URL", url, err)) != PROV_OK))
		return (st);
	if (tlogpolicy_member(p, name) != NULL)
		return (prov_fail(err, PROV_EEXIST,
		    "%s is in the policy already", name));
	g = tlogpolicy_member(p, AMENDMENT_GROUP);
	if (g != NULL && g->key != NULL)
		return (prov_fail(err, PROV_EARG,
		    "a witness is called %s, as the group of all is; rename "
		    "it",
		    AMENDMENT_GROUP));
	draft_add(&d, name, vkey, url);
	return (adopt(p, &d, err));
}

/* The group that a member is in, or NULL. */
static const struct policy_member *
group_of(const struct tlogpolicy *p, const struct policy_member *m)
{
	for (size_t i = 0; i < p->n_members; i++) {
		const struct policy_member *g = &p->members[i];

		for (size_t k = 0; k < g->n; k++)
			if (&p->members[g->at[k]] == m)
				return (g);
	}
	return (NULL);
}

static bool
is_quorum(const struct tlogpolicy *p, const struct policy_member *m)
{
	return (p->quorum && &p->members[p->quorum_member] == m);
}

/* A group that asks for all shrinks; one that counts keeps its number. */
static bool
is_removable(const struct tlogpolicy *p, const struct policy_member *m,
    const struct policy_member *g, const char *word)
{
	if (is_quorum(p, m))
		return (false);
	if (g == NULL)
		return (true);
	if (g->n == 1)
		return (!is_quorum(p, g) && group_of(p, g) == NULL);
	return (g->k < g->n || strcmp(word, "all") == 0);
}

prov_status
amendment_remove(struct tlogpolicy *p, const char *name, prov_err *err)
{
	const struct policy_member *m = tlogpolicy_member(p, name), *g;
	AUTO_DRAFT d = { .p = p };
	char word[24] = "";

	if (m == NULL || m->key == NULL)
		return (prov_fail(err, PROV_ENOTFOUND,
		    "no witness %.100s; see prov ledger witness list", name));
	if ((g = group_of(p, m)) != NULL)
		group_word(word, p, g);
	if (!is_removable(p, m, g, word))
		return (prov_fail(err, PROV_EARG,
		    "the quorum needs %.100s; first: prov ledger witness "
		    "quorum",
		    name));
	for (size_t i = 0; i < p->n_lines; i++) {
		if (i == m->line || (g != NULL && i == g->line && g->n == 1))
			continue;
		if (g != NULL && i == g->line)
			put_group(&d, g, word, name, NULL);
		else
			put_line(&d, i);
	}
	return (adopt(p, &d, err));
}

/* Whether the word is a count rather than a name. */
static bool
is_count(const char *word)
{
	uint64_t n;

	return (strcmp(word, "all") == 0 || strcmp(word, "any") == 0 ||
		u64_decode(&n, word, strlen(word)));
}

/* All witnesses that no group has, where there is no group of theirs yet. */
static prov_status
put_free_group(struct draft *d, const char *word, prov_err *err)
{
	size_t n = 0;

	for (size_t i = 0; i < d->p->n_members; i++) {
		const struct policy_member *m = &d->p->members[i];

		if (m->key == NULL || m->taken)
			continue;
		if (n++ == 0)
			buf_printf(&d->b, "group %s %s", AMENDMENT_GROUP, word);
		buf_printf(&d->b, " %s", m->name);
	}
	if (n == 0)
		return (prov_fail(err, PROV_EARG,
		    "no witness that is in no group; first: prov ledger "
		    "witness add"));
	buf_put_byte(&d->b, '\n');
	return (PROV_OK);
}

prov_status
amendment_quorum(struct tlogpolicy *p, const char *what, prov_err *err)
{
	const struct policy_member *g = tlogpolicy_member(p, AMENDMENT_GROUP);
	bool count = is_count(what);
	AUTO_DRAFT d = { .p = p };
	prov_status st;

	if ((st = check_word("name", what, err)) != PROV_OK)
		return (st);
	if (!count && strcmp(what, "none") != 0 &&
	    tlogpolicy_member(p, what) == NULL)
		return (prov_fail(err, PROV_EARG,
		    "%.100s is not all, any, a number or none, and no witness "
		    "or group",
		    what));
	for (size_t i = 0; i < p->n_lines; i++) {
		if (count && g != NULL && i == g->line)
			put_group(&d, g, what, NULL, NULL);
		else if (i == p->quorum_line)
			continue;
		else
			put_line(&d, i);
	}
	if (count && g == NULL &&
	    (st = put_free_group(&d, what, err)) != PROV_OK)
		return (st);
	buf_printf(&d.b, "quorum %s\n", count ? AMENDMENT_GROUP : what);
	return (adopt(p, &d, err));
}
