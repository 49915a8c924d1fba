/* SPDX-License-Identifier: ISC */
#include "witness/witness.h"

#include <stdlib.h>
#include <string.h>

#include "sign/key.h"
#include "sign/pubkey.h"
#include "witness/submission.h"

static const char text_type[] = "text/plain; charset=utf-8";

static void
record_clear(struct record *r)
{
	buf_free(&r->note);
}
#define AUTO_RECORD __attribute__((cleanup(record_clear))) struct record

prov_status
prov_witness_vkey(char **out, const prov_pubkey *key, prov_err *err)
{
	struct cosigner c;
	AUTO_BUF b = { 0 };
	prov_status st;

	if ((st = cosigner_init(&c, key->name, key->key, err)) != PROV_OK)
		return (st);
	cosigner_format(&b, &c);
	return (buf_take_str(&b, out, err));
}

prov_status
prov_witness_init(const char *dir, const prov_pubkey *key, prov_err *err)
{
	struct cosigner c;
	prov_status st;

	if ((st = cosigner_init(&c, key->name, key->key, err)) != PROV_OK)
		return (st);
	return (vault_init(dir, &c, err));
}

static prov_status
set_logs(prov_witness *w, const prov_pubkey *logs, size_t n, prov_err *err)
{
	if ((w->logs = calloc(n + 1, sizeof(*w->logs))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "witness"));
	for (size_t i = 0; i < n; i++) {
		if (memcmp(logs[i].key, w->self.key, 32) == 0)
			return (prov_fail(err, PROV_EARG,
			    "%s has the same key: a log is no witness of its "
			    "own",
			    logs[i].name));
		w->logs[i] = logs[i];
	}
	w->n_logs = n;
	return (PROV_OK);
}

prov_status
prov_witness_open(prov_witness **out, const char *dir, const prov_key *key,
    const prov_pubkey *logs, size_t n, prov_err *err)
{
	const prov_pubkey *pub = prov_key_public(key);
	prov_witness *w = calloc(1, sizeof(*w));
	prov_status st;

	if (w == NULL)
		return (prov_fail(err, PROV_ENOMEM, "witness"));
	if (pthread_mutex_init(&w->lock, NULL) != 0) {
		free(w);
		return (prov_fail(err, PROV_ENOMEM, "witness"));
	}
	w->key = key;
	w->ops = &vault_files;
	w->dir = strdup(dir);
	st = w->dir == NULL ? prov_fail(err, PROV_ENOMEM, "witness")
	                    : cosigner_init(&w->self, pub->name, pub->key, err);
	if (st == PROV_OK && (st = set_logs(w, logs, n, err)) == PROV_OK)
		st = vault_check(dir, &w->self, err);
	if (st != PROV_OK) {
		prov_witness_close(w);
		return (st);
	}
	*out = w;
	return (PROV_OK);
}

void
prov_witness_close(prov_witness *w)
{
	if (w == NULL)
		return;
	(void)pthread_mutex_destroy(&w->lock);
	free(w->dir);
	free(w->logs);
	free(w);
}

/* An answer on its way. */
struct reply {
	unsigned status;
	const char *type;
	struct buf body;
};

static void
reply_text(struct reply *r, unsigned status, const char *text)
{
	r->status = status;
	r->type = text_type;
	r->body.len = 0;
	buf_printf(&r->body, "%s\n", text);
}

/* What a client needs to come again: the size that was cosigned last. */
static void
reply_size(struct reply *r, uint64_t size)
{
	r->status = 409;
	r->type = "text/x.tlog.size";
	r->body.len = 0;
	buf_printf(&r->body, "%llu\n", (unsigned long long)size);
}

/* Never earlier than the last cosignature, which said "the newest by then". */
static prov_status
next_time(int64_t *out, const struct record *last, int64_t now, prov_err *err)
{
	*out = now;
	if (!last->known || now >= last->time)
		return (PROV_OK);
	if (last->time - now > CLOCK_BACK_S)
		return (prov_fail(err, PROV_EIO,
		    "the clock is at %lld and was at %lld: set it right",
		    (long long)now, (long long)last->time));
	*out = last->time;
	return (PROV_OK);
}

/* Keeps the log's own line of a note that was submitted. */
struct kept {
	const prov_pubkey *log;
	uint8_t id[4];
	struct buf *out;
};

static prov_status
keep_log_line(void *arg, const struct note_sig *s, prov_err *err)
{
	struct kept *k = arg;
	const char *name = k->log->name;

	if (!span_eq(s->name, span(name, strlen(name))) ||
	    memcmp(s->id, k->id, sizeof(s->id)) != 0)
		return (PROV_OK);
	buf_put_span(k->out, s->line);
	return (buf_done(k->out, err));
}

/* The record of a submission: its text, the log's line and the cosignature. */
static prov_status
make_record(struct buf *note, const struct submission *s, prov_span line,
    prov_err *err)
{
	struct kept kept = { .log = s->log, .out = note };
	prov_span text, sigs;
	prov_status st;

	st = pubkey_note_id(kept.id, s->log, NOTE_ED25519, err);
	if (st != PROV_OK ||
	    (st = note_split(&text, &sigs, s->note, err)) != PROV_OK)
		return (st);
	buf_put_span(note, text);
	buf_put_byte(note, '\n');
	if ((st = note_sigs(sigs, keep_log_line, &kept, err)) != PROV_OK)
		return (st);
	buf_put_span(note, line);
	return (buf_done(note, err));
}

/* Cosigns, and answers once that is on the disk. The vault is held. */
static prov_status
cosign(prov_witness *w, const struct submission *s, const struct record *last,
    const char name[65], int64_t now, struct reply *r, prov_err *err)
{
	AUTO_BUF note = { 0 }, line = { 0 };
	prov_status st;
	int64_t time;

	if ((st = next_time(&time, last, now, err)) != PROV_OK ||
	    (st = cosignature_sign(&line, w->key, s->text, time, err)) !=
		PROV_OK ||
	    (st = make_record(&note, s, buf_span(&line), err)) != PROV_OK)
		return (st);
	st = w->ops->save(w->dir, name, buf_span(&note), err);
	w->dead = st == PROV_EWRITE;
	if (st != PROV_OK)
		return (st);
	r->status = 200;
	r->type = text_type;
	buf_put_span(&r->body, buf_span(&line));
	return (buf_done(&r->body, err));
}

/* From reading the last record to writing the next nobody else comes between.
 */
static prov_status
add_held(prov_witness *w, const struct submission *s, int64_t now,
    struct reply *r, prov_err *err)
{
	AUTO_RECORD last = { 0 };
	char name[65];
	unsigned code;
	prov_status st;

	if (w->dead)
		return (prov_fail(err, PROV_EWRITE,
		    "an earlier write failed; nothing more is cosigned until "
		    "the witness is started again"));
	if ((st = vault_name(name, s->at.origin, err)) != PROV_OK ||
	    (st = vault_load(&last, w->ops, w->dir, name, &w->self, err)) !=
		PROV_OK)
		return (st);
	code = submission_judge(s, last.known ? &last.at : NULL, err);
	if (code == 0)
		return (cosign(w, s, &last, name, now, r, err));
	if (code == 409)
		reply_size(r, last.known ? last.at.size : 0);
	else
		reply_text(r, code, err->msg);
	return (PROV_OK);
}

static prov_status
add_checkpoint(prov_witness *w, prov_span body, int64_t now, struct reply *r,
    prov_err *err)
{
	struct submission s;
	prov_status st;
	unsigned code;
	int lock = -1;

	code = submission_open(&s, body, w->logs, w->n_logs, err);
	if (code != 0) {
		reply_text(r, code, code == 500 ? "trouble here" : err->msg);
		return (PROV_OK);
	}
	(void)pthread_mutex_lock(&w->lock);
	if ((st = w->ops->enter(&lock, w->dir, err)) == PROV_OK) {
		st = add_held(w, &s, now, r, err);
		w->ops->leave(&lock);
	}
	(void)pthread_mutex_unlock(&w->lock);
	return (st);
}

/* A record is replaced whole, so that reading takes no lock. */
static prov_status
get_checkpoint(prov_witness *w, const char *hex, struct reply *r, prov_err *err)
{
	AUTO_RECORD last = { 0 };
	char name[65] = { 0 };
	prov_status st;

	memcpy(name, hex, 64);
	st = vault_load(&last, w->ops, w->dir, name, &w->self, err);
	if (st != PROV_OK)
		return (st);
	if (!last.known) {
		reply_text(r, 404, "nothing of this origin was cosigned");
		return (PROV_OK);
	}
	r->status = 200;
	r->type = text_type;
	buf_put_span(&r->body, buf_span(&last.note));
	return (buf_done(&r->body, err));
}

/* "/HEX/checkpoint", lower case. */
static bool
is_monitoring(const char *path)
{
	return (path[0] == '/' && strspn(path + 1, "0123456789abcdef") == 64 &&
		strcmp(path + 65, "/checkpoint") == 0);
}

static prov_status
route(prov_witness *w, const char *method, const char *path, prov_span body,
    int64_t now, struct reply *r, prov_err *err)
{
	bool add = strcmp(path, "/add-checkpoint") == 0;

	if (!add && !is_monitoring(path))
		reply_text(r, 404, "no such place");
	else if (strcmp(method, add ? "POST" : "GET") != 0)
		reply_text(r, 405, add ? "POST a checkpoint" : "GET it");
	else if (add)
		return (add_checkpoint(w, body, now, r, err));
	else
		return (get_checkpoint(w, path + 1, r, err));
	(void)prov_fail(err, PROV_ENOTFOUND, "%.10s %.80s", method, path);
	return (PROV_OK);
}

prov_status
prov_witness_answer(prov_witness *w, const char *method, const char *path,
    prov_span body, int64_t now, prov_answer *out, prov_err *err)
{
	struct reply r = { 0 };
	prov_err why = { 0 };
	prov_status st;

	st = route(w, method, path, body, now, &r, &why);
	/* What went wrong here is for who runs it, not for who asks. */
	if (st != PROV_OK)
		reply_text(&r, 500, "trouble here; try again later");
	if (err != NULL)
		*err = why;
	if (buf_done(&r.body, NULL) != PROV_OK ||
	    buf_take(&r.body, &out->body, &out->len, err) != PROV_OK) {
		buf_free(&r.body);
		return (PROV_ENOMEM);
	}
	out->status = r.status;
	out->type = r.type;
	return (PROV_OK);
}
