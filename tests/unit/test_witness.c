/* SPDX-License-Identifier: ISC */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "grown.h"
#include "sign/cosignature.h"
#include "witness/witness.h"

#define NOW INT64_C(1800000000)

/* A scratch directory with a witness of LOG_NAME, and the log it is told of. */
struct stand {
	char dir[64], vault[80];
	prov_key *key;
	struct grown log, fork;
	prov_witness *w;
	int64_t now;
};

static void
stand_open(struct stand *s)
{
	memset(s, 0, sizeof(*s));
	snprintf(s->dir, sizeof(s->dir), "/tmp/prov-witness.XXXXXX");
	assert_non_null(mkdtemp(s->dir));
	snprintf(s->vault, sizeof(s->vault), "%s/w", s->dir);
	s->key = logged_key("witness.example/w1", 21);
	s->now = NOW;
	assert_true(grown_open(&s->log, LOG_NAME, 1, GROWN_MAX));
	assert_true(grown_open(&s->fork, LOG_NAME, 1, 5));
	assert_int_equal(prov_witness_init(s->vault, prov_key_public(s->key),
			     NULL),
	    PROV_OK);
	assert_int_equal(prov_witness_open(&s->w, s->vault, s->key,
			     prov_key_public(s->log.key), 1, NULL),
	    PROV_OK);
}

static void
stand_close(struct stand *s)
{
	prov_witness_close(s->w);
	prov_key_free(s->key);
	grown_close(&s->log);
	grown_close(&s->fork);
	(void)nftw(s->dir, logged_remove, 16, FTW_DEPTH | FTW_PHYS);
}

/* One request; the body stays in answer until the next one. */
static unsigned
ask(struct stand *s, const char *method, const char *path, prov_span body,
    struct buf *answer)
{
	prov_answer a = { 0 };

	assert_int_equal(prov_witness_answer(s->w, method, path, body, s->now,
			     &a, NULL),
	    PROV_OK);
	if (answer != NULL) {
		answer->len = 0;
		buf_put(answer, a.body, a.len);
		buf_put_byte(answer, '\0');
	}
	assert_string_equal(a.type,
	    a.status == 409 ? "text/x.tlog.size" : "text/plain; charset=utf-8");
	prov_free(a.body);
	return (a.status);
}

static unsigned
add(struct stand *s, prov_span body, struct buf *answer)
{
	return (ask(s, "POST", "/add-checkpoint", body, answer));
}

static unsigned
grow(struct stand *s, struct grown *g, uint64_t old, uint64_t size,
    struct buf *answer)
{
	AUTO_BUF body = { 0 };

	assert_true(grown_submit(&body, g, old, size));
	return (add(s, buf_span(&body), answer));
}

struct found {
	struct cosigner c;
	prov_span text;
	int64_t time;
	unsigned n;
};

static prov_status
find(void *arg, const struct note_sig *sig, prov_err *err)
{
	struct found *f = arg;

	f->n += cosigner_signed(&f->c, sig);
	if (!cosigner_signed(&f->c, sig))
		return (PROV_OK);
	return (cosignature_verify(&f->time, &f->c, f->text, sig->sig, err));
}

/* The time of the one cosignature in lines on the log's checkpoint. */
static int64_t
cosigned_at(struct stand *s, struct grown *g, uint64_t size, const char *lines)
{
	const prov_pubkey *pub = prov_key_public(s->key);
	AUTO_BUF text = { 0 };
	struct checkpoint c;
	struct found f = { 0 };

	assert_int_equal(cosigner_init(&f.c, pub->name, pub->key, NULL),
	    PROV_OK);
	assert_true(grown_checkpoint(&c, g, size));
	checkpoint_text(&text, &c);
	f.text = buf_span(&text);
	assert_int_equal(note_sigs(span(lines, strlen(lines)), find, &f, NULL),
	    PROV_OK);
	assert_int_equal(f.n, 1);
	return (f.time);
}

static void
all_sizes(void **state)
{
	AUTO_BUF answer = { 0 };
	struct stand s;

	(void)state;
	for (uint64_t old = 0; old <= 20; old++) {
		for (uint64_t size = old; size <= 40; size += 1 + size / 7) {
			stand_open(&s);
			assert_int_equal(grow(&s, &s.log, 0, old, NULL), 200);
			s.now++;
			assert_int_equal(grow(&s, &s.log, old, size, &answer),
			    200);
			assert_true(cosigned_at(&s, &s.log, size,
					(const char *)answer.p) == NOW + 1);
			stand_close(&s);
		}
	}
}

static void
put_hashes(struct buf *b, const char *old, unsigned n, prov_span note)
{
	b->len = 0;
	buf_printf(b, "old %s\n", old);
	while (n-- > 0)
		buf_put_str(b,
		    "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6s=\n");
	buf_put_byte(b, '\n');
	buf_put_span(b, note);
}

static void
malformed(void **state)
{
	static const char *const bad[] = { "", "\n", "old 0", "old 0\n",
		"old 0\n\n", "old 0\n\nx", "old 0\n\nx\n", "old\n\n",
		"old \n\n", "old 00\n\n", "old -1\n\n",
		"old 18446744073709551616\n\n", "Old 0\n\n", " old 0\n\n" };
	AUTO_BUF note = { 0 }, body = { 0 };
	struct stand s;

	(void)state;
	stand_open(&s);
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (add(&s, span(bad[i], strlen(bad[i])), NULL) != 400)
			fail_msg("case %zu", i);
	assert_true(grown_note(&note, &s.log, 3));
	static const char *const olds[] = { "00", "+0", "0 ", " 0", "", "0x0",
		"-0", "99999999999999999999" };
	for (size_t i = 0; i < sizeof(olds) / sizeof(olds[0]); i++) {
		put_hashes(&body, olds[i], 0, buf_span(&note));
		assert_int_equal(add(&s, buf_span(&body), NULL), 400);
	}
	/* A hash too many; a hash of 31 bytes; no final newline; no blank. */
	put_hashes(&body, "0", 64, buf_span(&note));
	assert_int_equal(add(&s, buf_span(&body), NULL), 400);
	put_hashes(&body, "0", 63, buf_span(&note));
	assert_int_equal(add(&s, buf_span(&body), NULL), 422);
	body.len = 0;
	buf_put_str(&body, "old 0\nq6urq6s=\n\n");
	buf_put_span(&body, buf_span(&note));
	assert_int_equal(add(&s, buf_span(&body), NULL), 400);
	put_hashes(&body, "0", 0, span(note.p, note.len - 1));
	assert_int_equal(add(&s, buf_span(&body), NULL), 400);
	/* The old size above the checkpoint's. */
	put_hashes(&body, "4", 0, buf_span(&note));
	assert_int_equal(add(&s, buf_span(&body), NULL), 400);
	/* More bytes than there may be. */
	body.len = 0;
	while (body.len <= SUBMISSION_MAX)
		buf_put_str(&body, "old 0\n");
	assert_int_equal(add(&s, buf_span(&body), NULL), 400);
	stand_close(&s);
}

/* Not signed by the log, signed badly, and by nobody who is known. */
static void
signatures(void **state)
{
	AUTO_BUF body = { 0 }, note = { 0 };
	struct grown other;
	struct stand s;

	(void)state;
	stand_open(&s);
	assert_true(grown_open(&other, LOG_NAME, 9, GROWN_MAX));
	assert_int_equal(grow(&s, &other, 0, 3, NULL), 403);
	grown_close(&other);
	assert_true(grown_open(&other, "example.com/other", 1, GROWN_MAX));
	assert_int_equal(grow(&s, &other, 0, 3, NULL), 404);
	grown_close(&other);
	/* One letter of the size is another text. */
	assert_true(grown_note(&note, &s.log, 3));
	*(char *)memchr(note.p, '3', note.len) = '4';
	put_hashes(&body, "0", 0, buf_span(&note));
	assert_int_equal(add(&s, buf_span(&body), NULL), 403);
	/* Others' signatures beside the log's are passed over. */
	note.len = 0;
	assert_true(grown_note(&note, &s.log, 3));
	for (int i = 0; i < 16; i++)
		buf_printf(&note, "\xe2\x80\x94 example.org/%d AAAAAAECAwQ=\n",
		    i);
	put_hashes(&body, "0", 0, buf_span(&note));
	assert_int_equal(add(&s, buf_span(&body), NULL), 200);
	stand_close(&s);
}

static void
conflicts(void **state)
{
	AUTO_BUF answer = { 0 }, body = { 0 }, note = { 0 };
	struct checkpoint c;
	AUTO_BUF text = { 0 };
	struct stand s;

	(void)state;
	stand_open(&s);
	/* Never cosigned is size 0. */
	assert_int_equal(grow(&s, &s.log, 3, 7, &answer), 409);
	assert_string_equal(answer.p, "0\n");
	assert_int_equal(grow(&s, &s.log, 0, 7, NULL), 200);
	assert_int_equal(grow(&s, &s.log, 0, 9, &answer), 409);
	assert_string_equal(answer.p, "7\n");
	assert_int_equal(grow(&s, &s.log, 3, 5, &answer), 409);
	assert_string_equal(answer.p, "7\n");
	/* The same again is cosigned again, a smaller one never. */
	s.now += 5;
	assert_int_equal(grow(&s, &s.log, 7, 7, &answer), 200);
	assert_true(
	    cosigned_at(&s, &s.log, 7, (const char *)answer.p) == NOW + 5);
	assert_int_equal(grow(&s, &s.log, 5, 5, NULL), 409);
	/* Another history: of the same size, and longer. */
	assert_int_equal(grow(&s, &s.fork, 7, 7, NULL), 422);
	assert_int_equal(grow(&s, &s.fork, 7, 9, NULL), 422);
	/* A proof where none belongs, none where one does, a hash more. */
	assert_true(grown_note(&note, &s.log, 7));
	put_hashes(&body, "7", 1, buf_span(&note));
	assert_int_equal(add(&s, buf_span(&body), NULL), 422);
	note.len = 0;
	assert_true(grown_note(&note, &s.log, 9));
	put_hashes(&body, "7", 0, buf_span(&note));
	assert_int_equal(add(&s, buf_span(&body), NULL), 422);
	put_hashes(&body, "7", 5, buf_span(&note));
	assert_int_equal(add(&s, buf_span(&body), NULL), 422);
	assert_int_equal(grow(&s, &s.log, 7, 9, NULL), 200);
	/* The empty tree with a root. */
	assert_true(grown_checkpoint(&c, &s.log, 3));
	c.size = 0;
	checkpoint_text(&text, &c);
	note.len = 0;
	assert_int_equal(note_sign(&note, s.log.key, buf_span(&text), NULL),
	    PROV_OK);
	put_hashes(&body, "0", 0, buf_span(&note));
	assert_int_equal(add(&s, buf_span(&body), NULL), 422);
	stand_close(&s);
}

static void
monitoring(void **state)
{
	AUTO_BUF answer = { 0 };
	struct stand s;
	char name[65], path[96];
	struct checkpoint c;
	prov_span text, note;

	(void)state;
	stand_open(&s);
	assert_int_equal(vault_name(name, LOG_NAME, NULL), PROV_OK);
	snprintf(path, sizeof(path), "/%s/checkpoint", name);
	assert_int_equal(ask(&s, "GET", path, span(NULL, 0), NULL), 404);
	assert_int_equal(grow(&s, &s.log, 0, 7, NULL), 200);
	assert_int_equal(ask(&s, "GET", path, span(NULL, 0), &answer), 200);
	note = span(answer.p, answer.len - 1);
	assert_int_equal(checkpoint_verify(&c, note, prov_key_public(s.log.key),
			     NULL),
	    PROV_OK);
	assert_int_equal(c.size, 7);
	assert_int_equal(note_parse(&text, note, NULL), PROV_OK);
	assert_true(cosigned_at(&s, &s.log, 7,
			(const char *)text.p + text.len + 1) == NOW);
	assert_int_equal(ask(&s, "POST", path, span(NULL, 0), NULL), 405);
	assert_int_equal(ask(&s, "GET", "/add-checkpoint", note, NULL), 405);
	path[3] = path[3] == 'a' ? 'b' : 'a';
	assert_int_equal(ask(&s, "GET", path, span(NULL, 0), NULL), 404);
	static const char *const nowhere[] = { "", "/", "/checkpoint",
		"/../vkey", "/add-checkpoint/", "//add-checkpoint",
		"/ABCDEF/checkpoint" };
	for (size_t i = 0; i < sizeof(nowhere) / sizeof(nowhere[0]); i++)
		assert_int_equal(ask(&s, "GET", nowhere[i], note, NULL), 404);
	stand_close(&s);
}

static void
clocks(void **state)
{
	AUTO_BUF answer = { 0 };
	struct stand s;

	(void)state;
	stand_open(&s);
	assert_int_equal(grow(&s, &s.log, 0, 2, NULL), 200);
	/* A little back: the last time stands. */
	s.now = NOW - CLOCK_BACK_S;
	assert_int_equal(grow(&s, &s.log, 2, 3, &answer), 200);
	assert_true(cosigned_at(&s, &s.log, 3, (const char *)answer.p) == NOW);
	/* Further: one of the two is wrong, and nothing is said. */
	s.now = NOW - CLOCK_BACK_S - 1;
	assert_int_equal(grow(&s, &s.log, 3, 4, NULL), 500);
	s.now = -5;
	assert_int_equal(grow(&s, &s.log, 3, 4, NULL), 500);
	s.now = NOW + 1;
	assert_int_equal(grow(&s, &s.log, 3, 4, &answer), 200);
	assert_true(
	    cosigned_at(&s, &s.log, 4, (const char *)answer.p) == NOW + 1);
	stand_close(&s);
}

struct racer {
	prov_witness *w;
	prov_span body;
	pthread_barrier_t *start;
	unsigned status;
};

static void *
race(void *arg)
{
	struct racer *r = arg;
	prov_answer a = { 0 };

	(void)pthread_barrier_wait(r->start);
	if (prov_witness_answer(r->w, "POST", "/add-checkpoint", r->body, NOW,
		&a, NULL) == PROV_OK)
		r->status = a.status;
	prov_free(a.body);
	return (NULL);
}

/*
 * Two at once from the same old size, on one witness and on two that share the
 * directory as two processes would: exactly one is cosigned.
 */
static void
races(void **state)
{
	struct stand s;
	prov_witness *second = NULL;
	pthread_barrier_t start;

	(void)state;
	stand_open(&s);
	assert_int_equal(prov_witness_open(&second, s.vault, s.key,
			     prov_key_public(s.log.key), 1, NULL),
	    PROV_OK);
	assert_int_equal(pthread_barrier_init(&start, NULL, 2), 0);
	assert_int_equal(grow(&s, &s.log, 0, 1, NULL), 200);
	for (uint64_t old = 1, next; old < 50; old = next) {
		AUTO_BUF a = { 0 }, b = { 0 };
		struct racer r[2] = { { .w = s.w, .start = &start },
			{ .w = old % 2 == 0 ? s.w : second, .start = &start } };
		pthread_t t[2];

		assert_true(grown_submit(&a, &s.log, old, old + 1));
		assert_true(grown_submit(&b, &s.log, old, old + 2));
		r[0].body = buf_span(&a);
		r[1].body = buf_span(&b);
		for (int i = 0; i < 2; i++)
			assert_int_equal(pthread_create(&t[i], NULL, race,
					     &r[i]),
			    0);
		for (int i = 0; i < 2; i++)
			assert_int_equal(pthread_join(t[i], NULL), 0);
		assert_true((r[0].status == 200 && r[1].status == 409) ||
			    (r[0].status == 409 && r[1].status == 200));
		next = old + (r[0].status == 200 ? 1 : 2);
	}
	(void)pthread_barrier_destroy(&start);
	prov_witness_close(second);
	stand_close(&s);
}

static prov_status
save_then_die(const char *dir, const char name[65], prov_span note,
    prov_err *err)
{
	(void)vault_files.save(dir, name, note, err);
	(void)raise(SIGKILL);
	return (PROV_EINTERNAL);
}

static prov_status
die_then_save(const char *dir, const char name[65], prov_span note,
    prov_err *err)
{
	(void)dir;
	(void)name;
	(void)note;
	(void)err;
	(void)raise(SIGKILL);
	return (PROV_EINTERNAL);
}

/* A witness that dies by the kernel's hand while it answers. */
static void
die(struct stand *s, struct grown *g, uint64_t old, uint64_t size,
    prov_status (*save)(const char *, const char *, prov_span, prov_err *))
{
	struct vault_ops ops = vault_files;
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		AUTO_BUF body = { 0 };
		prov_answer a = { 0 };

		ops.save = save;
		s->w->ops = &ops;
		if (grown_submit(&body, g, old, size) &&
		    prov_witness_answer(s->w, "POST", "/add-checkpoint",
			buf_span(&body), NOW, &a, NULL) == PROV_OK)
			_exit((int)(a.status / 100));
		_exit(9);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

/* What was made before the answer is never forgotten, however it ends. */
static void
kills(void **state)
{
	AUTO_BUF answer = { 0 };
	struct stand s;

	(void)state;
	stand_open(&s);
	assert_int_equal(grow(&s, &s.log, 0, 5, NULL), 200);
	/* Not on the disk: as if it had never come. */
	die(&s, &s.log, 5, 8, die_then_save);
	assert_int_equal(grow(&s, &s.log, 5, 6, NULL), 200);
	/* On the disk: the other history has no chance any more. */
	die(&s, &s.log, 6, 9, save_then_die);
	assert_int_equal(grow(&s, &s.fork, 6, 9, &answer), 409);
	assert_string_equal(answer.p, "9\n");
	assert_int_equal(grow(&s, &s.fork, 9, 9, NULL), 422);
	assert_int_equal(grow(&s, &s.fork, 9, 12, NULL), 422);
	/* The log comes back with what it sent, and gets its answer. */
	assert_int_equal(grow(&s, &s.log, 9, 9, &answer), 200);
	assert_true(cosigned_at(&s, &s.log, 9, (const char *)answer.p) == NOW);
	stand_close(&s);
}

static prov_status
save_fails(const char *dir, const char name[65], prov_span note, prov_err *err)
{
	(void)dir;
	(void)name;
	(void)note;
	return (prov_fail(err, PROV_EWRITE, "no space"));
}

/* A write that fails: no answer, and none until it is opened again. */
static void
writes_fail(void **state)
{
	struct vault_ops ops = vault_files;
	AUTO_BUF answer = { 0 };
	struct stand s;

	(void)state;
	stand_open(&s);
	ops.save = save_fails;
	s.w->ops = &ops;
	assert_int_equal(grow(&s, &s.log, 0, 5, &answer), 500);
	assert_null(strstr((const char *)answer.p, "\xe2\x80\x94"));
	s.w->ops = &vault_files;
	assert_int_equal(grow(&s, &s.log, 0, 5, NULL), 500);
	prov_witness_close(s.w);
	assert_int_equal(prov_witness_open(&s.w, s.vault, s.key,
			     prov_key_public(s.log.key), 1, NULL),
	    PROV_OK);
	assert_int_equal(grow(&s, &s.log, 0, 5, NULL), 200);
	stand_close(&s);
}

/* One bit of a record: what the own cosignature covers, or only the log's. */
static void
damage(void **state)
{
	AUTO_BUF note = { 0 };
	char name[65], path[256];
	struct stand s;
	unsigned lost = 0;

	(void)state;
	stand_open(&s);
	assert_int_equal(grow(&s, &s.log, 0, 7, NULL), 200);
	assert_int_equal(vault_name(name, LOG_NAME, NULL), PROV_OK);
	snprintf(path, sizeof(path), "%s/origins/%s", s.vault, name);
	assert_int_equal(file_read(&note, path, NOTE_MAX, NULL), PROV_OK);
	for (size_t i = 0; i < note.len; i += 7) {
		unsigned code;

		note.p[i] ^= 4;
		assert_int_equal(file_write(path, buf_span(&note), 0644, 0,
				     NULL),
		    PROV_OK);
		code = grow(&s, &s.fork, 0, 9, NULL);
		assert_true(code == 500 || code == 409);
		lost += code == 500;
		code = grow(&s, &s.fork, 7, 9, NULL);
		assert_true(code == 500 || code == 422);
		note.p[i] ^= 4;
	}
	assert_true(lost > note.len / 7 / 2);
	assert_int_equal(file_write(path, buf_span(&note), 0644, 0, NULL),
	    PROV_OK);
	assert_int_equal(grow(&s, &s.log, 7, 9, NULL), 200);
	stand_close(&s);
}

static void
openings(void **state)
{
	struct stand s;
	prov_witness *w = NULL;
	const prov_pubkey *log;

	(void)state;
	stand_open(&s);
	log = prov_key_public(s.log.key);
	assert_int_equal(prov_witness_init(s.vault, prov_key_public(s.key),
			     NULL),
	    PROV_EEXIST);
	/* A directory that is gone, and one that is another key's. */
	assert_int_equal(prov_witness_open(&w, s.dir, s.key, log, 1, NULL),
	    PROV_ENOTFOUND);
	assert_int_equal(prov_witness_open(&w, s.vault, s.log.key, log, 0,
			     NULL),
	    PROV_EUNTRUSTED);
	assert_int_equal(prov_witness_open(&w, s.vault, s.log.key, log, 1,
			     NULL),
	    PROV_EARG);
	assert_null(w);
	prov_witness_close(NULL);
	stand_close(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(all_sizes),
		cmocka_unit_test(malformed),
		cmocka_unit_test(signatures),
		cmocka_unit_test(conflicts),
		cmocka_unit_test(monitoring),
		cmocka_unit_test(clocks),
		cmocka_unit_test(races),
		cmocka_unit_test(kills),
		cmocka_unit_test(writes_fail),
		cmocka_unit_test(damage),
		cmocka_unit_test(openings),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
