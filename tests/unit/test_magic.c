/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "demux/cache.h"
#include "demux/magic.h"

static const struct format *
format_of(prov_span file)
{
	AUTO_FREE struct source *s = malloc(sizeof(*s));

	assert_non_null(s);
	source_mem(s, file);
	return (magic_format(s));
}

/* B: the bytes; the rest of the file is the filler. */
#define B(s) s, sizeof(s) - 1

static void
goes_by_content(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *want;
	} rows[] = {
		{ B("\0\0\0\x18"
		    "ftypisom"),
		    "mp4" },
		{ B("\0\0\0\x18"
		    "ftypqt  "),
		    "mov" },
		{ B("\0\0\0\x18"
		    "ftypheic"),
		    NULL },
		{ B("\0\0\0\x18"
		    "ftypavif"),
		    NULL },
		{ B("\0\0\0\x08"
		    "wide\0\0\0\0"),
		    "mov" },
		{ B("\0\0\0\x18"
		    "stypmsdh"),
		    "mp4" },
		{ B("\0\0\0\x18"
		    "evilmsdh"),
		    NULL },
		{ B("\x1a\x45\xdf\xa3\x93\x42\x82\x88matroska"), "matroska" },
		{ B("\x1a\x45\xdf\xa3\x8f\x42\x82\x84webm"), "webm" },
		{ B("\x1a\x45\xdf\xa3\x8f\x42\x82\x84wobm"), NULL },
		{ B("RIFF\0\0\0\0WAVE"), "wav" },
		{ B("RF64\0\0\0\0WAVE"), "wav" },
		{ B("RIFF\0\0\0\0AVI "), "avi" },
		{ B("RIFF\0\0\0\0WEBP"), "webp" },
		{ B("RIFF\0\0\0\0ACON"), NULL },
		{ B("GIF87a"), "gif" },
		{ B("GIF89a"), "gif" },
		{ B("GIF88a"), NULL },
		{ B("fLaC"), "flac" },
		{ B("OggS\0"), "ogg" },
		{ B("FLV\x01\x05\0\0\0\x09"), "flv" },
		{ B("#!AMR\n"), "amr" },
		{ B("caff"), "caf" },
		{ B("FORM\0\0\0\0AIFC"), "aiff" },
		{ B("DKIF\0\0\x20\0"), "ivf" },
		{ B("DKIF\1\0\x20\0"), NULL },
		{ B("\x12\0\x0a\x0b"), "obu" },
		{ B("\x12\1\x0a\x0b"), NULL },
		{ B("\xff\xfb\x90\x64"), "mp3" },
		{ B("\xff\xf1\x50\x80"), "aac" },
		{ B("\xff\xff\xff\xff"), NULL },
		{ B("ID3\3\0\0\0\0\0\5hello\xff\xfb\x90\x64"), "mp3" },
		{ B("ID3\3\0\0\0\0\0\5hellofLaC"), "flac" },
		{ B("ID3\3\0\0\0\0\0\5helloOggS\0"), NULL },
		{ B("ID3\3\0\0\0\0\0\5hello\0\0\0\xff\xfb\x90\x64"), "mp3" },
		{ B("\x0b\x77\0\0\0\x40"), "ac3" },
		{ B("\x0b\x77\0\0\0\x80"), "eac3" },
		{ B("\0\0\0\1\x67\x42"), "h264" },
		{ B("\0\0\1\x40\1"), "hevc" },
		{ B("\0\0\1\xba"), NULL },
		{ B("\xff\xd8\xff\xe0"), "jpeg" },
		{ B("\x89PNG\r\n\x1a\n"), "png" },
		{ B("#EXTM3U\nfile:///etc/passwd\n"), NULL },
		{ B("ffconcat version 1.0\nfile a.mp4\n"), NULL },
		{ B("<?xml version=\"1.0\"?><MPD/>"), NULL },
		{ B("%PDF-1.7"), NULL },
		{ B(""), NULL },
	};
	uint8_t file[256];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct format *f;

		memset(file, 'x', sizeof(file));
		memcpy(file, rows[i].bytes, rows[i].len);
		f = format_of(span(file, sizeof(file)));
		if (rows[i].want == NULL)
			assert_null(f);
		else {
			assert_non_null(f);
			assert_string_equal(f->name, rows[i].want);
		}
		/* Never past the end, however short the file. */
		for (size_t len = 0; len <= rows[i].len; len++)
			(void)format_of(span(file, len));
	}
}

static void
knows_transport_streams(void **state)
{
	static const struct {
		size_t at, step, len;
		bool is;
	} rows[] = {
		{ 0, 188, 188 * 5, true },
		{ 4, 192, 192 * 5, true },
		{ 0, 204, 204 * 5, true },
		{ 0, 188, 188 * 2, true },
		{ 0, 188, 188, false },
		{ 1, 188, 188 * 5, false },
	};
	uint8_t file[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		const struct format *f;

		memset(file, 0x11, sizeof(file));
		for (size_t at = rows[i].at; at < sizeof(file);
		     at += rows[i].step)
			file[at] = 0x47;
		f = format_of(span(file, rows[i].len));
		assert_int_equal(f != NULL && strcmp(f->name, "mpegts") == 0,
		    rows[i].is);
	}
}

/* Reading in circles ends; a cache makes going back and forth free. */
static void
bounds_what_is_read(void **state)
{
	AUTO_FREE struct source *s = malloc(sizeof(*s));
	AUTO_FREE struct cache *c = malloc(sizeof(*c));
	AUTO_FREE uint8_t *file = calloc(1, 3000000);
	AUTO_FREE uint8_t *p = malloc(3000000);
	uint64_t n = 0;

	(void)state;
	assert_true(s != NULL && c != NULL && file != NULL && p != NULL);
	source_mem(s, span(file, 3000000));
	while (source_read(s, 0, p, 3000000) > 0)
		n++;
	assert_int_equal(n, SOURCE_PASSES);
	assert_true(s->spent);
	assert_int_equal(source_read(s, 0, p, 1), 0);

	source_mem(s, span(file, 3000000));
	cache_init(c, s);
	file[2999999] = 9;
	for (size_t i = 0; i < 100000; i++) {
		assert_true(cache_read(c, i % 30000, p, 100) > 0);
		assert_true(cache_read(c, 2999999 - i % 30000, p, 100) > 0);
		assert_int_equal(p[i % 30000 < 100 ? i % 30000 : 0],
		    i % 30000 < 100 ? 9 : 0);
	}
	assert_false(s->spent);
	assert_int_equal(cache_read(c, 3000000, p, 1), 0);
	/* What is larger than a block goes around it. */
	assert_int_equal(cache_read(c, 1000000, p, 1000000), 1000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(goes_by_content),
		cmocka_unit_test(knows_transport_streams),
		cmocka_unit_test(bounds_what_is_read),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
