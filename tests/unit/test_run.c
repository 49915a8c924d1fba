/* SPDX-License-Identifier: ISC */
/* Runs that are vouched for, and signers who lie about them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>

#include "gate/summary.h"
#include "logged.h"
#include "prov/run.h"

struct bench {
	struct logged g;
	prov_ledger *l; /* open for appending */
	prov_trust *trust;
	char run[128];
};

/* The records of testdata/fuzz/run/three, as if this log had decided them. */
static void
write_run(struct bench *t)
{
	static const char theirs[] = "test/gate/log", ours[] = LOG_NAME;
	AUTO_FREE char *path =
	    path_join(getenv("srcdir"), "testdata/fuzz/run/three");
	AUTO_FREE char *text = NULL;
	AUTO_BUF in = { 0 }, out = { 0 };
	char *at, *found;

	assert_non_null(path);
	ok(file_read(&in, path, 1 << 20, err));
	ok(buf_take_str(&in, &text, err));
	for (at = text; (found = strstr(at, theirs)) != NULL;
	     at = found + strlen(theirs)) {
		buf_put(&out, at, (size_t)(found - at));
		buf_put_str(&out, ours);
	}
	buf_put_str(&out, at);
	ok(file_write(t->run, buf_span(&out), 0644, 0, err));
}

static void
open_bench(struct bench *t)
{
	prov_trust_signer signer = { 0 };

	memset(t, 0, sizeof(*t));
	assert_true(logged_open(&t->g));
	ok(prov_ledger_open_writer(&t->l, t->g.path, t->g.log, err));
	ok(logged_append(t->l, t->g.owner, 0, 5, 5, err));
	ok(prov_trust_new(&t->trust, err));
	signer.key = *prov_key_public(t->g.owner);
	ok(prov_trust_add_signer(t->trust, &signer, err));
	ok(prov_trust_add_log(t->trust, prov_key_public(t->g.log), err));
	(void)snprintf(t->run, sizeof(t->run), "%s/run.ndjson", t->g.dir);
	write_run(t);
}

static void
close_bench(struct bench *t)
{
	prov_ledger_close(t->l);
	prov_trust_free(t->trust);
	logged_close(&t->g);
}

/* Verifies, and expects a status and a word in what is said. */
static void
verifies(struct bench *t, int status, const char *word)
{
	const prov_verify_options o = { .trust = t->trust,
		.ledger_dir = t->g.path,
		.ledger_own = 1,
		.now = 1795466460 };
	prov_run_report *r = NULL;
	prov_verifier *v = NULL;
	char *json = NULL, *text = NULL;

	ok(prov_verifier_new(&v, &o, err));
	ok(prov_run_verify(v, t->run, NULL, NULL, &r, err));
	ok(prov_run_report_json(&json, r, err));
	ok(prov_run_report_text(&text, r, err));
	if (prov_run_report_status(r) != status || strstr(json, word) == NULL)
		fail_msg("not %d and %s: %s", status, word, json);
	assert_true((strncmp(text, "VERIFIED ", 9) == 0) == (status == 0));
	prov_free(json);
	prov_free(text);
	prov_run_report_free(r);
	prov_verifier_free(v);
}

static void
honest(void **state)
{
	struct bench t;
	prov_run_sign_options o = { 0 };
	prov_run_signed done, again;
	AUTO_FREE char *beside = NULL;
	AUTO_BUF envelope = { 0 };

	(void)state;
	open_bench(&t);
	verifies(&t, 1, "\"UNSIGNED\"");
	o.key = t.g.owner;
	o.ledger = t.l;
	ok(prov_run_sign(&o, t.run, &done, err));
	assert_int_equal(3, done.records);
	assert_int_equal(6, done.entry.index);
	assert_false(done.entry.existed);
	verifies(&t, 0, "\"envelope\":\"valid\"");
	ok(prov_run_sign(&o, t.run, &again, err));
	assert_true(again.entry.existed);
	assert_int_equal(6, again.entry.index);
	/* The same attestation, but not the bytes that were logged. */
	beside = prov_run_envelope(t.run);
	assert_non_null(beside);
	ok(file_read(&envelope, beside, 1 << 20, err));
	buf_put_byte(&envelope, ' ');
	ok(file_write(beside, buf_span(&envelope), 0644, 0, err));
	verifies(&t, 1, "\"run.envelope\"");
	close_bench(&t);
}

/* A key that the log does not take, or that nobody trusts. */
static void
others(void **state)
{
	struct bench t;
	prov_run_sign_options o = { 0 };
	prov_run_signed done;
	prov_entry entry;

	(void)state;
	open_bench(&t);
	o.key = t.g.other;
	o.ledger = t.l;
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_run_sign(&o, t.run, &done, NULL));
	ok(prov_ledger_register(t.l, t.g.owner, prov_key_public(t.g.other), 1,
	    &entry, err));
	ok(prov_run_sign(&o, t.run, &done, err));
	verifies(&t, 1, "\"UNTRUSTED\"");
	verifies(&t, 1, "\"envelope\":\"invalid\"");
	close_bench(&t);
}

/* What a signer says of the run that it did not do; logged all the same. */
static void
say(struct bench *t, void (*lie)(struct run_record *r))
{
	AUTO_FD int fd = open(t->run, O_RDONLY | O_CLOEXEC);
	AUTO_SUMMARY *s = NULL;
	AUTO_BUF payload = { 0 }, statement = { 0 };
	prov_entry entry;
	prov_span bytes;

	ok(summary_read(&s, fd, err));
	assert_int_equal(0, s->bad);
	memcpy(s->r.verifier, "prov gate 0", 12);
	assert_int_equal(1, s->r.n_heads);
	s->r.heads[0].has_root = true;
	ok(ledger_root_at(t->l, s->r.heads[0].size, s->r.heads[0].root, err));
	lie(&s->r);
	ok(run_record_encode(&payload, &s->r, err));
	ok(statement_sign(&statement, t->g.owner, PAYLOAD_RUN, s->r.root,
	    buf_span(&payload), err));
	bytes = buf_span(&statement);
	ok(prov_ledger_append(t->l, &bytes, 1, 1000, &entry, err));
}

static void
nothing(struct run_record *r)
{
	(void)r;
}

static void
decisions(struct run_record *r)
{
	r->decided[PROV_ALLOW]--;
	r->decided[PROV_QUARANTINE]++;
}

static void
reasons(struct run_record *r)
{
	r->n_reasons = 0;
}

static void
policy(struct run_record *r)
{
	r->policy[0] ^= 1;
}

static void
properties(struct run_record *r)
{
	r->passed.rights = r->passed.n;
	r->purpose = PURPOSE_AI_TRAINING;
}

static void
heads(struct run_record *r)
{
	r->heads[0].root[0] ^= 1;
}

static void
size(struct run_record *r)
{
	r->heads[0].size++;
}

static void
lines(struct run_record *r)
{
	r->lines[0] ^= 1;
}

static void
liars(void **state)
{
	static const struct {
		void (*lie)(struct run_record *r);
		int status;
		const char *word;
	} cases[] = {
		{ nothing, 0, "\"envelope\":\"unchecked\"" },
		{ decisions, 1, "\"run.counts\"" },
		{ reasons, 1, "\"run.counts\"" },
		{ policy, 1, "\"run.counts\"" },
		{ properties, 1, "\"run.counts\"" },
		{ lines, 1, "\"run.counts\"" },
		{ size, 1, "\"run.counts\"" },
		{ heads, 1, "\"run.head\"" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct bench t;

		open_bench(&t);
		say(&t, cases[i].lie);
		verifies(&t, cases[i].status, cases[i].word);
		close_bench(&t);
	}
}

/* The log takes no statement whose subject is not its record's root. */
static void
not_admitted(void **state)
{
	AUTO_BUF payload = { 0 }, statement = { 0 };
	static struct run_record r;
	struct bench t;
	prov_entry entry;
	prov_span bytes;
	AUTO_SUMMARY *s = NULL;

	(void)state;
	open_bench(&t);
	{
		AUTO_FD int fd = open(t.run, O_RDONLY | O_CLOEXEC);

		ok(summary_read(&s, fd, err));
	}
	r = s->r;
	memcpy(r.verifier, "prov gate 0", 12);
	ok(run_record_encode(&payload, &r, err));
	r.root[0] ^= 1;
	ok(statement_sign(&statement, t.g.owner, PAYLOAD_RUN, r.root,
	    buf_span(&payload), err));
	bytes = buf_span(&statement);
	assert_int_equal(PROV_EUNTRUSTED,
	    prov_ledger_append(t.l, &bytes, 1, 1000, &entry, NULL));
	statement.len = 0;
	ok(statement_sign(&statement, t.g.owner, PAYLOAD_RUN, r.root,
	    span("\xa0", 1), err));
	bytes = buf_span(&statement);
	assert_int_equal(PROV_EFORMAT,
	    prov_ledger_append(t.l, &bytes, 1, 1000, &entry, NULL));
	close_bench(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(honest),
		cmocka_unit_test(others),
		cmocka_unit_test(liars),
		cmocka_unit_test(not_admitted),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
