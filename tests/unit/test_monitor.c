/* SPDX-License-Identifier: ISC */
/* Copies, witnesses and forks, as prov ledger monitor sees them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <jansson.h>

#include "ledger/fork.h"
#include "monitor/seen.h"
#include "prov/monitor.h"
#include "sign/note.h"
#include "verify/trust.h"
#include "witnesses.h"

#define NOW INT64_C(1795466460)

/* A log, the trust that names it, and what the last round said. */
struct watch {
	struct logged g;
	prov_trust *trust;
	char state[96];
	char other[96]; /* another copy */
	prov_monitor_options o;
	const char *sources[4];
	const char *witnesses[4];
	size_t n;
	json_t *events[512];
	char lines[512][256];
};

static void
watch_open(struct watch *w)
{
	memset(w, 0, sizeof(*w));
	assert_true(logged_open(&w->g));
	ok(prov_trust_new(&w->trust, err));
	ok(prov_trust_add_log(w->trust, prov_key_public(w->g.log), err));
	snprintf(w->state, sizeof(w->state), "%s/state", w->g.dir);
	snprintf(w->other, sizeof(w->other), "%s/other", w->g.dir);
	w->sources[0] = w->g.path;
	w->o.trust = w->trust;
	w->o.state = w->state;
	w->o.sources = w->sources;
	w->o.n_sources = 1;
	w->o.witnesses = w->witnesses;
}

static void
forget(struct watch *w)
{
	for (size_t i = 0; i < w->n; i++)
		json_decref(w->events[i]);
	w->n = 0;
}

static void
watch_close(struct watch *w)
{
	forget(w);
	prov_trust_free(w->trust);
	logged_close(&w->g);
}

static void
see(void *arg, const char *json, const char *line)
{
	struct watch *w = arg;

	assert_true(w->n < 512);
	assert_null(strchr(json, '\n'));
	assert_null(strchr(line, '\n'));
	w->events[w->n] = json_loads(json, 0, NULL);
	assert_non_null(w->events[w->n]);
	snprintf(w->lines[w->n++], sizeof(w->lines[0]), "%s", line);
}

/* One round of a monitor of its own, as prov ledger monitor --once. */
static prov_status
look(struct watch *w, int64_t now)
{
	prov_monitor *m = NULL;
	prov_err why = { 0 };
	prov_status st;

	forget(w);
	ok(prov_monitor_new(&m, &w->o, err));
	st = prov_monitor_round(m, now, see, w, &why);
	prov_monitor_free(m);
	if (st != PROV_OK)
		printf("# %s\n", why.msg);
	return (st);
}

/* Event i among those of a name, or NULL. */
static json_t *
event(const struct watch *w, const char *name, size_t i)
{
	for (size_t k = 0; k < w->n; k++) {
		const char *is =
		    json_string_value(json_object_get(w->events[k], "event"));

		assert_non_null(is);
		if (strcmp(is, name) == 0 && i-- == 0)
			return (w->events[k]);
	}
	return (NULL);
}

static int64_t
number(json_t *e, const char *key)
{
	json_t *v = json_object_get(e, key);

	assert_true(json_is_integer(v));
	return (json_integer_value(v));
}

static const char *
string(json_t *e, const char *key)
{
	const char *s = json_string_value(json_object_get(e, key));

	assert_non_null(s);
	return (s);
}

static void
append(struct watch *w, const char *dir, uint64_t from, uint64_t to)
{
	AUTO(prov_ledger) *l = NULL;

	ok(prov_ledger_open_writer(&l, dir, w->g.log, err));
	ok(logged_append(l, w->g.owner, from, to, 100, err));
}

static void
copy(struct watch *w, const char *to)
{
	char cmd[512];

	snprintf(cmd, sizeof(cmd), "rm -rf %s && cp -R %s %s", to, w->g.path,
	    to);
	assert_int_equal(0, system(cmd));
}

/* The first round begins at the head; the next ones tell what came. */
static void
grows(void **state)
{
	struct watch w;
	json_t *e;

	(void)state;
	watch_open(&w);
	append(&w, w.g.path, 0, 5);
	assert_int_equal(PROV_OK, look(&w, NOW));
	assert_null(event(&w, "entry", 0));
	e = event(&w, "head", 0);
	assert_int_equal(6, number(e, "size"));
	assert_int_equal(0, number(e, "new_entries"));
	assert_true(json_is_null(json_object_get(e, "lag_s")));
	assert_true(json_is_null(json_object_get(e, "age_s")));
	assert_true(json_is_false(json_object_get(e, "stale")));
	append(&w, w.g.path, 5, 305);
	assert_int_equal(PROV_OK, look(&w, NOW + 60));
	e = event(&w, "head", 0);
	assert_int_equal(306, number(e, "size"));
	assert_int_equal(300, number(e, "new_entries"));
	assert_int_equal(60, number(e, "lag_s"));
	assert_int_equal(6, number(event(&w, "entry", 0), "index"));
	assert_int_equal(305, number(event(&w, "entry", 299), "index"));
	assert_null(event(&w, "entry", 300));
	e = event(&w, "entry", 7);
	assert_string_equal("application/prov-manifest+cbor",
	    string(e, "type"));
	assert_string_equal(OWNER_NAME, string(e, "iss"));
	assert_string_equal("unknown", string(e, "signature"));
	/* Nothing new, and nothing twice. */
	assert_int_equal(PROV_OK, look(&w, NOW + 120));
	assert_null(event(&w, "entry", 0));
	assert_int_equal(1, w.n);
	assert_string_equal(LOG_NAME ": 306 entries, 0 new, 1 of 2 places "
				     "agree",
	    w.lines[0]);
	watch_close(&w);
}

static void
from_the_start_by_signer(void **state)
{
	uint8_t kids[1][32] = { { 1 } };
	prov_trust_signer s = { 0 };
	struct watch w;

	(void)state;
	watch_open(&w);
	append(&w, w.g.path, 0, 3);
	w.o.from_start = 1;
	w.o.kids = (const uint8_t(*)[32])kids;
	w.o.n_kids = 1;
	assert_int_equal(PROV_OK, look(&w, NOW));
	assert_null(event(&w, "entry", 0));
	assert_int_equal(4, number(event(&w, "head", 0), "new_entries"));
	/* Anew, for the owner, whose key is trusted now. */
	memcpy(kids[0], prov_key_public(w.g.owner)->kid, 32);
	s.key = *prov_key_public(w.g.owner);
	ok(prov_trust_add_signer(w.trust, &s, err));
	w.o.state = w.other;
	assert_int_equal(PROV_OK, look(&w, NOW));
	assert_non_null(event(&w, "entry", 3));
	assert_null(event(&w, "entry", 4));
	assert_string_equal("application/prov-registration+cbor",
	    string(event(&w, "entry", 0), "type"));
	assert_string_equal("valid",
	    string(event(&w, "entry", 1), "signature"));
	watch_close(&w);
}

static const char *
place_state(json_t *head, size_t i)
{
	return (string(json_array_get(json_object_get(head, "places"), i),
	    "state"));
}

static void
copies_that_lag(void **state)
{
	struct watch w;
	json_t *e;

	(void)state;
	watch_open(&w);
	append(&w, w.g.path, 0, 300);
	copy(&w, w.other);
	append(&w, w.g.path, 300, 600);
	w.sources[0] = w.other;
	w.sources[1] = w.g.path;
	w.o.n_sources = 2;
	assert_int_equal(PROV_OK, look(&w, NOW));
	e = event(&w, "head", 0);
	assert_int_equal(601, number(e, "size"));
	assert_string_equal("good", place_state(e, 0));
	assert_int_equal(300,
	    number(json_array_get(json_object_get(e, "places"), 0), "behind"));
	/* The good one goes away: what is left is older than what was seen. */
	w.o.n_sources = 1;
	assert_int_equal(PROV_EBUSY, look(&w, NOW));
	e = event(&w, "trouble", 0);
	assert_string_equal("unchecked", string(e, "state"));
	assert_int_equal(301, number(event(&w, "head", 0), "size"));
	assert_int_equal(0, number(event(&w, "head", 0), "forks"));
	/* And what was seen is still what it was. */
	w.sources[0] = w.g.path;
	assert_int_equal(PROV_OK, look(&w, NOW));
	watch_close(&w);
}

/* Evidence convinces who has nothing but the log's key. */
static void
convinces(struct watch *w, json_t *e)
{
	AUTO(prov_key) *other = logged_key(LOG_NAME, 77);
	struct checkpoint at[2];
	AUTO_BUF b = { 0 };
	struct fork f;

	assert_non_null(e);
	ok(file_read(&b, string(e, "evidence"), FORK_MAX, err));
	ok(fork_parse(&f, buf_span(&b), err));
	ok(fork_verify(at, &f, prov_key_public(w->g.log), err));
	assert_int_not_equal(PROV_OK,
	    fork_verify(at, &f, prov_key_public(other), NULL));
	f.note[0] = f.note[1];
	assert_int_not_equal(PROV_OK,
	    fork_verify(at, &f, prov_key_public(w->g.log), NULL));
}

/* Two histories from entry 300 on, the one longer than the other. */
static void
fork_log(struct watch *w, uint64_t here, uint64_t there)
{
	append(w, w->g.path, 0, 299);
	copy(w, w->other);
	append(w, w->g.path, 1000, 1000 + here);
	append(w, w->other, 2000, 2000 + there);
	w->sources[1] = w->other;
}

static void
forks(void **state)
{
	static const uint64_t rows[][2] = { { 1, 1 }, { 1, 9 }, { 260, 3 },
		{ 700, 212 } };

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct watch w;
		json_t *e;

		watch_open(&w);
		fork_log(&w, rows[i][0], rows[i][1]);
		w.o.n_sources = 2;
		assert_int_equal(PROV_EUNTRUSTED, look(&w, NOW));
		assert_non_null(e = event(&w, "fork", 0));
		assert_null(event(&w, "fork", 1));
		convinces(&w, e);
		assert_int_equal(1, number(event(&w, "head", 0), "forks"));
		/* Said once; it counts each time. */
		assert_int_equal(PROV_EUNTRUSTED, look(&w, NOW));
		assert_null(event(&w, "fork", 0));
		assert_int_equal(1, number(event(&w, "head", 0), "forks"));
		watch_close(&w);
	}
}

/* One copy that changes its story: memory is what tells. */
static void
rewritten(void **state)
{
	struct watch w;

	(void)state;
	watch_open(&w);
	fork_log(&w, 10, 300);
	w.o.n_sources = 1;
	assert_int_equal(PROV_OK, look(&w, NOW));
	w.sources[0] = w.other;
	assert_int_equal(PROV_EUNTRUSTED, look(&w, NOW));
	convinces(&w, event(&w, "fork", 0));
	assert_null(event(&w, "entry", 0));
	/* It never forgets what it saw first. */
	assert_int_equal(PROV_EUNTRUSTED, look(&w, NOW));
	w.sources[0] = w.g.path;
	assert_int_equal(PROV_OK, look(&w, NOW));
	watch_close(&w);
}

/* A witness's endpoint as a directory: DIR/SHA-256/checkpoint. */
static void
witness_has(struct watch *w, const char *name, const char *ledger, unsigned i,
    int64_t time)
{
	AUTO_BUF note = { 0 };
	char hex[65], path[512];
	prov_span text;

	snprintf(path, sizeof(path), "%s/tlog/checkpoint", ledger);
	ok(file_read(&note, path, 1 << 20, err));
	ok(note_parse(&text, buf_span(&note), err));
	if (i > 0) {
		AUTO_BUF its = { 0 };

		buf_put_span(&its, text);
		assert_true(witness_cosign(&note, i, buf_span(&its), time));
	}
	ok(origin_hex(hex, LOG_NAME, err));
	snprintf(path, sizeof(path), "%s/%s/%s", w->g.dir, name, hex);
	ok(dir_make(path, err));
	strcat(path, "/checkpoint");
	ok(file_write(path, buf_span(&note), 0644, 0, err));
}

static void
witnesses(void **state)
{
	char w1[128], w2[128], w3[128];
	struct watch w;
	json_t *e;

	(void)state;
	watch_open(&w);
	tlogpolicy_clear(&w.trust->logs);
	ok(witness_policy(&w.trust->logs, prov_key_public(w.g.log), 2,
	    "group both all w1 w2\nquorum both\n"));
	append(&w, w.g.path, 0, 10);
	snprintf(w1, sizeof(w1), "%s/w1", w.g.dir);
	snprintf(w2, sizeof(w2), "%s/w2", w.g.dir);
	snprintf(w3, sizeof(w3), "%s/w3", w.g.dir);
	w.witnesses[0] = w1;
	w.witnesses[1] = w2;
	w.witnesses[2] = w3;
	w.o.n_witnesses = 3;
	w.o.max_age = 100;
	witness_has(&w, "w1", w.g.path, 1, NOW - 30);
	witness_has(&w, "w2", w.g.path, 2, NOW - 50);
	assert_int_equal(PROV_OK, look(&w, NOW));
	e = event(&w, "head", 0);
	assert_int_equal(50, number(e, "age_s"));
	assert_string_equal("good", place_state(e, 1));
	assert_string_equal("absent", place_state(e, 3));
	/* An hour later nobody vouches for it any more. */
	assert_int_equal(PROV_EBUSY, look(&w, NOW + 3600));
	e = event(&w, "head", 0);
	assert_true(json_is_true(json_object_get(e, "stale")));
	assert_int_equal(3650, number(e, "age_s"));
	/* One lags: the newest checkpoint has no quorum, the copy no age. */
	append(&w, w.g.path, 10, 20);
	witness_has(&w, "w1", w.g.path, 1, NOW);
	assert_int_equal(PROV_EBUSY, look(&w, NOW));
	e = event(&w, "head", 0);
	assert_true(json_is_null(json_object_get(e, "age_s")));
	assert_int_equal(10,
	    number(json_array_get(json_object_get(e, "places"), 2), "behind"));
	watch_close(&w);
}

/* A witness that saw another history than the copies show. */
static void
split_view(void **state)
{
	char w1[128], w2[128];
	struct watch w;

	(void)state;
	watch_open(&w);
	fork_log(&w, 7, 7);
	snprintf(w1, sizeof(w1), "%s/w1", w.g.dir);
	snprintf(w2, sizeof(w2), "%s/w2", w.g.dir);
	w.witnesses[0] = w1;
	w.witnesses[1] = w2;
	w.o.n_sources = 1;
	w.o.n_witnesses = 1;
	witness_has(&w, "w1", w.other, 0, 0);
	assert_int_equal(PROV_EUNTRUSTED, look(&w, NOW));
	convinces(&w, event(&w, "fork", 0));
	/* Ahead of every copy: nothing to compare with, and no fork. */
	append(&w, w.other, 3000, 3005);
	witness_has(&w, "w1", w.other, 0, 0);
	w.o.state = w.other;
	snprintf(w.state, sizeof(w.state), "%s/state2", w.g.dir);
	w.o.state = w.state;
	assert_int_equal(PROV_EBUSY, look(&w, NOW));
	assert_null(event(&w, "fork", 0));
	assert_string_equal("unchecked",
	    string(event(&w, "trouble", 0), "state"));
	/* But two witnesses of one size need no copy. */
	append(&w, w.g.path, 4000, 4005);
	witness_has(&w, "w2", w.g.path, 0, 0);
	w.o.n_witnesses = 2;
	assert_int_equal(PROV_EUNTRUSTED, look(&w, NOW));
	convinces(&w, event(&w, "fork", 0));
	watch_close(&w);
}

/* What is wrong with a copy is no fork, and does not hide the others. */
static void
bad_copies(void **state)
{
	AUTO(prov_key) *impostor = logged_key(LOG_NAME, 66);
	AUTO_BUF b = { 0 }, note = { 0 };
	char path[256];
	prov_span text;
	struct watch w;

	(void)state;
	watch_open(&w);
	append(&w, w.g.path, 0, 300);
	copy(&w, w.other);
	append(&w, w.other, 300, 400);
	w.sources[1] = w.other;
	w.sources[2] = "/nonexistent";
	w.o.n_sources = 3;
	/* Its tiles are not its own. */
	snprintf(path, sizeof(path), "%s/tlog/tile/0/001.p/145", w.other);
	ok(file_read(&b, path, 1 << 20, err));
	b.p[100] ^= 1;
	ok(file_write(path, buf_span(&b), 0644, 0, err));
	assert_int_equal(PROV_EUNTRUSTED, look(&w, NOW));
	assert_null(event(&w, "fork", 0));
	assert_string_equal("unreachable",
	    string(event(&w, "trouble", 0), "state"));
	assert_string_equal("invalid",
	    string(event(&w, "trouble", 1), "state"));
	assert_int_equal(301, number(event(&w, "head", 0), "size"));
	/* Its checkpoint is signed by somebody else. */
	snprintf(path, sizeof(path), "%s/tlog/checkpoint", w.other);
	b.len = 0;
	ok(file_read(&b, path, 1 << 20, err));
	ok(note_parse(&text, buf_span(&b), err));
	ok(note_sign(&note, impostor, text, err));
	ok(file_write(path, buf_span(&note), 0644, 0, err));
	assert_int_equal(PROV_EUNTRUSTED, look(&w, NOW));
	assert_null(event(&w, "fork", 0));
	watch_close(&w);
}

/* An entry that is not the tree's is not reported, and the place is kept. */
static void
bad_entry(void **state)
{
	AUTO_BUF b = { 0 };
	char path[256];
	struct watch w;

	(void)state;
	watch_open(&w);
	assert_int_equal(PROV_OK, look(&w, NOW));
	append(&w, w.g.path, 0, 3);
	snprintf(path, sizeof(path), "%s/tlog/tile/entries/000.p/4", w.g.path);
	ok(file_read(&b, path, 1 << 20, err));
	b.p[b.len - 1] ^= 1;
	ok(file_write(path, buf_span(&b), 0644, 0, err));
	assert_int_equal(PROV_EUNTRUSTED, look(&w, NOW));
	assert_string_equal("invalid",
	    string(event(&w, "trouble", 0), "state"));
	b.p[b.len - 1] ^= 1;
	ok(file_write(path, buf_span(&b), 0644, 0, err));
	assert_int_equal(PROV_OK, look(&w, NOW));
	assert_int_equal(1, number(event(&w, "entry", 0), "index"));
	watch_close(&w);
}

/* A state that is not one's own is trouble, never a fresh start. */
static void
damaged_state(void **state)
{
	AUTO_BUF b = { 0 };
	char hex[65], path[256];
	struct watch w;

	(void)state;
	watch_open(&w);
	append(&w, w.g.path, 0, 3);
	assert_int_equal(PROV_OK, look(&w, NOW));
	ok(origin_hex(hex, LOG_NAME, err));
	snprintf(path, sizeof(path), "%s/%s", w.state, hex);
	ok(file_read(&b, path, 1 << 20, err));
	for (size_t i = 0; i < b.len; i += 5) {
		struct seen s;

		b.p[i] ^= 2;
		if (seen_parse(&s, buf_span(&b), prov_key_public(w.g.log),
			NULL) == PROV_OK)
			seen_clear(&s); /* time, or a line of no matter */
		b.p[i] ^= 2;
	}
	b.p[0] ^= 1;
	ok(file_write(path, buf_span(&b), 0644, 0, err));
	assert_int_equal(PROV_EOPEN, look(&w, NOW));
	watch_close(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(grows),
		cmocka_unit_test(from_the_start_by_signer),
		cmocka_unit_test(copies_that_lag),
		cmocka_unit_test(forks),
		cmocka_unit_test(rewritten),
		cmocka_unit_test(witnesses),
		cmocka_unit_test(split_view),
		cmocka_unit_test(bad_copies),
		cmocka_unit_test(bad_entry),
		cmocka_unit_test(damaged_state),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
