/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/glob.h"
#include "policy/reader.h"
#include "sign/pubkey.h"

/* A signer as it is read; what it lends to trust is freed with it. */
struct signer {
	prov_trust_signer s;
	char name[PROV_NAME_MAX + 1]; /* "" the key's own */
	struct words iss, paths;
};

static void
signer_clear(struct signer *s)
{
	words_free(&s->iss);
	words_free(&s->paths);
}
#define AUTO_SIGNER __attribute__((cleanup(signer_clear))) struct signer

/* What is wrong with what stands there, or with the file that it names. */
static prov_status
file_fault(const struct reader *r, const struct yaml *y, prov_status st,
    const prov_err *why)
{
	if (st == PROV_ENOMEM)
		return (reader_no_memory(r));
	return (prov_fail(r->err, st, "%s:%u:%u: %s", r->file, y->line,
	    y->column, why->msg));
}

static prov_status
check_scope(const struct reader *r, const struct yaml *y, const void *arg)
{
	(void)arg;
	if (glob_valid(y->text))
		return (PROV_OK);
	return (reader_fault(r, y,
	    "\"%.60s\" is no scope below the root, such as vendor/acme/**",
	    y->text));
}

static prov_status
read_key(const struct reader *r, const struct yaml *y, void *into)
{
	struct signer *s = into;
	prov_err why = { 0 };
	prov_status st;

	if ((st = reader_text(r, y, PROV_VKEY_MAX)) != PROV_OK)
		return (st);
	st = prov_vkey_parse(&s->s.key, y->text, &why);
	return (st == PROV_OK ? st : file_fault(r, y, st, &why));
}

static prov_status
read_name(const struct reader *r, const struct yaml *y, void *into)
{
	struct signer *s = into;
	prov_err why = { 0 };
	prov_status st;

	if ((st = reader_copy(r, y, PROV_NAME_MAX, s->name)) != PROV_OK)
		return (st);
	if (prov_name_check(s->name, &why) != PROV_OK)
		return (reader_fault(r, y, "%s", why.msg));
	return (PROV_OK);
}

static prov_status
read_iss(const struct reader *r, const struct yaml *y, void *into)
{
	struct signer *s = into;

	return (reader_words(r, y, TRUST_LIST_MAX, NULL, NULL, &s->iss));
}

static prov_status
read_paths(const struct reader *r, const struct yaml *y, void *into)
{
	struct signer *s = into;

	return (
	    reader_words(r, y, TRUST_LIST_MAX, check_scope, NULL, &s->paths));
}

static prov_status
read_not_before(const struct reader *r, const struct yaml *y, void *into)
{
	struct signer *s = into;

	return (reader_time(r, y, &s->s.not_before));
}

static prov_status
read_not_after(const struct reader *r, const struct yaml *y, void *into)
{
	struct signer *s = into;

	return (reader_time(r, y, &s->s.not_after));
}

static prov_status
read_may_revoke(const struct reader *r, const struct yaml *y, void *into)
{
	struct signer *s = into;
	bool may = false;
	prov_status st = reader_bool(r, y, &may);

	s->s.may_revoke = may;
	return (st);
}

/* Who is called otherwise here still signs as the key's own name. */
static prov_status
rename_signer(const struct reader *r, struct signer *s)
{
	if (s->name[0] == '\0')
		return (PROV_OK);
	if (s->iss.n == 0) {
		if ((s->iss.at = calloc(1, sizeof(*s->iss.at))) == NULL ||
		    (s->iss.at[0] = strdup(s->s.key.name)) == NULL)
			return (reader_no_memory(r));
		s->iss.n = 1;
	}
	memcpy(s->s.key.name, s->name, sizeof(s->name));
	return (PROV_OK);
}

static bool
name_taken(const prov_trust *t, const char *name)
{
	for (size_t i = 0; i < t->n; i++)
		if (strcmp(t->signers[i].key.name, name) == 0)
			return (true);
	return (false);
}

static prov_status
add_signer(const struct reader *r, const struct yaml *y, struct signer *s)
{
	prov_err why = { 0 };
	prov_status st;

	if ((st = rename_signer(r, s)) != PROV_OK)
		return (st);
	s->s.iss = (const char *const *)s->iss.at;
	s->s.n_iss = s->iss.n;
	s->s.paths = (const char *const *)s->paths.at;
	s->s.n_paths = s->paths.n;
	/* Rules name signers, so a name is one signer's. */
	if (name_taken(r->p->trust, s->s.key.name))
		return (reader_fault(r, y,
		    "a signer named %.80s is there already; say another name",
		    s->s.key.name));
	st = prov_trust_add_signer(r->p->trust, &s->s, &why);
	if (st == PROV_EEXIST)
		return (reader_fault(r, y, "this key is there already"));
	return (st == PROV_OK ? st : file_fault(r, y, st, &why));
}

static prov_status
read_signer(const struct reader *r, const struct yaml *y)
{
	static const struct reader_key keys[] = {
		{ "name", read_name },
		{ "key", read_key },
		{ "iss", read_iss },
		{ "paths", read_paths },
		{ "not_before", read_not_before },
		{ "not_after", read_not_after },
		{ "may_revoke", read_may_revoke },
		{ NULL, NULL },
	};
	AUTO_SIGNER s = { 0 };
	prov_status st;

	if ((st = reader_map(r, y, "a signer", keys, &s)) != PROV_OK)
		return (st);
	if (yaml_get(y, "key") == NULL)
		return (reader_fault(r, y,
		    "a signer needs a key: what prov key show prints"));
	return (add_signer(r, y, &s));
}

static prov_status
read_signers(const struct reader *r, const struct yaml *y, void *into)
{
	prov_status st;

	(void)into;
	if (y->type != YAML_LIST || y->n == 0)
		return (reader_fault(r, y, "not a list of signers"));
	for (size_t i = 0; i < y->n; i++)
		if ((st = read_signer(r, &y->at[i])) != PROV_OK)
			return (st);
	return (PROV_OK);
}

static prov_status
take_logs(const struct reader *r, const struct yaml *y, prov_span bytes,
    const char *name)
{
	struct tlogpolicy logs;
	prov_err why = { 0 };
	prov_status st;

	if ((st = tlogpolicy_parse(&logs, bytes, name, &why)) != PROV_OK)
		return (file_fault(r, y, st, &why));
	tlogpolicy_clear(&r->p->trust->logs);
	r->p->trust->logs = logs;
	return (PROV_OK);
}

static prov_status
read_logs_policy(const struct reader *r, const struct yaml *y, void *into)
{
	AUTO_FREE char *path = NULL;
	AUTO_BUF b = { 0 };
	prov_err why = { 0 };
	prov_status st;

	(void)into;
	if ((st = reader_file(r, y, &path)) != PROV_OK)
		return (st);
	if ((st = file_read(&b, path, POLICY_SIZE_MAX, &why)) != PROV_OK)
		return (file_fault(r, y, st, &why));
	return (take_logs(r, y, buf_span(&b), path));
}

static prov_status
read_lines(const struct reader *r, const struct yaml *y, void *into)
{
	(void)into;
	if (y->type != YAML_SCALAR || y->text[0] == '\0')
		return (reader_fault(r, y, "not the lines of a tlog-policy"));
	return (take_logs(r, y, span(y->text, strlen(y->text)), "tlog-policy"));
}

static prov_status
read_max_age(const struct reader *r, const struct yaml *y, void *into)
{
	(void)into;
	if (y->type != YAML_SCALAR ||
	    !duration_parse(&r->p->max_age, y->text) || r->p->max_age == 0)
		return (reader_fault(r, y,
		    "not a duration such as 90s, 15m, 24h or 7d"));
	return (PROV_OK);
}

static prov_status
read_logs(const struct reader *r, const struct yaml *y, void *into)
{
	static const struct reader_key keys[] = {
		{ "policy", read_logs_policy },
		{ "lines", read_lines },
		{ "max_age", read_max_age },
		{ NULL, NULL },
	};
	prov_status st;

	if ((st = reader_map(r, y, "logs", keys, into)) != PROV_OK)
		return (st);
	if (yaml_get(y, "policy") != NULL && yaml_get(y, "lines") != NULL)
		return (reader_fault(r, y,
		    "logs are those of a policy file or of lines, not both"));
	return (PROV_OK);
}

/* Scopes of a trust file are read as a policy's: one that cannot be, is not. */
static prov_status
check_scopes(const struct reader *r, const struct yaml *y, const prov_trust *t)
{
	for (size_t i = 0; i < t->n; i++) {
		const prov_trust_signer *s = &t->signers[i];

		for (size_t k = 0; k < s->n_paths; k++)
			if (!glob_valid(s->paths[k]))
				return (reader_fault(r, y,
				    "%.60s: path \"%.60s\" of %.60s is no "
				    "scope below the root, such as "
				    "vendor/acme/**",
				    y->text, s->paths[k], s->key.name));
	}
	return (PROV_OK);
}

static prov_status
read_file(const struct reader *r, const struct yaml *y, void *into)
{
	AUTO(prov_trust) *t = NULL;
	AUTO_FREE char *path = NULL;
	prov_err why = { 0 };
	prov_status st;

	(void)into;
	if ((st = reader_file(r, y, &path)) != PROV_OK)
		return (st);
	if ((st = prov_trust_load(&t, path, &why)) != PROV_OK)
		return (file_fault(r, y, st, &why));
	if ((st = check_scopes(r, y, t)) != PROV_OK)
		return (st);
	prov_trust_free(r->p->trust);
	r->p->trust = TAKE(t);
	return (PROV_OK);
}

/* A trust file has signers and logs, so nothing but an age goes beside it. */
static prov_status
check_file_alone(const struct reader *r, const struct yaml *y)
{
	const struct yaml *logs = yaml_get(y, "logs");

	if (yaml_get(y, "file") == NULL)
		return (PROV_OK);
	if (yaml_get(y, "signers") != NULL)
		return (reader_fault(r, y,
		    "trust is either a file or signers and logs, not both"));
	if (yaml_get(logs, "policy") != NULL || yaml_get(logs, "lines") != NULL)
		return (reader_fault(r, logs,
		    "the trust file names the logs; max_age alone may stand "
		    "here"));
	return (PROV_OK);
}

prov_status
read_trust(const struct reader *r, const struct yaml *y, void *into)
{
	static const struct reader_key keys[] = {
		{ "file", read_file },
		{ "signers", read_signers },
		{ "logs", read_logs },
		{ NULL, NULL },
	};
	prov_status st;

	if (y->type == YAML_MAP && (st = check_file_alone(r, y)) != PROV_OK)
		return (st);
	return (reader_map(r, y, "trust", keys, into));
}
