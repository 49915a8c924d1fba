/* SPDX-License-Identifier: ISC */
/*
 * What signatures, sidecars and those who verify are refused for: by the check
 * that is there for it, which says so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <sys/resource.h>

#include "asked.h"
#include "base/text.h"
#include "prov/manifest.h"
#include "refused.h"
#include "runs.h"
#include "sample.h"
#include "sign/key.h"
#include "sign/pubkey.h"
#include "sign/receipt.h"
#include "small.h"
#include "spans.h"
#include "verify/dossier.h"
#include "verify/facts_json.h"
#include "verify/known.h"
#include "verify/pairing.h"
#include "verify/verdict.h"
#include "witness/client.h"
#include "witnesses.h"

static void
put_hex(struct buf *b, const char *hex)
{
	size_t n = strlen(hex) / 2;
	uint8_t *p = buf_grow(b, n);

	assert_non_null(p);
	assert_true(hex_decode(p, n, hex, 2 * n));
}

/* A seed that is a byte short. */
static void
seeds(void **state)
{
	AUTO(prov_key) *key = logged_key(OWNER_NAME, 2);
	AUTO_BUF b = { 0 };
	prov_key *got = NULL;

	(void)state;
	ok(key_encode(&b, key, span(NULL, 0), err));
	for (size_t i = 0; i + 34 <= b.len; i++)
		if (i + 34 == b.len && memcmp(b.p + i, "\x58\x20", 2) == 0)
			b.p[i + 1] = 0x1f;
	b.len--;
	refused(PROV_EFORMAT, "a seed of 31 bytes",
	    key_decode(&got, buf_span(&b), NULL, NULL, "k", err));
	assert_null(got);
}

#if defined(__SANITIZE_ADDRESS__)
#define OWN_MEMORY 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define OWN_MEMORY 1
#endif
#endif

#ifndef OWN_MEMORY
/* What a passphrase needs is more than there is. */
static void
passphrases(void **state)
{
	AUTO(prov_key) *key = logged_key(OWNER_NAME, 2);
	struct rlimit was, now;
	AUTO_BUF b = { 0 };
	unsigned long pages = 0;
	FILE *f = fopen("/proc/self/statm", "r");
	prov_status st;
	prov_err err = { 0 };

	(void)state;
	if (f == NULL) {
		printf("# no /proc: passphrases not tried\n");
		return;
	}
	assert_int_equal(1, fscanf(f, "%lu", &pages));
	assert_int_equal(0, fclose(f));
	assert_int_equal(0, getrlimit(RLIMIT_AS, &was));
	now = was;
	now.rlim_cur =
	    (rlim_t)pages * (rlim_t)sysconf(_SC_PAGESIZE) + (16U << 20);
	assert_int_equal(0, setrlimit(RLIMIT_AS, &now));
	st = key_encode(&b, key, str("correct horse"), &err);
	assert_int_equal(0, setrlimit(RLIMIT_AS, &was));
	assert_int_equal(PROV_ENOMEM, st);
	assert_non_null(strstr(err.msg, "the passphrase needs"));
}
#endif

static void
receipts(void **state)
{
	static const char *const rows[][2] = {
		{ "a119018ca0", "0 kinds of proof" },
		{ "a119018ca2208140218140", "2 kinds of proof" },
		{ "a119018ca12080", "0 proofs of kind -1" },
		{ "a119018ca1218140", "1 proofs of kind -2" },
	};
	const uint8_t sig[64] = { 0 };
	struct receipt r;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_BUF b = { 0 };

		put_hex(&b, "d28447a219018b010127");
		put_hex(&b, rows[i][0]);
		put_hex(&b, "f6");
		cbor_put_bytes(&b, span(sig, sizeof(sig)));
		refused(PROV_EUNSUPPORTED, rows[i][1],
		    receipt_parse(&r, buf_span(&b), err));
	}
}

/* The log's line, and a byte too much in it. */
static void
receipt_lines(void **state)
{
	uint8_t sig[64], raw[4 + 65] = { 0 };
	struct small s;

	(void)state;
	small_open(&s);
	ok(pubkey_long_id(raw, prov_key_public(s.log), NOTE_RECEIPT, err));
	buf_put_str(&s.note, "\xe2\x80\x94 " LOG_NAME " ");
	base64_put(&s.note, span(raw, sizeof(raw)));
	buf_put_str(&s.note, "\n");
	refused(PROV_EFORMAT, "receipt: a signature of 65 bytes",
	    receipt_line(sig, buf_span(&s.note), prov_key_public(s.log), err));
	small_close(&s);
}

/* A run record's statement, whose subject begins with this byte. */
static void
put_run(struct buf *b, const prov_key *key, uint8_t first)
{
	struct run_record r;
	AUTO_BUF payload = { 0 };
	uint8_t subject[32];

	runs_sample(&r);
	memcpy(subject, r.root, 32);
	subject[0] = first;
	ok(run_record_encode(&payload, &r, err));
	ok(statement_sign(b, key, PAYLOAD_RUN, subject, buf_span(&payload),
	    err));
}

static void
statements(void **state)
{
	AUTO(prov_key) *key = logged_key(OWNER_NAME, 2);
	AUTO_BUF asset = { 0 }, other = { 0 };
	struct evidence *e = NULL;

	(void)state;
	assert_true(logged_statement(&asset, key, 1));
	refused(PROV_EFORMAT, "holds no run record but",
	    evidence_run_new(&e, buf_span(&asset), err));
	put_run(&other, key, 0);
	refused(PROV_EFORMAT, "on another run than its subject",
	    evidence_run_new(&e, buf_span(&other), err));
	assert_null(e);
}

static void
openings(void **state)
{
	AUTO(prov_key) *key = logged_key(OWNER_NAME, 2);
	AUTO_FREE struct sidecar *s = calloc(1, sizeof(*s));
	AUTO_BUF run = { 0 }, b = { 0 };
	char *out = NULL;

	(void)state;
	assert_non_null(s);
	put_run(&run, key, 0xab);
	s->statement = buf_span(&run);
	s->n_openings = 1;
	s->openings[0].item = span("\x82\x61k\x61v", 5);
	ok(sidecar_encode(&b, s, err));
	refused(PROV_EFORMAT, "openings, and no manifest that they open",
	    prov_show(&out, buf_span(&b), 0, err));
	assert_null(out);
}

static prov_status
read_facts(const char *text, prov_err *err)
{
	struct jsonin *held = NULL;
	struct facts f;
	prov_status st;

	st = facts_parse(&f, &held, str(text), err);
	jsonin_free(held);
	return (st);
}

static void
facts(void **state)
{
	static const char *const rows[][2] = {
		{ "{\"v\":1,\"signed_at\":\"2026-11-23T20:41:00Z\"}",
		    "statement, kid and signed_at stand together" },
		{ "{\"v\":1,\"log_index\":1}", "with a larger" },
		{ "{\"v\":1,\"log_index\":1,\"checkpoint_size\":1}",
		    "with a larger" },
		{ "{\"v\":1,\"seen\":{\"use\":{\"aipref\":{\"ai_training\":"
		  "\"allowed\"}}}}",
		    "what nobody signed grants nothing" },
		{ "{\"v\":1,\"binding\":\"loose\"}",
		    "binding is no such value" },
		{ "{\"v\":2}", "v is no such value" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		refused(PROV_EFORMAT, rows[i][1], read_facts(rows[i][0], err));
}

/* What is read of a cache, whoever wrote it. */
static void
known(void **state)
{
	AUTO_FREE struct known *k = calloc(2, sizeof(*k));
	const uint8_t key[32] = { 0 };
	AUTO_BUF b = { 0 };
	uint8_t *at;

	(void)state;
	assert_non_null(k);
	k->n = 1;
	memcpy(k->at[0].iss, "demo", 5);
	k->at[0].claimed.use[0][0] = (enum use)99;
	ok(known_encode(&b, k, err));
	refused(PROV_EFORMAT, "use 99", known_decode(&k[1], buf_span(&b), err));
	k->at[0].claimed.use[0][0] = (enum use)0;
	k->at[0].origin = (prov_origin)99;
	b.len = 0;
	ok(known_encode(&b, k, err));
	refused(PROV_EFORMAT, "origin class 99",
	    known_decode(&k[1], buf_span(&b), err));
	k->at[0].origin = PROV_ORIGIN_CAPTURED;
	k->at[0].has_supersedes = true;
	memset(k->at[0].supersedes, 0x5e, 32);
	b.len = 0;
	ok(known_encode(&b, k, err));
	ok(known_decode(&k[1], buf_span(&b), err));
	at = memmem(b.p, b.len, "\x58\x20\x5e\x5e", 4);
	assert_non_null(at);
	at[1] = 0x1f;
	memmove(at + 2, at + 3, b.len - (size_t)(at + 3 - b.p));
	b.len--;
	refused(PROV_EFORMAT, "supersedes: 31 bytes",
	    known_decode(&k[1], buf_span(&b), err));
	refused(PROV_ELIMIT,
	    "known: ", known_decode(&k[1], many(KNOWN_MAX + 1), err));
	refused(PROV_ELIMIT, "known: 31 bytes",
	    known_open(&k[1], key, many(31), err));
	refused(PROV_EFORMAT, "known: damaged",
	    known_open(&k[1], key, buf_span(&b), err));
}

static void
limits(void **state)
{
	struct manifest m = { .n_streams = STREAMS_MAX + 1 };
	const prov_identity id = { .n = 0 };
	struct pairing *p = NULL;
	struct dossier d = { .n = 0 };
	struct evidence *e;

	(void)state;
	refused(PROV_ELIMIT, "limit.streams: more than",
	    pairing_new(&p, &m, NULL, &id, err));
	assert_null(p);
	for (size_t i = 0; i < EVIDENCE_MAX; i++) {
		assert_non_null(e = evidence_empty());
		ok(dossier_add(&d, e, err));
	}
	assert_non_null(e = evidence_empty());
	refused(PROV_ELIMIT, "statements", dossier_add(&d, e, err));
	assert_int_equal(EVIDENCE_MAX, d.n);
	evidence_free(e);
	dossier_clear(&d);
}

static void
many_files(void **state)
{
	AUTO(prov_verdict) *v = NULL;
	prov_report *r = NULL;

	(void)state;
	ok(verdict_new(&v, "a", err));
	verdict_settle(v);
	ok(prov_report_new(&r, NULL, err));
	for (size_t i = 0; i < 100000; i++)
		ok(prov_report_add(r, v, err));
	refused(PROV_ELIMIT, "a report of more than 100000 files",
	    prov_report_add(r, v, err));
	prov_report_free(r);
}

static void
subjects(void **state)
{
	const struct subject none = { .fd = -1 };
	struct subject both, gone = { .fd = 1 << 20 };
	struct bench b;

	(void)state;
	bench_open(&b);
	both = by_digest(&b);
	both.bytes = buf_span(&b.media);
	refused(PROV_EARG, "not 0 of them",
	    verify_subject(b.v, &none, &b.f, err));
	refused(PROV_EARG, "not 2 of them",
	    verify_subject(b.v, &both, &b.f, err));
	ok(verify_subject(b.v, &gone, &b.f, err));
	assert_int_equal(PROV_EIO, b.f.trouble);
	assert_non_null(strstr(b.f.error, "fstat"));
	bench_close(&b);
}

/* Who keeps what is known is out of memory. */
static prov_status
no_memory_get(void *arg, struct buf *out, const uint8_t key[32], prov_err *err)
{
	(void)arg;
	(void)out;
	(void)key;
	return (prov_fail(err, PROV_ENOMEM, "get"));
}

static prov_status
nothing_get(void *arg, struct buf *out, const uint8_t key[32], prov_err *err)
{
	(void)arg;
	(void)out;
	(void)key;
	(void)err;
	return (PROV_OK);
}

static prov_status
no_memory_put(void *arg, const uint8_t key[32], prov_span bytes, prov_err *err)
{
	(void)arg;
	(void)key;
	(void)bytes;
	return (prov_fail(err, PROV_ENOMEM, "put"));
}

static void
recollections(void **state)
{
	const struct recollection no_get = { NULL, no_memory_get,
		no_memory_put };
	const struct recollection no_put = { NULL, nothing_get, no_memory_put };
	struct subject s;
	struct bench b;

	(void)state;
	bench_open(&b);
	s = by_digest(&b);
	verifier_recollect(b.v, &no_get);
	refused(PROV_ENOMEM, "get", verify_subject(b.v, &s, &b.f, err));
	verifier_recollect(b.v, &no_put);
	refused(PROV_ENOMEM, "put", verify_subject(b.v, &s, &b.f, err));
	bench_close(&b);
}

/* A byte more, while a ledger is asked. */
static prov_status
write_get(void *arg, struct buf *out, const uint8_t key[32], prov_err *err)
{
	(void)out;
	(void)key;
	if (write(*(int *)arg, "x", 1) != 1)
		return (prov_fail_errno(err, PROV_EWRITE, "x"));
	return (PROV_OK);
}

static void
changing(void **state)
{
	AUTO_FD int fd = -1;
	struct recollection r = { &fd, write_get, no_memory_put };
	struct subject s = { .fd = -1 };
	struct bench b;

	(void)state;
	bench_open(&b);
	assert_true(desk_put_wav(&b.d, "b.wav", 1, "my song!"));
	fd = open(desk_path(&b.d, "b.wav"), O_RDWR | O_APPEND | O_CLOEXEC);
	assert_int_not_equal(-1, fd);
	s.fd = fd;
	verifier_recollect(b.v, &r);
	ok(verify_subject(b.v, &s, &b.f, err));
	assert_int_equal(PROV_EIO, b.f.trouble);
	assert_non_null(strstr(b.f.error, "changed while it was read"));
	bench_close(&b);
}

/* What stands where the page is to go cannot be opened. */
static void
pages(void **state)
{
	char dir[] = "test-pages.XXXXXX", path[64];
	prov_report *r = NULL;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/report.html", dir);
	assert_int_equal(0, symlink("report.html", path));
	ok(prov_report_new(&r, NULL, err));
	refused(PROV_EOPEN, "report.html", prov_report_save(r, path, err));
	prov_report_free(r);
	assert_int_equal(0, unlink(path));
	assert_int_equal(0, rmdir(dir));
}

/* A sidecar without proof of what another ledger holds. */
static void
updates(void **state)
{
	AUTO_FREE struct sidecar *s = calloc(1, sizeof(*s));
	AUTO(prov_ledger) *l = NULL;
	AUTO_BUF bytes = { 0 };
	struct logged g;
	struct bench b;
	int changed = 1;

	(void)state;
	assert_non_null(s);
	bench_open(&b);
	ok(sidecar_decode(s, buf_span(&b.sidecar), err));
	s->proof = s->receipt = span(NULL, 0);
	ok(sidecar_encode(&bytes, s, err));
	assert_true(desk_write(&b.d, "x.prov", buf_span(&bytes)));
	assert_true(logged_open(&g));
	ok(prov_ledger_open(&l, g.path, prov_key_public(g.log), err));
	refused(PROV_ENOTFOUND, "its statement is not in this ledger",
	    prov_sidecar_update(l, b.d.trust, desk_path(&b.d, "x.prov"),
		DESK_NOW, &changed, err));
	assert_int_equal(0, changed);
	prov_ledger_close(TAKE(l));
	logged_close(&g);
	bench_close(&b);
}

/* Nobody answers. */
static prov_status
dead_start(void *arg, uint32_t tag, const char *url, prov_span body,
    unsigned timeout_ms, prov_err *err)
{
	(void)arg;
	(void)tag;
	(void)url;
	(void)body;
	(void)timeout_ms;
	return (prov_fail(err, PROV_EIO, "nobody is there"));
}

static prov_status
dead_next(void *arg, struct post_answer *a, prov_err *err)
{
	(void)arg;
	(void)a;
	return (prov_fail(err, PROV_EIO, "nobody is there"));
}

static void
dead_end(void *arg)
{
	(void)arg;
}

/* What a witness is missing for is said, and the head told all the same. */
static void
cosignatures(void **state)
{
	static const struct post_ops dead = { dead_start, dead_next, dead_end,
		dead_end };
	AUTO(prov_ledger) *l = NULL;
	AUTO(prov_witnesses) *w = NULL;
	struct tlogpolicy policy = { 0 };
	prov_cosigned done = { 0 };
	struct logged g;

	(void)state;
	assert_true(logged_open(&g));
	ok(witness_policy(&policy, prov_key_public(g.log), 1, "quorum w1\n"));
	ok(witnesses_new(&w, &policy, &dead, NULL, err));
	ok(prov_ledger_open_writer(&l, g.path, g.log, err));
	refused(PROV_EBUSY, "no quorum",
	    prov_ledger_cosign(l, w, 0, 0, DESK_NOW, &done, err));
	assert_int_equal(1, done.size);
	assert_false(done.met);
	prov_ledger_close(TAKE(l));
	prov_witnesses_free(TAKE(w));
	tlogpolicy_clear(&policy);
	logged_close(&g);
}

/* What a ledger is not believed for is in the text, and what to do. */
static void
says(struct desk *d, const prov_trust *trust, const char *want)
{
	prov_verify_options o = { .trust = trust,
		.ledger_dir = d->g.path,
		.ledger_own = 1,
		.sidecar = PROV_SIDECAR_NONE };
	AUTO(prov_verdict) *v = desk_verify_with(d, &o, "a.wav");
	AUTO_FREE char *text = NULL;

	assert_non_null(v);
	ok(prov_verdict_text(&text, v, NULL));
	if (strstr(text, want) == NULL)
		fail_msg("no \"%s\" in: %s", want, text);
}

static void
older_and_unknown(void **state)
{
	AUTO(prov_trust) *nobody = NULL;
	char command[512];
	struct desk d;

	(void)state;
	assert_true(desk_open(&d));
	assert_true(desk_put_wav(&d, "a.wav", 1, NULL));
	snprintf(command, sizeof(command), "cp -a %s %s.old", d.g.path,
	    d.g.path);
	assert_int_equal(0, system(command));
	assert_true(desk_sign(&d, "a.wav"));
	says(&d, d.trust, "VERIFIED");
	snprintf(command, sizeof(command), "rm -r %s && mv %s.old %s", d.g.path,
	    d.g.path, d.g.path);
	assert_int_equal(0, system(command));
	says(&d, d.trust, "the ledger at hand has 1 entries and had 2 before");
	ok(prov_trust_new(&nobody, err));
	says(&d, nobody, "no log is trusted; prov trust add --log");
	desk_close(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(seeds),
#ifndef OWN_MEMORY
		cmocka_unit_test(passphrases),
#endif
		cmocka_unit_test(receipts),
		cmocka_unit_test(receipt_lines),
		cmocka_unit_test(statements),
		cmocka_unit_test(openings),
		cmocka_unit_test(facts),
		cmocka_unit_test(known),
		cmocka_unit_test(limits),
		cmocka_unit_test(many_files),
		cmocka_unit_test(subjects),
		cmocka_unit_test(recollections),
		cmocka_unit_test(changing),
		cmocka_unit_test(pages),
		cmocka_unit_test(updates),
		cmocka_unit_test(cosignatures),
		cmocka_unit_test(older_and_unknown),
	};

	desk_worker();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
