/* SPDX-License-Identifier: ISC */
/*
 * Run records, attestations, runs and what differs in them, with the first
 * allocation failing, then the second, and so on until all is done without
 * running out; once each, and from there on. What fails says that memory ran
 * out.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/logged.h"
#include "../unit/runs.h"
#include "gate/cache.h"
#include "gate/difference.h"
#include "gate/dsse.h"
#include "gate/summary.h"
#include "gate/svr.h"

static char dir[] = "/tmp/prov-nomem.XXXXXX";
static int run = -1; /* a file of two lines that are no records */

static long fail_at; /* 0: never */
static bool for_good;
static bool failed; /* since work began */

static bool
fails(void)
{
	if (fail_at == 0)
		return (false);
	if (fail_at > 1) {
		fail_at--;
		return (false);
	}
	if (!for_good)
		fail_at = 0;
	failed = true;
	return (true);
}

void *__real_malloc(size_t);
void *__real_calloc(size_t, size_t);
void *__real_realloc(void *, size_t);
char *__real_strdup(const char *);
char *__real_strndup(const char *, size_t);
void *__wrap_malloc(size_t);
void *__wrap_calloc(size_t, size_t);
void *__wrap_realloc(void *, size_t);
char *__wrap_strdup(const char *);
char *__wrap_strndup(const char *, size_t);

void *
__wrap_malloc(size_t n)
{
	return (fails() ? NULL : __real_malloc(n));
}

void *
__wrap_calloc(size_t n, size_t size)
{
	return (fails() ? NULL : __real_calloc(n, size));
}

void *
__wrap_realloc(void *p, size_t n)
{
	return (fails() ? NULL : __real_realloc(p, n));
}

char *
__wrap_strdup(const char *s)
{
	return (fails() ? NULL : __real_strdup(s));
}

char *
__wrap_strndup(const char *s, size_t n)
{
	return (fails() ? NULL : __real_strndup(s, n));
}

static prov_status
attestations(prov_err *err)
{
	AUTO(prov_key) *k = NULL;
	AUTO_FREE struct run_record *r = NULL;
	AUTO_BUF statement = { 0 }, envelope = { 0 }, payload = { 0 };
	AUTO_DSSE d = { .n = 0 };
	char name[SVR_NAME_MAX + 1];
	const uint8_t seed[32] = { 1 };
	prov_status st;

	if ((r = __real_calloc(1, sizeof(*r))) == NULL)
		return (PROV_EINTERNAL);
	runs_sample(r);
	if ((st = prov_key_import(&k, OWNER_NAME, span(seed, 32), err)) !=
		PROV_OK ||
	    (st = run_record_encode(&payload, r, err)) != PROV_OK ||
	    (st = svr_put(&statement, r, "run.ndjson", err)) != PROV_OK ||
	    (st = dsse_sign(&envelope, k, buf_span(&statement), err)) !=
		PROV_OK ||
	    (st = dsse_parse(&d, buf_span(&envelope), err)) != PROV_OK ||
	    (st = dsse_verify(&d, prov_key_public(k), err)) != PROV_OK)
		return (st);
	return (svr_check(name, buf_span(&d.payload), r, err));
}

static prov_status
pass(void *arg, const struct difference *d, prov_err *err)
{
	(void)arg;
	(void)d;
	(void)err;
	return (PROV_OK);
}

static prov_status
runs(prov_err *err)
{
	AUTO_SUMMARY *s = NULL;
	prov_status st;

	if ((st = summary_read(&s, run, err)) != PROV_OK)
		return (st);
	return (difference_find(span("12345678abcdefgh", 16),
	    buf_span(&s->lines), pass, NULL, err));
}

/* The file each time anew. */
static prov_status
caches(prov_err *err)
{
	struct cache *c = NULL;
	char path[64], state[64];
	prov_status st;

	(void)snprintf(path, sizeof(path), "%s/facts", dir);
	(void)snprintf(state, sizeof(state), "%s/state", dir);
	st = cache_open(&c, path, state, 0, err);
	cache_close(c);
	(void)unlink(path);
	return (st);
}

static prov_status
work(prov_err *err)
{
	prov_status st;

	if ((st = attestations(err)) != PROV_OK || (st = runs(err)) != PROV_OK)
		return (st);
	return (caches(err));
}

/*
 * Whether every allocation's failure was seen as what it is. It ends when
 * work is done without having met the one that was to fail.
 */
static bool
campaign(long *n)
{
	for (*n = 0;; (*n)++) {
		prov_err err = { 0 };
		prov_status st;

		fail_at = *n + 1;
		failed = false;
		st = work(&err);
		if (st == PROV_OK && !failed)
			break;
		if (st != PROV_ENOMEM) {
			printf("# allocation %ld: %d, %s\n", *n + 1, st,
			    err.msg);
			return (false);
		}
	}
	fail_at = 0;
	return (*n > 20);
}

int
main(void)
{
	static const char text[] = "{}\n[]\n";
	bool fine[2];
	long n[2];

	if (mkdtemp(dir) == NULL || (run = memfd_create("run", 0)) == -1 ||
	    write(run, text, sizeof(text) - 1) != sizeof(text) - 1)
		return (99);
	printf("1..2\n");
	for (int i = 0; i < 2; i++) {
		for_good = i == 1;
		fine[i] = campaign(&n[i]);
		printf("%sok %d - %ld allocations failed %s\n",
		    fine[i] ? "" : "not ", i + 1, n[i],
		    for_good ? "from there on" : "once");
	}
	(void)nftw(dir, logged_remove, 16, FTW_DEPTH | FTW_PHYS);
	return (fine[0] && fine[1] ? 0 : 1);
}
