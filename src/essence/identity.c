/* SPDX-License-Identifier: ISC */
/*
 * One stream, deterministic CBOR (manifest.cddl "stream"):
 *
 *	{1: index, 2: kind, 3: codec, 4: canon, 5: rule, 6: config,
 *	 7: [[part, digest], ...], 8: {field: value, ...}, 9: segments,
 *	 10: frames, 11: samples, 12: rate, 13: duration_ns, 14: root,
 *	 15: timeline, ? 16: ancillary, ? 17: refused, ? 18: times}
 *
 * parts in alphabetical order; times as timeline.c writes them. An identity:
 *
 *	{1: 1, 2: format, 3: refused / null, 4: uncovered, 5: [stream, ...],
 *	 6: [timeline blob / null, ...]}
 */
#include "essence/identity.h"

#include <stdlib.h>
#include <string.h>

#include "base/field.h"
#include "base/limits.h"
#include "essence/parts.h"
#include "hash/sha256.h"
#include "hash/tree.h"

#define IDENTITY_VERSION 2

enum {
	KEY_INDEX = 1,
	KEY_KIND,
	KEY_CODEC,
	KEY_CANON,
	KEY_RULE,
	KEY_CONFIG,
	KEY_PARTS,
	KEY_PRESENT,
	KEY_SEGMENTS,
	KEY_FRAMES,
	KEY_SAMPLES,
	KEY_RATE,
	KEY_DURATION,
	KEY_ROOT,
	KEY_TIMELINE,
	KEY_ANCILLARY,
	KEY_REFUSED,
	KEY_TIMES
};

enum {
	ID_VERSION = 1,
	ID_FORMAT,
	ID_REFUSED,
	ID_UNCOVERED,
	ID_STREAMS,
	ID_BLOBS,
	ID_DULL
};

/* For messages, behind "stream" or "identity". */
static const char form[] = "form";

void
stream_clear(struct stream *s)
{
	buf_free(&s->times);
	timeline_free(s->tl);
	*s = (struct stream){ 0 };
}

void
prov_identity_free(prov_identity *id)
{
	if (id == NULL)
		return;
	for (size_t i = 0; i < id->n; i++)
		stream_clear(&id->streams[i]);
	free(id->streams);
	free(id);
}

bool
name_set(char *out, size_t size, const char *name)
{
	size_t len = strlen(name);

	if (len == 0 || len >= size)
		return (false);
	for (size_t i = 0; i < len; i++)
		if (name[i] < '!' || name[i] > '~')
			return (false);
	memcpy(out, name, len + 1);
	return (true);
}

prov_status
identity_new(prov_identity **out, const char *format, prov_err *err)
{
	AUTO(prov_identity) *id = NULL;

	if ((id = calloc(1, sizeof(*id))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "identity"));
	if (!name_set(id->format, sizeof(id->format), format))
		return (prov_fail(err, PROV_EARG,
		    "a format's name is 1 to %d printable characters",
		    CODEC_NAME_MAX));
	id->uncovered = -1;
	*out = TAKE(id);
	return (PROV_OK);
}

prov_status
identity_add(prov_identity *id, struct stream **out, prov_err *err)
{
	struct stream *p;

	if (id->n == STREAMS_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.streams: more than %d streams", STREAMS_MAX));
	p = realloc(id->streams, (id->n + 1) * sizeof(*p));
	if (p == NULL)
		return (prov_fail(err, PROV_ENOMEM, "stream %zu", id->n));
	id->streams = p;
	p[id->n] = (struct stream){ .index = (unsigned)id->n };
	*out = &p[id->n++];
	return (PROV_OK);
}

prov_status
identity_join(prov_identity *id, prov_identity *more, prov_err *err)
{
	struct stream *s;
	prov_status st;

	for (size_t i = 0; i < more->n; i++) {
		if ((st = identity_add(id, &s, err)) != PROV_OK)
			return (st);
		more->streams[i].index = s->index;
		*s = more->streams[i];
		more->streams[i] = (struct stream){ 0 };
	}
	if (id->refused[0] == '\0')
		memcpy(id->refused, more->refused, sizeof(id->refused));
	if (more->uncovered < 0)
		id->uncovered = -1;
	else
		id->uncovered -= (int64_t)id->inner_len - more->uncovered;
	id->inner_len = 0;
	return (PROV_OK);
}

static void
put_parts(struct buf *b, const struct stream *s)
{
	cbor_put_array(b, s->n_parts);
	for (size_t i = 0; i < s->n_parts; i++) {
		cbor_put_array(b, 2);
		cbor_put_text(b, s->parts[i].name);
		cbor_put_bytes(b, span(s->parts[i].digest, 32));
	}
}

static void
put_present(struct buf *b, const prov_present *p)
{
	cbor_put_map(b, (uint64_t)__builtin_popcountll(p->known));
	for (unsigned f = 0; f < PROV_FIELD_MAX; f++) {
		if ((p->known >> f & 1) == 0)
			continue;
		cbor_put_uint(b, f);
		cbor_put_int(b, p->v[f]);
	}
}

static void
put_text(struct buf *b, uint64_t key, const char *s)
{
	cbor_put_uint(b, key);
	cbor_put_text(b, s);
}

static void
put_number(struct buf *b, uint64_t key, uint64_t v)
{
	cbor_put_uint(b, key);
	cbor_put_uint(b, v);
}

static void
put_digest(struct buf *b, uint64_t key, const uint8_t digest[32])
{
	cbor_put_uint(b, key);
	cbor_put_bytes(b, span(digest, 32));
}

static void
put_optional(struct buf *b, const struct stream *s)
{
	if (s->has_ancillary)
		put_digest(b, KEY_ANCILLARY, s->ancillary);
	if (s->refused[0] != '\0')
		put_text(b, KEY_REFUSED, s->refused);
	if (s->times.len > 0) {
		cbor_put_uint(b, KEY_TIMES);
		buf_put_span(b, buf_span(&s->times));
	}
}

void
stream_encode(struct buf *b, const struct stream *s)
{
	uint64_t n = 15;

	n += s->has_ancillary;
	n += s->refused[0] != '\0';
	n += s->times.len > 0;
	cbor_put_map(b, n);
	put_number(b, KEY_INDEX, s->index);
	put_number(b, KEY_KIND, s->kind);
	put_text(b, KEY_CODEC, s->codec);
	put_text(b, KEY_CANON, s->canon);
	put_text(b, KEY_RULE, s->rule);
	put_digest(b, KEY_CONFIG, s->config);
	cbor_put_uint(b, KEY_PARTS);
	put_parts(b, s);
	cbor_put_uint(b, KEY_PRESENT);
	put_present(b, &s->present);
	put_number(b, KEY_SEGMENTS, s->segments);
	put_number(b, KEY_FRAMES, s->frames);
	put_number(b, KEY_SAMPLES, s->samples);
	put_number(b, KEY_RATE, s->rate);
	cbor_put_uint(b, KEY_DURATION);
	cbor_put_int(b, s->duration_ns);
	put_digest(b, KEY_ROOT, s->root);
	put_digest(b, KEY_TIMELINE, s->timeline);
	put_optional(b, s);
}

static prov_status
get_number(struct cbor *c, uint64_t key, uint64_t max, uint64_t *v,
    prov_err *err)
{
	prov_status st;

	if ((st = field_key(c, key, form, err)) != PROV_OK ||
	    (st = cbor_get_uint(c, v, err)) != PROV_OK)
		return (st);
	if (*v > max)
		return (prov_fail(err, PROV_EFORMAT, "key %llu: %llu",
		    (unsigned long long)key, (unsigned long long)*v));
	return (PROV_OK);
}

static prov_status
get_name(struct cbor *c, char *out, size_t size, prov_err *err)
{
	char name[CODE_MAX + 1];
	prov_status st;

	if ((st = cbor_get_str(c, name, sizeof(name), err)) != PROV_OK)
		return (st);
	if (!name_set(out, size, name))
		return (prov_fail(err, PROV_EFORMAT,
		    "a name has characters that no name has"));
	return (PROV_OK);
}

static prov_status
get_named(struct cbor *c, uint64_t key, char *out, size_t size, prov_err *err)
{
	prov_status st = field_key(c, key, form, err);

	return (st != PROV_OK ? st : get_name(c, out, size, err));
}

static prov_status
get_digest(struct cbor *c, uint64_t key, uint8_t out[32], prov_err *err)
{
	prov_status st = field_key(c, key, form, err);

	return (st != PROV_OK ? st : cbor_get_fixed(c, out, 32, err));
}

static prov_status
get_part(struct cbor *c, struct stream *s, prov_err *err)
{
	struct part *p = &s->parts[s->n_parts];
	prov_status st;

	if ((st = field_array(c, 2, "part", err)) != PROV_OK ||
	    (st = get_name(c, p->name, sizeof(p->name), err)) != PROV_OK ||
	    (st = cbor_get_fixed(c, p->digest, 32, err)) != PROV_OK)
		return (st);
	if (s->n_parts > 0 && strcmp(p[-1].name, p->name) >= 0)
		return (prov_fail(err, PROV_EFORMAT, "part %s is not in order",
		    p->name));
	s->n_parts++;
	return (PROV_OK);
}

/* The parts, and that the configuration is what they come to. */
static prov_status
get_parts(struct cbor *c, struct stream *s, prov_err *err)
{
	uint8_t config[32];
	prov_status st;
	size_t n;

	if ((st = field_key(c, KEY_PARTS, form, err)) != PROV_OK ||
	    (st = field_list(c, PARTS_MAX, &n, "parts", err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < n; i++)
		if ((st = get_part(c, s, err)) != PROV_OK)
			return (st);
	if ((st = parts_digest(config, s->parts, s->n_parts, err)) != PROV_OK)
		return (st);
	if (memcmp(config, s->config, 32) != 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "the configuration's digest is not that of its parts"));
	return (PROV_OK);
}

static prov_status
get_present(struct cbor *c, prov_present *p, prov_err *err)
{
	prov_status st;
	uint64_t n, f;
	int64_t v;

	if ((st = field_key(c, KEY_PRESENT, form, err)) != PROV_OK ||
	    (st = cbor_get_map(c, &n, err)) != PROV_OK)
		return (st);
	for (uint64_t i = 0; i < n; i++) {
		if ((st = cbor_get_uint(c, &f, err)) != PROV_OK ||
		    (st = cbor_get_int(c, &v, err)) != PROV_OK)
			return (st);
		if (f >= PROV_FIELD_MAX)
			return (prov_fail(err, PROV_EFORMAT,
			    "presentation field %llu is not known",
			    (unsigned long long)f));
		prov_present_set(p, (prov_field)f, v);
	}
	return (PROV_OK);
}

/* Inline times: well formed, and of as many units as the stream has. */
static prov_status
get_times(struct cbor *c, struct stream *s, prov_err *err)
{
	uint64_t units = s->kind == PROV_AUDIO ? s->samples : s->frames;
	AUTO_TIMELINE *tl = NULL;
	prov_span item;
	prov_status st;

	if ((st = cbor_get_item(c, &item, err)) != PROV_OK)
		return (st);
	if (item.len > INLINE_TIMES_MAX)
		return (prov_fail(err, PROV_EFORMAT, "%zu bytes of times",
		    item.len));
	if ((st = timeline_decode_times(&tl, item, err)) != PROV_OK)
		return (st);
	if (!tl->untimed && tl->total != units)
		return (prov_fail(err, PROV_EFORMAT,
		    "times of %llu units in a stream of %llu",
		    (unsigned long long)tl->total, (unsigned long long)units));
	buf_put_span(&s->times, item);
	return (buf_done(&s->times, err));
}

static prov_status
get_head(struct cbor *c, struct stream *s, prov_err *err)
{
	prov_status st;
	uint64_t index, kind;

	if ((st = get_number(c, KEY_INDEX, UINT32_MAX, &index, err)) !=
		PROV_OK ||
	    (st = get_number(c, KEY_KIND, PROV_DATA, &kind, err)) != PROV_OK)
		return (st);
	if (kind == 0)
		return (prov_fail(err, PROV_EFORMAT, "a stream of kind 0"));
	s->index = (unsigned)index;
	s->kind = (prov_kind)kind;
	if ((st = get_named(c, KEY_CODEC, s->codec, sizeof(s->codec), err)) !=
		PROV_OK ||
	    (st = get_named(c, KEY_CANON, s->canon, sizeof(s->canon), err)) !=
		PROV_OK ||
	    (st = get_named(c, KEY_RULE, s->rule, sizeof(s->rule), err)) !=
		PROV_OK)
		return (st);
	return (PROV_OK);
}

static prov_status
get_counts(struct cbor *c, struct stream *s, prov_err *err)
{
	prov_status st;
	uint64_t rate;

	if ((st = get_number(c, KEY_SEGMENTS, SEGMENTS_MAX, &s->segments,
		 err)) != PROV_OK ||
	    (st = get_number(c, KEY_FRAMES, UNITS_MAX, &s->frames, err)) !=
		PROV_OK ||
	    (st = get_number(c, KEY_SAMPLES, UNITS_MAX, &s->samples, err)) !=
		PROV_OK ||
	    (st = get_number(c, KEY_RATE, UINT32_MAX, &rate, err)) != PROV_OK ||
	    (st = field_key(c, KEY_DURATION, form, err)) != PROV_OK ||
	    (st = cbor_get_int(c, &s->duration_ns, err)) != PROV_OK)
		return (st);
	if (s->duration_ns < 0 || s->duration_ns > DURATION_NS_MAX)
		return (prov_fail(err, PROV_EFORMAT, "a duration of %lld ns",
		    (long long)s->duration_ns));
	s->rate = (uint32_t)rate;
	return (PROV_OK);
}

/* Reads the keys that may be missing; n is how many are left. */
static prov_status
get_optional(struct cbor *c, uint64_t n, struct stream *s, prov_err *err)
{
	prov_status st = PROV_OK;

	if (n > 0 && field_next(c, KEY_ANCILLARY)) {
		s->has_ancillary = true;
		st = cbor_get_fixed(c, s->ancillary, 32, err);
		n--;
	}
	if (st == PROV_OK && n > 0 && field_next(c, KEY_REFUSED)) {
		st = get_name(c, s->refused, sizeof(s->refused), err);
		n--;
	}
	if (st == PROV_OK && n > 0 && field_next(c, KEY_TIMES)) {
		st = get_times(c, s, err);
		n--;
	}
	if (st == PROV_OK && n > 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "a stream has keys that are not known"));
	return (st);
}

static prov_status
get_stream(struct stream *s, struct cbor *c, prov_err *err)
{
	prov_status st;
	uint64_t n;

	if ((st = cbor_get_map(c, &n, err)) != PROV_OK)
		return (st);
	if (n < 15)
		return (prov_fail(err, PROV_EFORMAT, "a stream of %llu keys",
		    (unsigned long long)n));
	if ((st = get_head(c, s, err)) != PROV_OK ||
	    (st = get_digest(c, KEY_CONFIG, s->config, err)) != PROV_OK ||
	    (st = get_parts(c, s, err)) != PROV_OK ||
	    (st = get_present(c, &s->present, err)) != PROV_OK ||
	    (st = get_counts(c, s, err)) != PROV_OK ||
	    (st = get_digest(c, KEY_ROOT, s->root, err)) != PROV_OK ||
	    (st = get_digest(c, KEY_TIMELINE, s->timeline, err)) != PROV_OK)
		return (st);
	return (get_optional(c, n - 15, s, err));
}

prov_status
stream_decode(struct stream *out, struct cbor *c, prov_err *err)
{
	struct stream s = { 0 };
	struct cbor at = *c;
	prov_status st;

	if ((st = get_stream(&s, &at, err)) != PROV_OK) {
		stream_clear(&s);
		return (prov_wrap(err, st, "stream"));
	}
	*out = s;
	*c = at;
	return (PROV_OK);
}

static prov_status
lend_digest(struct cbor *c, const uint8_t **out, prov_err *err)
{
	prov_span s;
	prov_status st;

	if ((st = cbor_get_bytes(c, &s, err)) != PROV_OK)
		return (st);
	if (s.len != 32)
		return (prov_fail(err, PROV_EFORMAT, "a digest of %zu bytes",
		    s.len));
	*out = s.p;
	return (PROV_OK);
}

prov_status
stream_outline(struct stream_outline *out, struct cbor *c, prov_err *err)
{
	struct stream_outline o = { .kind = PROV_DATA };
	uint64_t n, key, kind = PROV_DATA;
	prov_span item;
	prov_status st;

	if ((st = cbor_get_map(c, &n, err)) != PROV_OK)
		return (st);
	while (n-- > 0) {
		if ((st = cbor_get_uint(c, &key, err)) != PROV_OK)
			return (st);
		if (key == KEY_KIND)
			st = cbor_get_uint(c, &kind, err);
		else if (key == KEY_ROOT)
			st = lend_digest(c, &o.root, err);
		else if (key == KEY_TIMELINE)
			st = lend_digest(c, &o.timeline, err);
		else
			st = cbor_get_item(c, &item, err);
		if (st != PROV_OK)
			return (st);
	}
	if (kind > PROV_DATA || o.root == NULL || o.timeline == NULL)
		return (prov_fail(err, PROV_EFORMAT, "stream: no digests"));
	o.kind = (prov_kind)kind;
	*out = o;
	return (PROV_OK);
}

static void
put_blob(struct buf *b, const struct stream *s)
{
	AUTO_BUF blob = { .max = TIMELINE_MAX };

	if (s->tl == NULL) {
		cbor_put_null(b);
		return;
	}
	timeline_encode(&blob, s->tl);
	cbor_put_bytes(b, buf_span(&blob));
	if (blob.failed)
		b->failed = true;
}

static void
put_dull(struct buf *b, const struct stream *s)
{
	if (s->tl == NULL || s->tl->dull == NULL)
		cbor_put_null(b);
	else
		cbor_put_bytes(b, span(s->tl->dull, (s->tl->n + 7) / 8));
}

prov_status
identity_encode(struct buf *b, const prov_identity *id, prov_err *err)
{
	cbor_put_map(b, 7);
	put_number(b, ID_VERSION, IDENTITY_VERSION);
	put_text(b, ID_FORMAT, id->format);
	cbor_put_uint(b, ID_REFUSED);
	if (id->refused[0] != '\0')
		cbor_put_text(b, id->refused);
	else
		cbor_put_null(b);
	cbor_put_uint(b, ID_UNCOVERED);
	cbor_put_int(b, id->uncovered);
	cbor_put_uint(b, ID_STREAMS);
	cbor_put_array(b, id->n);
	for (size_t i = 0; i < id->n; i++)
		stream_encode(b, &id->streams[i]);
	cbor_put_uint(b, ID_BLOBS);
	cbor_put_array(b, id->n);
	for (size_t i = 0; i < id->n; i++)
		put_blob(b, &id->streams[i]);
	cbor_put_uint(b, ID_DULL);
	cbor_put_array(b, id->n);
	for (size_t i = 0; i < id->n; i++)
		put_dull(b, &id->streams[i]);
	return (buf_done(b, err));
}

/* That a blob is the stream's own: digest, counts and root. */
static prov_status
check_blob(const struct stream *s, const struct timeline *tl, prov_span blob,
    prov_err *err)
{
	uint64_t units = s->kind == PROV_AUDIO ? s->samples : s->frames;
	uint8_t digest[32], root[32];
	prov_status st;

	if ((st = sha256_of(digest, blob, err)) != PROV_OK ||
	    (st = tree_root(root, tl->leaves, tl->n, err)) != PROV_OK)
		return (st);
	if (memcmp(digest, s->timeline, 32) != 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "stream %u: the timeline is another one", s->index));
	if (tl->n != s->segments || tl->total != units ||
	    memcmp(root, s->root, 32) != 0)
		return (prov_fail(err, PROV_EFORMAT,
		    "stream %u: the timeline does not fit it", s->index));
	return (PROV_OK);
}

static prov_status
get_blob(struct cbor *c, struct stream *s, prov_err *err)
{
	AUTO_TIMELINE *tl = NULL;
	prov_span blob;
	prov_status st;

	if (cbor_peek(c) != CBOR_BYTES)
		return (cbor_get_null(c, err));
	if ((st = cbor_get_bytes(c, &blob, err)) != PROV_OK ||
	    (st = timeline_decode(&tl, blob, err)) != PROV_OK ||
	    (st = check_blob(s, tl, blob, err)) != PROV_OK)
		return (st);
	s->tl = TAKE(tl);
	return (PROV_OK);
}

/* Which segments are dull, a bit for each. */
static prov_status
get_dull(struct cbor *c, struct stream *s, prov_err *err)
{
	prov_span bits;
	prov_status st;

	if (cbor_peek(c) != CBOR_BYTES)
		return (cbor_get_null(c, err));
	if ((st = cbor_get_bytes(c, &bits, err)) != PROV_OK)
		return (st);
	if (s->tl == NULL || bits.len != (s->tl->n + 7) / 8)
		return (prov_fail(err, PROV_EFORMAT,
		    "stream %u: bits of %zu bytes do not fit it", s->index,
		    bits.len));
	if ((s->tl->dull = malloc(bits.len + 1)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%zu bytes", bits.len));
	if (bits.len > 0)
		memcpy(s->tl->dull, bits.p, bits.len);
	return (PROV_OK);
}

static prov_status
get_array(struct cbor *c, uint64_t key, const prov_identity *id, prov_err *err)
{
	prov_status st;
	uint64_t n;

	if ((st = field_key(c, key, form, err)) != PROV_OK ||
	    (st = cbor_get_array(c, &n, err)) != PROV_OK)
		return (st);
	if (n != id->n)
		return (prov_fail(err, PROV_EFORMAT,
		    "%llu timelines for %zu streams", (unsigned long long)n,
		    id->n));
	return (PROV_OK);
}

static prov_status
get_streams(struct cbor *c, prov_identity *id, prov_err *err)
{
	struct stream *s = NULL;
	prov_status st;
	uint64_t n;

	if ((st = field_key(c, ID_STREAMS, form, err)) != PROV_OK ||
	    (st = cbor_get_array(c, &n, err)) != PROV_OK)
		return (st);
	for (uint64_t i = 0; i < n; i++)
		if ((st = identity_add(id, &s, err)) != PROV_OK ||
		    (st = stream_decode(s, c, err)) != PROV_OK)
			return (st);
	if ((st = get_array(c, ID_BLOBS, id, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < id->n; i++)
		if ((st = get_blob(c, &id->streams[i], err)) != PROV_OK)
			return (st);
	if ((st = get_array(c, ID_DULL, id, err)) != PROV_OK)
		return (st);
	for (size_t i = 0; i < id->n; i++)
		if ((st = get_dull(c, &id->streams[i], err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

static prov_status
get_identity(struct cbor *c, prov_identity *id, prov_err *err)
{
	prov_status st;
	uint64_t n, version;

	if ((st = cbor_get_map(c, &n, err)) != PROV_OK ||
	    (st = get_number(c, ID_VERSION, UINT64_MAX, &version, err)) !=
		PROV_OK)
		return (st);
	if (n != 7 || version != IDENTITY_VERSION)
		return (prov_fail(err, PROV_EFORMAT,
		    "identity of version %llu with %llu keys",
		    (unsigned long long)version, (unsigned long long)n));
	if ((st = get_named(c, ID_FORMAT, id->format, sizeof(id->format),
		 err)) != PROV_OK ||
	    (st = field_key(c, ID_REFUSED, form, err)) != PROV_OK)
		return (st);
	if (cbor_peek(c) == CBOR_TEXT)
		st = get_name(c, id->refused, sizeof(id->refused), err);
	else
		st = cbor_get_null(c, err);
	if (st != PROV_OK ||
	    (st = field_key(c, ID_UNCOVERED, form, err)) != PROV_OK ||
	    (st = cbor_get_int(c, &id->uncovered, err)) != PROV_OK)
		return (st);
	if (id->uncovered < -1)
		return (prov_fail(err, PROV_EFORMAT, "%lld uncovered bytes",
		    (long long)id->uncovered));
	return (get_streams(c, id, err));
}

prov_status
identity_decode(prov_identity **out, prov_span bytes, prov_err *err)
{
	AUTO(prov_identity) *id = NULL;
	prov_status st;
	struct cbor c;

	if (bytes.len > IDENTITY_MAX)
		return (prov_fail(err, PROV_ELIMIT, "identity: %zu bytes",
		    bytes.len));
	if ((st = cbor_open(&c, bytes, err)) != PROV_OK)
		return (prov_wrap(err, st, "identity"));
	if ((id = calloc(1, sizeof(*id))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "identity"));
	if ((st = get_identity(&c, id, err)) != PROV_OK)
		return (prov_wrap(err, st, "identity"));
	*out = TAKE(id);
	return (PROV_OK);
}

const char *
prov_identity_format(const prov_identity *id)
{
	return (id->format);
}

size_t
prov_identity_streams(const prov_identity *id)
{
	return (id->n);
}

const char *
prov_identity_refused(const prov_identity *id)
{
	return (id->refused[0] == '\0' ? NULL : id->refused);
}

prov_status
prov_identity_stream(const prov_identity *id, size_t i, prov_stream_info *out,
    prov_err *err)
{
	const struct stream *s;

	if (i >= id->n)
		return (prov_fail(err, PROV_EARG, "no stream %zu of %zu", i,
		    id->n));
	s = &id->streams[i];
	*out = (prov_stream_info){
		.index = s->index,
		.kind = s->kind,
		.codec = s->codec,
		.canon = s->canon,
		.rule = s->rule,
		.segments = s->segments,
		.frames = s->frames,
		.duration_s = (double)s->duration_ns / 1e9,
		.present = &s->present,
		.refused = s->refused[0] == '\0' ? NULL : s->refused,
	};
	memcpy(out->root, s->root, 32);
	memcpy(out->config, s->config, 32);
	return (PROV_OK);
}
