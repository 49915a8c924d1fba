/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify/verdict.h"

#define PATH "clip.mp4"

static prov_verdict *
fresh(void)
{
	prov_verdict *v = NULL;

	assert_int_equal(verdict_new(&v, PATH, NULL), PROV_OK);
	return (v);
}

/* As it is when all is well. */
static prov_verdict *
good(void)
{
	prov_verdict *v = fresh();

	v->binding = PROV_BIND_EXACT;
	v->signature = PROV_SIG_VALID;
	v->ledger = PROV_LEDGER_INCLUDED;
	v->has_statement = true;
	v->has_digest = true;
	v->has_entry = true;
	strcpy(v->signer, "demo");
	strcpy(v->iss, "demo");
	return (v);
}

/* Every combination of states: one conjunction holds, and none besides. */
static void
all_states(void **state)
{
	size_t n_hold = 0;

	(void)state;
	for (unsigned i = 0; i < 4 * 6 * 6 * 64; i++) {
		prov_verdict *v = fresh();
		unsigned flags = i / 144;
		bool want;

		v->binding = (prov_binding)(i % 4);
		v->signature = (prov_sig_state)(i / 4 % 6);
		v->ledger = (prov_ledger_state)(i / 24 % 6);
		v->sidecar_bad = flags & 1;
		v->ledger_bad = flags & 2;
		v->superseded = flags & 4;
		v->has_statement = flags & 8;
		v->has_digest = flags & 16;
		v->trouble = flags & 32 ? PROV_EIO : PROV_OK;
		verdict_settle(v);
		want = flags == 24 && v->signature == PROV_SIG_VALID &&
		       v->ledger == PROV_LEDGER_INCLUDED &&
		       (v->binding == PROV_BIND_EXACT ||
			   v->binding == PROV_BIND_STREAMS);
		assert_int_equal(v->holds, want);
		assert_int_equal(v->status == 0, want);
		assert_int_equal(verdict_result(v, NULL) == PROV_OK, want);
		assert_int_equal(strncmp(v->word, "VERIFIED", 8) == 0, want);
		n_hold += want;
		prov_verdict_free(v);
	}
	assert_int_equal(n_hold, 2);
}

static void
unsettled(void **state)
{
	prov_verdict *v = good();

	(void)state;
	assert_int_equal(prov_verdict_status(v), 2);
	assert_int_equal(verdict_result(v, NULL), PROV_EUNTRUSTED);
	verdict_settle(v);
	assert_int_equal(prov_verdict_status(v), 0);
	prov_verdict_free(v);
}

static void
words(void **state)
{
	static const struct {
		prov_sig_state signature;
		prov_ledger_state ledger;
		prov_binding binding;
		const char *word;
		int status;
	} table[] = {
		{ PROV_SIG_VALID, PROV_LEDGER_INCLUDED, PROV_BIND_EXACT,
		    "VERIFIED exact", 0 },
		{ PROV_SIG_VALID, PROV_LEDGER_INCLUDED, PROV_BIND_STREAMS,
		    "VERIFIED streams", 0 },
		{ PROV_SIG_VALID, PROV_LEDGER_INCLUDED, PROV_BIND_NONE,
		    "ALTERED", 1 },
		{ PROV_SIG_ABSENT, PROV_LEDGER_ABSENT, PROV_BIND_NONE,
		    "UNSIGNED", 1 },
		{ PROV_SIG_INVALID, PROV_LEDGER_INCLUDED, PROV_BIND_EXACT,
		    "INVALID", 1 },
		{ PROV_SIG_UNKNOWN, PROV_LEDGER_INCLUDED, PROV_BIND_EXACT,
		    "UNTRUSTED", 1 },
		{ PROV_SIG_EXPIRED, PROV_LEDGER_INCLUDED, PROV_BIND_EXACT,
		    "EXPIRED", 1 },
		{ PROV_SIG_REVOKED, PROV_LEDGER_INCLUDED, PROV_BIND_EXACT,
		    "REVOKED", 1 },
		{ PROV_SIG_VALID, PROV_LEDGER_ABSENT, PROV_BIND_EXACT,
		    "UNTRUSTED", 1 },
		{ PROV_SIG_VALID, PROV_LEDGER_UNCHECKED, PROV_BIND_EXACT,
		    "UNTRUSTED", 1 },
		{ PROV_SIG_VALID, PROV_LEDGER_INVALID, PROV_BIND_EXACT,
		    "INVALID", 1 },
		{ PROV_SIG_VALID, PROV_LEDGER_STALE, PROV_BIND_EXACT, "STALE",
		    75 },
		{ PROV_SIG_VALID, PROV_LEDGER_FORK, PROV_BIND_EXACT, "FORK",
		    1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		prov_verdict *v = good();

		v->signature = table[i].signature;
		v->ledger = table[i].ledger;
		v->binding = table[i].binding;
		verdict_settle(v);
		assert_string_equal(prov_verdict_word(v), table[i].word);
		assert_int_equal(prov_verdict_status(v), table[i].status);
		prov_verdict_free(v);
	}
}

static void
trouble(void **state)
{
	static const struct {
		prov_status st;
		const char *word;
		int status;
	} table[] = { { PROV_EIO, "RETRY", 75 }, { PROV_EBUSY, "RETRY", 75 },
		{ PROV_EOPEN, "ERROR", 2 }, { PROV_ENOTFOUND, "ERROR", 2 },
		{ PROV_EINTERNAL, "ERROR", 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		prov_verdict *v = good();

		v->trouble = table[i].st;
		strcpy(v->error, "why");
		verdict_settle(v);
		assert_string_equal(prov_verdict_word(v), table[i].word);
		assert_int_equal(prov_verdict_status(v), table[i].status);
		assert_int_equal(verdict_result(v, NULL), table[i].st);
		prov_verdict_free(v);
	}
}

/* Two streams as in the issue: ten seconds, altered from 4 to 6. */
static void
add_streams(prov_verdict *v)
{
	v->streams = calloc(3, sizeof(*v->streams));
	assert_non_null(v->streams);
	v->n_streams = 2;
	v->streams[0].kind = PROV_VIDEO;
	strcpy(v->streams[0].codec, "h264");
	v->streams[0].segments = 5;
	v->streams[0].state = PAIR_ALTERED;
	v->streams[0].n_ranges = 1;
	v->streams[0].ranges[0] = (struct range){ REASON_ESSENCE_ALTERED,
		INT64_C(4000000000), INT64_C(6000000000) };
	v->streams[1].kind = PROV_AUDIO;
	strcpy(v->streams[1].codec, "aac");
	v->streams[1].segments = 9;
	v->streams[1].state = PAIR_MATCH;
	for (size_t i = 0; i < 2; i++)
		v->streams[i].to = INT64_C(10000000000);
}

static void
assert_text(const prov_verdict *v, const char *want)
{
	char *text = NULL;

	assert_int_equal(prov_verdict_text(&text, v, NULL), PROV_OK);
	assert_string_equal(text, want);
	prov_free(text);
}

static void
picture(void **state)
{
	prov_verdict *v = good();

	(void)state;
	v->binding = PROV_BIND_NONE;
	findings_add(&v->why, REASON_STREAMS_MISMATCH, "x");
	findings_add(&v->why, REASON_ESSENCE_ALTERED, "4.0-6.0 s");
	add_streams(v);
	verdict_settle(v);
	assert_text(v, PATH ": ALTERED  binding.streams.mismatch\n"
			    "  video h264  0:00 ..N.. 0:10  altered 4.0-6.0 s\n"
			    "  audio aac   0:00 ..... 0:10  intact\n");
	v->streams[0].n_ranges = 3;
	v->streams[0].ranges[1] = (struct range){ REASON_ESSENCE_MISSING,
		INT64_C(6000000000), INT64_C(8000000000) };
	v->streams[0].ranges[2] = (struct range){ REASON_ESSENCE_REORDERED,
		INT64_C(8000000000), INT64_C(10000000000) };
	v->streams[1].state = PAIR_MISSING;
	assert_text(v, PATH ": ALTERED  binding.streams.mismatch\n"
			    "  video h264  0:00 ..NMR 0:10  altered 4.0-6.0 s, "
			    "missing 6.0-8.0 s, reordered 8.0-10.0 s\n"
			    "  audio aac   0:00 MMMMM 0:10  missing\n");
	v->streams[1].state = PAIR_ADDED;
	v->streams[1].from = INT64_C(4000000000);
	v->streams[1].to = INT64_C(8000000000);
	v->streams[0].n_ranges = 0;
	v->streams[0].state = PAIR_UNSUPPORTED;
	assert_text(v, PATH ": ALTERED  binding.streams.mismatch\n"
			    "  video h264  0:00 ????? 0:10  not compared\n"
			    "  audio aac   0:00   ++  0:10  added\n");
	prov_verdict_free(v);
}

/* The line of the first stream, of so many segments and so long. */
static void
assert_line(uint64_t segments, int64_t to, struct range r, const char *want)
{
	prov_verdict *v = good();
	char *text = NULL, *line;

	v->binding = PROV_BIND_NONE;
	add_streams(v);
	v->streams[0].segments = segments;
	v->streams[0].to = v->streams[1].to = to;
	v->streams[0].ranges[0] = r;
	verdict_settle(v);
	assert_int_equal(prov_verdict_text(&text, v, NULL), PROV_OK);
	line = strstr(text, "\n  video h264  ");
	assert_non_null(line);
	line += strlen("\n  video h264  ");
	*strchr(line, '\n') = '\0';
	assert_string_equal(line, want);
	prov_free(text);
	prov_verdict_free(v);
}

/* Three hours, one segment, none at all: what is altered is always seen. */
static void
picture_widths(void **state)
{
	const int64_t s = INT64_C(1000000000);
	const enum reason n = REASON_ESSENCE_ALTERED;

	(void)state;
	assert_line(5400, 10800 * s, (struct range){ n, 5400 * s, 5402 * s },
	    "0:00 ....................N................... 3:00:00"
	    "  altered 5400.0-5402.0 s");
	assert_line(5400, 10800 * s, (struct range){ n, 10798 * s, 10800 * s },
	    "0:00 .......................................N 3:00:00"
	    "  altered 10798.0-10800.0 s");
	assert_line(1, 10 * s, (struct range){ n, 0, 10 * s },
	    "0:00 NNNNN 0:10  altered 0.0-10.0 s");
	assert_line(7, 7 * s, (struct range){ n, 3 * s, 4 * s },
	    "0:00 ...N... 0:07  altered 3.0-4.0 s");
	/* On the border of two cells one is marked. */
	assert_line(5400, 10800 * s, (struct range){ n, 539 * s, 541 * s },
	    "0:00 ..N..................................... 3:00:00"
	    "  altered 539.0-541.0 s");
	assert_line(0, 1, (struct range){ n, 0, 1 },
	    "0:00 NNNNNNNNN 0:00  altered 0.0-0.0 s");
}

/* Nothing that a file or a statement says reaches a terminal as it is. */
static void
terminal_safe(void **state)
{
	static const char evil[] = "a\033[2J\n\xe2\x80\xae\xff";
	prov_verdict *v = good();
	char *text = NULL;

	(void)state;
	free(v->path);
	v->path = strdup(evil);
	strcpy(v->iss, evil);
	strcpy(v->error, evil);
	v->signature = PROV_SIG_UNKNOWN;
	findings_add(&v->why, REASON_SIGNATURE_UNTRUSTED, "%s", evil);
	findings_add(&v->why, REASON_LEDGER_INVALID, "%s", evil);
	add_streams(v);
	strcpy(v->streams[0].codec, evil);
	for (int i = 0; i < 3; i++) {
		if (i == 1)
			findings_remove(&v->why, REASON_SIGNATURE_UNTRUSTED);
		if (i == 2)
			v->trouble = PROV_EIO;
		verdict_settle(v);
		assert_int_equal(prov_verdict_text(&text, v, NULL), PROV_OK);
		for (const char *c = text; *c != '\0'; c++)
			assert_true((*c >= ' ' && *c <= '~') || *c == '\n');
		assert_true(strncmp(text, "a\\u{", 4) == 0);
		prov_free(text);
	}
	assert_int_equal(prov_verdict_json(&text, v, NULL), PROV_OK);
	for (const char *c = text; *c != '\0'; c++)
		assert_true(*c >= ' ' && *c <= '~');
	prov_free(text);
	prov_verdict_free(v);
}

/* Each key is always there. */
static void
json_keys(void **state)
{
	static const char *const keys[] = { "v", "path", "status", "error",
		"binding", "signature", "ledger", "reasons", "not_checked",
		"sha256", "bytes", "signer", "kid", "iss", "signed_at",
		"origin", "log_index", "checkpoint_size", "witnessed_at",
		"uncovered_bytes", "streams", "decision", "ms" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		prov_verdict *v = i == 0 ? fresh() : good();
		char *text = NULL, key[32];

		if (i == 2) {
			v->trouble = PROV_EIO;
			add_streams(v);
		}
		verdict_settle(v);
		assert_int_equal(prov_verdict_json(&text, v, NULL), PROV_OK);
		for (size_t k = 0; k < sizeof(keys) / sizeof(keys[0]); k++) {
			(void)snprintf(key, sizeof(key), "\"%s\":", keys[k]);
			if (strstr(text, key) == NULL)
				fail_msg("no %s in %s", key, text);
		}
		assert_null(strchr(text, '\n'));
		prov_free(text);
		prov_verdict_free(v);
	}
}

static void
reasons(void **state)
{
	static const char *const limits[] = { "limit.boxes", "limit.cpu",
		"limit.crash", "limit.depth", "limit.elements", "limit.frames",
		"limit.image", "limit.memory", "limit.packet", "limit.reads" };
	struct findings f = { 0 };

	(void)state;
	for (int r = 0; r < REASON_N; r++) {
		assert_non_null(reason_code((enum reason)r));
		assert_non_null(reason_text((enum reason)r));
		for (int k = 0; k < r; k++)
			assert_string_not_equal(reason_code((enum reason)r),
			    reason_code((enum reason)k));
	}
	/* However many foreign codes come, all own ones still fit. */
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		findings_foreign(&f, limits[i], NULL, REASON_DEMUX_MALFORMED);
	for (int r = 0; r < REASON_N; r++)
		findings_add(&f, (enum reason)r, "%d", r);
	for (int r = 0; r < REASON_N; r++)
		assert_true(findings_has(&f, (enum reason)r));
	assert_string_equal(f.at[0].code, "limit.boxes");
	findings_remove(&f, REASON_UNSIGNED);
	assert_false(findings_has(&f, REASON_UNSIGNED));
	assert_true(findings_has(&f, REASON_DEMUX_MALFORMED));
	findings_skip(&f, "clip");
	findings_skip(&f, "clip");
	assert_int_equal(f.n_skipped, 1);
	findings_unskip(&f, "clip");
	assert_int_equal(f.n_skipped, 0);
}

/* A worker that was taken over names what it likes. */
static void
outside_codes(void **state)
{
	static const struct {
		const char *code, *given;
	} rows[] = {
		{ "format.encrypted", "format.encrypted" },
		{ "demux.unsupported", "demux.unsupported" },
		{ "limit.of.liars", "limit.worker" },
		{ "limit.", "limit.worker" },
		{ "verified.by.me", "demux.malformed" },
		{ "ledger.fork", "demux.malformed" },
		{ "signature.invalid", "demux.malformed" },
		{ "", "demux.malformed" },
		{ "Limit.cpu\n", "demux.malformed" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct findings f = { 0 };

		findings_foreign(&f, rows[i].code, "why",
		    REASON_DEMUX_MALFORMED);
		assert_int_equal(f.n, 1);
		assert_string_equal(f.at[0].code, rows[i].given);
		assert_string_equal(f.at[0].detail, "why");
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_states),
		cmocka_unit_test(unsettled),
		cmocka_unit_test(words),
		cmocka_unit_test(trouble),
		cmocka_unit_test(picture),
		cmocka_unit_test(picture_widths),
		cmocka_unit_test(terminal_safe),
		cmocka_unit_test(json_keys),
		cmocka_unit_test(reasons),
		cmocka_unit_test(outside_codes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
