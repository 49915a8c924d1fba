/* SPDX-License-Identifier: ISC */
#include "verify/trust.h"

#include <fnmatch.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "base/glob.h"
#include "base/name.h"
#include "base/text.h"
#include "base/yaml.h"
#include "sign/pubkey.h"

#define TRUST_VERSION  "1"
#define POLICY_DEFAULT "tlog-policy"

static void
list_free(const char *const *list, size_t n)
{
	char **own = (char **)(uintptr_t)list;

	for (size_t i = 0; i < n; i++)
		free(own[i]);
	free(own);
}

static void
signer_clear(prov_trust_signer *s)
{
	list_free(s->iss, s->n_iss);
	list_free(s->paths, s->n_paths);
	memset(s, 0, sizeof(*s));
}
#define AUTO_SIGNER __attribute__((cleanup(signer_clear))) prov_trust_signer

void
prov_trust_free(prov_trust *trust)
{
	if (trust == NULL)
		return;
	for (size_t i = 0; i < trust->n; i++)
		signer_clear(&trust->signers[i]);
	free(trust->signers);
	tlogpolicy_clear(&trust->logs);
	free(trust);
}

prov_status
prov_trust_new(prov_trust **out, prov_err *err)
{
	AUTO(prov_trust) *t = calloc(1, sizeof(*t));
	prov_status st;

	if (t == NULL)
		return (prov_fail(err, PROV_ENOMEM, "trust"));
	memcpy(t->policy, POLICY_DEFAULT, sizeof(POLICY_DEFAULT));
	if ((st = tlogpolicy_init(&t->logs, err)) != PROV_OK)
		return (st);
	*out = TAKE(t);
	return (PROV_OK);
}

/* A place in trust.yaml, for messages. */
struct reader {
	prov_trust *trust;
	const char *file;
	prov_err *err;
};

static prov_status
fault(const struct reader *r, const struct yaml *y, const char *what)
{
	return (prov_fail(r->err, PROV_EFORMAT, "%s:%u:%u: %s", r->file,
	    y->line, y->column, what));
}

static bool
is_text(const struct yaml *y)
{
	return (y->type == YAML_SCALAR && y->text[0] != '\0');
}

/* Refuses keys that keys, ended by NULL, does not list. */
static prov_status
check_keys(const struct reader *r, const struct yaml *map,
    const char *const *keys)
{
	for (size_t i = 0; i < map->n; i++) {
		size_t k = 0;

		while (
		    keys[k] != NULL && strcmp(keys[k], map->keys[i].text) != 0)
			k++;
		if (keys[k] == NULL)
			return (fault(r, &map->keys[i], "unknown key"));
	}
	return (PROV_OK);
}

static prov_status
read_list(const struct reader *r, const struct yaml *y, const char *const **out,
    size_t *n)
{
	char **list;

	if (y == NULL)
		return (PROV_OK);
	if (y->type != YAML_LIST || y->n == 0)
		return (fault(r, y, "not a list with something in it"));
	if (y->n > TRUST_LIST_MAX)
		return (fault(r, y, "the list is too long"));
	if ((list = calloc(y->n, sizeof(*list))) == NULL)
		return (prov_fail(r->err, PROV_ENOMEM, "trust"));
	*out = (const char *const *)(uintptr_t)list;
	*n = y->n;
	for (size_t i = 0; i < y->n; i++) {
		if (!is_text(&y->at[i]))
			return (fault(r, &y->at[i], "not text"));
		if ((list[i] = strdup(y->at[i].text)) == NULL)
			return (prov_fail(r->err, PROV_ENOMEM, "trust"));
	}
	return (PROV_OK);
}

static prov_status
read_time(const struct reader *r, const struct yaml *y, int64_t *out)
{
	if (y == NULL)
		return (PROV_OK);
	if (!is_text(y) || !time_parse(out, y->text) || *out == 0)
		return (fault(r, y, "not a time such as 2026-11-23T20:41:00Z"));
	return (PROV_OK);
}

static prov_status
read_bool(const struct reader *r, const struct yaml *y, int *out)
{
	if (y == NULL)
		return (PROV_OK);
	if (y->type != YAML_SCALAR || !y->plain ||
	    (strcmp(y->text, "true") != 0 && strcmp(y->text, "false") != 0))
		return (fault(r, y, "neither true nor false"));
	*out = y->text[0] == 't';
	return (PROV_OK);
}

static prov_status
read_vkey(const struct reader *r, const struct yaml *map, prov_pubkey *out)
{
	const struct yaml *y = yaml_get(map, "vkey");
	prov_err why = { 0 };
	prov_status st;

	if (y == NULL)
		return (fault(r, map, "a signer needs a vkey"));
	if (!is_text(y))
		return (fault(r, y, "not text"));
	st = prov_vkey_parse(out, y->text, &why);
	if (st == PROV_ENOMEM)
		return (prov_fail(r->err, st, "trust"));
	return (st == PROV_OK ? st : fault(r, y, why.msg));
}

static prov_status
read_signer(const struct reader *r, const struct yaml *y)
{
	static const char *const keys[] = { "vkey", "iss", "paths",
		"not_before", "not_after", "may_revoke", NULL };
	AUTO_SIGNER s = { 0 };
	prov_err why = { 0 };
	prov_status st;

	if (y->type != YAML_MAP)
		return (fault(r, y, "a signer is a map with a vkey"));
	if ((st = check_keys(r, y, keys)) != PROV_OK ||
	    (st = read_vkey(r, y, &s.key)) != PROV_OK ||
	    (st = read_list(r, yaml_get(y, "iss"), &s.iss, &s.n_iss)) !=
		PROV_OK ||
	    (st = read_list(r, yaml_get(y, "paths"), &s.paths, &s.n_paths)) !=
		PROV_OK ||
	    (st = read_time(r, yaml_get(y, "not_before"), &s.not_before)) !=
		PROV_OK ||
	    (st = read_time(r, yaml_get(y, "not_after"), &s.not_after)) !=
		PROV_OK ||
	    (st = read_bool(r, yaml_get(y, "may_revoke"), &s.may_revoke)) !=
		PROV_OK)
		return (st);
	st = prov_trust_add_signer(r->trust, &s, &why);
	if (st == PROV_EEXIST)
		return (fault(r, y, "this key is there already"));
	if (st == PROV_ENOMEM)
		return (prov_fail(r->err, st, "trust"));
	return (st == PROV_OK ? st : fault(r, y, why.msg));
}

/* A file name beside trust.yaml: no directories, nothing hidden in dots. */
static prov_status
read_policy(const struct reader *r, const struct yaml *y)
{
	size_t len;

	if (y == NULL)
		return (PROV_OK);
	if (!is_text(y) || strchr(y->text, '/') != NULL ||
	    strcmp(y->text, ".") == 0 || strcmp(y->text, "..") == 0 ||
	    (len = strlen(y->text)) > NAME_MAX)
		return (fault(r, y, "not the name of a file beside this one"));
	memcpy(r->trust->policy, y->text, len + 1);
	return (PROV_OK);
}

static prov_status
read_version(const struct reader *r, const struct yaml *top)
{
	const struct yaml *y = yaml_get(top, "version");

	if (y == NULL)
		return (fault(r, top, "no version; this one is 1"));
	if (y->type != YAML_SCALAR || strcmp(y->text, TRUST_VERSION) != 0)
		return (fault(r, y, "not a version that this prov knows"));
	return (PROV_OK);
}

static prov_status
read_top(const struct reader *r, const struct yaml *top)
{
	static const char *const keys[] = { "version", "policy",
		"foreign_receipts", "signers", NULL };
	const struct yaml *signers;
	prov_status st;

	if (top->type != YAML_MAP)
		return (fault(r, top, "not a map"));
	if ((st = check_keys(r, top, keys)) != PROV_OK ||
	    (st = read_version(r, top)) != PROV_OK ||
	    (st = read_policy(r, yaml_get(top, "policy"))) != PROV_OK ||
	    (st = read_bool(r, yaml_get(top, "foreign_receipts"),
		 &r->trust->foreign_receipts)) != PROV_OK)
		return (st);
	if ((signers = yaml_get(top, "signers")) == NULL)
		return (PROV_OK);
	if (signers->type != YAML_LIST)
		return (fault(r, signers, "not a list of signers"));
	for (size_t i = 0; i < signers->n; i++) {
		if ((st = read_signer(r, &signers->at[i])) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

prov_status
trust_parse(prov_trust **out, prov_span bytes, const char *name, prov_err *err)
{
	AUTO(prov_trust) *t = NULL;
	struct yaml *top = NULL;
	prov_status st;

	if ((st = prov_trust_new(&t, err)) != PROV_OK ||
	    (st = yaml_parse(&top, bytes, name, err)) != PROV_OK)
		return (st);
	st = read_top(&(struct reader){ t, name, err }, top);
	yaml_free(top);
	if (st != PROV_OK)
		return (st);
	*out = TAKE(t);
	return (PROV_OK);
}

/* The tlog-policy's path, beside path. malloc'ed. */
static char *
policy_path(const prov_trust *t, const char *path)
{
	const char *slash = strrchr(path, '/');
	AUTO_FREE char *dir = NULL;

	if (slash == NULL)
		return (strdup(t->policy));
	dir = strndup(path, (size_t)(slash - path));
	return (dir == NULL ? NULL : path_join(dir, t->policy));
}

prov_status
prov_trust_load(prov_trust **out, const char *path, prov_err *err)
{
	AUTO(prov_trust) *t = NULL;
	AUTO_FREE char *policy = NULL;
	AUTO_BUF yaml = { 0 }, lines = { 0 };
	struct tlogpolicy logs;
	prov_status st;

	if ((st = file_read(&yaml, path, YAML_SIZE_MAX, err)) != PROV_OK ||
	    (st = trust_parse(&t, buf_span(&yaml), path, err)) != PROV_OK)
		return (st);
	if ((policy = policy_path(t, path)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "trust"));
	if ((st = file_read(&lines, policy, POLICY_SIZE_MAX, err)) != PROV_OK ||
	    (st = tlogpolicy_parse(&logs, buf_span(&lines), policy, err)) !=
		PROV_OK)
		return (st);
	tlogpolicy_clear(&t->logs);
	t->logs = logs;
	*out = TAKE(t);
	return (PROV_OK);
}

static void
put_list(struct buf *b, const char *key, const char *const *list, size_t n)
{
	if (n == 0)
		return;
	buf_printf(b, "    %s:\n", key);
	for (size_t i = 0; i < n; i++) {
		buf_put_str(b, "      - ");
		yaml_put_scalar(b, list[i]);
		buf_put_byte(b, '\n');
	}
}

static void
put_time(struct buf *b, const char *key, int64_t t)
{
	char text[32];

	if (t == 0)
		return;
	time_format(text, t);
	buf_printf(b, "    %s: ", key);
	yaml_put_scalar(b, text);
	buf_put_byte(b, '\n');
}

static void
put_signer(struct buf *b, const prov_trust_signer *s)
{
	char vkey[PROV_VKEY_MAX + 1];

	prov_vkey_format(&s->key, vkey);
	buf_put_str(b, "  - vkey: ");
	yaml_put_scalar(b, vkey);
	buf_put_byte(b, '\n');
	put_list(b, "iss", s->iss, s->n_iss);
	put_list(b, "paths", s->paths, s->n_paths);
	put_time(b, "not_before", s->not_before);
	put_time(b, "not_after", s->not_after);
	if (s->may_revoke)
		buf_put_str(b, "    may_revoke: true\n");
}

static void
put_trust(struct buf *b, const prov_trust *t)
{
	buf_put_str(b,
	    "# Whom prov believes: prov-trust(5). Written by prov trust.\n"
	    "version: " TRUST_VERSION "\npolicy: ");
	yaml_put_scalar(b, t->policy);
	if (t->foreign_receipts)
		buf_put_str(b, "\nforeign_receipts: true");
	buf_put_str(b, t->n == 0 ? "\nsigners: []\n" : "\nsigners:\n");
	for (size_t i = 0; i < t->n; i++)
		put_signer(b, &t->signers[i]);
}

prov_status
prov_trust_save(const prov_trust *trust, const char *path, prov_err *err)
{
	AUTO_FREE char *policy = policy_path(trust, path);
	AUTO_BUF yaml = { 0 }, lines = { 0 };
	prov_trust *check = NULL;
	prov_status st;

	if (policy == NULL)
		return (prov_fail(err, PROV_ENOMEM, "trust"));
	put_trust(&yaml, trust);
	tlogpolicy_encode(&lines, &trust->logs);
	if ((st = buf_done(&yaml, err)) != PROV_OK ||
	    (st = buf_done(&lines, err)) != PROV_OK)
		return (st);
	/* What cannot be read again must not replace what can. */
	if ((st = trust_parse(&check, buf_span(&yaml), path, err)) != PROV_OK)
		return (st);
	prov_trust_free(check);
	if ((st = file_write(policy, buf_span(&lines), 0644, FILE_SYNC, err)) !=
	    PROV_OK)
		return (st);
	return (file_write(path, buf_span(&yaml), 0644, FILE_SYNC, err));
}

static prov_status
list_copy(const char *const **out, size_t *n, const char *const *list,
    size_t count, prov_err *err)
{
	char **copy;

	if (count == 0)
		return (PROV_OK);
	if (count > TRUST_LIST_MAX)
		return (
		    prov_fail(err, PROV_ELIMIT, "a list of %zu names", count));
	if ((copy = calloc(count, sizeof(*copy))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "trust"));
	*out = (const char *const *)(uintptr_t)copy;
	*n = count;
	for (size_t i = 0; i < count; i++) {
		if (list[i] == NULL || list[i][0] == '\0')
			return (prov_fail(err, PROV_EARG, "an empty name"));
		if ((copy[i] = strdup(list[i])) == NULL)
			return (prov_fail(err, PROV_ENOMEM, "trust"));
	}
	return (PROV_OK);
}

static prov_status
check_signer(const prov_trust *t, const prov_trust_signer *s, prov_err *err)
{
	if (t->n == TRUST_SIGNERS_MAX)
		return (prov_fail(err, PROV_ELIMIT, "more than %d signers",
		    TRUST_SIGNERS_MAX));
	if (trust_find(t, s->key.kid) != NULL)
		return (prov_fail(err, PROV_EEXIST,
		    "%s is trusted already; to change how: "
		    "prov trust remove %s",
		    s->key.name, s->key.name));
	if (s->not_before != 0 && s->not_after != 0 &&
	    s->not_after < s->not_before)
		return (prov_fail(err, PROV_EARG,
		    "not-after is before not-before"));
	return (prov_name_check(s->key.name, err));
}

prov_status
prov_trust_add_signer(prov_trust *trust, const prov_trust_signer *signer,
    prov_err *err)
{
	AUTO_SIGNER s = { .not_before = signer->not_before,
		.not_after = signer->not_after,
		.may_revoke = signer->may_revoke != 0 };
	prov_trust_signer *grown;
	prov_status st;

	/* The kid is computed, never taken on somebody's word. */
	if ((st = pubkey_init(&s.key, signer->key.name, signer->key.key,
		 err)) != PROV_OK ||
	    (st = check_signer(trust, &s, err)) != PROV_OK ||
	    (st = list_copy(&s.iss, &s.n_iss, signer->iss, signer->n_iss,
		 err)) != PROV_OK ||
	    (st = list_copy(&s.paths, &s.n_paths, signer->paths,
		 signer->n_paths, err)) != PROV_OK)
		return (st);
	grown = realloc(trust->signers, (trust->n + 1) * sizeof(*grown));
	if (grown == NULL)
		return (prov_fail(err, PROV_ENOMEM, "trust"));
	trust->signers = grown;
	grown[trust->n++] = s;
	memset(&s, 0, sizeof(s));
	return (PROV_OK);
}

prov_status
prov_trust_add_log(prov_trust *trust, const prov_pubkey *log, prov_err *err)
{
	prov_pubkey key;
	prov_status st;

	if ((st = pubkey_init(&key, log->name, log->key, err)) != PROV_OK ||
	    (st = prov_name_check(key.name, err)) != PROV_OK)
		return (st);
	return (tlogpolicy_add(&trust->logs, &key, err));
}

/* By whole name, whole vkey, or at least 8 hex digits of the kid. */
static bool
key_is(const prov_pubkey *key, const char *what)
{
	char vkey[PROV_VKEY_MAX + 1], kid[65];
	size_t len = strlen(what);

	prov_vkey_format(key, vkey);
	hex_encode(kid, key->kid, 32);
	return (strcmp(key->name, what) == 0 || strcmp(vkey, what) == 0 ||
		(len >= 8 && len <= 64 && strncmp(kid, what, len) == 0));
}

static void
signer_remove(prov_trust *t, size_t i)
{
	signer_clear(&t->signers[i]);
	t->n--;
	memmove(t->signers + i, t->signers + i + 1,
	    (t->n - i) * sizeof(*t->signers));
}

prov_status
prov_trust_remove(prov_trust *trust, const char *what, prov_err *err)
{
	size_t found = 0, signer = trust->n, log = trust->logs.n_logs;

	for (size_t i = 0; i < trust->n; i++) {
		if (key_is(&trust->signers[i].key, what)) {
			signer = i;
			found++;
		}
	}
	for (size_t i = 0; i < trust->logs.n_logs; i++) {
		if (key_is(&trust->logs.logs[i], what)) {
			log = i;
			found++;
		}
	}
	if (found == 0)
		return (prov_fail(err, PROV_ENOTFOUND,
		    "no signer or log %.80s; see prov trust list", what));
	if (found > 1)
		return (prov_fail(err, PROV_EARG,
		    "%zu keys are %.80s; name one by its vkey", found, what));
	if (signer < trust->n)
		signer_remove(trust, signer);
	else
		tlogpolicy_remove(&trust->logs, log);
	return (PROV_OK);
}

size_t
prov_trust_signers(const prov_trust *trust)
{
	return (trust->n);
}

const prov_trust_signer *
prov_trust_signer_at(const prov_trust *trust, size_t i)
{
	return (i < trust->n ? &trust->signers[i] : NULL);
}

size_t
prov_trust_logs(const prov_trust *trust)
{
	return (trust->logs.n_logs);
}

const prov_pubkey *
prov_trust_log_at(const prov_trust *trust, size_t i)
{
	return (i < trust->logs.n_logs ? &trust->logs.logs[i] : NULL);
}

const prov_trust_signer *
trust_find(const prov_trust *trust, const uint8_t kid[32])
{
	for (size_t i = 0; i < trust->n; i++) {
		if (memcmp(trust->signers[i].key.kid, kid, 32) == 0)
			return (&trust->signers[i]);
	}
	return (NULL);
}

bool
trust_allows_iss(const prov_trust_signer *signer, const char *iss)
{
	if (signer->n_iss == 0)
		return (strcmp(signer->key.name, iss) == 0);
	for (size_t i = 0; i < signer->n_iss; i++) {
		if (strcmp(signer->iss[i], iss) == 0)
			return (true);
	}
	return (false);
}

static bool
glob_takes(const char *glob, const char *path)
{
	if (glob[0] == '/')
		return (fnmatch(glob, path, 0) == 0);
	for (const char *at = path; (at = strchr(at, '/')) != NULL;) {
		if (fnmatch(glob, ++at, 0) == 0)
			return (true);
	}
	return (false);
}

bool
trust_allows_path(const prov_trust *trust, const prov_trust_signer *signer,
    const char *path)
{
	if (signer->n_paths == 0)
		return (true);
	if (path == NULL ||
	    (trust->rooted &&
		name_check(span(path, strlen(path)), NULL) != PROV_OK))
		return (false);
	for (size_t i = 0; i < signer->n_paths; i++) {
		if (trust->rooted ? glob_path(signer->paths[i], path)
				  : glob_takes(signer->paths[i], path))
			return (true);
	}
	return (false);
}

bool
trust_valid_at(const prov_trust_signer *signer, int64_t t)
{
	return ((signer->not_before == 0 || t >= signer->not_before) &&
		(signer->not_after == 0 || t <= signer->not_after));
}
