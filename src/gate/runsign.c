/* SPDX-License-Identifier: ISC */
/* Signing a run that is over, by a process that reads no media. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "carrier/sidecar.h"
#include "gate/dsse.h"
#include "gate/summary.h"
#include "gate/svr.h"
#include "ledger/ledger.h"
#include "policy/policy.h"
#include "prov/run.h"
#include "sign/statement.h"

#define WAIT_MS 30000 /* for other writers' batches */

/* What is made of a run, step by step. */
struct making {
	const prov_run_sign_options *o;
	struct summary *run;
	struct buf envelope, statement;
};

static void
making_clear(struct making *m)
{
	summary_free(m->run);
	buf_free(&m->envelope);
	buf_free(&m->statement);
}
#define AUTO_MAKING __attribute__((cleanup(making_clear))) struct making

char *
prov_run_envelope(const char *run)
{
	static const char suffix[] = ".ndjson";
	size_t len = strlen(run), n = sizeof(suffix) - 1;
	AUTO_BUF b = { 0 };
	char *name = NULL;

	if (len > n && strcmp(run + len - n, suffix) == 0 &&
	    run[len - n - 1] != '/')
		len -= n;
	buf_put(&b, run, len);
	buf_put_str(&b, ".intoto.json");
	return (buf_take_str(&b, &name, NULL) == PROV_OK ? name : NULL);
}

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return (slash != NULL ? slash + 1 : path);
}

static prov_status
read_run(struct making *m, const char *path, prov_err *err)
{
	AUTO_FD int fd = -1;
	struct stat sb;
	prov_status st;

	if ((st = file_open(&fd, &sb, path, err)) != PROV_OK ||
	    (st = summary_read(&m->run, fd, err)) != PROV_OK)
		return (st);
	if (m->run->bad != 0)
		return (prov_fail(err, PROV_EFORMAT, "line %llu: %.400s",
		    (unsigned long long)m->run->bad, m->run->why.msg));
	if (m->run->r.n == 0)
		return (
		    prov_fail(err, PROV_EFORMAT, "nothing was decided in it"));
	return (PROV_OK);
}

/* The policy's name is that of the very policy that decided. */
static prov_status
name_policy(struct making *m, prov_err *err)
{
	struct run_record *r = &m->run->r;
	const char *name;

	if (m->o->policy == NULL)
		return (PROV_OK);
	if (memcmp(prov_policy_digest(m->o->policy), r->policy, 32) != 0)
		return (prov_fail(err, PROV_EARG,
		    "it was decided by another policy"));
	name = prov_policy_name(m->o->policy);
	if (strlen(name) >= sizeof(r->policy_name))
		return (prov_fail(err, PROV_ELIMIT, "the policy's name"));
	/* What is no printable ASCII is left to the policy itself. */
	for (const char *s = name; *s != '\0'; s++)
		if (*s < ' ' || *s > '~')
			return (PROV_OK);
	memcpy(r->policy_name, name, strlen(name) + 1);
	return (PROV_OK);
}

/* The log at hand shows what it was when the decisions were made. */
static prov_status
add_roots(struct making *m, prov_err *err)
{
	struct run_record *r = &m->run->r;
	prov_ledger *l = m->o->ledger;
	prov_status st;

	for (size_t i = 0; i < r->n_heads; i++) {
		struct run_head *h = &r->heads[i];

		if (strcmp(h->origin, prov_ledger_origin(l)) != 0)
			continue;
		if ((st = ledger_root_at(l, h->size, h->root, err)) != PROV_OK)
			return (st);
		h->has_root = true;
	}
	return (PROV_OK);
}

static prov_status
make_envelope(struct making *m, const char *path, prov_err *err)
{
	struct run_record *r = &m->run->r;
	AUTO_BUF statement = { 0 };
	prov_status st;

	(void)snprintf(r->verifier, sizeof(r->verifier), "prov gate %.48s",
	    prov_version());
	if ((st = svr_put(&statement, r, base_name(path), err)) != PROV_OK ||
	    (st = dsse_sign(&m->envelope, m->o->key, buf_span(&statement),
		 err)) != PROV_OK)
		return (st);
	return (sha256_of(r->envelope, buf_span(&m->envelope), err));
}

static prov_status
make_statement(struct making *m, prov_err *err)
{
	const struct run_record *r = &m->run->r;
	AUTO_BUF payload = { 0 };
	prov_status st;

	if ((st = run_record_encode(&payload, r, err)) != PROV_OK)
		return (st);
	return (statement_sign(&m->statement, m->o->key, PAYLOAD_RUN, r->root,
	    buf_span(&payload), err));
}

static prov_status
write_sidecar(const struct making *m, const char *path, uint64_t index,
    prov_err *err)
{
	AUTO_FREE struct sidecar *s = calloc(1, sizeof(*s));
	AUTO_FREE char *name = sidecar_path(path, NULL), *proof = NULL;
	AUTO_BUF receipt = { 0 }, out = { 0 };
	prov_status st;

	if (s == NULL || name == NULL)
		return (prov_fail(err, PROV_ENOMEM, "sidecar"));
	if ((st = prov_ledger_prove(m->o->ledger, index, &proof, err)) !=
	    PROV_OK)
		return (st);
	s->statement = buf_span(&m->statement);
	s->proof = span(proof, strlen(proof));
	s->lines = buf_span(&m->run->lines);
	if ((st = ledger_receipt(m->o->ledger, s->proof, &receipt, err)) !=
	    PROV_OK)
		return (st);
	s->receipt = buf_span(&receipt);
	if ((st = sidecar_encode(&out, s, err)) != PROV_OK)
		return (st);
	return (file_write(name, buf_span(&out), 0644, FILE_SYNC, err));
}

static prov_status
write_envelope(const struct making *m, const char *path, prov_err *err)
{
	AUTO_FREE char *beside = prov_run_envelope(path);
	const char *name = m->o->envelope != NULL ? m->o->envelope : beside;

	if (name == NULL)
		return (prov_fail(err, PROV_ENOMEM, "envelope"));
	return (file_write(name, buf_span(&m->envelope), 0644, FILE_SYNC, err));
}

static void
fill(prov_run_signed *out, const struct making *m, const prov_entry *entry)
{
	const struct run_record *r = &m->run->r;

	out->records = r->n;
	memcpy(out->root, r->root, sizeof(out->root));
	_Static_assert(sizeof(out->decisions) == sizeof(r->decided),
	    "one count for each decision");
	memcpy(out->decisions, r->decided, sizeof(out->decisions));
	out->entry = *entry;
}

/* The log first: what lies beside a run and is not logged proves nothing. */
prov_status
prov_run_sign(const prov_run_sign_options *options, const char *run,
    prov_run_signed *out, prov_err *err)
{
	unsigned wait_ms = options->wait_ms != 0 ? options->wait_ms : WAIT_MS;
	AUTO_MAKING m = { .o = options };
	prov_entry entry = { 0 };
	prov_span bytes;
	prov_status st;

	if ((st = read_run(&m, run, err)) != PROV_OK ||
	    (st = name_policy(&m, err)) != PROV_OK ||
	    (st = add_roots(&m, err)) != PROV_OK ||
	    (st = make_envelope(&m, run, err)) != PROV_OK ||
	    (st = make_statement(&m, err)) != PROV_OK)
		return (st);
	bytes = buf_span(&m.statement);
	if ((st = prov_ledger_append(options->ledger, &bytes, 1, wait_ms,
		 &entry, err)) != PROV_OK ||
	    (st = write_envelope(&m, run, err)) != PROV_OK ||
	    (st = write_sidecar(&m, run, entry.index, err)) != PROV_OK)
		return (st);
	fill(out, &m, &entry);
	return (PROV_OK);
}
