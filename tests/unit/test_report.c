/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "verify/advice.h"
#include "verify/page.h"

#define S INT64_C(1000000000)

static prov_verdict *
fresh(const char *path)
{
	prov_verdict *v = NULL;

	assert_int_equal(verdict_new(&v, path, NULL), PROV_OK);
	v->binding = PROV_BIND_NONE;
	v->signature = PROV_SIG_VALID;
	v->ledger = PROV_LEDGER_INCLUDED;
	v->has_statement = v->has_digest = v->has_entry = true;
	strcpy(v->signer, "demo/camera");
	strcpy(v->iss, "demo");
	strcpy(v->origin, "demo/log");
	v->streams = calloc(2, sizeof(*v->streams));
	assert_non_null(v->streams);
	return (v);
}

static struct verdict_stream *
add(prov_verdict *v, enum pair_state state, int64_t was_to, int64_t is_to)
{
	struct verdict_stream *s = &v->streams[v->n_streams++];

	s->kind = PROV_VIDEO;
	strcpy(s->codec, "h264");
	s->state = state;
	s->was.there = was_to > 0;
	s->was.to = was_to;
	s->is.there = is_to > 0;
	s->is.to = is_to;
	return (s);
}

static void
put_range(struct verdict_stream *s, enum reason what, int64_t from, int64_t to)
{
	struct range r = { what, from, to };

	s->ranges[s->n_ranges++] = r;
	if (what != REASON_ESSENCE_ADDED)
		s->was.ranges[s->was.n_ranges++] = r;
	if (what != REASON_ESSENCE_MISSING)
		s->is.ranges[s->is.n_ranges++] = r;
}

static char *
html_of(prov_verdict *v)
{
	char *html = NULL;

	verdict_settle(v);
	assert_int_equal(prov_verdict_html(&html, v, NULL), PROV_OK);
	prov_verdict_free(v);
	return (html);
}

static void
assert_in(const char *html, const char *want)
{
	if (strstr(html, want) == NULL)
		fail_msg("no %s in the page", want);
}

/* A lane runs from 70 to 942: where each second of ten stands. */
static void
lanes(void **state)
{
	prov_verdict *v = fresh("clip.mp4");
	struct verdict_stream *s = add(v, PAIR_ALTERED, 10 * S, 10 * S);
	char *html;

	(void)state;
	put_range(s, REASON_ESSENCE_ALTERED, 4 * S, 6 * S);
	put_range(s, REASON_ESSENCE_ADDED, 9 * S, 10 * S);
	s->kept[s->n_kept++] = (struct kept){ 0, 4 * S, 0, 4 * S };
	html = html_of(v);
	assert_in(html, "class=\"alt\" x=\"418.80\" y=\"18\" width=\"174.40\"");
	assert_in(html, "class=\"alt\" x=\"418.80\" y=\"52\" width=\"174.40\"");
	assert_in(html, "class=\"add\" x=\"854.80\" y=\"52\" width=\"87.20\"");
	assert_null(strstr(html, "class=\"add\" x=\"854.80\" y=\"18\""));
	assert_in(html, ">altered 4.0\xe2\x80\x93"
			"6.0 s</text>");
	assert_in(html, ">added 9.0\xe2\x80\x93"
			"10.0 s</text>");
	assert_in(html, "M70.00 34L418.80 34L418.80 52L70.00 52z");
	assert_in(html, "<td>N altered 4.0\xe2\x80\x93"
			"6.0 s<br/>+ added");
	assert_in(html, ">0:10</text>");
	free(html);
}

/* Too short to see at this scale, and at the very end: drawn all the same. */
static void
thin(void **state)
{
	prov_verdict *v = fresh("long.mp4");
	struct verdict_stream *s = add(v, PAIR_ALTERED, 10800 * S, 10800 * S);
	char *html;

	(void)state;
	put_range(s, REASON_ESSENCE_MISSING, 10799 * S, 10800 * S);
	html = html_of(v);
	assert_in(html, "class=\"mis\" x=\"939.00\" y=\"18\" width=\"3.00\"");
	assert_in(html, "(2:59:59\xe2\x80\x93"
			"3:00:00)");
	assert_in(html, ">3:00:00</text>");
	free(html);
}

static void
other_states(void **state)
{
	prov_verdict *v = fresh("x");
	struct verdict_stream *s;
	char *html;

	(void)state;
	add(v, PAIR_MISSING, 10 * S, 0);
	s = add(v, PAIR_ADDED, 0, 5 * S);
	strcpy(s->codec, "<b>");
	html = html_of(v);
	assert_in(html, "class=\"mis\" x=\"70.00\" y=\"18\" width=\"872.00\"");
	assert_in(html, "class=\"add\" x=\"70.00\" y=\"52\" width=\"436.00\"");
	assert_in(html, ">not in this file</text>");
	assert_in(html, ">not signed</text>");
	assert_in(html, "&lt;b&gt;");
	assert_null(strstr(html, "<b>"));
	free(html);
	/* The same content at half the speed. */
	v = fresh("slow.mp4");
	s = add(v, PAIR_ALTERED, 10 * S, 20 * S);
	s->kept[s->n_kept++] = (struct kept){ 0, 10 * S, 0, 20 * S };
	html = html_of(v);
	assert_in(html, "class=\"mov\" x=\"70.00\" y=\"18\" width=\"436.00\"");
	assert_in(html, "class=\"mov\" x=\"70.00\" y=\"52\" width=\"872.00\"");
	assert_in(html, "altered in time");
	free(html);
}

/* A clip: where it is from, and what at its edges nothing proves. */
static void
piece(void **state)
{
	prov_verdict *v = fresh("piece.mp4");
	struct verdict_stream *s = add(v, PAIR_CLIP, 10 * S, 5 * S);
	char *html;

	(void)state;
	v->binding = PROV_BIND_CLIP;
	s->held.source = (struct stretch){ 4 * S, 8 * S };
	s->held.proven = (struct stretch){ 1 * S, 5 * S };
	s->held.edges[s->held.n_edges++] = (struct stretch){ 0, 1 * S };
	s->kept[s->n_kept++] = (struct kept){ 4 * S, 8 * S, 1 * S, 5 * S };
	html = html_of(v);
	assert_in(html, "class=\"src\" x=\"418.80\" y=\"18\" width=\"348.80\"");
	assert_in(html, "class=\"src\" x=\"157.20\" y=\"52\" width=\"348.80\"");
	assert_in(html, "class=\"unk\" x=\"70.00\" y=\"52\" width=\"87.20\"");
	assert_in(html, ">source 4.0\xe2\x80\x93"
			"8.0 s</text>");
	assert_in(html, ">not proven 0.0\xe2\x80\x93"
			"1.0 s</text>");
	assert_in(html, "<p class=\"word\">CLIP</p>");
	assert_null(strstr(html, "class=\"ok\""));
	free(html);
}

/* Times that no clock shows do not break a drawing. */
static void
far_times(void **state)
{
	static const int64_t ends[] = { INT64_MAX, 1, INT64_C(86400) * 14 * S };

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		prov_verdict *v = fresh("x");
		struct verdict_stream *s =
		    add(v, PAIR_ALTERED, ends[i], ends[i]);
		char *html;

		s->was.from = i == 0 ? INT64_MIN : 0;
		put_range(s, REASON_ESSENCE_ALTERED, s->was.from, ends[i]);
		html = html_of(v);
		assert_null(strstr(html, "nan"));
		assert_null(strstr(html, "inf"));
		assert_true(strlen(html) < 40000);
		free(html);
	}
}

static void
presentation(void **state)
{
	prov_verdict *v = fresh("x");
	struct verdict_stream *s = add(v, PAIR_ALTERED, S, S);
	char *html;

	(void)state;
	prov_present_set(&s->was.present, PROV_ROTATION, 0);
	prov_present_set(&s->is.present, PROV_ROTATION, 90);
	prov_present_set(&s->is.present, PROV_RANGE, 1);
	prov_present_set(&s->was.present, PROV_WIDTH, 320);
	prov_present_set(&s->is.present, PROV_WIDTH, 320);
	s->fields[PROV_ROTATION] = FIELD_DIFFERS;
	html = html_of(v);
	assert_in(html, "<td>rotation</td><td>0</td><td>90</td>"
			"<td>\xe2\x9c\x95 differs</td>");
	assert_in(html, "<td>range</td><td>not stated</td><td>1</td>"
			"<td>same effect</td>");
	assert_null(strstr(html, "<td>width</td>"));
	free(html);
}

/* Each piece of outside text, and a page that stays a page. */
static void
outside_text(void **state)
{
	static const char evil[] = "</title><script>\n\xe2\x80\xae\xff\"'";
	prov_verdict *v = fresh(evil);
	char *html;

	(void)state;
	strcpy(v->signer, evil);
	strcpy(v->iss, evil);
	strcpy(v->origin, evil);
	strcpy(v->vkey, evil);
	strcpy(v->error, evil);
	strcpy(v->format, evil);
	strcpy(v->found, evil);
	v->signature = PROV_SIG_UNKNOWN;
	findings_add(&v->why, REASON_SIGNATURE_UNTRUSTED, "%s", evil);
	findings_add(&v->why, REASON_LEDGER_INVALID, "%s", evil);
	v->trouble = PROV_EIO;
	strcpy(add(v, PAIR_MATCH, S, S)->codec, "<script>\"");
	html = html_of(v);
	assert_null(strstr(html, "<script"));
	assert_null(strstr(html, "\xe2\x80\xae"));
	assert_null(strchr(html, '\xff'));
	assert_in(html, "&lt;script&gt;");
	free(html);
}

static void
assert_shell(const char *word, const char *want)
{
	AUTO_BUF b = { 0 };
	char *got = NULL;

	shell_put(&b, word);
	assert_int_equal(buf_take_str(&b, &got, NULL), PROV_OK);
	assert_string_equal(got, want);
	free(got);
}

static void
shell_words(void **state)
{
	(void)state;
	assert_shell("clip.mp4", "clip.mp4");
	assert_shell("", "''");
	assert_shell("a b", "'a b'");
	assert_shell("$(rm -rf /)", "'$(rm -rf /)'");
	assert_shell("it's", "'it'\\''s'");
	assert_shell("a\nb", "$'a\\012b'");
	assert_shell("a\\'\x1b", "$'a\\\\\\'\\033'");
	assert_shell("\xff", "$'\\377'");
	assert_shell("~x", "'~x'");
	assert_shell("\xc3\xa9", "'\xc3\xa9'");
}

/* No reason of prov's own is without a sentence and something to do. */
static void
advice(void **state)
{
	(void)state;
	for (enum reason r = 0; r < REASON_N; r++) {
		const struct advice *a = advice_reason(reason_code(r));

		if (strcmp(a->code, reason_code(r)) != 0)
			fail_msg("%s has no advice", reason_code(r));
		assert_true(a->means[strlen(a->means) - 1] == '.');
		assert_non_null(a->todo);
	}
}

/* Nor is anything that was not checked without a sentence. */
static void
advice_unchecked(void **state)
{
	static const char *const all[] = { "ledger", "streams", "clip",
		"clip.edges", "timing", "bytes", "superseded", "revocation",
		"consistency", "presentation.fields" };

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (advice_skipped(all[i])->code[0] == '\0')
			fail_msg("%s has no advice", all[i]);
	}
}

static void
many(void **state)
{
	const char *const command[] = { "prov", "verify", "--trust", "a b",
		NULL };
	const prov_report_options o = { .command = command,
		.now = 1,
		.trust = "a b" };
	prov_report *r = NULL;
	char *html = NULL;

	(void)state;
	assert_int_equal(prov_report_new(&r, &o, NULL), PROV_OK);
	for (int i = 0; i < 3; i++) {
		prov_verdict *v = fresh(i == 2 ? "-x" : "x");

		v->binding = i == 0 ? PROV_BIND_EXACT : PROV_BIND_NONE;
		verdict_settle(v);
		assert_int_equal(prov_report_add(r, v, NULL), PROV_OK);
		prov_verdict_free(v);
	}
	assert_int_equal(prov_report_html(r, &html, NULL), PROV_OK);
	assert_in(html, "1970-01-01T00:00:01Z");
	assert_in(html, "3 files: 1 verified, 2 failed, 0 undecided");
	assert_in(html, "<a href=\"#f2\">-x</a>");
	assert_in(html, "prov verify --trust &#39;a b&#39; -- -x</code>");
	prov_free(html);
	prov_report_free(r);
}

/* Written whole, over an earlier report, and over nothing else. */
static void
saving(void **state)
{
	char path[] = "/tmp/prov-report-XXXXXX";
	AUTO_BUF b = { 0 };
	prov_report *r = NULL;
	int fd = mkstemp(path);

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "mine", 4), 4);
	assert_int_equal(close(fd), 0);
	assert_int_equal(prov_report_new(&r, NULL, NULL), PROV_OK);
	assert_int_equal(prov_report_save(r, path, NULL), PROV_EEXIST);
	assert_true(file_holds(path, span("mine", 4)));
	assert_int_equal(unlink(path), 0);
	assert_int_equal(prov_report_save(r, path, NULL), PROV_OK);
	assert_int_equal(prov_report_save(r, path, NULL), PROV_OK);
	assert_int_equal(file_read(&b, path, 1U << 20, NULL), PROV_OK);
	assert_memory_equal(b.p, "<!DOCTYPE html>\n", 16);
	assert_int_equal(unlink(path), 0);
	assert_int_equal(prov_report_save(r, "/nowhere/x", NULL), PROV_EWRITE);
	prov_report_free(r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lanes),
		cmocka_unit_test(thin),
		cmocka_unit_test(other_states),
		cmocka_unit_test(piece),
		cmocka_unit_test(far_times),
		cmocka_unit_test(presentation),
		cmocka_unit_test(outside_text),
		cmocka_unit_test(shell_words),
		cmocka_unit_test(advice),
		cmocka_unit_test(advice_unchecked),
		cmocka_unit_test(many),
		cmocka_unit_test(saving),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
