/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_SIGNED_H
#define PROV_TESTS_SIGNED_H

/*
 * A desk: a scratch directory with a ledger, trust in its owner and its log,
 * and sound made by hand. $PROV_DEMUX reads media; where it is not set, this
 * program itself does, which then knows WAV alone: every main begins with
 * desk_worker().
 */
#include <sys/socket.h>
#include <sys/uio.h>

#include "carrier/sidecar.h"
#include "essence/worker.h"
#include "logged.h"
#include "prov/sign.h"
#include "prov/verify.h"

#define DESK_RATE    8000
#define DESK_SECONDS 12
#define DESK_NOW     INT64_C(1795466460)
#define DESK_SELF    "/proc/self/exe"

struct desk {
	struct logged g;
	prov_trust *trust;
	const char *demux;
	char state[96]; /* what verifying here remembers; "": nothing */
};

/* What the reports of one run said. */
struct desk_report {
	size_t n;
	prov_status status[64];
	char path[64][128];
	char message[64][512];
	char note[64][256];
	uint64_t index[64];
	int existed[64];
	uint8_t statement[64][32];
};

static inline bool
desk_open(struct desk *d)
{
	prov_trust_signer s = { 0 };

	memset(d, 0, sizeof(*d));
	d->demux = getenv("PROV_DEMUX");
	if (d->demux == NULL || d->demux[0] == '\0')
		d->demux = DESK_SELF;
	if (!logged_open(&d->g) || prov_trust_new(&d->trust, NULL) != PROV_OK)
		return (false);
	snprintf(d->state, sizeof(d->state), "%s/state", d->g.dir);
	s.key = *prov_key_public(d->g.owner);
	return (prov_trust_add_signer(d->trust, &s, NULL) == PROV_OK &&
	    prov_trust_add_log(d->trust, prov_key_public(d->g.log), NULL) ==
		PROV_OK);
}

static inline void
desk_close(struct desk *d)
{
	prov_trust_free(d->trust);
	logged_close(&d->g);
}

/* dir/name; good until called four times more. */
static inline const char *
desk_path(const struct desk *d, const char *name)
{
	static char paths[4][160];
	static unsigned next;
	char *p = paths[next++ % 4];

	snprintf(p, sizeof(paths[0]), "%s/%s", d->g.dir, name);
	return (p);
}

static inline bool
desk_write(const struct desk *d, const char *name, prov_span bytes)
{
	return (file_write(desk_path(d, name), bytes, 0644, 0, NULL) ==
	    PROV_OK);
}

static inline bool
desk_read(struct buf *b, const struct desk *d, const char *name)
{
	b->len = 0;
	return (file_read(b, desk_path(d, name), 1 << 24, NULL) == PROV_OK);
}

static inline void
desk_le32(struct buf *b, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		buf_put_byte(b, (uint8_t)(v >> 8 * i));
}

/*
 * 12 s of noise, other for each seed; with a LIST chunk in front of it where
 * title is not NULL, which changes the bytes but not the sound.
 */
static inline void
desk_wav(struct buf *b, uint32_t seed, const char *title)
{
	uint32_t n = DESK_RATE * DESK_SECONDS * 2;
	uint32_t len = title == NULL ? 0 : (uint32_t)strlen(title);
	uint32_t extra = title == NULL ? 0 : 20 + len; /* len is even */

	b->len = 0;
	buf_put_str(b, "RIFF");
	desk_le32(b, 36 + extra + n);
	buf_put_str(b, "WAVEfmt ");
	desk_le32(b, 16);
	buf_put(b, "\1\0\1\0", 4);
	desk_le32(b, DESK_RATE);
	desk_le32(b, DESK_RATE * 2);
	buf_put(b, "\2\0\20\0", 4);
	if (title != NULL) {
		buf_put_str(b, "LIST");
		desk_le32(b, extra - 8);
		buf_put_str(b, "INFOINAM");
		desk_le32(b, len);
		buf_put_str(b, title);
	}
	buf_put_str(b, "data");
	desk_le32(b, n);
	for (uint32_t i = 0; i < n / 2; i++) {
		seed = seed * 1664525 + 1013904223;
		buf_put(b, (const uint8_t[]){ (uint8_t)(seed >> 16),
		               (uint8_t)(seed >> 24) }, 2);
	}
}

static inline bool
desk_put_wav(const struct desk *d, const char *name, uint32_t seed,
    const char *title)
{
	AUTO_BUF b = { 0 };

	desk_wav(&b, seed, title);
	return (desk_write(d, name, buf_span(&b)));
}

static inline void
desk_reported(void *arg, const prov_signed *done)
{
	struct desk_report *r = arg;
	size_t i = r->n++;

	if (i >= 64)
		abort();
	r->status[i] = done->status;
	snprintf(r->path[i], sizeof(r->path[i]), "%s", done->path);
	snprintf(r->message[i], sizeof(r->message[i]), "%s",
	    done->message != NULL ? done->message : "");
	snprintf(r->note[i], sizeof(r->note[i]), "%s",
	    done->note != NULL ? done->note : "");
	r->index[i] = done->log_index;
	r->existed[i] = done->existed;
	memcpy(r->statement[i], done->statement, 32);
}

/* Signs with o's key (NULL: the owner's) and ledger opened here. */
static inline prov_status
desk_sign_with(const struct desk *d, prov_sign_options *o,
    const char *const *paths, size_t n, struct desk_report *r)
{
	AUTO(prov_ledger) *l = NULL;
	prov_err err = { 0 };
	prov_status st;

	memset(r, 0, sizeof(*r));
	st = prov_ledger_open_writer(&l, d->g.path, d->g.log, &err);
	if (st == PROV_OK) {
		o->ledger = l;
		o->key = o->key != NULL ? o->key : d->g.owner;
		o->demux = o->demux != NULL ? o->demux : d->demux;
		o->now = DESK_NOW;
		st = prov_sign_files(o, paths, n, desk_reported, r, &err);
	}
	if (st != PROV_OK)
		printf("# %s\n", err.msg);
	return (st);
}

/* Signs one file with a sidecar beside it; whether that went well. */
static inline bool
desk_sign(const struct desk *d, const char *name)
{
	prov_sign_options o = { 0 };
	struct desk_report r;
	char path[128];
	const char *paths[] = { path };

	snprintf(path, sizeof(path), "%s", desk_path(d, name));
	if (desk_sign_with(d, &o, paths, 1, &r) != PROV_OK || r.n != 1)
		return (false);
	if (r.status[0] != PROV_OK)
		printf("# %s: %s\n", r.path[0], r.message[0]);
	return (r.status[0] == PROV_OK);
}

/* Verifies with what o says of ledger and sidecars. */
static inline prov_verdict *
desk_verify_with(const struct desk *d, prov_verify_options *o,
    const char *name)
{
	prov_verifier *v = NULL;
	prov_verdict *verdict = NULL;
	prov_err err = { 0 };
	prov_status st;

	o->trust = o->trust != NULL ? o->trust : d->trust;
	o->demux = o->demux != NULL ? o->demux : d->demux;
	o->now = o->now != 0 ? o->now : DESK_NOW;
	o->state_dir = d->state[0] != '\0' ? d->state : NULL;
	if (prov_verifier_new(&v, o, &err) != PROV_OK) {
		printf("# %s\n", err.msg);
		return (NULL);
	}
	st = prov_verify_file(v, desk_path(d, name), &verdict, &err);
	if (verdict == NULL || (st == PROV_OK) !=
	        (prov_verdict_status(verdict) == 0))
		printf("# status %d: %s\n", (int)st, err.msg);
	prov_verifier_free(v);
	return (verdict);
}

/* With the ledger at hand (or not), and with the sidecar beside (or not). */
static inline prov_verdict *
desk_verify(const struct desk *d, const char *name, bool ledger, bool sidecar)
{
	prov_verify_options o = {
		.ledger_dir = ledger ? d->g.path : NULL,
		.ledger_own = 1,
		.sidecar = sidecar ? PROV_SIDECAR_BESIDE : PROV_SIDECAR_NONE,
	};

	return (desk_verify_with(d, &o, name));
}

/* Whether the verdict's reasons hold code. */
static inline bool
desk_has(const prov_verdict *v, const char *code)
{
	const char *r;

	for (size_t i = 0; (r = prov_verdict_reason(v, i)) != NULL; i++) {
		if (strcmp(r, code) == 0)
			return (true);
	}
	return (false);
}

static inline bool
desk_unchecked(const prov_verdict *v, const char *what)
{
	const char *r;

	for (size_t i = 0; (r = prov_verdict_not_checked(v, i)) != NULL; i++) {
		if (strcmp(r, what) == 0)
			return (true);
	}
	return (false);
}

/* The worker's part: sound of a WAV whose data chunk is the last. */
static inline prov_status
desk_identify(prov_identity **out, prov_span file, prov_err *err)
{
	prov_config c = { .kind = PROV_AUDIO, .codec = "pcm_s16le",
		.tb_num = 1, .tb_den = DESK_RATE, .rate = DESK_RATE,
		.channels = 1, .bits = 16 };
	prov_essence *e = NULL;
	prov_packet p = { .dts = PROV_NO_TIME };
	const uint8_t *data;
	unsigned index;
	prov_status st;

	if (file.len < 44 || memcmp(file.p, "RIFF", 4) != 0 ||
	    (data = memmem(file.p, file.len, "data", 4)) == NULL)
		return (prov_fail(err, PROV_EUNSUPPORTED, "no WAV"));
	p.data = span(data + 8, file.len - (size_t)(data + 8 - file.p));
	if ((st = prov_essence_new(&e, "wav", err)) == PROV_OK &&
	    (st = prov_essence_stream(e, &c, &index, err)) == PROV_OK &&
	    (st = prov_essence_packet(e, index, &p, err)) == PROV_OK)
		st = prov_essence_finish(e, out, err);
	prov_essence_free(e);
	return (st);
}

static inline void
desk_answer(int out, int file)
{
	struct worker_answer a = { .magic = WORKER_MAGIC };
	prov_identity *id = NULL;
	struct buf bytes = { 0 }, body = { 0 };
	prov_err err = { 0 };
	size_t at = 0;
	ssize_t n = 1;

	while (n > 0) {
		uint8_t piece[4096];

		if ((n = pread(file, piece, sizeof(piece), (off_t)at)) > 0)
			buf_put(&bytes, piece, (size_t)n);
		at += n > 0 ? (size_t)n : 0;
	}
	if (desk_identify(&id, buf_span(&bytes), &err) != PROV_OK) {
		a.status = WORKER_UNSUPPORTED;
		buf_put_str(&body, err.msg);
	} else if (identity_encode(&body, id, &err) != PROV_OK) {
		a.status = WORKER_TROUBLE;
		body.len = 0;
	}
	a.len = body.len;
	n = write(out, &a, sizeof(a));
	for (at = 0; n > 0 && at < body.len; at += n > 0 ? (size_t)n : 0)
		n = write(out, body.p + at, body.len - at);
	prov_identity_free(id);
	buf_free(&bytes);
	buf_free(&body);
}

/* Serves and ends where descriptor 3 says that this is a worker. */
static inline void
desk_worker(void)
{
	struct worker_request req;
	struct iovec iov = { &req, sizeof(req) };
	int type = 0, fds[2];
	socklen_t len = sizeof(type);
	union {
		struct cmsghdr head;
		char bytes[CMSG_SPACE(sizeof(fds))];
	} control;

	if (getsockopt(3, SOL_SOCKET, SO_TYPE, &type, &len) != 0 ||
	    type != SOCK_SEQPACKET)
		return;
	for (;;) {
		struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1,
			.msg_control = &control,
			.msg_controllen = sizeof(control) };

		if (recvmsg(3, &m, 0) != (ssize_t)sizeof(req) ||
		    CMSG_FIRSTHDR(&m) == NULL)
			_exit(0);
		memcpy(fds, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof(fds));
		desk_answer(fds[1], fds[0]);
		(void)close(fds[0]);
		(void)close(fds[1]);
	}
}

#endif
