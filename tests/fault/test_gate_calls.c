/* SPDX-License-Identifier: ISC */
/*
 * What one does with a gate, with each allocation failing in turn, and each
 * call for files. What fails is told as what it is, or the item is to be asked
 * about again: nothing is let in, sent away or counted because of it. Then all
 * is done once more, with what the failed attempt left. PROV_SCENE names what
 * alone to do.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>

#include "scene.h"
#include "wrap.h"

#include "../unit/signed.h"
#include "gate/cachefile.h"
#include "gate/gate.h"
#include "gate/journal.h"
#include "gate/tarball.h"
#include "prov/run.h"
#include "prov/shard.h"

static const char POLICY[] =
    "version: 1\nname: calls\npurpose: none\n"
    "trust: {signers: [{key: %s}], logs: {lines: \"log %s\\nquorum none\"}}\n"
    "require: {carrier: sidecar, revocation: if_known, "
    "superseded: if_known}\n"
    "rules:\n"
    "  - {match: {path: \"doubtful/**\"}, then: quarantine}\n"
    "  - {match: {path: \"**\"}, route: good}\n";

static struct place {
	struct desk d;
	prov_policy *policy;
	char in[96], out[96]; /* what is asked about, and what is made of it */
	char run[128];
	struct buf media, sidecar;
	uint8_t digest[32]; /* of media */
} * p;

/* What libraries do on our behalf fails as well. */
WRAP(faulty_memory, struct archive *, NULL, archive_read_new, (void), ())
WRAP(faulty_memory, struct archive *, NULL, archive_write_new, (void), ())
WRAP(faulty_memory, struct archive_entry *, NULL, archive_entry_clone,
    (struct archive_entry * e), (e))
WRAP(faulty_memory, void *, NULL, reallocarray,
    (void *old, size_t n, size_t size), (old, n, size))
/* Which tells that it ran out of memory in the last byte of its text. */
json_t *__real_json_loadb(const char *, size_t, size_t, json_error_t *);
json_t *__wrap_json_loadb(const char *, size_t, size_t, json_error_t *);
json_t *
__wrap_json_loadb(const char *b, size_t n, size_t flags, json_error_t *e)
{
	if (!faulty_memory("json_loadb"))
		return (__real_json_loadb(b, n, flags, e));
	memset(e, 0, sizeof(*e));
	e->text[JSON_ERROR_TEXT_LENGTH - 1] = json_error_out_of_memory;
	return (NULL);
}
WRAP(faulty_files, int, ARCHIVE_FATAL, archive_write_open_fd,
    (struct archive * a, int fd), (a, fd))
WRAP(faulty_files, int, ARCHIVE_FATAL, archive_write_header,
    (struct archive * a, struct archive_entry *e), (a, e))
WRAP(faulty_files, la_ssize_t, -1, archive_write_data,
    (struct archive * a, const void *b, size_t n), (a, b, n))
WRAP(faulty_files, int, ARCHIVE_FATAL, archive_write_close,
    (struct archive * a), (a))
WRAP(faulty_files, int, -1, fdatasync, (int fd), (fd))
WRAP(faulty_files, int, -1, ftruncate, (int fd, off_t n), (fd, n))

static const char *
out_path(const char *name)
{
	static char paths[8][160];
	static unsigned next;
	char *s = paths[next++ % 8];

	(void)snprintf(s, sizeof(paths[0]), "%s/%s", p->out, name);
	return (s);
}

/* Nothing was made yet. */
static void
restore(void)
{
	char name[160];

	assert_true(logged_empty(p->out));
	(void)snprintf(name, sizeof(name), "%s.prov", p->run);
	(void)unlink(name);
	(void)snprintf(name, sizeof(name), "%s/run.intoto.json", p->d.g.dir);
	(void)unlink(name);
}

static void
put_file(const char *dir, const char *name, prov_span bytes)
{
	AUTO_FREE char *path = path_join(dir, name);

	assert_non_null(path);
	ok(file_write(path, bytes, 0644, 0, err));
}

static void
make_policy(void)
{
	char owner[PROV_VKEY_MAX + 1], log[PROV_VKEY_MAX + 1];
	AUTO_BUF b = { 0 };

	prov_vkey_format(prov_key_public(p->d.g.owner), owner);
	prov_vkey_format(prov_key_public(p->d.g.log), log);
	buf_printf(&b, POLICY, owner, log);
	ok(policy_parse(&p->policy, buf_span(&b), "p.yaml", NULL, err));
}

static void
add_member(struct archive *a, const char *name, prov_span bytes)
{
	struct archive_entry *e = archive_entry_new();

	assert_non_null(e);
	archive_entry_set_pathname(e, name);
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_perm(e, 0644);
	archive_entry_set_size(e, (la_int64_t)bytes.len);
	assert_int_equal(ARCHIVE_OK, archive_write_header(a, e));
	assert_int_equal(bytes.len, archive_write_data(a, bytes.p, bytes.len));
	archive_entry_free(e);
}

/* One sample to let in, and one that nobody signed. */
static void
make_shard(void)
{
	struct archive *a = archive_write_new();
	AUTO_FREE char *path = path_join(p->in, "s.tar");

	assert_non_null(a);
	assert_int_equal(ARCHIVE_OK, archive_write_set_format_ustar(a));
	assert_int_equal(ARCHIVE_OK, archive_write_open_filename(a, path));
	add_member(a, "a.bin", buf_span(&p->media));
	add_member(a, "a.bin.prov", buf_span(&p->sidecar));
	add_member(a, "a.txt", span("caption", 7));
	add_member(a, "b.bin", span("unsigned", 8));
	add_member(a, "c.txt", span("alone", 5));
	assert_int_equal(ARCHIVE_OK, archive_write_free(a));
}

/* A file again, with one text instead of another. */
static void
rewrite(const char *from, const char *to, const char *what, const char *with)
{
	AUTO_FREE char *text = NULL;
	AUTO_BUF in = { 0 }, out = { 0 };
	char *at, *found;

	ok(file_read(&in, from, 1 << 20, err));
	ok(buf_take_str(&in, &text, err));
	for (at = text; (found = strstr(at, what)) != NULL;
	     at = found + strlen(what)) {
		buf_put(&out, at, (size_t)(found - at));
		buf_put_str(&out, with);
	}
	assert_true(at != text);
	buf_put_str(&out, at);
	ok(file_write(to, buf_span(&out), 0644, 0, err));
}

/* The records of testdata/fuzz/run/three, as if this log had decided them. */
static void
make_run(void)
{
	AUTO_FREE char *path =
	    path_join(getenv("srcdir"), "testdata/fuzz/run/three");

	assert_non_null(path);
	rewrite(path, p->run, "test/gate/log", LOG_NAME);
}

/* Entries that the run's records were decided under. */
static void
grow(void)
{
	prov_ledger *l = NULL;

	ok(prov_ledger_open_writer(&l, p->d.g.path, p->d.g.log, err));
	ok(logged_append(l, p->d.g.owner, 0, 5, 5, err));
	prov_ledger_close(l);
}

/* What is said of an item is what it should be, or says why it is not. */
static prov_status
expect(const prov_gate_answer *a, const char *id, prov_decision want,
    prov_err *err)
{
	if (a->id == NULL || strcmp(a->id, id) != 0)
		return (PROV_EINTERNAL);
	if (a->decision.effective == want)
		return (PROV_OK);
	if (a->decision.effective != PROV_RETRY || a->facts.error[0] == '\0' ||
	    a->facts.trouble == PROV_OK)
		return (PROV_EINTERNAL);
	return (prov_fail(err, a->facts.trouble, "%s", a->facts.error));
}

static prov_status
record(prov_gate *g, const prov_gate_answer *a, prov_err *err)
{
	AUTO_FREE char *json = NULL, *facts = NULL, *text = NULL;
	AUTO_BUF line = { 0 };
	prov_status st;

	if ((st = prov_gate_answer_json(&json, a, err)) != PROV_OK ||
	    (st = prov_gate_answer_facts(&facts, a, err)) != PROV_OK ||
	    (st = prov_gate_answer_text(&text, a, err)) != PROV_OK)
		return (st);
	buf_printf(&line, "%s\n", json);
	if ((st = buf_done(&line, err)) != PROV_OK)
		return (st);
	return (prov_gate_record(g, (const char *)line.p, line.len, err));
}

static prov_status
ask(prov_gate *g, const prov_request *r, const char *id, prov_decision want,
    prov_err *err)
{
	AUTO(prov_gate_answer) *a = NULL;
	prov_status st;

	if ((st = prov_gate_ask(g, r, &a, err)) != PROV_OK ||
	    (st = expect(a, id, want, err)) != PROV_OK)
		return (st);
	return (record(g, a, err));
}

static prov_status
ask_line(prov_gate *g, const char *line, const char *id, prov_decision want,
    prov_err *err)
{
	AUTO(prov_gate_answer) *a = NULL;
	prov_status st;

	if ((st = prov_gate_ask_json(g, span(line, strlen(line)), &a, err)) !=
		PROV_OK ||
	    (st = expect(a, id, want, err)) != PROV_OK)
		return (st);
	return (record(g, a, err));
}

static prov_status
ask_all(prov_gate *g, prov_err *err)
{
	const prov_request file = { .path = "a.bin", .fd = -1 };
	const prov_request doubtful = { .path = "doubtful/b.bin", .fd = -1 };
	const prov_request bytes = { .id = "bytes",
		.path = "c.bin",
		.fd = -1,
		.bytes = buf_span(&p->media),
		.sidecar = buf_span(&p->sidecar),
		.tenant = "t" };
	prov_status st;

	if ((st = ask(g, &file, "a.bin", PROV_ALLOW, err)) != PROV_OK ||
	    (st = ask(g, &doubtful, "doubtful/b.bin", PROV_QUARANTINE, err)) !=
		PROV_OK ||
	    (st = ask(g, &bytes, "bytes", PROV_ALLOW, err)) != PROV_OK ||
	    (st = ask_line(g, "a.bin", "a.bin", PROV_ALLOW, err)) != PROV_OK)
		return (st);
	return (ask_line(g,
	    "{\"id\":\"json\",\"path\":\"a.bin\","
	    "\"manifest\":\"a.bin.prov\",\"tenant\":\"t\"}",
	    "json", PROV_ALLOW, err));
}

static prov_status
measure(prov_gate *g, prov_err *err)
{
	AUTO_FREE char *text = NULL;
	prov_status st;

	if ((st = prov_gate_sync(g, err)) != PROV_OK ||
	    (st = prov_gate_metrics(g, &text, err)) != PROV_OK)
		return (st);
	return (prov_gate_metrics_save(g, out_path("metrics"), err));
}

/* Twice: the second gate goes on with the run of the first. */
static prov_status
do_ask(prov_err *err)
{
	const prov_route route = { "good", out_path("routed") };
	const prov_gate_options o = { .policy = p->policy,
		.root = p->in,
		.state_dir = out_path("state"),
		.demux = p->d.demux,
		.sidecar = PROV_SIDECAR_BESIDE,
		.cache = out_path("cache"),
		.routes = &route,
		.n_routes = 1,
		.quarantine_dir = out_path("quarantine"),
		.output = out_path("run"),
		.resume = 1,
		.now = DESK_NOW };
	prov_status st = PROV_OK;

	for (int i = 0; i < 2 && st == PROV_OK; i++) {
		AUTO(prov_gate) *g = NULL;

		if ((st = prov_gate_new(&g, &o, err)) == PROV_OK &&
		    (st = ask_all(g, err)) == PROV_OK)
			st = measure(g, err);
	}
	return (st);
}

static prov_status
do_policy(prov_err *err)
{
	AUTO_FREE char *path = path_join(p->in, "p.json");
	prov_policy *made = NULL;
	prov_status st;

	if (path == NULL)
		return (prov_fail(err, PROV_ENOMEM, "path"));
	st = prov_policy_load(&made, path, err);
	prov_policy_free(made);
	return (st);
}

/* New, found again, and thrown away. */
static prov_status
do_cache(prov_err *err)
{
	prov_status st = PROV_OK;

	for (int i = 0; i < 2 && st == PROV_OK; i++) {
		struct cachefile *f = NULL;

		st = cachefile_open(&f, out_path("facts"), CACHEFILE_MIN, err);
		if (st == PROV_OK && i == 1)
			st = cachefile_renew(&f, err);
		cachefile_close(f);
	}
	return (st);
}

static void
was_asked(void)
{
	AUTO_BUF b = { 0 };

	ok(file_read(&b, out_path("routed/a.bin"), 100, err));
	assert_true(span_eq(buf_span(&p->media), buf_span(&b)));
	b.len = 0;
	ok(file_read(&b, out_path("routed/c.bin"), 100, err));
	assert_true(span_eq(buf_span(&p->media), buf_span(&b)));
}

/* What was appended is on disk, or it is told that it is not. */
static prov_status
append(prov_err *err)
{
	struct journal *j = NULL;
	prov_status st;

	(void)remove(out_path("synced"));
	st = journal_open(&j, out_path("synced"), false,
	    prov_policy_digest(p->policy), err);
	if (st == PROV_OK)
		st = journal_append(j, span("{}\n", 3), err);
	if (st == PROV_OK)
		st = journal_sync(j, err);
	journal_close(j);
	return (st);
}

/* The run alone: a journal that is new, found, and cut off where it is torn. */
static prov_status
do_journal(prov_err *err)
{
	const uint8_t *digest = prov_policy_digest(p->policy);
	prov_status st = PROV_OK;

	for (int i = 0; i < 2 && st == PROV_OK; i++) {
		struct journal *j = NULL;
		AUTO_BUF line = { 0 };

		st = journal_open(&j, out_path("run"), true, digest, err);
		if (st == PROV_OK)
			st = journal_find(j, &line, "a", NULL, err);
		if (st == PROV_OK)
			st = journal_sync(j, err);
		journal_close(j);
		/* Not by the wrapped calls: this is what a crash leaves. */
		if (i == 0 && st == PROV_OK &&
		    file_write(out_path("run"), span("{\"v\"", 4), 0644, 0,
			err) != PROV_OK)
			return (err->status);
	}
	return (st == PROV_OK ? append(err) : st);
}

static prov_status
answered(void *arg, const prov_gate_answer *a, prov_err *err)
{
	size_t *n = arg;

	(*n)++;
	if (a->id != NULL && strcmp(a->id, "s.tar/a.bin") == 0)
		return (expect(a, "s.tar/a.bin", PROV_ALLOW, err));
	return (
	    expect(a, *n == 2 ? "s.tar/b.bin" : "s.tar/c.txt", PROV_DENY, err));
}

static prov_status
sieve(prov_shard *s, size_t *n, prov_err *err)
{
	prov_status st = PROV_OK;

	for (bool more = true; more && st == PROV_OK;) {
		prov_sample *sample = NULL;

		st = prov_shard_next(s, &sample, err);
		more = sample != NULL;
		if (st == PROV_OK && more &&
		    (st = prov_sample_ask(sample, answered, n, err)) == PROV_OK)
			st = prov_shard_put(s, sample, err);
		prov_sample_free(sample);
	}
	return (st == PROV_OK ? prov_shard_finish(s, err) : st);
}

static prov_status
do_shard(prov_err *err)
{
	const prov_gate_options o = { .policy = p->policy,
		.root = p->in,
		.demux = p->d.demux,
		.now = DESK_NOW };
	const prov_route route = { "good", out_path("good.tar") };
	const prov_shard_options how = { .name = "s.tar",
		.fd = -1,
		.accepted = out_path("accepted.tar.gz"),
		.rejected = out_path("rejected.tar"),
		.routes = &route,
		.n_routes = 1 };
	AUTO(prov_gate) *g = NULL;
	prov_shard *s = NULL;
	size_t n = 0;
	prov_status st;

	if ((st = prov_gate_new(&g, &o, err)) != PROV_OK ||
	    (st = prov_shard_open(&s, g, &how, err)) != PROV_OK)
		return (st);
	st = sieve(s, &n, err);
	prov_shard_free(s);
	return (st == PROV_OK && n != 3 ? PROV_EINTERNAL : st);
}

static void
was_sieved(void)
{
	struct stat sb;

	assert_int_equal(0, stat(out_path("good.tar"), &sb));
	assert_true(sb.st_size > 1024);
	assert_int_equal(0, stat(out_path("rejected.tar"), &sb));
	assert_true(sb.st_size > 1024);
	assert_int_equal(0, stat(out_path("accepted.tar.gz"), &sb));
}

/* A member that waits in a file, and from there goes into another tar. */
static prov_status
pass_on(struct archive *a, struct tarball *t, prov_err *err)
{
	struct archive_entry *e = NULL;
	struct sample s = { .n = 1 };
	prov_status st;

	if (archive_read_next_header(a, &e) != ARCHIVE_OK)
		return (prov_fail(err, PROV_EIO, "the shard"));
	st = member_read(&s.at[0], a, e, p->out, err);
	if (st != PROV_OK)
		return (st);
	st = tarball_put(t, &s, err);
	member_clear(&s.at[0]);
	return (st);
}

static prov_status
do_spool(prov_err *err)
{
	AUTO_FREE char *path = path_join(p->in, "s.tar");
	struct archive *a = archive_read_new();
	struct tarball *t = NULL;
	prov_status st;

	if (path == NULL || a == NULL ||
	    archive_read_support_format_tar(a) != ARCHIVE_OK ||
	    archive_read_open_filename(a, path, 10240) != ARCHIVE_OK)
		st = prov_fail(err, PROV_ENOMEM, "the shard");
	else if ((st = tarball_open(&t, out_path("t.tar"), err)) == PROV_OK &&
		 (st = pass_on(a, t, err)) == PROV_OK)
		st = tarball_finish(TAKE(t), err);
	tarball_drop(t);
	(void)archive_read_free(a);
	return (st);
}

static void
was_spooled(void)
{
	AUTO_BUF b = { 0 };

	ok(file_read(&b, out_path("t.tar"), 1 << 20, err));
	assert_non_null(memmem(b.p, b.len, p->media.p, p->media.len));
}

/* To standard output, which is nobody's meanwhile. */
static prov_status
do_piped(prov_err *err)
{
	AUTO_FD int was = dup(STDOUT_FILENO);
	AUTO_FD int none = open("/dev/null", O_WRONLY | O_CLOEXEC);
	struct tarball *t = NULL;
	prov_status st;

	if (was < 0 || none < 0 || fflush(stdout) != 0)
		return (prov_fail(err, PROV_EIO, "/dev/null"));
	(void)dup2(none, STDOUT_FILENO);
	if ((st = tarball_open(&t, "-", err)) == PROV_OK)
		st = tarball_finish(t, err);
	(void)dup2(was, STDOUT_FILENO);
	return (st);
}

static prov_status
verify(const char *run, const char *sidecar, int status, const char *words,
    prov_err *err)
{
	const prov_verify_options o = { .trust = p->d.trust,
		.ledger_dir = p->d.g.path,
		.ledger_own = 1,
		.now = DESK_NOW };
	AUTO_FREE char *json = NULL, *text = NULL;
	prov_run_report *r = NULL;
	prov_verifier *v = NULL;
	prov_status st;

	if ((st = prov_verifier_new(&v, &o, err)) == PROV_OK &&
	    (st = prov_run_verify(v, run, sidecar, NULL, &r, err)) == PROV_OK &&
	    (st = prov_run_report_json(&json, r, err)) == PROV_OK &&
	    (st = prov_run_report_text(&text, r, err)) == PROV_OK &&
	    (prov_run_report_status(r) != status ||
		strstr(json, words) == NULL))
		st = prov_fail(err, PROV_EINTERNAL, "%.500s", json);
	prov_run_report_free(r);
	prov_verifier_free(v);
	return (st);
}

/* The log, then a reader who finds what was signed of the run. */
static prov_status
do_sign(prov_err *err)
{
	prov_ledger *l = NULL;
	prov_run_signed done;
	prov_status st;

	if ((st = prov_ledger_open_writer(&l, p->d.g.path, p->d.g.log, err)) !=
	    PROV_OK)
		return (st);
	{
		const prov_run_sign_options o = { .key = p->d.g.owner,
			.ledger = l };

		st = prov_run_sign(&o, p->run, &done, err);
		if (st == PROV_OK && done.records != 3)
			st = PROV_EINTERNAL;
	}
	prov_ledger_close(l);
	return (st);
}

static void
was_signed(void)
{
	char name[160];

	(void)snprintf(name, sizeof(name), "%s.prov", p->run);
	assert_int_equal(0, access(name, F_OK));
	ok(verify(p->run, NULL, 0, "\"envelope\":\"valid\"", err));
}

static prov_status
do_verify(prov_err *err)
{
	return (
	    verify(p->run, NULL, 0, "\"not_checked\":[\"consistency\"]", err));
}

/* Another run than was signed: what differs is told by the sidecar. */
static prov_status
do_altered(prov_err *err)
{
	char run[160], sidecar[160];

	(void)snprintf(sidecar, sizeof(sidecar), "%s.prov", p->run);
	(void)snprintf(run, sizeof(run), "%s", out_path("altered"));
	return (verify(run, sidecar, 1, "\"what\":\"altered\"", err));
}

static void
told(void *arg, const char *record)
{
	size_t *n = arg;

	*n += strstr(record, "\"was\":") != NULL;
}

static prov_status
do_rescan(prov_err *err)
{
	const prov_gate_options o = { .policy = p->policy,
		.ledger_dir = p->d.g.path,
		.ledger_own = 1,
		.demux = p->d.demux,
		.now = DESK_NOW };
	AUTO(prov_gate) *g = NULL;
	prov_rescanned now = { 0 };
	size_t n = 0;
	prov_status st;

	if ((st = prov_gate_new(&g, &o, err)) != PROV_OK ||
	    (st = prov_run_rescan(g, out_path("streams"), told, &n, &now,
		 err)) != PROV_OK)
		return (st);
	if (now.records == 0 || now.accepted == 0 || n != now.changed ||
	    now.changed != now.retry)
		return (PROV_EINTERNAL);
	return (PROV_OK);
}

struct counting {
	uint64_t n;
	prov_status st;
	prov_err *err;
};

static void
counted(void *arg, const prov_run_group *g)
{
	struct counting *c = arg;
	AUTO_FREE char *json = NULL;

	c->n += g->records;
	if (c->st == PROV_OK)
		c->st = prov_run_group_json(&json, g, c->err);
	if (c->st == PROV_OK && json == NULL)
		c->st = PROV_EINTERNAL;
}

static prov_status
do_groups(prov_err *err)
{
	struct counting c = { 0, PROV_OK, err };
	prov_status st;

	st = prov_run_groups(p->run, PROV_GROUP_SIGNER, counted, &c, err);
	if (st != PROV_OK || c.st != PROV_OK)
		return (st != PROV_OK ? st : c.st);
	return (c.n == 3 ? PROV_OK : PROV_EINTERNAL);
}

static void
is_fine(void)
{
}

/* What is always told: nothing there is done in another way instead. */
#define MEMORY (1U << FAULTY_MEMORY)
#define FILES  (1U << FAULTY_FILES)

static const struct scene {
	const char *name;
	unsigned tells;
	prov_status (*work)(prov_err *err);
	void (*holds)(void);
} scenes[] = {
	{ "policy", MEMORY, do_policy, is_fine },
	{ "ask", MEMORY, do_ask, was_asked },
	{ "cache", MEMORY | FILES, do_cache, is_fine },
	{ "journal", MEMORY | FILES, do_journal, is_fine },
	{ "shard", MEMORY | FILES, do_shard, was_sieved },
	{ "spool", MEMORY | FILES, do_spool, was_spooled },
	{ "piped", MEMORY | FILES, do_piped, is_fine },
	{ "sign", 0, do_sign, was_signed },
	{ "verify", 0, do_verify, is_fine },
	{ "altered", 0, do_altered, is_fine },
	{ "rescan", 0, do_rescan, is_fine },
	{ "groups", MEMORY | FILES, do_groups, is_fine },
};
#define SCENES (sizeof(scenes) / sizeof(scenes[0]))

/* That it did not work is told, and as what it is. */
static void
check_trouble(const struct scene *s, enum faulty what, const char *call,
    prov_status st, const prov_err *why)
{
	if (st == PROV_OK && (s->tells & (1U << what)) != 0)
		fail_msg("%s: %s failed, and nothing is said", s->name, call);
	if (st == PROV_OK) {
		s->holds();
		return;
	}
	if (!faulty_is_told(what, st, why) || why->status != st)
		fail_msg("%s: %s failed: %d, %s", s->name, call, st, why->msg);
}

/* Verifying needs what signing leaves, and a rescan a run. */
static void
prepare(const struct scene *s)
{
	char digest[64 + 1];

	restore();
	if (s->work == do_verify || s->work == do_altered)
		ok(do_sign(err));
	if (s->work == do_altered)
		rewrite(p->run, out_path("altered"), "video/mp4", "video/mp5");
	if (s->work != do_rescan)
		return;
	ok(do_ask(err));
	rewrite(out_path("run"), out_path("streams"), "\"binding\":\"exact\"",
	    "\"binding\":\"streams\"");
	hex_encode(digest, p->digest, 32);
	rewrite(out_path("streams"), out_path("streams"), digest,
	    "0123456789abcdef0123456789abcdef"
	    "0123456789abcdef0123456789abcdef");
}

/* Whether there was a place where a call had not failed yet. */
static bool
attempt(size_t i, enum faulty what)
{
	const struct scene *s = &scenes[i];
	prov_err why = { 0 };
	const char *call;
	prov_status st;

	prepare(s);
	faulty_arm(what);
	st = s->work(&why);
	call = faulty_disarm();
	if (call == NULL) {
		if (st != PROV_OK)
			fail_msg("%s: %d, %s", s->name, st, why.msg);
		s->holds();
		return (false);
	}
	check_trouble(s, what, call, st, &why);
	/* What is left of it is in nobody's way. */
	prov_err_clear(&why);
	if ((st = s->work(&why)) != PROV_OK)
		fail_msg("%s: %s failed, and then: %d, %s", s->name, call, st,
		    why.msg);
	s->holds();
	return (true);
}

static const char *
name(size_t i)
{
	return (scenes[i].name);
}

static void
rehearse(size_t i)
{
	prepare(&scenes[i]);
	ok(scenes[i].work(err));
}

static struct stage stage = {
	.n = SCENES,
	.one_in = 1,
	.name = name,
	.rehearse = rehearse,
	.attempt = attempt,
	.least = { 2, 2 },
};

static int
begin(void **state)
{
	char doubtful[128];

	*state = &stage;
	/* Thousands of files are written. */
	logged_in_memory();
	if ((p = calloc(1, sizeof(*p))) == NULL || !desk_open(&p->d))
		return (-1);
	(void)snprintf(p->in, sizeof(p->in), "%s/in", p->d.g.dir);
	(void)snprintf(p->out, sizeof(p->out), "%s/out", p->d.g.dir);
	(void)snprintf(p->run, sizeof(p->run), "%s/run.ndjson", p->d.g.dir);
	(void)snprintf(doubtful, sizeof(doubtful), "%s/doubtful", p->in);
	assert_int_equal(0, mkdir(p->in, 0755));
	assert_int_equal(0, mkdir(p->out, 0755));
	assert_int_equal(0, mkdir(doubtful, 0755));
	assert_true(desk_write(&p->d, "in/a.bin", span("some media", 10)));
	assert_true(desk_sign(&p->d, "in/a.bin"));
	assert_true(desk_read(&p->media, &p->d, "in/a.bin"));
	assert_true(desk_read(&p->sidecar, &p->d, "in/a.bin.prov"));
	ok(sha256_of(p->digest, buf_span(&p->media), err));
	put_file(p->in, "p.json", span("{\"version\":1}", 13));
	put_file(doubtful, "b.bin", span("unsigned", 8));
	grow();
	make_policy();
	make_shard();
	make_run();
	return (0);
}

static int
end(void **state)
{
	(void)state;
	prov_policy_free(p->policy);
	buf_free(&p->media);
	buf_free(&p->sidecar);
	desk_close(&p->d);
	free(p);
	return (0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_allocation),
		cmocka_unit_test(each_file_call),
	};

	desk_worker();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, begin, end));
}
