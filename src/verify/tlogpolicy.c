/* SPDX-License-Identifier: ISC */
#include "verify/tlogpolicy.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"

#define FIELDS_MAX \
	300 /* "group", a name, a count and POLICY_KEYS_MAX members */

/* A name that a group or the quorum may use. */
struct member {
	char *name;
	bool taken; /* in a group: a name is in at most one */
};

struct reader {
	struct tlogpolicy *p;
	const char *file;
	size_t line; /* from 1 */
	size_t n_members;
	struct member members[2 * POLICY_KEYS_MAX];
	bool has_quorum;
	size_t n; /* fields of this line */
	char *field[FIELDS_MAX];
};

static void
reader_clear(struct reader *r)
{
	for (size_t i = 0; i < r->n_members; i++)
		free(r->members[i].name);
}
#define AUTO_READER __attribute__((cleanup(reader_clear))) struct reader

void
tlogpolicy_clear(struct tlogpolicy *p)
{
	for (size_t i = 0; i < p->n_lines; i++)
		free(p->lines[i]);
	free(p->lines);
	free(p->logs);
	free(p->log_line);
	memset(p, 0, sizeof(*p));
}

static prov_status
fault(const struct reader *r, prov_err *err, const char *what)
{
	return (
	    prov_fail(err, PROV_EFORMAT, "%s:%zu: %s", r->file, r->line, what));
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

static prov_status
log_insert(struct tlogpolicy *p, const prov_pubkey *key, size_t line,
    prov_err *err)
{
	prov_pubkey *logs;
	size_t *lines;

	if (p->n_logs == POLICY_KEYS_MAX)
		return (prov_fail(err, PROV_ELIMIT, "more than %d logs",
		    POLICY_KEYS_MAX));
	logs = realloc(p->logs, (p->n_logs + 1) * sizeof(*logs));
	if (logs != NULL)
		p->logs = logs;
	lines = realloc(p->log_line, (p->n_logs + 1) * sizeof(*lines));
	if (lines != NULL)
		p->log_line = lines;
	if (logs == NULL || lines == NULL)
		return (prov_fail(err, PROV_ENOMEM, "tlog-policy"));
	logs[p->n_logs] = *key;
	lines[p->n_logs++] = line;
	return (PROV_OK);
}

static struct member *
member_find(struct reader *r, const char *name)
{
	for (size_t i = 0; i < r->n_members; i++) {
		if (strcmp(r->members[i].name, name) == 0)
			return (&r->members[i]);
	}
	return (NULL);
}

static prov_status
member_add(struct reader *r, const char *name, prov_err *err)
{
	size_t max = sizeof(r->members) / sizeof(r->members[0]);
	char *copy;

	if (strcmp(name, "none") == 0 || member_find(r, name) != NULL)
		return (fault(r, err, "this name is in use"));
	if (r->n_members == max)
		return (fault(r, err, "too many witnesses and groups"));
	if ((copy = strdup(name)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "tlog-policy"));
	r->members[r->n_members++] = (struct member){ .name = copy };
	return (PROV_OK);
}

static prov_status
read_log(struct reader *r, prov_err *err)
{
	prov_err why = { 0 };
	prov_pubkey key;

	if (r->n < 2 || r->n > 3)
		return (fault(r, err, "a log line is: log VKEY [URL]"));
	if (prov_vkey_parse(&key, r->field[1], &why) != PROV_OK)
		return (fault(r, err, why.msg));
	for (size_t i = 0; i < r->p->n_logs; i++) {
		if (memcmp(r->p->logs[i].kid, key.kid, 32) == 0 ||
		    strcmp(r->p->logs[i].name, key.name) == 0)
			return (fault(r, err, "this log is there already"));
	}
	return (log_insert(r->p, &key, r->line - 1, err));
}

/*
 * The form of a witness key, name+hash+base64: its type need not be one that
 * this library can check, so only the form is judged.
 */
static bool
witness_key(const char *vkey)
{
	const char *hash = strchr(vkey, '+');
	AUTO_BUF key = { .max = NAME_MAX + 4096 };
	uint8_t id[4];

	if (hash == NULL || hash == vkey || strlen(hash) < 11 ||
	    hash[9] != '+' || !hex_decode(id, 4, hash + 1, 8))
		return (false);
	return (
	    base64_decode(&key, hash + 10, strlen(hash + 10)) && key.len > 1);
}

static prov_status
read_witness(struct reader *r, prov_err *err)
{
	if (r->n < 3 || r->n > 4)
		return (fault(r, err,
		    "a witness line is: witness NAME VKEY [URL]"));
	if (!witness_key(r->field[2]))
		return (fault(r, err, "this is no verifier key"));
	r->p->n_witnesses++;
	return (member_add(r, r->field[1], err));
}

static prov_status
read_group(struct reader *r, prov_err *err)
{
	struct member *m;
	uint64_t k;

	if (r->n < 4)
		return (fault(r, err,
		    "a group line is: group NAME all|any|K MEMBER ..."));
	if (strcmp(r->field[2], "all") != 0 &&
	    strcmp(r->field[2], "any") != 0 &&
	    (!u64_decode(&k, r->field[2], strlen(r->field[2])) || k == 0 ||
		k > r->n - 3))
		return (fault(r, err,
		    "a group needs all, any or a number of its members"));
	for (size_t i = 3; i < r->n; i++) {
		if ((m = member_find(r, r->field[i])) == NULL)
			return (fault(r, err, "a member is not defined above"));
		if (m->taken)
			return (
			    fault(r, err, "a member is in a group already"));
		m->taken = true;
	}
	r->p->n_groups++;
	return (member_add(r, r->field[1], err));
}

static prov_status
read_quorum(struct reader *r, prov_err *err)
{
	if (r->n != 2)
		return (fault(r, err, "a quorum line is: quorum NAME|none"));
	if (r->has_quorum)
		return (fault(r, err, "a second quorum line"));
	r->has_quorum = true;
	if (strcmp(r->field[1], "none") == 0)
		return (PROV_OK);
	if (member_find(r, r->field[1]) == NULL)
		return (fault(r, err, "the quorum is not defined above"));
	r->p->quorum = true;
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
	AUTO_READER r = { .p = &p, .file = name };
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
	if ((st = log_insert(p, log, at, err)) != PROV_OK)
		return (st);
	if ((st = line_insert(p, at, line, strlen(line), err)) != PROV_OK)
		p->n_logs--;
	return (st);
}

void
tlogpolicy_remove(struct tlogpolicy *p, size_t log)
{
	size_t line = p->log_line[log];

	free(p->lines[line]);
	p->n_lines--;
	memmove(p->lines + line, p->lines + line + 1,
	    (p->n_lines - line) * sizeof(*p->lines));
	p->n_logs--;
	memmove(p->logs + log, p->logs + log + 1,
	    (p->n_logs - log) * sizeof(*p->logs));
	memmove(p->log_line + log, p->log_line + log + 1,
	    (p->n_logs - log) * sizeof(*p->log_line));
	for (size_t i = 0; i < p->n_logs; i++) {
		if (p->log_line[i] > line)
			p->log_line[i]--;
	}
}
