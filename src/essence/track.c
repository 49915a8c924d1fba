/* SPDX-License-Identifier: ISC */
#include "essence/track.h"

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/limits.h"
#include "essence/dull.h"
#include "essence/parts.h"
#include "hash/sha256.h"
#include "hash/tree.h"

/* A packet's time is within 18 years of 0: room for every later sum. */
#define PACKET_NS_MAX (INT64_C(1) << 59)

#define NS           1000000000
#define LASTS_NS_MAX (INT64_C(1) << 55) /* a year: no packet lasts longer */

struct track {
	const struct form_ops *ops;
	void *state;
	prov_config config; /* codec and extradata point to our copies */
	char *codec;
	uint8_t *extradata;

	struct leaves *leaves;
	struct sha256 *ancillary;
	struct dull dull; /* the open leaf */
	uint64_t units;   /* in the open leaf */
	uint8_t active[32];

	struct stream s;      /* parts, refused, counts */
	prov_present present; /* as the bitstream states it */
	struct timeline *tl;
	size_t room; /* leaves that tl->units has room for */
	int64_t *ns; /* a time for each frame; not audio */
	size_t n_ns, room_ns;
	int64_t lasts_ns; /* sum of what packets say they last */
	struct run run;   /* audio: the running one; count 0 before */
	bool run_timed;
};

static prov_status
copy_config(struct track *t, const prov_config *config, prov_err *err)
{
	t->config = *config;
	t->codec = strdup(config->codec);
	t->extradata = malloc(config->extradata.len + 1);
	if (t->codec == NULL || t->extradata == NULL)
		return (prov_fail(err, PROV_ENOMEM, "stream"));
	if (config->extradata.len > 0)
		memcpy(t->extradata, config->extradata.p,
		    config->extradata.len);
	t->config.codec = t->codec;
	t->config.extradata.p = t->extradata;
	return (PROV_OK);
}

/*
 * FFmpeg's names, without what differs from container to container. false: no
 * name.
 */
static bool
name_codec(char out[CODEC_NAME_MAX + 1], const char *codec)
{
	size_t len;

	if (codec == NULL)
		return (false);
	if (strcmp(codec, "mp1") == 0 || strcmp(codec, "mp2") == 0 ||
	    strcmp(codec, "mp3") == 0)
		codec = "mpeg-audio";
	/* MPEG-TS calls both by one name; the sequence header tells them apart.
	 */
	if (strcmp(codec, "mpeg1video") == 0)
		codec = "mpeg2video";
	if (strcmp(codec, "aac_latm") == 0)
		codec = "aac";
	if (!name_set(out, CODEC_NAME_MAX + 1, codec))
		return (false);
	len = strlen(out);
	if (strncmp(out, "pcm_", 4) == 0 && len > 6 &&
	    (strcmp(out + len - 2, "le") == 0 ||
		strcmp(out + len - 2, "be") == 0))
		out[len - 2] = '\0';
	return (true);
}

static prov_status
check_config(const prov_config *c, prov_err *err)
{
	char name[CODEC_NAME_MAX + 1];

	if (!name_codec(name, c->codec))
		return (prov_fail(err, PROV_EARG,
		    "a codec's name is 1 to %d printable characters",
		    CODEC_NAME_MAX));
	if (c->kind < PROV_VIDEO || c->kind > PROV_DATA)
		return (prov_fail(err, PROV_EARG, "kind %d", (int)c->kind));
	if (c->tb_num == 0 || c->tb_den == 0)
		return (prov_fail(err, PROV_EARG, "time base %u/%u", c->tb_num,
		    c->tb_den));
	if (c->extradata.len > EXTRADATA_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.extradata: %zu bytes of configuration",
		    c->extradata.len));
	if (c->present.known >> PROV_FIELD_MAX != 0)
		return (prov_fail(err, PROV_EARG,
		    "a presentation field that is not known"));
	return (PROV_OK);
}

/* What a stream is before its first packet. The form's names are ours. */
static prov_status
open_form(struct track *t, prov_err *err)
{
	struct stream *s = &t->s;

	s->kind = t->config.kind;
	s->rate = s->kind == PROV_AUDIO ? t->config.rate : 0;
	if (!name_codec(s->codec, t->codec) ||
	    !name_set(s->canon, sizeof(s->canon), t->ops->name) ||
	    !name_set(s->rule, sizeof(s->rule), t->ops->rule))
		return (prov_fail(err, PROV_EINTERNAL, "a form's name"));
	return (t->ops->open(&t->state, t, err));
}

prov_status
track_open(struct track **out, const prov_config *config,
    const struct form_ops *ops, bool frames, prov_err *err)
{
	struct track *t;
	prov_status st;

	if ((st = check_config(config, err)) != PROV_OK)
		return (st);
	if ((t = calloc(1, sizeof(*t))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "stream"));
	st = copy_config(t, config, err);
	if (st == PROV_OK)
		st = leaves_new(&t->leaves, frames, err);
	if (st == PROV_OK && (t->tl = calloc(1, sizeof(*t->tl))) == NULL)
		st = prov_fail(err, PROV_ENOMEM, "timeline");
	t->ops = ops;
	if (st == PROV_OK)
		st = open_form(t, err);
	if (st != PROV_OK) {
		track_free(t);
		return (st);
	}
	*out = t;
	return (PROV_OK);
}

prov_status
track_new(struct track **out, const prov_config *config, bool frames,
    prov_err *err)
{
	return (track_open(out, config, form_for(config), frames, err));
}

void
track_free(struct track *t)
{
	if (t == NULL)
		return;
	if (t->ops != NULL)
		t->ops->close(t->state);
	stream_clear(&t->s);
	timeline_free(t->tl);
	leaves_free(t->leaves);
	sha256_free(t->ancillary);
	free(t->ns);
	free(t->codec);
	free(t->extradata);
	free(t);
}

void
track_use_pool(struct track *t, struct pool *pool)
{
	leaves_use_pool(t->leaves, pool);
}

void
track_hold(struct track *t, prov_span bytes, atomic_uint *held)
{
	leaves_hold(t->leaves, bytes, held);
}

prov_status
track_packet(struct track *t, const prov_packet *packet, prov_err *err)
{
	prov_status st;

	if (packet->flags & PROV_PACKET_CORRUPT)
		track_refuse(t, "essence.incomplete");
	if (packet->extradata.len > EXTRADATA_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.extradata: %zu bytes of configuration",
		    packet->extradata.len));
	if ((st = t->ops->packet(t->state, packet, err)) != PROV_OK ||
	    packet->side.len == 0)
		return (st);
	return (track_record(t, RECORD_SIDE, packet->side, err));
}

static void
open_leaf(struct track *t)
{
	if (leaves_is_open(t->leaves))
		return;
	leaves_open(t->leaves, t->ops->name, t->active);
	dull_begin(&t->dull);
	t->units = 0;
}

/* Room for one more leaf's units; it doubles. */
static prov_status
grow_units(struct track *t, prov_err *err)
{
	size_t room = t->room == 0 ? 64 : 2 * t->room;
	uint64_t *units;
	uint8_t *dull;

	if (t->tl->n < t->room)
		return (PROV_OK);
	if ((units = realloc(t->tl->units, room * sizeof(*units))) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%zu segments", room));
	t->tl->units = units;
	if ((dull = realloc(t->tl->dull, room / 8)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "%zu segments", room));
	memset(dull + t->room / 8, 0, (room - t->room) / 8);
	t->tl->dull = dull;
	t->room = room;
	return (PROV_OK);
}

static prov_status
close_leaf(struct track *t, prov_err *err)
{
	prov_status st;

	if ((st = leaves_close(t->leaves, err)) != PROV_OK ||
	    (st = grow_units(t, err)) != PROV_OK)
		return (st);
	if (dull_end(&t->dull, t->config.kind, t->units))
		t->tl->dull[t->tl->n / 8] |= (uint8_t)(1U << t->tl->n % 8);
	t->tl->units[t->tl->n++] = t->units;
	t->units = 0;
	return (PROV_OK);
}

prov_status
track_cut(struct track *t, prov_err *err)
{
	if (t->units == 0)
		return (PROV_OK);
	return (close_leaf(t, err));
}

/* What is begun has to be whole before anything else. */
static prov_status
check_owed(const struct track *t, prov_err *err)
{
	if (leaves_owed(t->leaves) > 0)
		return (prov_fail(err, PROV_EINTERNAL,
		    "a record lacks %u bytes", leaves_owed(t->leaves)));
	return (PROV_OK);
}

prov_status
track_config(struct track *t, const uint8_t digest[32], prov_err *err)
{
	prov_status st;

	if (memcmp(t->active, digest, 32) == 0)
		return (PROV_OK);
	if ((st = check_owed(t, err)) != PROV_OK)
		return (st);
	memcpy(t->active, digest, 32);
	if (leaves_is_open(t->leaves))
		leaves_record(t->leaves, RECORD_CONFIG, span(digest, 32));
	return (PROV_OK);
}

prov_status
track_record_begin(struct track *t, uint8_t type, uint32_t len, prov_err *err)
{
	prov_status st;

	if ((st = check_owed(t, err)) != PROV_OK)
		return (st);
	open_leaf(t);
	leaves_begin(t->leaves, type, len);
	return (PROV_OK);
}

prov_status
track_record_add(struct track *t, prov_span data, prov_err *err)
{
	uint32_t owed = leaves_owed(t->leaves);

	if (data.len > owed)
		return (prov_fail(err, PROV_EINTERNAL,
		    "a record has %zu bytes too many", data.len - owed));
	leaves_add(t->leaves, data);
	dull_piece(&t->dull, data);
	return (PROV_OK);
}

prov_status
track_record(struct track *t, uint8_t type, prov_span data, prov_err *err)
{
	prov_status st;

	if (data.len > UINT32_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.packet: a record of %zu bytes", data.len));
	if ((st = check_owed(t, err)) != PROV_OK)
		return (st);
	open_leaf(t);
	leaves_record(t->leaves, type, data);
	dull_record(&t->dull, data);
	return (PROV_OK);
}

static prov_status
add_time(struct track *t, int64_t ns, prov_err *err)
{
	size_t room = t->room_ns == 0 ? 256 : 2 * t->room_ns;
	int64_t *p;

	if (t->n_ns == FRAMES_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.frames: more than %lu frames", FRAMES_MAX));
	if (t->n_ns == t->room_ns) {
		if ((p = realloc(t->ns, room * sizeof(*p))) == NULL)
			return (prov_fail(err, PROV_ENOMEM, "frame times"));
		t->ns = p;
		t->room_ns = room;
	}
	t->ns[t->n_ns++] = ns;
	return (PROV_OK);
}

prov_status
track_frame(struct track *t, int64_t ns, int64_t duration_ns, prov_err *err)
{
	prov_status st;

	if (t->config.kind == PROV_AUDIO || duration_ns > LASTS_NS_MAX)
		return (prov_fail(err, PROV_EINTERNAL,
		    "a picture of %lld ns in a stream of kind %d",
		    (long long)duration_ns, (int)t->config.kind));
	open_leaf(t);
	if ((st = add_time(t, ns, err)) != PROV_OK ||
	    (st = leaves_frame(t->leaves, err)) != PROV_OK)
		return (st);
	if (duration_ns > 0 && t->lasts_ns < PACKET_NS_MAX)
		t->lasts_ns += duration_ns;
	t->units++;
	t->s.frames++;
	return (PROV_OK);
}

/* How long n samples last. */
static int64_t
samples_ns(const struct run *r, uint64_t n)
{
	__int128 ns = (__int128)n * (__int128)r->num / (__int128)r->den;

	return (ns > TIMELINE_NS_MAX ? TIMELINE_NS_MAX : (int64_t)ns);
}

/* Ends the running run and begins one at ns. */
static prov_status
next_run(struct track *t, int64_t ns, prov_err *err)
{
	prov_status st;

	if (t->run.count > 0 &&
	    (st = timeline_add_run(t->tl, &t->run, err)) != PROV_OK)
		return (st);
	t->run.start = ns;
	t->run.count = 0;
	return (PROV_OK);
}

static prov_status
place(struct track *t, int64_t ns, prov_err *err)
{
	int64_t count = samples_ns(&t->run, t->run.count);
	int64_t departs;

	if (ns == PROV_NO_TIME)
		return (PROV_OK);
	if (!t->run_timed) {
		/* What came before had no time: it ended here. */
		t->run_timed = true;
		t->run.start = ns - count;
		return (PROV_OK);
	}
	departs = ns - (t->run.start + count);
	if (departs >= -AUDIO_DEPARTS_NS && departs <= AUDIO_DEPARTS_NS)
		return (PROV_OK);
	return (next_run(t, ns, err));
}

prov_status
track_samples(struct track *t, int64_t ns, uint64_t samples, prov_err *err)
{
	prov_status st;

	if (t->config.kind != PROV_AUDIO || t->s.rate == 0)
		return (prov_fail(err,
		    t->s.rate == 0 ? PROV_EFORMAT : PROV_EINTERNAL,
		    "samples of a stream that states no sample rate"));
	if (samples > UNITS_MAX || t->s.samples + samples > UNITS_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.samples: too many samples"));
	open_leaf(t);
	t->run.num = NS;
	t->run.den = t->s.rate;
	if ((st = place(t, ns, err)) != PROV_OK)
		return (st);
	t->run.count += samples;
	t->units += samples;
	t->s.samples += samples;
	t->s.frames++;
	return (PROV_OK);
}

prov_status
track_ancillary(struct track *t, prov_span data, prov_err *err)
{
	prov_status st;

	if (t->ancillary == NULL) {
		if ((st = sha256_new(&t->ancillary, err)) != PROV_OK)
			return (st);
		sha256_init(t->ancillary);
		t->s.has_ancillary = true;
	}
	sha256_add(t->ancillary, data.p, data.len);
	return (PROV_OK);
}

prov_status
track_part(struct track *t, const char *name, const uint8_t digest[32],
    prov_err *err)
{
	return (parts_set(&t->s, name, digest, err));
}

void
track_present(struct track *t, prov_field f, int64_t v)
{
	prov_present_set(&t->present, f, v);
}

void
track_rate(struct track *t, uint32_t rate)
{
	/* One stream counts one rate: what changes it cannot be matched. */
	if (t->s.samples > 0 && t->s.rate != rate) {
		track_refuse(t, "config.changed");
		return;
	}
	t->s.rate = rate;
}

void
track_refuse(struct track *t, const char *code)
{
	/* A code that is no name must refuse all the same. */
	if (t->s.refused[0] == '\0' &&
	    !name_set(t->s.refused, sizeof(t->s.refused), code))
		(void)name_set(t->s.refused, sizeof(t->s.refused), "refused");
}

uint64_t
track_units(const struct track *t)
{
	return (t->units);
}

/* ticks * 1e9 * num / den to the nearest, halves up; as far as 128 bits go. */
static __int128
to_ns(const prov_config *c, int64_t ticks)
{
	int64_t den = c->tb_den, s = ticks / den, rest = ticks % den;
	__int128 ns;

	if (c->tb_num == 1) {
		/* The usual case, without a 128-bit division. */
		if (rest < 0) {
			rest += den;
			s--;
		}
		rest = (rest * NS + den / 2) / den;
		return ((__int128)s * NS + rest);
	}
	ns = (__int128)ticks * c->tb_num * NS + den / 2;
	return (ns >= 0 ? ns / den : -((-ns + den - 1) / den));
}

int64_t
track_ns(const struct track *t, int64_t ticks)
{
	__int128 ns;

	if (ticks == PROV_NO_TIME)
		return (PROV_NO_TIME);
	ns = to_ns(&t->config, ticks) + t->config.shift_ns;
	if (ns < -PACKET_NS_MAX || ns > PACKET_NS_MAX)
		return (PROV_NO_TIME);
	return ((int64_t)ns);
}

int64_t
track_lasts_ns(const struct track *t, int64_t ticks)
{
	__int128 ns = ticks <= 0 ? 0 : to_ns(&t->config, ticks);

	return (ns > LASTS_NS_MAX ? 0 : (int64_t)ns);
}

const prov_config *
track_config_of(const struct track *t)
{
	return (&t->config);
}

/* Half of a digest is enough, and halves what signing each picture costs. */
static void
shorten_frames(struct track *t)
{
	uint8_t *p = t->tl->frames;

	for (size_t i = 1; p != NULL && i < t->n_ns; i++)
		memcpy(p + i * TIMELINE_FRAME_LEN, p + i * SHA256_LEN,
		    TIMELINE_FRAME_LEN);
}

prov_status
track_end(struct track *t, prov_err *err)
{
	prov_status st;

	if ((st = t->ops->finish(t->state, err)) != PROV_OK)
		return (st);
	if ((st = check_owed(t, err)) != PROV_OK)
		return (st);
	if (leaves_is_open(t->leaves) && (st = close_leaf(t, err)) != PROV_OK)
		return (st);
	st = leaves_take(t->leaves, &t->tl->leaves, &t->tl->frames, err);
	if (st != PROV_OK)
		return (st);
	shorten_frames(t);
	if (t->config.kind != PROV_AUDIO)
		return (PROV_OK);
	if (strncmp(t->s.canon, "pcm/", 4) == 0)
		t->s.frames = t->s.samples;
	if (t->s.samples > 0 && !t->run_timed)
		t->tl->untimed = true;
	if (t->tl->untimed)
		return (PROV_OK);
	return (next_run(t, 0, err));
}

/* The earliest presented frame: of what an edit list hides there is no say. */
static int64_t
first_picture(const struct track *t)
{
	const prov_present *p = &t->config.present;
	int64_t from = INT64_MIN, first = PROV_NO_TIME, any = PROV_NO_TIME;

	if (p->known >> PROV_SHOWN_FROM & 1 &&
	    p->v[PROV_SHOWN_FROM] > -PACKET_NS_MAX)
		from = p->v[PROV_SHOWN_FROM] - 1000000;
	for (size_t i = 0; i < t->n_ns; i++) {
		int64_t ns = t->ns[i];

		if (ns == PROV_NO_TIME)
			return (PROV_NO_TIME);
		if (any == PROV_NO_TIME || ns < any)
			any = ns;
		if (ns >= from && (first == PROV_NO_TIME || ns < first))
			first = ns;
	}
	return (first == PROV_NO_TIME ? any : first);
}

int64_t
track_origin(const struct track *t)
{
	if (t->config.kind != PROV_AUDIO)
		return (first_picture(t));
	if (t->tl->untimed || t->tl->n_runs == 0)
		return (PROV_NO_TIME);
	return (t->tl->runs[0].start);
}

static prov_status
seal_times(struct track *t, int64_t origin, prov_err *err)
{
	struct timeline *tl = t->tl;
	prov_status st;

	if (t->config.kind != PROV_AUDIO) {
		for (size_t i = 0; i < t->n_ns; i++)
			if (t->ns[i] != PROV_NO_TIME)
				t->ns[i] -= origin;
		return (timeline_set_times(tl, t->ns, t->n_ns, err));
	}
	tl->total = t->s.samples;
	if ((st = timeline_shift(tl, -origin, err)) != PROV_OK)
		return (st);
	return (timeline_index(tl, err));
}

/* From the first to the end of the last; a picture lasts the mean of all. */
static int64_t
picture_span(const struct track *t)
{
	int64_t lo = INT64_MAX, hi = INT64_MIN;

	if (t->n_ns < 2 || t->tl->untimed)
		return (t->lasts_ns);
	for (size_t i = 0; i < t->n_ns; i++) {
		lo = t->ns[i] < lo ? t->ns[i] : lo;
		hi = t->ns[i] > hi ? t->ns[i] : hi;
	}
	return ((int64_t)((__int128)(hi - lo) * (__int128)t->n_ns /
			  (__int128)(t->n_ns - 1)));
}

static int64_t
sound_span(const struct track *t)
{
	const struct timeline *tl = t->tl;
	int64_t lo = INT64_MAX, hi = INT64_MIN;

	if (tl->n_runs == 0)
		return (
		    t->run.den == 0 ? 0 : samples_ns(&t->run, t->s.samples));
	for (size_t i = 0; i < tl->n_runs; i++) {
		const struct run *r = &tl->runs[i];
		int64_t end = r->start + samples_ns(r, r->count);

		lo = r->start < lo ? r->start : lo;
		hi = end > hi ? end : hi;
	}
	return (hi - lo);
}

/* The blob's digest, and its times where they fit into a manifest. */
static prov_status
seal_blob(struct track *t, prov_err *err)
{
	AUTO_BUF blob = { .max = TIMELINE_MAX };
	const struct timeline *tl = t->tl;
	prov_status st;

	timeline_encode(&blob, tl);
	if ((st = buf_done(&blob, err)) != PROV_OK ||
	    (st = sha256_of(t->s.timeline, buf_span(&blob), err)) != PROV_OK)
		return (st);
	if (tl->n_runs > INLINE_TIMES_MAX ||
	    (tl->order != NULL && tl->total > INLINE_TIMES_MAX))
		return (PROV_OK);
	timeline_encode_times(&t->s.times, tl);
	if ((st = buf_done(&t->s.times, err)) != PROV_OK)
		return (st);
	if (t->s.times.len > INLINE_TIMES_MAX)
		buf_free(&t->s.times);
	return (PROV_OK);
}

/* Samples behind the end that the container states. */
static void
present_padding(struct track *t, int64_t origin)
{
	const struct timeline *tl = t->tl;
	int64_t end = track_ns(t, t->config.end), last;
	const struct run *r;

	if (t->config.kind != PROV_AUDIO || t->config.end <= 0 ||
	    end == PROV_NO_TIME || tl->untimed || tl->n_runs == 0)
		return;
	r = &tl->runs[tl->n_runs - 1];
	last = r->start + samples_ns(r, r->count) + origin;
	if (last > end && t->s.rate > 0)
		track_present(t, PROV_PADDING,
		    (int64_t)((__int128)(last - end) * t->s.rate / NS));
}

/*
 * Decoders take the bitstream's size, and some players shape its pixels by the
 * container's: where the two have another ratio, they show different pictures.
 * 1088 lines for 1080, as some encoders state, are within the percent.
 */
static void
present_sized(struct track *t)
{
	const prov_config *c = &t->config;
	const prov_present *p = &t->present;
	__int128 a, b, d;

	if ((c->coded_w | c->coded_h) == 0 ||
	    (p->known >> PROV_WIDTH & 1) == 0 ||
	    (p->known >> PROV_HEIGHT & 1) == 0)
		return;
	a = (__int128)c->coded_w * p->v[PROV_HEIGHT];
	b = (__int128)c->coded_h * p->v[PROV_WIDTH];
	d = a < b ? b - a : a - b;
	if (a == 0 || b == 0 || d * 100 > b)
		prov_present_set(&t->s.present, PROV_EDITED, 1);
}

/* The container's word wins where both speak. */
static prov_status
seal_present(struct track *t, int64_t origin, prov_err *err)
{
	static const prov_field moved[] = { PROV_SHOWN_FROM, PROV_SHOWN_TO };
	const prov_present *c = &t->config.present;
	prov_present *p = &t->s.present;

	for (unsigned f = 0; f < PROV_FIELD_MAX; f++) {
		if (c->known >> f & 1)
			prov_present_set(p, (prov_field)f, c->v[f]);
		else if (t->present.known >> f & 1)
			prov_present_set(p, (prov_field)f, t->present.v[f]);
	}
	present_sized(t);
	for (size_t i = 0; i < sizeof(moved) / sizeof(moved[0]); i++)
		if (p->known >> moved[i] & 1 &&
		    __builtin_sub_overflow(p->v[moved[i]], origin,
			&p->v[moved[i]]))
			return (prov_fail(err, PROV_EFORMAT,
			    "%s is out of range", prov_field_name(moved[i])));
	return (PROV_OK);
}

static prov_status
seal_digests(struct track *t, prov_err *err)
{
	struct stream *s = &t->s;
	prov_status st;

	st = parts_digest(s->config, s->parts, s->n_parts, err);
	if (st == PROV_OK)
		st = tree_root(s->root, t->tl->leaves, t->tl->n, err);
	if (st == PROV_OK && s->has_ancillary)
		st = sha256_done(t->ancillary, s->ancillary, err);
	return (st);
}

prov_status
track_seal(struct track *t, int64_t origin, struct stream *out, prov_err *err)
{
	unsigned index = out->index;
	prov_status st;

	if ((st = seal_times(t, origin, err)) != PROV_OK)
		return (st);
	present_padding(t, origin);
	if ((st = seal_present(t, origin, err)) != PROV_OK ||
	    (st = seal_digests(t, err)) != PROV_OK ||
	    (st = seal_blob(t, err)) != PROV_OK)
		return (st);
	t->s.segments = t->tl->n;
	t->s.duration_ns =
	    t->config.kind == PROV_AUDIO ? sound_span(t) : picture_span(t);
	*out = t->s;
	out->index = index;
	out->tl = TAKE(t->tl);
	t->s = (struct stream){ 0 };
	return (PROV_OK);
}
