/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/temp.h"
#include "gate/tarball.h"

/* A tar as it is on disk, written by hand: what libarchive has not seen yet. */
static void
put_header(struct buf *b, const char *name, size_t size, char type)
{
	uint8_t h[512] = { 0 };
	char octal[32];
	unsigned sum = 0;

	memcpy(h, name, strnlen(name, 100));
	memcpy(h + 100, "0000644", 8);
	memcpy(h + 108, "0000000", 8);
	memcpy(h + 116, "0000000", 8);
	(void)snprintf(octal, sizeof(octal), "%011zo", size);
	memcpy(h + 124, octal, 12);
	memcpy(h + 136, "00000000001", 12);
	memset(h + 148, ' ', 8);
	h[156] = (uint8_t)type;
	if (type == '1' || type == '2')
		memcpy(h + 157, "elsewhere", 10);
	memcpy(h + 257, "ustar\00000", 8);
	for (size_t i = 0; i < sizeof(h); i++)
		sum += h[i];
	(void)snprintf(octal, sizeof(octal), "%06o", sum);
	memcpy(h + 148, octal, 7);
	buf_put(b, h, sizeof(h));
}

static void
put(struct buf *b, const char *name, const char *text)
{
	static const uint8_t zeros[512];
	size_t len = strlen(text);

	put_header(b, name, len, '0');
	buf_put(b, text, len);
	buf_put(b, zeros, (512 - len % 512) % 512);
}

static void
put_end(struct buf *b)
{
	static const uint8_t zeros[1024];

	buf_put(b, zeros, sizeof(zeros));
}

/* A shard over bytes; its descriptor is freed with it. */
struct opened {
	struct shard *s;
	int fd;
};

static struct opened
opened(const struct buf *b)
{
	struct opened o = { NULL, memfd_create("tar", 0) };

	assert_true(o.fd >= 0);
	assert_int_equal(PROV_OK, fd_write(o.fd, buf_span(b), "tar", NULL));
	assert_int_equal(0, lseek(o.fd, 0, SEEK_SET));
	assert_int_equal(PROV_OK, shard_open(&o.s, o.fd, "/tmp", NULL));
	return (o);
}

static void
closed(struct opened *o)
{
	shard_close(o->s);
	(void)close(o->fd);
}

/* "a.jpg+a.txt b.jpg! c.jpg": samples, '!' behind one that is odd. */
static char *
samples(const struct buf *b, prov_status *st, prov_err *err)
{
	struct opened o = opened(b);
	AUTO_BUF out = { 0 };
	struct sample *s;
	char *text;

	while ((*st = shard_next(o.s, &s, err)) == PROV_OK && s != NULL) {
		buf_put_str(&out, out.len > 0 ? " " : "");
		for (size_t i = 0; i < s->n; i++)
			buf_printf(&out, "%s%s", i > 0 ? "+" : "",
			    s->at[i].name != NULL ? s->at[i].name : "?");
		buf_put_str(&out, s->odd != NULL ? "!" : "");
		shard_done(o.s, s);
	}
	shard_done(o.s, s);
	closed(&o);
	assert_int_equal(PROV_OK, buf_take_str(&out, &text, NULL));
	return (text);
}

static void
expect(struct buf *b, const char *want)
{
	prov_status st;
	prov_err err = { 0 };
	char *got;

	put_end(b);
	got = samples(b, &st, &err);
	assert_string_equal(want, got);
	if (st != PROV_OK)
		fail_msg("%s", err.msg);
	free(got);
}

static void
groups_by_key(void **state)
{
	AUTO_BUF b = { 0 };

	(void)state;
	put(&b, "d/a.jpg", "1");
	put(&b, "d/a.txt", "2");
	put(&b, "d/a.seg.png", "3");
	put(&b, "e/a.jpg", "4");
	put(&b, "ab.jpg", "5");
	put(&b, "a.jpg", "6");
	put(&b, "README", "7");
	put(&b, "README", "8");
	put(&b, ".hidden", "9");
	put(&b, ".hidden", "9");
	expect(&b,
	    "d/a.jpg+d/a.txt+d/a.seg.png e/a.jpg ab.jpg a.jpg README+README! "
	    ".hidden .hidden");
}

static void
kinds(void **state)
{
	static const struct {
		const char *name;
		enum member_kind kind;
	} rows[] = {
		{ "a.jpg", MEMBER_MEDIA },
		{ "a", MEMBER_MEDIA },
		{ "a.json/b", MEMBER_MEDIA },
		{ "a.bin", MEMBER_MEDIA },
		{ "a.npy", MEMBER_MEDIA },
		{ "a.JSON", MEMBER_MEDIA },
		{ "a.json", MEMBER_COMPANION },
		{ "a.jpg.json", MEMBER_COMPANION },
		{ "a.cls", MEMBER_COMPANION },
		{ "a.jpg.prov", MEMBER_SIDECAR },
		{ "a.prov", MEMBER_SIDECAR },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		if (member_kind(rows[i].name) != rows[i].kind)
			fail_msg("%s", rows[i].name);
}

/* Links, devices and names that lead elsewhere stand alone. */
static void
odd_members(void **state)
{
	static const char *const names[] = { "../a.jpg", "/a.jpg", "d//a.jpg",
		"a/./b.jpg", "a\\b.jpg", "a\xff.jpg", "a\nb.jpg" };
	static const char types[] = "12346";

	(void)state;
	for (size_t i = 0; i < sizeof(types) - 1; i++) {
		AUTO_BUF b = { 0 };

		put(&b, "a.txt", "1");
		put_header(&b, "a.jpg", 0, types[i]);
		put(&b, "a.png", "2");
		expect(&b, "a.txt a.jpg! a.png");
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		AUTO_BUF b = { 0 };
		struct opened o;
		struct sample *s;

		put(&b, names[i], "1");
		put_end(&b);
		o = opened(&b);
		assert_int_equal(PROV_OK, shard_next(o.s, &s, NULL));
		assert_int_equal(1, s->n);
		if (s->odd == NULL || s->at[0].kind != MEMBER_ODD)
			fail_msg("name %zu passes", i);
		shard_done(o.s, s);
		closed(&o);
	}
}

/* tar makes both of "tar cf x.tar .". */
static void
directories(void **state)
{
	AUTO_BUF b = { 0 };

	(void)state;
	put_header(&b, "./", 0, '5');
	put(&b, "./a.jpg", "1");
	put(&b, "a.txt", "1");
	put_header(&b, "./d/", 0, '5');
	put(&b, "./d/a.jpg", "2");
	put(&b, "././a.jpg", "2");
	expect(&b, "a.jpg+a.txt d/a.jpg ./a.jpg!");
}

static void
twice_in_a_sample(void **state)
{
	AUTO_BUF b = { 0 };

	(void)state;
	put(&b, "a.jpg", "1");
	put(&b, "a.txt", "2");
	put(&b, "a.jpg", "3");
	put(&b, "b.jpg", "3");
	expect(&b, "a.jpg+a.txt+a.jpg! b.jpg");
}

/* Cut anywhere, a shard is damaged or as whole as what was read says. */
static void
cut_anywhere(void **state)
{
	AUTO_BUF whole = { 0 };
	size_t full;

	(void)state;
	put(&whole, "a.jpg", "one");
	put(&whole, "b.jpg", "two");
	full = whole.len;
	put_end(&whole);
	for (size_t len = 1; len < full; len++) {
		struct buf b = { .p = whole.p, .len = len, .cap = whole.cap };
		struct opened o = { NULL, memfd_create("tar", 0) };
		prov_status st = PROV_OK;
		struct sample *s;

		assert_int_equal(PROV_OK,
		    fd_write(o.fd, buf_span(&b), "tar", NULL));
		assert_int_equal(0, lseek(o.fd, 0, SEEK_SET));
		if (shard_open(&o.s, o.fd, "/tmp", NULL) != PROV_OK) {
			(void)close(o.fd);
			continue;
		}
		for (;;) {
			st = shard_next(o.s, &s, NULL);
			shard_done(o.s, s);
			if (st != PROV_OK || s == NULL)
				break;
		}
		if (st == PROV_OK && len != 1024)
			fail_msg("whole though cut at %zu", len);
		closed(&o);
	}
}

static void
no_tar(void **state)
{
	int fd = memfd_create("tar", 0);
	struct shard *s;

	(void)state;
	assert_int_equal(PROV_EFORMAT, shard_open(&s, fd, "/tmp", NULL));
	for (int i = 0; i < 4096; i++)
		assert_int_equal(7, write(fd, "no tar ", 7));
	assert_int_equal(0, lseek(fd, 0, SEEK_SET));
	assert_int_equal(PROV_EFORMAT, shard_open(&s, fd, "/tmp", NULL));
	(void)close(fd);
}

/* What does not fit beside what is held already goes into a file. */
static void
spools(void **state)
{
	AUTO_BUF b = { 0 };
	static uint8_t zeros[1 << 20];
	struct sample *s[3];
	struct opened o;

	(void)state;
	for (int i = 0; i < 3; i++) {
		char name[] = "a.jpg";

		name[0] = (char)('a' + i);
		put_header(&b, name, (size_t)15 << 20, '0');
		for (int j = 0; j < 15; j++)
			buf_put(&b, zeros, sizeof(zeros));
	}
	put_end(&b);
	o = opened(&b);
	for (int i = 0; i < 3; i++)
		assert_int_equal(PROV_OK, shard_next(o.s, &s[i], NULL));
	assert_int_equal(-1, s[0]->at[0].fd);
	assert_int_equal(-1, s[1]->at[0].fd);
	assert_true(s[2]->at[0].fd >= 0);
	assert_int_equal(15 << 20, s[2]->at[0].size);
	for (int i = 0; i < 3; i++)
		shard_done(o.s, s[i]);
	closed(&o);
}

static const char *
sidecar_name(const struct sample *s, size_t i)
{
	const struct member *m = sample_sidecar(s, &s->at[i]);

	return (m != NULL ? m->name : "none");
}

static void
finds_sidecars(void **state)
{
	AUTO_BUF b = { 0 };
	struct opened o;
	struct sample *s;

	(void)state;
	put(&b, "a.jpg", "1");
	put(&b, "a.prov", "2");
	put(&b, "b.jpg", "1");
	put(&b, "b.png", "2");
	put(&b, "b.png.prov", "3");
	put(&b, "b.prov", "4");
	put_end(&b);
	o = opened(&b);
	assert_int_equal(PROV_OK, shard_next(o.s, &s, NULL));
	assert_string_equal("a.prov", sidecar_name(s, 0));
	shard_done(o.s, s);
	assert_int_equal(PROV_OK, shard_next(o.s, &s, NULL));
	assert_string_equal("none", sidecar_name(s, 0));
	assert_string_equal("b.png.prov", sidecar_name(s, 1));
	shard_done(o.s, s);
	closed(&o);
}

/* What is written is what was read, whatever it was compressed with. */
static void
writes_what_it_read(void **state)
{
	static const char *const names[] = { "out.tar", "out.tar.gz", "out.tgz",
		"out.tar.zst" };
	AUTO_BUF b = { 0 };

	(void)state;
	put(&b, "d/a.jpg", "one");
	put(&b, "d/\xc3\xa4.txt", "two");
	put_end(&b);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct opened o = opened(&b), again;
		AUTO_BUF read = { 0 };
		struct tarball *t;
		struct sample *s;

		assert_int_equal(PROV_OK, tarball_open(&t, names[i], NULL));
		assert_int_not_equal(0, access(names[i], F_OK));
		while (shard_next(o.s, &s, NULL) == PROV_OK && s != NULL) {
			assert_int_equal(PROV_OK, tarball_put(t, s, NULL));
			shard_done(o.s, s);
		}
		assert_int_equal(2, tarball_members(t));
		assert_int_equal(PROV_OK, tarball_finish(t, NULL));
		closed(&o);
		assert_int_equal(PROV_OK,
		    file_read(&read, names[i], 1 << 20, NULL));
		again = opened(&read);
		assert_int_equal(PROV_OK, shard_next(again.s, &s, NULL));
		assert_string_equal("d/a.jpg", s->at[0].name);
		assert_true(span_eq(span("one", 3), buf_span(&s->at[0].bytes)));
		shard_done(again.s, s);
		assert_int_equal(PROV_OK, shard_next(again.s, &s, NULL));
		assert_string_equal("d/\xc3\xa4.txt", s->at[0].name);
		shard_done(again.s, s);
		closed(&again);
		assert_int_equal(0, unlink(names[i]));
	}
}

static void
dropped_leaves_nothing(void **state)
{
	struct tarball *t;

	(void)state;
	assert_int_equal(0, mkdir("empty", 0700));
	assert_int_equal(PROV_OK, tarball_open(&t, "empty/out.tar", NULL));
	tarball_drop(t);
	assert_int_equal(0, rmdir("empty"));
	assert_int_equal(PROV_EWRITE,
	    tarball_open(&t, "missing/out.tar", NULL));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(groups_by_key),
		cmocka_unit_test(kinds),
		cmocka_unit_test(odd_members),
		cmocka_unit_test(directories),
		cmocka_unit_test(twice_in_a_sample),
		cmocka_unit_test(cut_anywhere),
		cmocka_unit_test(no_tar),
		cmocka_unit_test(spools),
		cmocka_unit_test(finds_sidecars),
		cmocka_unit_test(writes_what_it_read),
		cmocka_unit_test(dropped_leaves_nothing),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
