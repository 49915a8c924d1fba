/* SPDX-License-Identifier: ISC */
/*
 * Requests to a witness, "METHOD PATH" on the first line and the body behind
 * it: what it cosigns is what the log signed, grown from what it knew.
 */
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/grown.h"
#include "witness/witness.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define NOW INT64_C(1800000000)

/* The one record, in memory. */
static struct buf record;
static char record_name[65];

static prov_status
enter(int *lock, const char *dir, prov_err *err)
{
	(void)lock;
	(void)dir;
	(void)err;
	return (PROV_OK);
}

static void
leave(int *lock)
{
	(void)lock;
}

static prov_status
load(struct buf *note, const char *dir, const char name[65], prov_err *err)
{
	(void)dir;
	if (record.len == 0 || strcmp(name, record_name) != 0)
		return (PROV_ENOTFOUND);
	buf_put_span(note, buf_span(&record));
	return (buf_done(note, err));
}

static prov_status
save(const char *dir, const char name[65], prov_span note, prov_err *err)
{
	(void)dir;
	memcpy(record_name, name, sizeof(record_name));
	record.len = 0;
	buf_put_span(&record, note);
	return (buf_done(&record, err));
}

static const struct vault_ops memory = { enter, leave, load, save };

/* What is kept is of the one tree that the log ever signed. */
static void
check_record(struct grown *log)
{
	struct checkpoint c, want;

	if (checkpoint_verify(&c, buf_span(&record), prov_key_public(log->key),
		NULL) != PROV_OK ||
	    c.size < 3 || c.size > GROWN_MAX ||
	    !grown_checkpoint(&want, log, c.size) ||
	    memcmp(c.root, want.root, sizeof(c.root)) != 0)
		abort();
}

static void
request(prov_witness *w, prov_span head, prov_span body)
{
	char line[128] = { 0 };
	prov_answer a = { 0 };
	char *path;

	if (head.len >= sizeof(line))
		return;
	memcpy(line, head.p, head.len);
	if ((path = strchr(line, ' ')) == NULL)
		return;
	*path++ = '\0';
	if (prov_witness_answer(w, line, path, body, NOW, &a, NULL) !=
		PROV_OK ||
	    a.status < 200 || a.status == 500)
		abort();
	prov_free(a.body);
}

/* The form of a submission, there and back. */
static void
form(prov_span body)
{
	struct submission s;
	AUTO_BUF b = { 0 };

	if (submission_parse(&s, body, NULL) != PROV_OK)
		return;
	submission_encode(&b, s.old, s.path, s.n, s.note);
	if (!span_eq(buf_span(&b), body))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(prov_key) *key = logged_key("witness.example/w1", 21);
	const uint8_t *end = memchr(data, '\n', size);
	struct grown log;
	AUTO_BUF first = { 0 };
	prov_witness w = { .ops = &memory, .key = key, .n_logs = 1 };
	char dir[] = "/";

	if (end == NULL)
		return (0);
	if (key == NULL || !grown_open(&log, LOG_NAME, 1, GROWN_MAX) ||
	    cosigner_init(&w.self, prov_key_public(key)->name,
		prov_key_public(key)->key, NULL) != PROV_OK ||
	    pthread_mutex_init(&w.lock, NULL) != 0 ||
	    !grown_submit(&first, &log, 0, 3))
		abort();
	w.dir = dir;
	w.logs = (prov_pubkey[]){ *prov_key_public(log.key) };
	request(&w, span("POST /add-checkpoint", 20), buf_span(&first));
	form(span(end + 1, size - (size_t)(end + 1 - data)));
	request(&w, span(data, (size_t)(end - data)),
	    span(end + 1, size - (size_t)(end + 1 - data)));
	check_record(&log);
	buf_free(&record);
	grown_close(&log);
	return (0);
}
