/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/text.h"
#include "hash/digest.h"
#include "hash/sha256.h"

#define MILLION_A                          \
	"cdc76e5c9914fb9281a1c7e284d73e67" \
	"f1809a48a497200e046d39ccc7112cd0"

static const struct {
	const char *text, *want;
} nist[] = {
	{ "", "e3b0c44298fc1c149afbf4c8996fb924"
	      "27ae41e4649b934ca495991b7852b855" },
	{ "abc", "ba7816bf8f01cfea414140de5dae2223"
		 "b00361a396177a9cb410ff61f20015ad" },
	{ "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
	    "248d6a61d20638b8e5c026930c3e6039"
	    "a33ce45964ff2167f6ecedd419db06c1" },
};

static void
assert_hex(const char *want, const uint8_t sum[32])
{
	char hex[65];

	hex_encode(hex, sum, 32);
	assert_string_equal(want, hex);
}

static void
vectors(void **state)
{
	AUTO_SHA256 *h = NULL;
	uint8_t sum[32];

	(void)state;
	assert_int_equal(PROV_OK, sha256_new(&h, NULL));
	for (size_t i = 0; i < sizeof(nist) / sizeof(nist[0]); i++) {
		size_t len = strlen(nist[i].text);

		assert_int_equal(PROV_OK,
		    sha256_of(sum, span(nist[i].text, len), NULL));
		assert_hex(nist[i].want, sum);
		/* One context for all, a byte at a time, begun or not. */
		if (i != 1)
			sha256_init(h);
		for (size_t k = 0; k < len; k++)
			sha256_add(h, nist[i].text + k, 1);
		assert_int_equal(PROV_OK, sha256_done(h, sum, NULL));
		assert_hex(nist[i].want, sum);
	}
	for (int i = 0; i < 10000; i++)
		sha256_add(h,
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
		    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		    100);
	assert_int_equal(PROV_OK, sha256_done(h, sum, NULL));
	assert_hex(MILLION_A, sum);
	assert_int_equal(PROV_OK, sha256_done(h, sum, NULL));
	assert_hex(nist[0].want, sum);
	/* What was begun and left is forgotten. */
	sha256_add(h, "left", 4);
	sha256_init(h);
	assert_int_equal(PROV_OK, sha256_done(h, sum, NULL));
	assert_hex(nist[0].want, sum);
}

struct file {
	char path[32];
	int fd;
	uint64_t calls, last, total;
	int (*meddle)(struct file *f);
};

static int
file_new(void **state)
{
	struct file *f = calloc(1, sizeof(*f));

	if (f == NULL)
		return (-1);
	strcpy(f->path, "/tmp/prov-digest.XXXXXX");
	f->fd = mkstemp(f->path);
	*state = f;
	return (f->fd < 0 ? -1 : 0);
}

static int
file_free(void **state)
{
	struct file *f = *state;

	(void)close(f->fd);
	(void)unlink(f->path);
	free(f);
	return (0);
}

static void
fill(struct file *f, size_t len)
{
	uint8_t *p = malloc(len + 1);

	assert_non_null(p);
	memset(p, 'a', len);
	assert_int_equal(len, pwrite(f->fd, p, len, 0));
	free(p);
}

static void
progress(void *arg, uint64_t done, uint64_t total)
{
	struct file *f = arg;

	assert_true(done > f->last && done <= total);
	f->last = done;
	f->total = total;
	if (f->calls++ == 0 && f->meddle != NULL)
		assert_int_equal(0, f->meddle(f));
}

static void
whole_file(void **state)
{
	struct file *f = *state;
	prov_digest d;
	prov_err err = { 0 };

	assert_int_equal(PROV_OK, prov_digest_fd(&d, f->fd, NULL, NULL, &err));
	assert_hex(nist[0].want, d.sha256);
	assert_int_equal(0, d.size);
	fill(f, 1000000);
	assert_int_equal(7, lseek(f->fd, 7, SEEK_SET));
	assert_int_equal(PROV_OK, prov_digest_fd(&d, f->fd, progress, f, &err));
	assert_hex(MILLION_A, d.sha256);
	assert_int_equal(1000000, d.size);
	assert_int_equal(7, lseek(f->fd, 0, SEEK_CUR));
	assert_int_equal(1000000, f->last);
	assert_int_equal(1000000, f->total);
}

static int
append(struct file *f)
{
	return (pwrite(f->fd, "b", 1, 1000000) == 1 ? 0 : -1);
}

static int
cut(struct file *f)
{
	return (ftruncate(f->fd, 999999));
}

/* Same size, and the same time of modification: only ctime tells. */
static int
overwrite(struct file *f)
{
	struct stat st;
	struct timespec times[2];

	if (fstat(f->fd, &st) != 0 || pwrite(f->fd, "b", 1, 0) != 1)
		return (-1);
	times[0] = st.st_atim;
	times[1] = st.st_mtim;
	return (futimens(f->fd, times));
}

static void
changes_are_seen(void **state)
{
	static int (*const meddle[])(
	    struct file *) = { append, cut, overwrite };
	struct file *f = *state;

	for (size_t i = 0; i < sizeof(meddle) / sizeof(meddle[0]); i++) {
		prov_digest d = { .size = 42 };
		prov_err err = { 0 };

		assert_int_equal(0, ftruncate(f->fd, 0));
		fill(f, 1000000);
		/* The clock of the file system ticks every 4 ms. */
		assert_int_equal(0, usleep(20000));
		f->last = f->calls = 0;
		f->meddle = meddle[i];
		assert_int_equal(PROV_EIO,
		    prov_digest_fd(&d, f->fd, progress, f, &err));
		assert_string_equal("changed while it was read", err.msg);
		assert_int_equal(42, d.size);
	}
}

static void
only_files(void **state)
{
	prov_err err = { 0 };
	prov_digest d;
	int ends[2], fd;

	(void)state;
	assert_int_equal(0, pipe(ends));
	assert_int_equal(PROV_EOPEN,
	    prov_digest_fd(&d, ends[0], NULL, NULL, &err));
	(void)close(ends[0]);
	(void)close(ends[1]);
	fd = open("/", O_RDONLY | O_DIRECTORY);
	assert_int_equal(PROV_EOPEN, prov_digest_fd(&d, fd, NULL, NULL, NULL));
	(void)close(fd);
	fd = open("/dev/zero", O_RDONLY);
	assert_int_equal(PROV_EOPEN, prov_digest_fd(&d, fd, NULL, NULL, NULL));
	(void)close(fd);
	assert_int_equal(PROV_EIO, prov_digest_fd(&d, -1, NULL, NULL, NULL));
}

static void
unreadable(void **state)
{
	struct file *f = *state;
	prov_digest d;
	int fd = open(f->path, O_WRONLY);

	fill(f, 100);
	assert_true(fd >= 0);
	assert_int_equal(PROV_EIO, prov_digest_fd(&d, fd, NULL, NULL, NULL));
	(void)close(fd);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(vectors),
		cmocka_unit_test_setup_teardown(whole_file, file_new,
		    file_free),
		cmocka_unit_test_setup_teardown(changes_are_seen, file_new,
		    file_free),
		cmocka_unit_test(only_files),
		cmocka_unit_test_setup_teardown(unreadable, file_new,
		    file_free),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
