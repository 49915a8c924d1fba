/* SPDX-License-Identifier: ISC */
#include "witness/tlogpolicy.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define FIELDS_MAX \
	300 /* "group", a name, a count and POLICY_KEYS_MAX members */

struct reader {
	struct tlogpolicy *p;
	const char *file;
	size_t line; /* from 1 */
	bool has_quorum;
	size_t n; /* fields of this line */
	char *field[FIELDS_MAX];
};

static void
member_clear(struct policy_member *m)
{
	free(m->name);
	free(m->key);
	free(m->url);
	free(m->at);
}

void
tlogpolicy_clear(struct tlogpolicy *p)
{
	for (size_t i = 0; i < p->n_lines; i++)
		free(p->lines[i]);
	for (size_t i = 0; i < p->n_logs; i++)
		free(p->log_url[i]);
	for (size_t i = 0; i < p->n_members; i++)
		member_clear(&p->members[i]);
	free(p->lines);
	free(p->logs);
	free(p->log_line);
	free(p->log_url);
	free(p->members);
	memset(p, 0, sizeof(*p));
}

static prov_status
fault(const struct reader *r, prov_err *err, const char *what)
{
	return (
	    prov_fail(err, PROV_EFORMAT, "%s:%zu: %s", r->file, r->line, what));
}

/* The same for what another stage says of it, which may be no fault of it. */
static prov_status
refuse(const struct reader *r, prov_err *err, prov_status st,
    const prov_err *why)
{
	if (st == PROV_ENOMEM)
		return (prov_fail(err, st, "tlog-policy"));
	return (fault(r, err, why->msg));
}

/* Puts a line in at position at; text has len bytes. */
static prov_status
line_insert(struct tlogpolicy *p, size_t at, const char *text, size_t len,
    prov_err *err)
{
	AUTO_FREE char *copy = malloc(len + 1);
	char **lines;

	if (p->n_lines == POLICY_LINES_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "tlog-policy has more than %d lines", POLICY_LINES_MAX));
	lines = realloc(p->lines, (p->n_lines + 1) * sizeof(*lines));
	if (lines != NULL)
		p->lines = lines;
	if (copy == NULL || lines == NULL)
		return (prov_fail(err, PROV_ENOMEM, "tlog-policy"));
	memcpy(copy, text, len);
	copy[len] = '\0';
	memmove(lines + at + 1, lines + at, (p->n_lines - at) * sizeof(*lines));
	lines[at] = TAKE(copy);
	p->n_lines++;
	return (PROV_OK);
}

/* Makes room for one more of size bytes behind n. */
static prov_status
grow(void *list, size_t n, size_t size, prov_err *err)
{
	void *grown, *old;

	memcpy(&old, list, sizeof(old));
	if ((grown = realloc(old, (n + 1) * size)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "tlog-policy"));
	memcpy(list, &grown, sizeof(grown));
	return (PROV_OK);
}

static prov_status
copy_str(char **out, const char *s, prov_err *err)
{
	if (s != NULL && (*out = strdup(s)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "tlog-policy"));
	return (PROV_OK);
}

static prov_status
log_insert(struct tlogpolicy *p, const prov_pubkey *key, const char *url,
    size_t line, prov_err *err)
{
	size_t n = p->n_logs;
	char *copy = NULL;
	prov_status st;

	if (n == POLICY_KEYS_MAX)
		return (prov_fail(err, PROV_ELIMIT, "more than %d logs",
		    POLICY_KEYS_MAX));
	if ((st = grow(&p->logs, n, sizeof(*p->logs), err)) != PROV_OK ||
	    (st = grow(&p->log_line, n, sizeof(*p->log_line), err)) !=
		PROV_OK ||
	    (st = grow(&p->log_url, n, sizeof(*p->log_url), err)) != PROV_OK ||
	    (st = copy_str(&copy, url, err)) != PROV_OK)
		return (st);
	p->logs[n] = *key;
	p->log_line[n] = line;
	p->log_url[n] = copy;
	p->n_logs++;
	return (PROV_OK);
}

struct policy_member *
tlogpolicy_member(const struct tlogpolicy *p, const char *name)
{
	for (size_t i = 0; i < p->n_members; i++) {
		if (strcmp(p->members[i].name, name) == 0)
			return (&p->members[i]);
	}
	return (NULL);
}

/* A new one at the end, named by the line's second word. */
static prov_status
member_add(struct reader *r, struct policy_member **out, prov_err *err)
{
	struct tlogpolicy *p = r->p;
	struct policy_member m = { .line = r->line - 1 };
	const char *name = r->field[1];
	prov_status st;

	if (strcmp(name, "none") == 0 || tlogpolicy_member(p, name) != NULL)
		return (fault(r, err, "this name is in use"));
	st = grow(&p->members, p->n_members, sizeof(m), err);
	if (st != PROV_OK || (st = copy_str(&m.name, name, err)) != PROV_OK)
		return (st);
	*out = &p->members[p->n_members++];
	**out = m;
	return (PROV_OK);
}

static prov_status
read_log(struct reader *r, prov_err *err)
{
	prov_err why = { 0 };
	prov_pubkey key;
	prov_status st;

	if (r->n < 2 || r->n > 3)
		return (fault(r, err, "a log line is: log VKEY [URL]"));
	st = prov_vkey_parse(&key, r->field[1], &why);
	if (st != PROV_OK)
		return (refuse(r, err, st, &why));
	for (size_t i = 0; i < r->p->n_logs; i++) {
		if (memcmp(r->p->logs[i].kid, key.kid, 32) == 0 ||
		    strcmp(r->p->logs[i].name, key.name) == 0)
			return (fault(r, err, "this log is there already"));
	}
	st = log_insert(r->p, &key, r->n == 3 ? r->field[2] : NULL, r->line - 1,
	    &why);
	return (st == PROV_OK ? st : refuse(r, err, st, &why));
}

/* Whether another witness has the key, whatever it is called there. */
static bool
has_key(const struct tlogpolicy *p, const struct cosigner *key)
{
	for (size_t i = 0; i < p->n_members; i++) {
		const struct cosigner *other = p->members[i].key;

		if (other != NULL && other->len == key->len &&
		    memcmp(other->key, key->key, key->len) == 0)
			return (true);
	}
	return (false);
}

static prov_status
read_witness(struct reader *r, prov_err *err)
{
	AUTO_FREE struct cosigner *key = malloc(sizeof(*key));
	struct policy_member *m;
	prov_err why = { 0 };
	prov_status st;

	if (key == NULL)
		return (prov_fail(err, PROV_ENOMEM, "tlog-policy"));
	if (r->n < 3 || r->n > 4)
		return (fault(r, err,
		    "a witness line is: witness NAME VKEY [URL]"));
	if ((st = cosigner_parse(key, r->field[2], &why)) != PROV_OK)
		return (refuse(r, err, st, &why));
	if (has_key(r->p, key))
		return (fault(r, err, "this witness key is there already"));
	if (r->p->n_witnesses == POLICY_KEYS_MAX)
		return (fault(r, err, "too many witnesses"));
	if ((st = member_add(r, &m, err)) != PROV_OK)
		return (st);
	m->key = TAKE(key);
	r->p->n_witnesses++;
	return (copy_str(&m->url, r->n == 4 ? r->field[3] : NULL, err));
}

/* The word for how many of n members: all, any, or their number. */
static bool
read_count(size_t *k, const char *word, size_t n)
{
	uint64_t v;

	if (strcmp(word, "all") == 0)
		v = n;
	else if (strcmp(word, "any") == 0)
		v = 1;
	else if (!u64_decode(&v, word, strlen(word)))
		return (false);
	*k = (size_t)v;
	return (v >= 1 && v <= n);
}

static prov_status
take_members(struct reader *r, size_t *at, prov_err *err)
{
	for (size_t i = 3; i < r->n; i++) {
		struct policy_member *m = tlogpolicy_member(r->p, r->field[i]);

		if (m == NULL)
			return (fault(r, err, "a member is not defined above"));
		if (m->taken)
			return (
			    fault(r, err, "a member is in a group already"));
		m->taken = true;
		at[i - 3] = (size_t)(m - r->p->members);
	}
	return (PROV_OK);
}

static prov_status
read_group(struct reader *r, prov_err *err)
{
	AUTO_FREE size_t *at = calloc(FIELDS_MAX, sizeof(*at));
	struct policy_member *m;
	prov_status st;
	size_t k;

	if (at == NULL)
		return (prov_fail(err, PROV_ENOMEM, "tlog-policy"));
	if (r->n < 4)
		return (fault(r, err,
		    "a group line is: group NAME all|any|K MEMBER ..."));
	if (!read_count(&k, r->field[2], r->n - 3))
		return (fault(r, err,
		    "a group needs all, any or a number of its members"));
	if (r->p->n_groups == POLICY_KEYS_MAX)
		return (fault(r, err, "too many groups"));
	if ((st = take_members(r, at, err)) != PROV_OK ||
	    (st = member_add(r, &m, err)) != PROV_OK)
		return (st);
	m->k = k;
	m->n = r->n - 3;
	m->at = TAKE(at);
	r->p->n_groups++;
	return (PROV_OK);
}

static prov_status
read_quorum(struct reader *r, prov_err *err)
{
	const struct policy_member *m;

	if (r->n != 2)
		return (fault(r, err, "a quorum line is: quorum NAME|none"));
	if (r->has_quorum)
		return (fault(r, err, "a second quorum line"));
	r->has_quorum = true;
	r->p->quorum_line = r->line - 1;
	if (strcmp(r->field[1], "none") == 0)
		return (PROV_OK);
	if ((m = tlogpolicy_member(r->p, r->field[1])) == NULL)
		return (fault(r, err, "the quorum is not defined above"));
	r->p->quorum = true;
	r->p->quorum_member = (size_t)(m - r->p->members);
	return (PROV_OK);
}

/* Splits text, which it writes to, at blanks. */
static prov_status
split(struct reader *r, char *text, prov_err *err)
{
	char *rest = NULL;

	r->n = 0;
	for (char *f = strtok_r(text, " \t", &rest); f != NULL;
	     f = strtok_r(NULL, " \t", &rest)) {
		if (r->n == FIELDS_MAX)
			return (fault(r, err, "too many words"));
		r->field[r->n++] = f;
	}
	return (PROV_OK);
}

static prov_status
read_line(struct reader *r, prov_err *err)
{
	static const struct {
		const char *word;
		prov_status (*read)(struct reader *r, prov_err *err);
	} kinds[] = {
		{ "log", read_log },
		{ "witness", read_witness },
		{ "group", read_group },
		{ "quorum", read_quorum },
	};
	AUTO_FREE char *text = strdup(r->p->lines[r->line - 1]);
	prov_status st;

	if (text == NULL)
		return (prov_fail(err, PROV_ENOMEM, "tlog-policy"));
	if ((st = split(r, text, err)) != PROV_OK)
		return (st);
	if (r->n == 0 || r->field[0][0] == '#')
		return (PROV_OK);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strcmp(kinds[i].word, r->field[0]) == 0)
			return (kinds[i].read(r, err));
	}
	return (fault(r, err, "not log, witness, group or quorum"));
}

/* Only tab, newline and what is not a control character. */
static prov_status
check_bytes(const struct reader *r, prov_span bytes, prov_err *err)
{
	for (size_t i = 0; i < bytes.len; i++) {
		uint8_t c = bytes.p[i];

		if ((c < 0x20 && c != '\t' && c != '\n') || c == 0x7f)
			return (prov_fail(err, PROV_EFORMAT,
			    "%s: byte %zu is a control character", r->file, i));
	}
	return (PROV_OK);
}

static prov_status
read_all(struct reader *r, prov_span bytes, prov_err *err)
{
	prov_status st;

	if ((st = check_bytes(r, bytes, err)) != PROV_OK)
		return (st);
	for (size_t at = 0; at < bytes.len;) {
		const uint8_t *end = memchr(bytes.p + at, '\n', bytes.len - at);
		size_t len =
		    end == NULL ? bytes.len - at : (size_t)(end - bytes.p) - at;

		st = line_insert(r->p, r->p->n_lines,
		    (const char *)bytes.p + at, len, err);
		r->line = r->p->n_lines;
		if (st != PROV_OK || (st = read_line(r, err)) != PROV_OK)
			return (st);
		at += len + 1;
	}
	if (!r->has_quorum)
		return (fault(r, err,
		    "no quorum line; without witnesses: quorum none"));
	return (PROV_OK);
}

prov_status
tlogpolicy_parse(struct tlogpolicy *out, prov_span bytes, const char *name,
    prov_err *err)
{
	struct tlogpolicy p = { 0 };
	struct reader r = { .p = &p, .file = name };
	prov_status st;

	if (bytes.len > POLICY_SIZE_MAX)
		return (prov_fail(err, PROV_ELIMIT, "%s: %zu bytes", name,
		    bytes.len));
	if ((st = read_all(&r, bytes, err)) != PROV_OK) {
		tlogpolicy_clear(&p);
		return (st);
	}
	*out = p;
	return (PROV_OK);
}

prov_status
tlogpolicy_init(struct tlogpolicy *p, prov_err *err)
{
	static const char text[] =
	    "# C2SP tlog-policy: which logs prov believes\nquorum none\n";

	return (tlogpolicy_parse(p, span(text, sizeof(text) - 1), "tlog-policy",
	    err));
}

void
tlogpolicy_encode(struct buf *b, const struct tlogpolicy *p)
{
	for (size_t i = 0; i < p->n_lines; i++) {
		buf_put_str(b, p->lines[i]);
		buf_put_byte(b, '\n');
	}
}

/* Witnesses, groups and quorum at or behind a line that came or went. */
static void
move_lines(struct tlogpolicy *p, size_t from, ptrdiff_t by)
{
	for (size_t i = 0; i < p->n_members; i++) {
		if (p->members[i].line >= from)
			p->members[i].line += (size_t)by;
	}
	if (p->quorum_line >= from)
		p->quorum_line += (size_t)by;
}

/* Behind the last log; the first one goes to the end. */
prov_status
tlogpolicy_add(struct tlogpolicy *p, const prov_pubkey *log, prov_err *err)
{
	char line[PROV_VKEY_MAX + 8] = "log ";
	size_t at = p->n_lines;
	prov_status st;

	for (size_t i = 0; i < p->n_logs; i++) {
		if (memcmp(p->logs[i].kid, log->kid, 32) == 0 ||
		    strcmp(p->logs[i].name, log->name) == 0)
			return (prov_fail(err, PROV_EEXIST,
			    "log %s is trusted already; to replace its key: "
			    "prov trust remove %s",
			    log->name, log->name));
		at = p->log_line[i] + 1;
	}
	prov_vkey_format(log, line + 4);
	if ((st = log_insert(p, log, NULL, at, err)) != PROV_OK)
		return (st);
	if ((st = line_insert(p, at, line, strlen(line), err)) != PROV_OK)
		p->n_logs--;
	else
		move_lines(p, at, 1);
	return (st);
}

void
tlogpolicy_remove(struct tlogpolicy *p, size_t log)
{
	size_t line = p->log_line[log];

	move_lines(p, line, -1);
	free(p->lines[line]);
	free(p->log_url[log]);
	p->n_lines--;
	memmove(p->lines + line, p->lines + line + 1,
	    (p->n_lines - line) * sizeof(*p->lines));
	p->n_logs--;
	memmove(p->logs + log, p->logs + log + 1,
	    (p->n_logs - log) * sizeof(*p->logs));
	memmove(p->log_line + log, p->log_line + log + 1,
	    (p->n_logs - log) * sizeof(*p->log_line));
	memmove(p->log_url + log, p->log_url + log + 1,
	    (p->n_logs - log) * sizeof(*p->log_url));
	for (size_t i = 0; i < p->n_logs; i++) {
		if (p->log_line[i] > line)
			p->log_line[i]--;
	}
}
