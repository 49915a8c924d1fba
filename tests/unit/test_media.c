/* SPDX-License-Identifier: ISC */
/* prov-demux as libprov uses it: $PROV_DEMUX is the one that was built. */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/file.h"
#include "essence/identity.h"
#include "prov/media.h"
#include "shared.h"

#define FRAMES 100000

static prov_media *
worker(void)
{
	const char *path = getenv("PROV_DEMUX");
	prov_media *m = NULL;

	assert_non_null(path);
	assert_int_equal(prov_media_new(&m, path, NULL), PROV_OK);
	return (m);
}

static int
file_of(prov_span bytes)
{
	int fd = memfd_create("media", MFD_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, bytes.p, bytes.len), bytes.len);
	return (fd);
}

static void
put_le(struct buf *b, uint32_t v, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_put_byte(b, (uint8_t)(v >> 8 * i));
}

/* Two channels of 16 bits at 48 kHz. */
static void
put_wav(struct buf *b)
{
	const uint32_t len = FRAMES * 4;
	uint32_t x = 1;

	buf_put_str(b, "RIFF");
	put_le(b, 36 + len, 4);
	buf_put_str(b, "WAVEfmt ");
	put_le(b, 16, 4);
	put_le(b, 1, 2);
	put_le(b, 2, 2);
	put_le(b, 48000, 4);
	put_le(b, 192000, 4);
	put_le(b, 4, 2);
	put_le(b, 16, 2);
	buf_put_str(b, "data");
	put_le(b, len, 4);
	for (size_t i = 0; i < FRAMES; i++) {
		x = x * 1664525 + 1013904223;
		put_le(b, x, 4);
	}
}

static prov_status
identify(prov_media *m, prov_span bytes, prov_identity **out, prov_err *err)
{
	AUTO_FD int fd = file_of(bytes);

	prov_err_clear(err);
	return (prov_media_identify(m, fd, out, err));
}

static void
identifies_a_file(void **state)
{
	AUTO(prov_identity) *id = NULL, *again = NULL;
	prov_media *m = worker();
	prov_digest digest = { .size = 1 };
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };
	char *json = NULL;

	(void)state;
	put_wav(&b);
	assert_int_equal(identify(m, buf_span(&b), &id, &err), PROV_OK);
	assert_string_equal(id->format, "wav");
	assert_string_equal(id->refused, "");
	assert_int_equal(id->uncovered, 0);
	assert_int_equal(id->n, 1);
	assert_string_equal(id->streams[0].canon, "pcm/1");
	assert_int_equal(id->streams[0].samples, FRAMES);
	assert_non_null(id->streams[0].tl);
	/* The same worker, another child. */
	assert_int_equal(identify(m, buf_span(&b), &again, &err), PROV_OK);
	assert_memory_equal(id->streams[0].root, again->streams[0].root, 32);

	assert_int_equal(prov_identity_json(&json, "a \"b\"", &digest, id, NULL,
			     &err),
	    PROV_OK);
	assert_non_null(strstr(json, "\"path\":\"a \\\"b\\\"\""));
	assert_non_null(strstr(json, "\"canon\":\"pcm/1\""));
	assert_non_null(strstr(json, "\"rate\":48000"));
	prov_free(json);
	assert_int_equal(prov_identity_json(&json, "x", &digest, NULL,
			     "demux.unsupported", &err),
	    PROV_OK);
	assert_non_null(strstr(json, "\"streams\":[]"));
	assert_non_null(strstr(json, "demux.unsupported"));
	prov_free(json);
	prov_media_free(m);
}

static void
knows_what_is_cut(void **state)
{
	prov_media *m = worker();
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	(void)state;
	put_wav(&b);
	for (size_t len = 40; len < b.len; len += b.len / 7) {
		AUTO(prov_identity) *id = NULL;

		if (identify(m, span(b.p, len), &id, &err) == PROV_OK)
			assert_string_equal(id->refused, "essence.incomplete");
		else
			assert_int_equal(err.status, PROV_EUNSUPPORTED);
	}
	prov_media_free(m);
}

static void
says_why_not(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
		const char *why;
	} rows[] = {
		{ "#EXTM3U\nfile:///etc/passwd\n", 27, "demux.unsupported: " },
		{ "ffconcat version 1.0\nfile a.mp4\n", 32,
		    "demux.unsupported: " },
		{ "", 0, "demux.unsupported: " },
		{ "\0\0\0\x10"
		  "ftypisom\0\0\0\0",
		    16, "demux.malformed: " },
		{ "fLaCxxxxxxxxxxxxxxxxxxxx", 24, "demux.malformed: " },
		{ "\xff\xd8\xff\xe0\0\x10", 6, "demux.malformed: " },
	};
	prov_media *m = worker();
	prov_err err = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(prov_identity) *id = NULL;

		assert_int_equal(identify(m, span(rows[i].bytes, rows[i].len),
				     &id, &err),
		    PROV_EUNSUPPORTED);
		assert_null(id);
		assert_int_equal(strncmp(err.msg, rows[i].why,
				     strlen(rows[i].why)),
		    0);
	}
	prov_media_free(m);
}

static void
survives_its_worker(void **state)
{
	AUTO(prov_identity) *id = NULL;
	AUTO_BUF b = { 0 };
	AUTO_FD int directory = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	prov_media *m = NULL;
	prov_err err = { 0 };

	(void)state;
	put_wav(&b);
	assert_int_equal(prov_media_new(&m, "/nonexistent/prov-demux", &err),
	    PROV_OK);
	assert_int_equal(identify(m, buf_span(&b), &id, &err), PROV_EOPEN);
	prov_media_free(m);
	/* One that ends at once, twice. */
	assert_int_equal(prov_media_new(&m, "/bin/true", &err), PROV_OK);
	assert_int_equal(identify(m, buf_span(&b), &id, &err), PROV_EIO);
	prov_media_free(m);
	m = worker();
	assert_int_equal(prov_media_identify(m, directory, &id, &err),
	    PROV_EOPEN);
	prov_media_free(m);
	prov_media_free(NULL);
	assert_null(id);
}

/* Remuxed by FFmpeg, read by ours: see tests/cli for the rest of it. */
static void
reads_real_files(void **state)
{
	static const struct {
		const char *name, *format;
		size_t n;
	} rows[] = {
		{ "media/mdn/flower.mp4", "mp4", 2 },
		{ "media/mdn/flower.webm", "webm", 2 },
		{ "media/androidx/sample_h264.ts", "mpegts", 1 },
		{ "media/androidx/london-512.jpg", "jpeg", 1 },
	};
	prov_media *m = worker();

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO(prov_identity) *id = NULL;
		AUTO_FD int fd = -1;
		char path[4096];

		if (!shared_path(path, sizeof(path), rows[i].name))
			continue;
		fd = open(path, O_RDONLY | O_CLOEXEC);
		assert_true(fd >= 0);
		assert_int_equal(prov_media_identify(m, fd, &id, NULL),
		    PROV_OK);
		assert_string_equal(id->format, rows[i].format);
		assert_int_equal(id->n, rows[i].n);
		assert_string_equal(id->refused, "");
	}
	prov_media_free(m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(identifies_a_file),
		cmocka_unit_test(knows_what_is_cut),
		cmocka_unit_test(says_why_not),
		cmocka_unit_test(survives_its_worker),
		cmocka_unit_test(reads_real_files),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
