/* SPDX-License-Identifier: ISC */
/*
 * ledger DIR ENTRIES [GROUP]: appends ENTRIES pre-signed statements of 700
 * bytes to a new ledger in DIR in batches of 1,024, and prints rates, the time
 * that a batch takes, and what a proof, an open and an entry cost in the end.
 * Statements are signed GROUP at a time, and then appended without a pause.
 * The page cache is filled before: memory that a virtual machine has not or no
 * longer touched costs 10 us a page, which is none of the ledger's.
 */
#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/file.h"
#include "base/text.h"
#include "disk.h"
#include "essence/parts.h"
#include "hash/tree.h"
#include "ledger/ledger.h"
#include "manifest/manifest.h"
#include "sign/cose.h"
#include "sign/key.h"
#include "sign/statement.h"

#define BATCH     1024
#define LENGTH    700
#define GROUP     262144
#define SINGLES   500
#define RATES     4
#define FOREIGN   32768
#define OPENS     50
#define PROOFS    2000
#define SYNCS     500
#define HASHES    200000
#define RANDOM(n) (((n) + 1) * UINT64_C(0x9e3779b97f4a7c15))

static double
cpu_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return ((double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6);
}

/* Of this thread alone. */
static double
thread_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return ((double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6);
}

#define must(call)                                                    \
	do {                                                          \
		prov_err must_err = { 0 };                            \
		prov_err *err = &must_err;                            \
		if ((call) != PROV_OK) {                              \
			fprintf(stderr, "%s: %s\n", #call, err->msg); \
			exit(2);                                      \
		}                                                     \
	} while (0)

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
}

/* The longest batches, and what they waited for. */
#define LONGEST 5
static struct pause {
	double ms, cpu;
	uint64_t entry;
	struct disk disk;
} longest[LONGEST];

static void
keep_pause(double ms, double cpu, uint64_t entry, const struct disk *then)
{
	size_t i = LONGEST;

	for (; i > 0 && ms > longest[i - 1].ms; i--)
		if (i < LONGEST)
			longest[i] = longest[i - 1];
	if (i == LONGEST)
		return;
	longest[i] = (struct pause){ .ms = ms, .cpu = cpu, .entry = entry };
	longest[i].disk = disk_since(then);
}

static void
print_pauses(void)
{
	for (size_t i = 0; i < LONGEST && longest[i].ms > 0; i++) {
		printf("  %.0f ms at entry %llu: %.0f of processor",
		    longest[i].ms, (unsigned long long)longest[i].entry,
		    longest[i].cpu);
		disk_print(&longest[i].disk, longest[i].ms);
		printf("\n");
	}
}

struct times {
	double *ms;
	size_t n;
};

static void
add(struct times *t, double ms)
{
	t->ms = realloc(t->ms, (t->n + 1) * sizeof(*t->ms));
	if (t->ms == NULL)
		exit(2);
	t->ms[t->n++] = ms;
}

static void
print_times(const char *what, struct times *t, const char *goal)
{
	qsort(t->ms, t->n, sizeof(*t->ms), compare);
	printf("%-40s p50 %8.3f  p99 %8.3f  longest %8.3f ms  %s\n", what,
	    t->ms[t->n / 2], t->ms[t->n * 99 / 100], t->ms[t->n - 1], goal);
	free(t->ms);
	*t = (struct times){ 0 };
}

/* A statement's bytes, and where in them the asset and the roots stand. */
struct form {
	struct buf bytes, to_sign;
	size_t sub, asset, root[2], timeline[2], sig;
	size_t signed_at; /* of the payload in to_sign, less that in bytes */
	size_t protected_at;
	size_t protected_end;
};

static size_t
find(prov_span in, const void *p, size_t len)
{
	const uint8_t *at = memmem(in.p, in.len, p, len);

	if (at == NULL)
		exit(3);
	return ((size_t)(at - in.p));
}

static prov_key *
make_key(const char *name, uint8_t first)
{
	uint8_t seed[32] = { first };
	prov_key *k = NULL;

	must(prov_key_import(&k, name, span(seed, sizeof(seed)), err));
	return (k);
}

static void
stream_of(struct stream *s, unsigned i, uint8_t fill)
{
	s->index = i;
	s->kind = PROV_IMAGE; /* no segments: they are stated apart */
	snprintf(s->codec, sizeof(s->codec), "jpeg");
	snprintf(s->canon, sizeof(s->canon), "jpeg/1");
	snprintf(s->rule, sizeof(s->rule), "cdc/1");
	s->segments = 30000;
	s->frames = 900000;
	s->rate = 48000;
	s->duration_ns = 300000000000;
	memset(s->root, fill, 32);
	memset(s->timeline, fill + 1, 32);
	must(parts_digest(s->config, s->parts, 0, err));
}

/* With a tool's name so long that the statement has n bytes. */
static void
sign_form(struct form *f, const prov_key *key, size_t tool)
{
	struct manifest m = { 0 };
	AUTO_BUF payload = { 0 };
	uint8_t sub[32];

	memset(sub, 0xa5, sizeof(sub));
	m.time = 1795466460;
	memset(m.tool, 't', tool);
	m.asset.size = UINT64_C(12345678901);
	m.origin = PROV_ORIGIN_CAPTURED;
	memcpy(m.asset.sha256, sub, 32);
	memcpy(m.format, "mp4", 4);
	if ((m.streams = calloc(2, sizeof(*m.streams))) == NULL)
		exit(2);
	m.n_streams = 2;
	if ((m.ingredients = calloc(1, sizeof(*m.ingredients))) == NULL)
		exit(2);
	m.n_ingredients = 1;
	snprintf(m.ingredients->relation, sizeof(m.ingredients->relation),
	    "derivedFrom");
	stream_of(&m.streams[0], 0, 0xb0);
	stream_of(&m.streams[1], 1, 0xc0);
	must(manifest_encode(&payload, &m, err));
	manifest_clear(&m);
	f->bytes.len = 0;
	must(statement_sign(&f->bytes, key, PAYLOAD_MANIFEST, sub,
	    buf_span(&payload), err));
}

static void
make_form(struct form *f, const prov_key *key)
{
	struct statement s;
	uint8_t b[32];
	prov_span all;

	for (size_t tool = 1; f->bytes.len != LENGTH; tool++) {
		if (tool == sizeof(((struct manifest *)NULL)->tool)) {
			fprintf(stderr, "no statement of %d bytes, but of %zu",
			    LENGTH, f->bytes.len);
			exit(4);
		}
		sign_form(f, key, tool);
	}
	all = buf_span(&f->bytes);
	must(statement_parse(&s, all, err));
	memset(b, 0xa5, sizeof(b));
	f->asset = find(all, b, 32);
	f->sub = find(all, "sha256:", 7) + 7;
	for (int i = 0; i < 2; i++) {
		memset(b, i == 0 ? 0xb0 : 0xc0, sizeof(b));
		f->root[i] = find(all, b, 32);
	}
	f->sig = all.len - 64;
	cose_to_sign(&f->to_sign, s.protected_, s.payload);
	f->protected_at = (size_t)(s.protected_.p - all.p);
	f->protected_end = f->protected_at + s.protected_.len;
}

/* Writes number n into what stands at off, in both forms. */
static void
put(struct form *f, uint8_t *to, uint8_t *tbs, size_t off, const void *p,
    size_t len)
{
	size_t front =
	    find(buf_span(&f->to_sign), f->bytes.p + f->protected_at, 4);
	size_t back = f->to_sign.len - (f->sig - 2);

	memcpy(to + off, p, len);
	if (off < f->protected_end)
		memcpy(tbs + front + off - f->protected_at, p, len);
	else
		memcpy(tbs + back + off, p, len);
}

/* Statement n, really signed. */
static void
make(struct form *f, const prov_key *key, uint64_t n, uint8_t *to)
{
	uint8_t in[9], digest[32], sig[64];
	char hex[65];

	memcpy(to, f->bytes.p, f->bytes.len);
	put_be64(in, n);
	for (uint8_t i = 0; i < 3; i++) {
		in[8] = i;
		must(sha256_of(digest, span(in, sizeof(in)), err));
		if (i == 0) {
			hex_encode(hex, digest, 32);
			put(f, to, f->to_sign.p, f->sub, hex, 64);
			put(f, to, f->to_sign.p, f->asset, digest, 32);
		} else {
			put(f, to, f->to_sign.p, f->root[i - 1], digest, 32);
		}
	}
	must(key_sign(key, sig, buf_span(&f->to_sign), err));
	memcpy(to + f->sig, sig, 64);
}

struct bench {
	const char *dir;
	prov_key *log, *owner;
	prov_ledger *l;
	struct form form;
	size_t group;
	int cache; /* held open, so that its pages stay */
	uint8_t *pool, (*leaf)[32];
	struct ledger_item *items;
	prov_entry *entries;
	size_t in_pool;
	uint64_t next;
};

static void
fill_pool(struct bench *b, size_t n)
{
	b->in_pool = n;
	for (size_t i = 0; i < n; i++) {
		uint8_t *at = b->pool + i * LENGTH;

		make(&b->form, b->owner, b->next++, at);
		b->items[i] =
		    (struct ledger_item){ .statement = span(at, LENGTH) };
		must(tree_leaf(b->leaf[i], b->items[i].statement, err));
	}
}

static void
append(struct bench *b, size_t from, size_t n, struct times *t)
{
	struct disk then = disk_now();
	double start = disk_clock(), cpu = thread_ms(), took;

	must(ledger_append_items(b->l, b->items + from, n, 1000, b->entries,
	    NULL, err));
	took = disk_clock() - start;
	keep_pause(took, thread_ms() - cpu, b->next - b->in_pool + from, &then);
	add(t, took);
	if (b->entries[n - 1].existed)
		exit(5);
}

/* Appends n statements; verified: as from their signer. */
static double
append_group(struct bench *b, size_t n, size_t batch, bool verified,
    struct times *t, const char *what)
{
	double start, wall, cpu;

	fill_pool(b, n);
	for (size_t i = 0; i < n && verified; i++)
		b->items[i].verified = b->leaf[i];
	start = disk_clock();
	cpu = cpu_ms();
	for (size_t i = 0; i < n; i += batch)
		append(b, i, n - i < batch ? n - i : batch, t);
	wall = disk_clock() - start;
	cpu = cpu_ms() - cpu;
	printf("%-40s %9.0f /s  (%.1f us of processor time each)\n", what,
	    (double)n / wall * 1e3, cpu * 1e3 / (double)n);
	fflush(stdout);
	return ((double)n / wall * 1e3);
}

static double
sync_rate(const struct bench *b)
{
	static uint8_t block[4096];
	char path[512];
	struct times t = { 0 };
	double start, sum = 0;
	int fd;

	snprintf(path, sizeof(path), "%s.sync", b->dir);
	if ((fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600)) == -1)
		exit(2);
	for (int i = 0; i < SYNCS; i++) {
		start = disk_clock();
		if (pwrite(fd, block, sizeof(block), i % 256 * 4096) == -1 ||
		    fdatasync(fd) == -1)
			exit(2);
		add(&t, disk_clock() - start);
		sum += disk_clock() - start;
	}
	(void)close(fd);
	(void)unlink(path);
	printf("%-40s %9.0f /s\n", "fdatasync of 4 KiB, alone",
	    SYNCS / sum * 1e3);
	print_times("fdatasync of 4 KiB, alone", &t, "");
	return (SYNCS / sum * 1e3);
}

/*
 * Fills the page cache with a file of holes, as that of a machine that has run
 * for a while is full: what is written then takes pages from it.
 */
static void
fill_cache(struct bench *b)
{
	off_t page = sysconf(_SC_PAGESIZE), at = 0;
	off_t len = sysconf(_SC_PHYS_PAGES) * page;
	static uint8_t block[1 << 20];
	char path[512];
	double start = disk_clock();

	snprintf(path, sizeof(path), "%s.cache", b->dir);
	b->cache = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (b->cache == -1 || unlink(path) == -1 ||
	    ftruncate(b->cache, len) == -1)
		exit(2);
	for (; at < len; at += (off_t)sizeof(block))
		if (pread(b->cache, block, sizeof(block), at) <= 0)
			exit(2);
	printf("%-40s %9.2f s a GiB\n", "page cache filled first",
	    (disk_clock() - start) / 1e3 / ((double)len / (1 << 30)));
}

static void
hash_rate(void)
{
	uint8_t h[32] = { 0 };
	double start = disk_clock();

	for (int i = 0; i < HASHES; i++)
		must(tree_node(h, h, h, err));
	printf("%-40s %9.0f /s\n", "SHA-256 of a node, alone",
	    HASHES / (disk_clock() - start) * 1e3);
}

static void
proofs(struct bench *b)
{
	struct times t = { 0 }, e = { 0 }, o = { 0 };
	uint64_t size;

	for (int i = 0; i < OPENS; i++) {
		prov_ledger *l = NULL;
		AUTO_FREE char *proof = NULL;
		double start = disk_clock();

		must(
		    prov_ledger_open(&l, b->dir, prov_key_public(b->log), err));
		must(prov_ledger_prove(l, 1, &proof, err));
		add(&o, disk_clock() - start);
		prov_ledger_close(l);
	}
	print_times("open for reading, with a first proof", &o, "goal 50 ms");
	must(prov_ledger_open(&b->l, b->dir, prov_key_public(b->log), err));
	must(prov_ledger_checkpoint(b->l, &size, NULL, NULL, err));
	for (uint64_t i = 0; i < PROOFS; i++) {
		AUTO_FREE char *proof = NULL;
		AUTO_FREE uint64_t *at = NULL;
		uint8_t in[9] = { 0 }, key[32];
		size_t n;
		double start = disk_clock();

		must(prov_ledger_prove(b->l, RANDOM(i) % size, &proof, err));
		add(&t, disk_clock() - start);
		put_be64(in, RANDOM(i) % (size - 1));
		must(sha256_of(key, span(in, 9), err));
		start = disk_clock();
		must(
		    prov_ledger_lookup(b->l, PROV_BY_ASSET, key, &at, &n, err));
		add(&e, disk_clock() - start);
		if (n != 1 || at[0] != RANDOM(i) % (size - 1) + 1)
			exit(6);
	}
	print_times("proof of a random entry", &t, "goal 1 ms");
	print_times("look-up of a random asset", &e, "");
	prov_ledger_close(b->l);
	b->l = NULL;
}

static void
writer_opens(struct bench *b)
{
	struct times o = { 0 };

	for (int i = 0; i < OPENS; i++) {
		double start = disk_clock();

		must(prov_ledger_open_writer(&b->l, b->dir, b->log, err));
		add(&o, disk_clock() - start);
		prov_ledger_close(b->l);
		b->l = NULL;
	}
	print_times("open for writing", &o, "goal 50 ms");
}

static struct {
	double db, index, hashes, entries;
} used;

static int
count(const char *path, const struct stat *sb, int flag, struct FTW *at)
{
	double n = (double)sb->st_blocks * 512;

	(void)at;
	if (flag != FTW_F)
		return (0);
	if (strstr(path, "/tile/entries/") != NULL)
		used.entries += n;
	else if (strstr(path, "/tlog/") != NULL)
		used.hashes += n;
	else if (strstr(path, "/index/") != NULL)
		used.index += n;
	else if (strstr(path, "/ledger.db") != NULL)
		used.db += n;
	return (0);
}

static void
sizes(const struct bench *b, uint64_t n)
{
	double own, each = (double)n;

	(void)nftw(b->dir, count, 16, FTW_PHYS);
	own = used.db / each - LENGTH;
	printf("%-40s %9.1f bytes an entry over its own  goal 120\n",
	    "tree, indexes and database",
	    own + (used.index + used.hashes) / each);
	printf("  database %.1f, index %.1f, tiles %.1f; entries in tlog/ "
	       "%.1f\n",
	    own, used.index / each, used.hashes / each, used.entries / each);
}

static void
setup(struct bench *b)
{
	b->log = make_key("bench/log", 1);
	b->owner = make_key("bench/owner", 2);
	make_form(&b->form, b->owner);
	b->pool = malloc(b->group * LENGTH);
	b->leaf = malloc(b->group * 32);
	b->items = calloc(b->group, sizeof(*b->items));
	b->entries = calloc(b->group, sizeof(*b->entries));
	if (b->pool == NULL || b->leaf == NULL || b->items == NULL ||
	    b->entries == NULL)
		exit(2);
	must(prov_ledger_create(b->dir, b->log, b->owner, NULL, err));
	must(prov_ledger_open_writer(&b->l, b->dir, b->log, err));
}

/* Verifying takes every processor that there is. */
static void
foreign(struct bench *b)
{
	struct times t = { 0 };
	cpu_set_t set;
	char what[64];

	CPU_ZERO(&set);
	for (size_t i = 0; i < CPU_SETSIZE; i++)
		CPU_SET(i, &set);
	if (sched_setaffinity(0, sizeof(set), &set) == -1 ||
	    sched_getaffinity(0, sizeof(set), &set) == -1)
		exit(2);
	snprintf(what, sizeof(what), "foreign, verified on %d processors",
	    CPU_COUNT(&set));
	(void)append_group(b, FOREIGN, BATCH, false, &t, what);
	print_times("a batch of 1,024, verified", &t, "goal 15,000 a second");
}

/* Some at the end against as many at the beginning, without a short one. */
static void
print_ratio(struct times *rate, bool short_last)
{
	size_t n = rate->n - (short_last && rate->n > 1);
	size_t some = n / 2 < RATES ? (n + 1) / 2 : RATES;
	double first = 0, last = 0;

	for (size_t i = 0; i < some; i++) {
		first += rate->ms[i];
		last += rate->ms[n - 1 - i];
	}
	printf("%-40s %9.0f /s, the first %.0f: %.2f x  goal 0.9\n",
	    "the last groups", last / (double)some, first / (double)some,
	    last / first);
	free(rate->ms);
}

static void
run(struct bench *b, uint64_t n)
{
	struct times t = { 0 }, all = { 0 }, rate = { 0 };
	char what[64];

	while (b->next < n) {
		struct times g = { 0 };
		uint64_t left = n - b->next;

		snprintf(what, sizeof(what), "appends from %llu",
		    (unsigned long long)b->next);
		add(&rate,
		    append_group(b, left < b->group ? (size_t)left : b->group,
			BATCH, true, &g, what));
		for (size_t i = 0; i < g.n; i++)
			add(&all, g.ms[i]);
		free(g.ms);
	}
	print_times("a batch of 1,024", &all, "goal p99 60, longest 200");
	print_pauses();
	disk_end();
	print_ratio(&rate, n % b->group != 0);
	(void)append_group(b, SINGLES, 1, true, &t, "single appends");
	print_times("a single append", &t, "");
	foreign(b);
}

int
main(int argc, char **argv)
{
	struct bench b = { .group = GROUP };
	uint64_t n;
	double start;

	if (argc < 3 || !u64_decode(&n, argv[2], strlen(argv[2])))
		return (2);
	b.dir = argv[1];
	if (argc > 3)
		b.group = (size_t)strtoul(argv[3], NULL, 10);
	if (b.group < FOREIGN)
		b.group = FOREIGN;
	setup(&b);
	fill_cache(&b);
	(void)sync_rate(&b);
	hash_rate();
	disk_begin(b.dir);
	run(&b, n);
	start = disk_clock();
	prov_ledger_close(b.l);
	printf("%-40s %9.1f ms\n", "close", disk_clock() - start);
	writer_opens(&b);
	proofs(&b);
	sizes(&b, b.next);
	return (0);
}
