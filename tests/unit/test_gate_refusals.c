/* SPDX-License-Identifier: ISC */
/*
 * What a gate, a run and a shard refuse is refused by the check that is there
 * for it, and says so: a status alone is also had by what comes after it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <archive.h>
#include <archive_entry.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include "base/temp.h"
#include "gate/cachefile.h"
#include "gate/difference.h"
#include "gate/dsse.h"
#include "gate/journal.h"
#include "gate/lines.h"
#include "gate/record.h"
#include "gate/request.h"
#include "gate/sample.h"
#include "gate/summary.h"
#include "gate/svr.h"
#include "gate/tarball.h"
#include "logged.h"
#include "policies.h"
#include "prov/run.h"
#include "refused.h"
#include "runs.h"
#include "spans.h"

static char dir[] = "/tmp/prov-refusals.XXXXXX";
static prov_policy *policy;

static int
enter(void **state)
{
	(void)state;
	policy = policy_of("version: 1\nname: unit\npurpose: none\n");
	return (policy == NULL || mkdtemp(dir) == NULL || chdir(dir) != 0);
}

static int
leave(void **state)
{
	(void)state;
	prov_policy_free(policy);
	return (chdir("/") != 0 ||
		nftw(dir, logged_remove, 16, FTW_DEPTH | FTW_PHYS) != 0);
}

static void
requests(void **state)
{
	static const char *const rows[][2] = {
		{ "", "an empty line" },
		{ "{\"id\":\"\",\"path\":\"a\"}", "id is no text of 1 to" },
		{ "{\"id\":7,\"path\":\"a\"}", "id is no text of 1 to" },
		{ "{\"fd\":\"3\"}", "fd is no number" },
		{ "{\"fd\":4}", "fd 4 was not handed over" },
		{ "{\"sha256\":\"AB\"}", "64 lower-case" },
		{ "{\"path\":\"a\",\"fd\":3}", "not exactly one of" },
		{ "{}", "not exactly one of" },
		{ "{\"path\":\"a\",\"manifest\":\"b\",\"sidecar\":\"AAE=\"}",
		    "both of manifest and sidecar" },
		{ "{\"path\":\"a\",\"sidecar\":\"A\"}",
		    "sidecar is no base64" },
	};
	static const int fds[] = { 3 };
	char name[GATE_ID_MAX + 1];

	(void)state;
	memset(name, 'a', sizeof(name));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_QUERY q = { .r = { .fd = -1 } };

		refused(PROV_EFORMAT, rows[i][1],
		    request_parse(&q, str(rows[i][0]), fds, 1, err));
	}
	{
		AUTO_QUERY q = { .r = { .fd = -1 } };

		refused(PROV_EFORMAT, "a line of more than",
		    request_parse(&q, many(PROV_GATE_LINE_MAX + 1), NULL, 0,
			err));
		refused(PROV_EFORMAT, "a name of more than",
		    request_parse(&q, span(name, sizeof(name)), NULL, 0, err));
		refused(PROV_EFORMAT, "a name with a NUL",
		    request_parse(&q, span("a\0b", 3), NULL, 0, err));
	}
}

/* Whoever asks for nothing, or for two things, gets no answer. */
static void
questions(void **state)
{
	const prov_gate_options o = { .policy = policy, .now = T0 };
	const prov_request nothing = { .fd = -1 };
	const prov_request two = { .fd = 3, .bytes = span("a", 1) };
	prov_gate_answer *a = NULL;
	prov_gate *g = NULL;

	(void)state;
	ok(prov_gate_new(&g, &o, err));
	refused(PROV_EARG, "a request is one of",
	    prov_gate_ask(g, &nothing, &a, err));
	refused(PROV_EARG, "a request is one of",
	    prov_gate_ask(g, &two, &a, err));
	prov_gate_answer_free(a);
	prov_gate_free(g);
}

/* Of a gate without a root no name is opened: the item is denied for that. */
static void
names(void **state)
{
	const prov_gate_options o = { .policy = policy, .now = T0 };
	const prov_request name = { .path = "a", .fd = -1 };
	const prov_request manifest = { .bytes = span("a", 1),
		.fd = -1,
		.manifest = "a.prov" };
	const prov_request *const rows[] = { &name, &manifest };
	prov_gate *g = NULL;

	(void)state;
	ok(prov_gate_new(&g, &o, err));
	for (size_t i = 0; i < 2; i++) {
		AUTO(prov_gate_answer) *a = NULL;

		ok(prov_gate_ask(g, rows[i], &a, err));
		assert_int_equal(PROV_DENY, prov_gate_answer_decision(a));
		assert_string_equal("path.invalid",
		    prov_gate_answer_reason(a, 0));
		assert_non_null(strstr(a->facts.error, "no root"));
	}
	prov_gate_free(g);
}

static void
gates(void **state)
{
	prov_gate_options o = { .now = T0 };
	prov_gate *g = NULL;

	(void)state;
	refused(PROV_EARG, "a gate needs a policy", prov_gate_new(&g, &o, err));
	o.policy = policy;
	o.sidecar = PROV_SIDECAR_DIR;
	refused(PROV_EARG, "but none named", prov_gate_new(&g, &o, err));
	o.sidecar = PROV_SIDECAR_NONE;
	o.cache = "cache";
	refused(PROV_EARG, "a cache needs a directory",
	    prov_gate_new(&g, &o, err));
	assert_null(g);
	o.cache = NULL;
	o.output = "run";
	ok(prov_gate_new(&g, &o, err));
	refused(PROV_EARG, "without its end",
	    prov_gate_record(g, "{}", 2, err));
	prov_gate_free(g);
}

static void
journals(void **state)
{
	const uint8_t *digest = prov_policy_digest(policy);
	struct journal *j = NULL, *other = NULL;
	AUTO_BUF b = { 0 };

	(void)state;
	ok(journal_open(&j, "j", false, digest, err));
	refused(PROV_EEXIST, "is there already",
	    journal_open(&other, "j", false, digest, err));
	refused(PROV_EBUSY, "another run writes to it",
	    journal_open(&other, "j", true, digest, err));
	journal_close(j);
	refused(PROV_EOPEN, "none/j",
	    journal_open(&other, "none/j", true, digest, err));
	refused(PROV_EOPEN, "is not a regular file",
	    journal_open(&other, "/dev/null", true, digest, err));
	assert_non_null(buf_grow(&b, RECORD_MAX + 1));
	memset(b.p, ' ', b.len);
	ok(file_write("j", buf_span(&b), 0644, 0, err));
	refused(PROV_EFORMAT, "a line of more than",
	    journal_open(&other, "j", true, digest, err));
	ok(file_write("j", span("{}\n", 3), 0644, 0, err));
	refused(PROV_EFORMAT, "record at byte 0",
	    journal_open(&other, "j", true, digest, err));
	assert_null(other);
}

/* What could not be written once is never said to be there. */
static void
failed_journal(void **state)
{
	struct journal *j = NULL;
	struct rlimit was, none;

	(void)state;
	ok(journal_open(&j, "k", false, prov_policy_digest(policy), err));
	assert_int_equal(0, getrlimit(RLIMIT_FSIZE, &was));
	none = was;
	none.rlim_cur = 0;
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &none));
	refused(PROV_EWRITE, "k", journal_append(j, span("{}\n", 3), err));
	assert_int_equal(0, setrlimit(RLIMIT_FSIZE, &was));
	refused(PROV_EWRITE, "failed before",
	    journal_append(j, span("{}\n", 3), err));
	refused(PROV_EWRITE, "failed before", journal_sync(j, err));
	journal_close(j);
}

static void
envelopes(void **state)
{
	static const char type[] = "\"payloadType\":\"" DSSE_TYPE "\"";
	static const struct {
		const char *rest, *words;
	} rows[] = {
		{ "\"signatures\":[]", "no payload" },
		{ "\"payload\":\"A\",\"signatures\":[]",
		    "payload is no base64" },
		{ "\"payload\":\"e30=\",\"signatures\":[]", "0 signatures" },
		{ "\"payload\":\"e30=\",\"signatures\":[{\"keyid\":\"\"}]",
		    "no sig" },
		{ "\"payload\":\"e30=\",\"signatures\":"
		  "[{\"keyid\":1,\"sig\":\"AAE=\"}]",
		    "keyid is no text" },
		{ "\"payload\":\"e30=\",\"signatures\":[{\"sig\":\"AAE=\"}]",
		    "a signature of 2 bytes" },
	};
	AUTO(prov_key) *key = logged_key(OWNER_NAME, 2);
	AUTO_DSSE d = { .n = 0 };
	char text[512];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		(void)snprintf(text, sizeof(text), "{%s,%s}", type,
		    rows[i].rest);
		refused(PROV_EFORMAT, rows[i].words,
		    dsse_parse(&d, str(text), err));
	}
	refused(PROV_EUNSUPPORTED, "its payload is not of type",
	    dsse_parse(&d, str("{\"payloadType\":\"x\"}"), err));
	refused(PROV_ELIMIT,
	    "envelope:", dsse_parse(&d, many(DSSE_MAX + 1), err));
	refused(PROV_EUNTRUSTED, "none of its 0 signatures",
	    dsse_verify(&d, prov_key_public(key), err));
}

static void
statements(void **state)
{
	AUTO_FREE struct run_record *r = calloc(1, sizeof(*r));
	char name[SVR_NAME_MAX + 2];
	AUTO_BUF b = { 0 };

	(void)state;
	assert_non_null(r);
	runs_sample(r);
	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	refused(PROV_EARG, "a run's name is", svr_put(&b, r, "", err));
	refused(PROV_EARG, "a run's name is", svr_put(&b, r, "\xff", err));
	refused(PROV_EARG, "a run's name is", svr_put(&b, r, name, err));
	refused(PROV_EFORMAT, "its first subject has no name",
	    svr_name(name, str("{}"), err));
	ok(svr_put(&b, r, "run.ndjson", err));
	r->n++;
	refused(PROV_EUNTRUSTED, "something else than the run record",
	    svr_check(name, buf_span(&b), r, err));
}

static int
file_of(prov_span bytes)
{
	int fd = memfd_create("run", 0);

	assert_true(fd >= 0);
	ok(fd_write(fd, bytes, "run", err));
	return (fd);
}

/* What is wrong with the first bad line of a run. */
static void
bad_lines(void **state)
{
	AUTO_BUF b = { 0 };
	const struct {
		prov_span text;
		const char *words;
	} rows[] = {
		{ str("{}"), "the run ends within it" },
		{ str("{}\n"), "record: " },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_FD int fd = file_of(rows[i].text);
		AUTO_SUMMARY *s = NULL;

		ok(summary_read(&s, fd, err));
		assert_int_equal(1, s->bad);
		assert_non_null(strstr(s->why.msg, rows[i].words));
	}
	assert_non_null(buf_grow(&b, RECORD_MAX + 1));
	memset(b.p, ' ', b.len);
	buf_put_byte(&b, '\n');
	{
		AUTO_FD int fd = file_of(buf_span(&b));
		AUTO_SUMMARY *s = NULL;

		ok(summary_read(&s, fd, err));
		assert_int_equal(1, s->bad);
		assert_non_null(strstr(s->why.msg, "more than"));
	}
}

static void
summaries(void **state)
{
	AUTO_SUMMARY *s = calloc(1, sizeof(*s));
	AUTO_FREE struct record *r = calloc(1, sizeof(*r));

	(void)state;
	assert_true(s != NULL && r != NULL);
	r->has_bytes = true;
	r->bytes = UINT64_MAX;
	ok(summary_add(s, r, err));
	r->bytes = 1;
	refused(PROV_ELIMIT, "too many bytes to count", summary_add(s, r, err));
	r->has_bytes = false;
	s->r.n_reasons = RUN_REASONS_MAX;
	r->n_reasons = 1;
	memcpy(r->reasons[0], "zzz", 4);
	refused(PROV_ELIMIT, "different reasons", summary_add(s, r, err));
	r->n_reasons = 0;
	s->r.n_heads = RUN_HEADS_MAX;
	r->has_entry = true;
	memcpy(r->origin, "zzz", 4);
	refused(PROV_ELIMIT, "logs", summary_add(s, r, err));
	r->policy[0] = 1;
	refused(PROV_EFORMAT, "decided by another policy",
	    summary_add(s, r, err));
}

static void
no_run(void *arg, const prov_run_group *g)
{
	(void)arg;
	(void)g;
}

static void
no_record(void *arg, const char *record)
{
	(void)arg;
	(void)record;
}

static void
runs(void **state)
{
	const prov_gate_options o = { .policy = policy, .now = T0 };
	const prov_run_sign_options none = { 0 };
	prov_run_signed done;
	prov_rescanned now;
	prov_gate *g = NULL;

	(void)state;
	ok(prov_gate_new(&g, &o, err));
	ok(file_write("torn", span("{}", 2), 0644, 0, err));
	ok(file_write("bad", span("{}\n", 3), 0644, 0, err));
	ok(file_write("empty", span("", 0), 0644, 0, err));
	refused(PROV_EARG, "groups by 0",
	    prov_run_groups("torn", (prov_group_by)0, no_run, NULL, err));
	refused(PROV_EFORMAT, "line 1: it is no whole record",
	    prov_run_groups("torn", PROV_GROUP_SIGNER, no_run, NULL, err));
	refused(PROV_EFORMAT, "line 1: record",
	    prov_run_groups("bad", PROV_GROUP_SIGNER, no_run, NULL, err));
	refused(PROV_EFORMAT, "line 1: it is no whole record",
	    prov_run_rescan(g, "torn", no_record, NULL, &now, err));
	refused(PROV_EFORMAT, "line 1: record",
	    prov_run_rescan(g, "bad", no_record, NULL, &now, err));
	refused(PROV_EFORMAT, "line 1: record",
	    prov_run_sign(&none, "bad", &done, err));
	refused(PROV_EFORMAT, "nothing was decided",
	    prov_run_sign(&none, "empty", &done, err));
	prov_gate_free(g);
}

/* A run that is gone on with under this policy; a copy, as it may be cut. */
static prov_status
reopen(const char *path, prov_err *err)
{
	struct journal *j = NULL;
	AUTO_BUF b = { 0 };
	prov_status st;

	if ((st = file_read(&b, path, 1 << 20, err)) != PROV_OK ||
	    (st = file_write("again", buf_span(&b), 0644, 0, err)) != PROV_OK)
		return (st);
	st = journal_open(&j, "again", true, prov_policy_digest(policy), err);
	journal_close(j);
	return (st);
}

/* Records that somebody changed, and a policy that did not decide. */
static void
altered_runs(void **state)
{
	const prov_gate_options o = { .policy = policy, .now = T0 };
	const prov_run_sign_options other = { .policy = policy };
	AUTO_FREE char *path =
	    path_join(getenv("srcdir"), "testdata/fuzz/run/three");
	AUTO_FREE char *text = NULL;
	AUTO_BUF b = { 0 };
	prov_run_signed done;
	prov_rescanned now;
	prov_gate *g = NULL;
	char *at;

	(void)state;
	assert_non_null(path);
	refused(PROV_EARG, "decided by another policy",
	    prov_run_sign(&other, path, &done, err));
	refused(PROV_EFORMAT, "made under another policy", reopen(path, err));
	ok(prov_gate_new(&g, &o, err));
	ok(file_read(&b, path, 1 << 20, err));
	ok(buf_take_str(&b, &text, err));
	assert_non_null(at = strstr(text, "\"sha256\":\""));
	memset(at + 9, ' ', 66);
	memcpy(at + 9, "null", 4);
	ok(file_write("three", str(text), 0644, 0, err));
	refused(PROV_EFORMAT, "let pass without a digest",
	    prov_run_rescan(g, "three", no_record, NULL, &now, err));
	prov_gate_free(g);
}

static prov_status
pass(void *arg, const struct difference *d, prov_err *err)
{
	(void)arg;
	(void)d;
	(void)err;
	return (PROV_OK);
}

static void
too_large(void **state)
{
	const size_t len = (RUN_LINES_MAX + 1) * RUN_PREFIX_LEN;
	struct cachefile *f = NULL;

	(void)state;
	refused(PROV_ELIMIT, "too many lines",
	    difference_find(many(len), many(0), pass, NULL, err));
	refused(PROV_ELIMIT, "too many lines",
	    difference_find(many(0), many(len), pass, NULL, err));
	refused(PROV_EARG, "a cache has at least",
	    cachefile_open(&f, "f", CACHEFILE_MIN - 1, err));
	assert_null(f);
}

static void
caches(void **state)
{
	struct cachefile *f = NULL;
	char text[200];

	(void)state;
	memset(text, 'a', sizeof(text));
	refused(PROV_EOPEN, "none",
	    cachefile_open(&f, "none/cache", CACHEFILE_MIN, err));
	ok(file_write("c", span(text, sizeof(text)), 0600, 0, err));
	refused(PROV_EUNTRUSTED, "is no cache of prov's",
	    cachefile_open(&f, "c", CACHEFILE_MIN, err));
	assert_int_equal(0, chmod("c", 0644));
	refused(PROV_EUNTRUSTED, "a cache is a file of one's own",
	    cachefile_open(&f, "c", CACHEFILE_MIN, err));
	assert_int_equal(0, symlink("elsewhere", "link"));
	refused(PROV_EOPEN, "link",
	    cachefile_open(&f, "link", CACHEFILE_MIN, err));
	assert_null(f);
}

/* A tar of n members of 8 bytes, of which each is cut or has a hole. */
static int
tar_of(int n, size_t cut, bool hole)
{
	int fd = memfd_create("tar", 0);
	struct archive *a = archive_write_new();

	assert_true(fd >= 0 && a != NULL);
	assert_int_equal(ARCHIVE_OK, archive_write_set_format_pax(a));
	assert_int_equal(ARCHIVE_OK, archive_write_open_fd(a, fd));
	for (int i = 0; i < n; i++) {
		static const uint8_t bytes[66560];
		struct archive_entry *e = archive_entry_new();
		char name[32];

		(void)snprintf(name, sizeof(name), "a.%d", i);
		archive_entry_set_pathname(e, name);
		archive_entry_set_filetype(e, AE_IFREG);
		archive_entry_set_size(e, hole ? sizeof(bytes) : 8);
		if (hole)
			archive_entry_sparse_add_entry(e, 65536, 1024);
		assert_int_equal(ARCHIVE_OK, archive_write_header(a, e));
		assert_true(
		    archive_write_data(a, bytes, hole ? sizeof(bytes) : 8) > 0);
		archive_entry_free(e);
	}
	assert_int_equal(ARCHIVE_OK, archive_write_free(a));
	if (cut != 0)
		assert_int_equal(0, ftruncate(fd, (off_t)cut));
	assert_int_equal(0, lseek(fd, 0, SEEK_SET));
	return (fd);
}

static prov_status
retried(void *arg, const prov_gate_answer *a, prov_err *err)
{
	(void)err;
	assert_int_equal(PROV_RETRY, prov_gate_answer_decision(a));
	assert_true(a->facts.trouble == PROV_EIO);
	assert_true(a->facts.error[0] != '\0');
	++*(int *)arg;
	return (PROV_OK);
}

/* What cannot be read whole is said, and asked about is to be tried again. */
static void
damaged_shards(void **state)
{
	const struct {
		int n;
		size_t cut;
		bool hole;
		prov_status want;
		const char *words;
	} rows[] = {
		{ SAMPLE_MEMBERS_MAX + 1, 0, false, PROV_ELIMIT,
		    "a sample has more than" },
		{ 1, 0, true, PROV_EFORMAT, "not as long as it says" },
		{ 1, 516, false, PROV_EFORMAT, "" },
	};
	const prov_gate_options o = { .policy = policy, .now = T0 };
	prov_gate *g = NULL;

	(void)state;
	ok(prov_gate_new(&g, &o, err));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_FD int fd = tar_of(rows[i].n, rows[i].cut, rows[i].hole);
		const prov_shard_options how = { .name = "s.tar", .fd = fd };
		prov_sample *sample = NULL;
		prov_shard *s = NULL;
		int n = 0;

		ok(prov_shard_open(&s, g, &how, err));
		refused(rows[i].want, rows[i].words,
		    prov_shard_next(s, &sample, err));
		ok(prov_sample_ask(sample, retried, &n, err));
		assert_true(n > 0);
		prov_sample_free(sample);
		prov_shard_free(s);
	}
	prov_gate_free(g);
}

static void
members(void **state)
{
	struct archive *a = archive_read_new();
	struct archive_entry *e = archive_entry_new();
	AUTO_FD int fd = tar_of(1, 516, false);
	struct tarball *t = NULL;
	struct member m;
	int was;

	(void)state;
	assert_true(a != NULL && e != NULL);
	assert_int_equal(ARCHIVE_OK, archive_read_support_format_tar(a));
	assert_int_equal(ARCHIVE_OK, archive_read_open_fd(a, fd, 512));
	archive_entry_set_pathname(e, "a");
	archive_entry_set_filetype(e, AE_IFREG);
	archive_entry_set_size(e, (la_int64_t)MEMBER_SIZE_MAX + 1);
	refused(PROV_ELIMIT, "more than 1 TiB",
	    member_read(&m, a, e, NULL, err));
	archive_entry_free(e);
	assert_int_equal(ARCHIVE_OK, archive_read_next_header(a, &e));
	refused(PROV_EFORMAT, "", member_read(&m, a, e, NULL, err));
	(void)archive_read_free(a);
	/* To a standard output that is not there. */
	(void)fflush(stdout);
	was = fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
	(void)close(STDOUT_FILENO);
	refused(PROV_EWRITE, "Bad file descriptor", tarball_open(&t, "-", err));
	assert_int_equal(STDOUT_FILENO, dup2(was, STDOUT_FILENO));
	(void)close(was);
}

/* A record that is longer than any is not even looked at. */
static void
records(void **state)
{
	AUTO_RECORD r = { 0 };

	(void)state;
	refused(PROV_EFORMAT, "record: more than",
	    record_parse(&r, many(RECORD_MAX + 1), err));
}

static void
shards(void **state)
{
	const prov_gate_options o = { .policy = policy, .now = T0 };
	prov_shard_options how = { .name = "s.tar", .fd = -1, .n_routes = 65 };
	AUTO_FD int no_tar = file_of(str("no tar at all"));
	static const uint8_t zeros[1024];
	AUTO_FD int empty = file_of(span(zeros, sizeof(zeros)));
	prov_shard *s = NULL;
	prov_gate *g = NULL;

	(void)state;
	ok(prov_gate_new(&g, &o, err));
	refused(PROV_EARG, "by descriptor or by name",
	    prov_shard_open(&s, g, &how, err));
	how.fd = no_tar;
	assert_int_equal(0, lseek(no_tar, 0, SEEK_SET));
	refused(PROV_EFORMAT, "archive", prov_shard_open(&s, g, &how, err));
	how.fd = empty;
	assert_int_equal(0, lseek(empty, 0, SEEK_SET));
	refused(PROV_ELIMIT, "more than 64 routes",
	    prov_shard_open(&s, g, &how, err));
	assert_null(s);
	how.n_routes = 0;
	assert_int_equal(0, lseek(empty, 0, SEEK_SET));
	ok(prov_shard_open(&s, g, &how, err));
	refused(PROV_EFORMAT, "not read to its end", prov_shard_finish(s, err));
	prov_shard_free(s);
	prov_gate_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(requests),
		cmocka_unit_test(questions),
		cmocka_unit_test(names),
		cmocka_unit_test(gates),
		cmocka_unit_test(journals),
		cmocka_unit_test(failed_journal),
		cmocka_unit_test(envelopes),
		cmocka_unit_test(statements),
		cmocka_unit_test(bad_lines),
		cmocka_unit_test(summaries),
		cmocka_unit_test(runs),
		cmocka_unit_test(too_large),
		cmocka_unit_test(caches),
		cmocka_unit_test(shards),
		cmocka_unit_test(damaged_shards),
		cmocka_unit_test(members),
		cmocka_unit_test(records),
		cmocka_unit_test(altered_runs),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, enter, leave));
}
