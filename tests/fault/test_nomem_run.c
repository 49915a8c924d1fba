/* SPDX-License-Identifier: ISC */
/*
 * Run records, attestations, runs and what differs in them, with each
 * allocation failing in turn: what fails says that memory ran out.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
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
#include "shortage.h"

static char dir[] = "/tmp/prov-nomem.XXXXXX";
static int run = -1; /* a file of two lines that are no records */

static prov_status
attest(void *arg, prov_err *err)
{
	AUTO(prov_key) *k = NULL;
	AUTO_FREE struct run_record *r = NULL;
	AUTO_BUF statement = { 0 }, envelope = { 0 }, payload = { 0 };
	AUTO_DSSE d = { .n = 0 };
	char name[SVR_NAME_MAX + 1];
	const uint8_t seed[32] = { 1 };
	prov_status st;

	(void)arg;
	if ((r = calloc(1, sizeof(*r))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "a record"));
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
compare(void *arg, prov_err *err)
{
	AUTO_SUMMARY *s = NULL;
	prov_status st;

	(void)arg;
	if ((st = summary_read(&s, run, err)) != PROV_OK)
		return (st);
	return (difference_find(span("12345678abcdefgh", 16),
	    buf_span(&s->lines), pass, NULL, err));
}

/* The file each time anew. */
static prov_status
open_cache(void *arg, prov_err *err)
{
	struct cache *c = NULL;
	char path[64], state[64];
	prov_status st;

	(void)arg;
	(void)snprintf(path, sizeof(path), "%s/facts", dir);
	(void)snprintf(state, sizeof(state), "%s/state", dir);
	st = cache_open(&c, path, state, 0, err);
	cache_close(c);
	(void)unlink(path);
	return (st);
}

static int
begin(void **state)
{
	static const char text[] = "{}\n[]\n";

	(void)state;
	return (mkdtemp(dir) == NULL || (run = memfd_create("run", 0)) == -1 ||
		write(run, text, sizeof(text) - 1) != sizeof(text) - 1);
}

static int
end(void **state)
{
	(void)state;
	(void)close(run);
	return (nftw(dir, logged_remove, 16, FTW_DEPTH | FTW_PHYS));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		shortage_unit_test("attestations", attest, 10),
		shortage_unit_test("runs", compare, 3),
		shortage_unit_test("caches", open_cache, 5),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, begin, end));
}
