/* SPDX-License-Identifier: ISC */
/*
 * subject DIR [ENTRIES [FILES]]: what verify_subject costs for each kind of
 * subject, in processor time, which a busy machine changes least. Makes a log
 * of ENTRIES manifests in DIR, of which FILES are of files of 100 KiB there.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "carrier/sidecar.h"
#include "essence/parts.h"
#include "ledger/ledger.h"
#include "manifest/manifest.h"
#include "sign/key.h"
#include "sign/statement.h"
#include "verify/subject.h"

#define BATCH     1024
#define FILE_LEN  (100 * 1024)
#define RANDOM(n) (((n) + 1) * UINT64_C(0x9e3779b97f4a7c15))
#define NOW       INT64_C(1795466460)

#define must(call)                                                    \
	do {                                                          \
		prov_err must_err = { 0 }, *err = &must_err;          \
		if ((call) != PROV_OK) {                              \
			fprintf(stderr, "%s: %s\n", #call, err->msg); \
			exit(1);                                      \
		}                                                     \
	} while (0)

struct bench {
	const char *dir;
	char path[512]; /* of the ledger */
	char state[512];
	uint64_t n, files;
	uint8_t (*asset)[32];
	struct buf *sidecar; /* of files */
	prov_key *log, *owner;
	prov_trust *trust;
};

static double
seconds(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return ((double)t.tv_sec + (double)t.tv_nsec / 1e9);
}

static prov_key *
key_of(const char *name, uint8_t first)
{
	uint8_t seed[32] = { first };
	prov_key *k = NULL;

	must(prov_key_import(&k, name, span(seed, sizeof(seed)), err));
	return (k);
}

static void
file_name(char out[512], const struct bench *b, uint64_t i)
{
	(void)snprintf(out, 512, "%s/%06llu.mp4", b->dir,
	    (unsigned long long)i);
}

static void
make_file(struct bench *b, uint64_t i)
{
	AUTO_FREE uint8_t *p = malloc(FILE_LEN);
	char name[512];

	if (p == NULL)
		abort();
	for (size_t k = 0; k < FILE_LEN; k += 8)
		put_be64(p + k, RANDOM(i * FILE_LEN + k));
	must(sha256_of(b->asset[i], span(p, FILE_LEN), err));
	file_name(name, b, i);
	must(file_write(name, span(p, FILE_LEN), 0644, 0, err));
}

static void
make_asset(struct bench *b, uint64_t i)
{
	uint8_t n[8];

	if (i < b->files) {
		make_file(b, i);
		return;
	}
	put_be64(n, i);
	must(sha256_of(b->asset[i], span(n, sizeof(n)), err));
}

static void
put_stream(struct stream *s, unsigned index, uint64_t i)
{
	s->index = index;
	s->kind = index == 0 ? PROV_VIDEO : PROV_AUDIO;
	(void)snprintf(s->codec, sizeof(s->codec), "%s",
	    index == 0 ? "h264" : "aac");
	(void)snprintf(s->canon, sizeof(s->canon), "%s",
	    index == 0 ? "h264/1" : "aac/1");
	(void)snprintf(s->rule, sizeof(s->rule), "rap/1");
	s->segments = 1;
	s->frames = 10;
	s->duration_ns = 213333333;
	put_be64(s->root, RANDOM(2 * i + index));
	put_be64(s->timeline, RANDOM(2 * i + index) + 1);
	must(parts_digest(s->config, s->parts, 0, err));
}

static void
make_statement(struct buf *out, const struct bench *b, uint64_t i)
{
	struct manifest m = { .time = NOW, .n_streams = 2 };
	AUTO_BUF payload = { 0 };

	m.asset.size = FILE_LEN;
	memcpy(m.asset.sha256, b->asset[i], 32);
	memcpy(m.tool, "bench", 6);
	memcpy(m.format, "mp4", 4);
	if ((m.streams = calloc(2, sizeof(*m.streams))) == NULL)
		abort();
	put_stream(&m.streams[0], 0, i);
	put_stream(&m.streams[1], 1, i);
	must(manifest_encode(&payload, &m, err));
	must(statement_sign(out, b->owner, PAYLOAD_MANIFEST, b->asset[i],
	    buf_span(&payload), err));
	manifest_clear(&m);
}

static void
make_log(struct bench *b)
{
	static struct buf bytes[BATCH];
	static prov_span spans[BATCH];
	static prov_entry entries[BATCH];
	AUTO(prov_ledger) *l = NULL;

	must(prov_ledger_create(b->path, b->log, b->owner, 0, err));
	must(prov_ledger_open_writer(&l, b->path, b->log, err));
	for (uint64_t i = 0; i < b->n;) {
		size_t n = 0;

		for (; n < BATCH && i < b->n; n++, i++) {
			make_asset(b, i);
			bytes[n].len = 0;
			make_statement(&bytes[n], b, i);
			spans[n] = buf_span(&bytes[n]);
		}
		must(prov_ledger_append(l, spans, n, 10000, entries, err));
	}
	for (size_t i = 0; i < BATCH; i++)
		buf_free(&bytes[i]);
}

/* Beside each file, as it is once all is logged. */
static void
make_sidecars(struct bench *b)
{
	AUTO(prov_ledger) *l = NULL;

	must(prov_ledger_open(&l, b->path, prov_key_public(b->log), err));
	if ((b->sidecar = calloc(b->files + 1, sizeof(*b->sidecar))) == NULL)
		abort();
	for (uint64_t i = 0; i < b->files; i++) {
		AUTO_FREE uint8_t *entry = NULL;
		AUTO_FREE char *proof = NULL;
		AUTO_BUF receipt = { 0 };
		struct sidecar c = { 0 };
		size_t len;

		must(prov_ledger_entry(l, i + 1, &entry, &len, err));
		must(prov_ledger_prove(l, i + 1, &proof, err));
		c.statement = span(entry, len);
		c.proof = span(proof, strlen(proof));
		must(ledger_receipt(l, c.proof, &receipt, err));
		c.receipt = buf_span(&receipt);
		must(sidecar_encode(&b->sidecar[i], &c, err));
	}
}

static prov_verifier *
look(const struct bench *b, const struct recollection *r)
{
	prov_verify_options o = { .trust = b->trust,
		.ledger_dir = b->path,
		.ledger_own = 1,
		.state_dir = b->state,
		.demux = "/nonexistent",
		.now = NOW };
	prov_verifier *v = NULL;

	must(prov_verifier_new(&v, &o, err));
	if (r != NULL)
		verifier_recollect(v, r);
	return (v);
}

/* All is held in memory, in a table of as many slots as there are keys. */
struct shelf {
	size_t n;
	struct slot {
		uint8_t key[32];
		struct buf bytes;
	} * at;
};

static struct slot *
slot_of(struct shelf *s, const uint8_t key[32])
{
	size_t i = (size_t)(be64(key) % s->n);

	while (s->at[i].bytes.len != 0 && memcmp(s->at[i].key, key, 32) != 0)
		i = (i + 1) % s->n;
	return (&s->at[i]);
}

static prov_status
shelf_get(void *arg, struct buf *out, const uint8_t key[32], prov_err *err)
{
	buf_put_span(out, buf_span(&slot_of(arg, key)->bytes));
	return (buf_done(out, err));
}

static prov_status
shelf_put(void *arg, const uint8_t key[32], prov_span bytes, prov_err *err)
{
	struct slot *s = slot_of(arg, key);

	memcpy(s->key, key, 32);
	s->bytes.len = 0;
	buf_put_span(&s->bytes, bytes);
	return (buf_done(&s->bytes, err));
}

enum kind { BY_FILE, BY_SIDECAR, BY_BYTES, BY_DIGEST };

static bool
ask(prov_verifier *v, const struct bench *b, enum kind kind, uint64_t i)
{
	static const uint8_t empty[1];
	struct subject s = { .name = "x", .path = "x", .fd = -1 };
	AUTO_BUF bytes = { 0 };
	AUTO_FD int fd = -1;
	struct facts f;
	char name[512];

	if (kind == BY_DIGEST) {
		s.sha256 = b->asset[i];
	} else {
		file_name(name, b, i);
		must(file_open(&fd, NULL, name, err));
		s.fd = fd;
	}
	if (kind == BY_SIDECAR)
		s.sidecar = buf_span(&b->sidecar[i]);
	if (kind == BY_BYTES) {
		must(fd_read(&bytes, fd, FILE_LEN, err));
		s.fd = -1;
		s.bytes = bytes.len != 0 ? buf_span(&bytes) : span(empty, 0);
	}
	must(verify_subject(v, &s, &f, err));
	return (f.binding == PROV_BIND_EXACT && f.signature == PROV_SIG_VALID &&
		f.ledger == PROV_LEDGER_INCLUDED && f.revoked == REVOKED_NO);
}

struct lap {
	const struct bench *b;
	const struct recollection *r;
	enum kind kind;
	uint64_t from, to;
	double cpu;
};

/* In an order that has nothing to do with that of the log. */
static void
run(struct lap *lap, prov_verifier *v)
{
	const struct bench *b = lap->b;
	uint64_t n = lap->kind == BY_DIGEST ? b->n : b->files, step = 7919;
	double start = seconds(CLOCK_THREAD_CPUTIME_ID);

	while (n % step == 0)
		step += 2;
	for (uint64_t i = lap->from; i < lap->to; i++) {
		if (!ask(v, b, lap->kind, i * step % n)) {
			fprintf(stderr, "item %llu does not verify\n",
			    (unsigned long long)(i * step % n));
			exit(1);
		}
	}
	lap->cpu = seconds(CLOCK_THREAD_CPUTIME_ID) - start;
}

static void
lap_of(const char *what, const struct bench *b, const struct recollection *r,
    prov_verifier *v, enum kind kind)
{
	uint64_t n = kind == BY_DIGEST ? b->n : b->files;
	struct lap lap = { b, r, kind, 0, n, 0 };

	run(&lap, v);
	printf("%-24s %8.2f us of cpu each %10.0f a second\n", what,
	    lap.cpu * 1e6 / (double)n, (double)n / lap.cpu);
}

/* What no verifier can do without. */
static void
signatures(const struct bench *b)
{
	AUTO_BUF bytes = { 0 };
	struct statement s;
	double start;

	make_statement(&bytes, b, 0);
	must(statement_parse(&s, buf_span(&bytes), err));
	start = seconds(CLOCK_THREAD_CPUTIME_ID);
	for (int i = 0; i < 2000; i++)
		must(statement_verify(&s, prov_key_public(b->owner), err));
	printf("%-24s %8.2f us of cpu each\n", "a signature alone",
	    (seconds(CLOCK_THREAD_CPUTIME_ID) - start) * 1e6 / 2000);
}

static void *
half(void *arg)
{
	struct lap *lap = arg;
	prov_verifier *v = look(lap->b, lap->r);

	run(lap, v);
	prov_verifier_free(v);
	return (NULL);
}

/* Two that share nothing cost as much as one after the other. */
static void
threads(const struct bench *b)
{
	struct lap lap[2] = { { b, NULL, BY_DIGEST, 0, b->n / 2, 0 },
		{ b, NULL, BY_DIGEST, b->n / 2, b->n, 0 } };
	double one, two;
	pthread_t id;

	half(&lap[0]);
	half(&lap[1]);
	one = lap[0].cpu + lap[1].cpu;
	if (pthread_create(&id, NULL, half, &lap[0]) != 0)
		abort();
	half(&lap[1]);
	(void)pthread_join(id, NULL);
	two = lap[0].cpu + lap[1].cpu;
	printf("%-24s %8.2f times one, by cpu    goal 1.80\n", "two threads",
	    2 * one / two);
}

static void
forget(struct shelf *s)
{
	for (size_t i = 0; i < s->n; i++)
		buf_free(&s->at[i].bytes);
	free(s->at);
}

int
main(int argc, char **argv)
{
	struct bench b = { .n = 50000, .files = 1000 };
	struct shelf shelf = { 0 };
	struct recollection r = { &shelf, shelf_get, shelf_put };
	prov_trust_signer owner = { 0 };
	prov_verifier *v;
	struct rusage used;

	if (argc < 2 || argc > 4)
		return (2);
	b.dir = argv[1];
	b.n = argc > 2 ? strtoull(argv[2], NULL, 10) : b.n;
	b.files = argc > 3 ? strtoull(argv[3], NULL, 10) : b.files;
	if (b.n == 0 || b.files > b.n)
		return (2);
	(void)snprintf(b.path, sizeof(b.path), "%s/ledger", b.dir);
	(void)snprintf(b.state, sizeof(b.state), "%s/state", b.dir);
	if ((b.asset = calloc(b.n, sizeof(*b.asset))) == NULL)
		return (1);
	b.log = key_of("bench/log", 1);
	b.owner = key_of("bench", 2);
	must(prov_trust_new(&b.trust, err));
	owner.key = *prov_key_public(b.owner);
	must(prov_trust_add_signer(b.trust, &owner, err));
	must(prov_trust_add_log(b.trust, prov_key_public(b.log), err));
	make_log(&b);
	make_sidecars(&b);
	shelf.n = b.n * 2;
	if ((shelf.at = calloc(shelf.n, sizeof(*shelf.at))) == NULL)
		return (1);
	signatures(&b);
	v = look(&b, NULL);
	lap_of("file of 100 KiB", &b, NULL, v, BY_FILE);
	lap_of("file with its sidecar", &b, NULL, v, BY_SIDECAR);
	lap_of("bytes, 100 KiB", &b, NULL, v, BY_BYTES);
	lap_of("digest, cold", &b, NULL, v, BY_DIGEST);
	prov_verifier_free(v);
	v = look(&b, &r);
	lap_of("digest, remembering", &b, &r, v, BY_DIGEST);
	lap_of("digest, recalled", &b, &r, v, BY_DIGEST);
	prov_verifier_free(v);
	threads(&b);
	(void)getrusage(RUSAGE_SELF, &used);
	printf("%-24s %8ld MiB\n", "memory at most", used.ru_maxrss / 1024);
	forget(&shelf);
	prov_trust_free(b.trust);
	prov_key_free(b.log);
	prov_key_free(b.owner);
	for (uint64_t i = 0; i < b.files; i++)
		buf_free(&b.sidecar[i]);
	free(b.sidecar);
	free(b.asset);
	return (0);
}
