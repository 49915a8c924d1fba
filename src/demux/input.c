/* SPDX-License-Identifier: ISC */
#include "demux/input.h"

#include <libavutil/avstring.h>
#include <libavutil/dict.h>

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "demux/present.h"
#include "demux/whole.h"
#include "essence/identity.h"
#include "essence/track.h"

static const char *
tag_of(const AVStream *st, const char *name)
{
	const AVDictionaryEntry *e = av_dict_get(st->metadata, name, NULL, 0);

	return (e != NULL ? e->value : "");
}

/*
 * Whether somebody may show subtitles with an attachment: players go by its
 * type or its name, and FFmpeg does not know all types of fonts.
 */
static bool
is_font(const AVStream *st)
{
	static const char *const types[] = { "font", "truetype", "opentype",
		"sfnt" };
	static const char *const ends[] = { ".ttf", ".otf", ".ttc", ".otc",
		".pfb", ".woff", ".woff2" };
	static const char *const magics[] = { "OTTO", "ttcf", "true", "wOFF",
		"wOF2" };
	const char *type = tag_of(st, "mimetype"), *name, *end;
	const AVCodecParameters *par = st->codecpar;

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++)
		if (av_stristr(type, types[i]) != NULL)
			return (true);
	name = tag_of(st, "filename");
	end = strrchr(name, '.');
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
		if (end != NULL && av_strcasecmp(end, ends[i]) == 0)
			return (true);
	if (par->extradata_size < 4)
		return (false);
	for (size_t i = 0; i < sizeof(magics) / sizeof(magics[0]); i++)
		if (memcmp(par->extradata, magics[i], 4) == 0)
			return (true);
	return (memcmp(par->extradata, "\0\1\0\0", 4) == 0);
}

static bool
is_text(const struct bmff_track *t)
{
	static const uint32_t handlers[] = { FOURCC('t', 'e', 'x', 't'),
		FOURCC('s', 'b', 't', 'l'), FOURCC('s', 'u', 'b', 't'),
		FOURCC('s', 'u', 'b', 'p'), FOURCC('c', 'l', 'c', 'p') };

	for (size_t k = 0; k < sizeof(handlers) / sizeof(handlers[0]); k++) {
		if (t != NULL && t->handler == handlers[k])
			return (true);
	}
	return (false);
}

/* What an AVStream is; classes by ESSENCE 5. */
static prov_kind
kind_of(const struct inputs *in, const AVStream *st, const struct input *i)
{
	const int pictures =
	    AV_DISPOSITION_ATTACHED_PIC | AV_DISPOSITION_TIMED_THUMBNAILS;
	const AVCodecParameters *par = st->codecpar;
	/* Players that know no chapters show what is not disabled. */
	bool chapters =
	    i->bmff != NULL && i->bmff->chapters && i->bmff->disabled;

	switch ((int)par->codec_type) {
	case AVMEDIA_TYPE_VIDEO:
		if (chapters || (st->disposition & pictures) != 0)
			return (PROV_DATA);
		return (PROV_VIDEO);
	case AVMEDIA_TYPE_AUDIO:
		return (PROV_AUDIO);
	case AVMEDIA_TYPE_SUBTITLE:
		return (chapters ? PROV_DATA : PROV_SUBTITLE);
	case AVMEDIA_TYPE_ATTACHMENT:
		return (par->codec_id == AV_CODEC_ID_TTF ||
				par->codec_id == AV_CODEC_ID_OTF || is_font(st)
			    ? PROV_SUBTITLE
			    : PROV_DATA);
	case AVMEDIA_TYPE_DATA:
		/* In MPEG-TS this is what FFmpeg knows nothing about. */
		if (in->facts->ts != NULL &&
		    (par->codec_id == AV_CODEC_ID_NONE ||
			par->codec_id == AV_CODEC_ID_BIN_DATA))
			return (PROV_SUBTITLE);
		/* Text that FFmpeg has no name for: WebVTT, TTML. */
		return (
		    is_text(i->bmff) && !chapters ? PROV_SUBTITLE : PROV_DATA);
	default:
		/* Somebody may be able to play it: it has to stay as it is. */
		return (PROV_SUBTITLE);
	}
}

static const struct ebml_track *
nth_ebml(const struct ebml *e, unsigned n)
{
	for (size_t i = 0; i < e->n; i++)
		if (ebml_is_shown(&e->tracks[i]) && n-- == 0)
			return (&e->tracks[i]);
	return (NULL);
}

static void
find_track(const struct inputs *in, const AVStream *st, struct input *i)
{
	const struct bmff *b = in->facts->bmff;

	if ((st->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0)
		return;
	for (size_t k = 0; b != NULL && k < b->n; k++)
		if ((int64_t)b->tracks[k].id == st->id && i->bmff == NULL)
			i->bmff = &b->tracks[k];
	if (in->facts->ebml != NULL)
		i->ebml = nth_ebml(in->facts->ebml, (unsigned)st->index);
}

/* FFmpeg's name, or the container's where FFmpeg has none. */
static void
name_codec(char out[CODEC_NAME_MAX + 1], const AVCodecParameters *par)
{
	if (par->codec_id != AV_CODEC_ID_NONE) {
		(void)snprintf(out, CODEC_NAME_MAX + 1, "%s",
		    avcodec_get_name(par->codec_id));
		return;
	}
	(void)snprintf(out, CODEC_NAME_MAX + 1, "unknown:");
	for (size_t k = 0, n = strlen(out); k < 4; k++) {
		char c = (char)(par->codec_tag >> (8 * k) & 0xff);

		if (c > ' ' && c <= '~') {
			out[n++] = c;
			out[n] = '\0';
		}
	}
}

static bool
states_itself(const char *codec)
{
	return (strcmp(codec, "h264") == 0 || strcmp(codec, "hevc") == 0 ||
		strcmp(codec, "mpeg1video") == 0 ||
		strcmp(codec, "mpeg2video") == 0 ||
		strcmp(codec, "prores") == 0);
}

/* These read no size out of packets: the container is all there is. */
static void
present_raw(prov_config *c, const AVCodecParameters *par)
{
	const char *form = form_for(c)->name;

	if (strcmp(form, "raw/1") != 0 && strcmp(form, "frame/1") != 0)
		return;
	if (c->kind == PROV_VIDEO && par->width > 0 && par->height > 0) {
		prov_present_set(&c->present, PROV_WIDTH, par->width);
		prov_present_set(&c->present, PROV_HEIGHT, par->height);
	}
	if (c->kind != PROV_AUDIO)
		return;
	if (c->rate > 0)
		prov_present_set(&c->present, PROV_RATE, c->rate);
	if (c->channels > 0)
		prov_present_set(&c->present, PROV_CHANNELS, c->channels);
}

/* Whether it is the container that says where channels are heard. */
static bool
has_speakers(const char *codec)
{
	return (strncmp(codec, "pcm_", 4) == 0 || strcmp(codec, "flac") == 0);
}

/* Speakers of such sound, where they are not the usual ones. */
static void
present_layout(prov_config *c, const AVCodecParameters *par)
{
	AVChannelLayout usual = { 0 };

	if (c->kind != PROV_AUDIO ||
	    par->ch_layout.order != AV_CHANNEL_ORDER_NATIVE ||
	    !has_speakers(c->codec))
		return;
	av_channel_layout_default(&usual, par->ch_layout.nb_channels);
	if (av_channel_layout_compare(&usual, &par->ch_layout) != 0 &&
	    par->ch_layout.u.mask <= INT64_MAX)
		prov_present_set(&c->present, PROV_LAYOUT,
		    (int64_t)par->ch_layout.u.mask);
	av_channel_layout_uninit(&usual);
}

static prov_status
present(struct inputs *in, const struct input *i, const AVCodecParameters *par,
    prov_config *c, prov_err *err)
{
	bool itself = states_itself(c->codec);
	prov_status st = PROV_OK;

	if (i->bmff != NULL)
		st = present_bmff(c, in->facts->bmff, i->bmff, itself, err);
	else if (i->ebml != NULL)
		st = present_ebml(c, in->facts->ebml, i->ebml, itself, err);
	if (st != PROV_OK)
		return (st);
	present_raw(c, par);
	present_layout(c, par);
	return (PROV_OK);
}

/* An attachment is all extradata: it is one packet instead. */
static prov_status
feed_attachment(struct inputs *in, struct input *i,
    const AVCodecParameters *par, prov_err *err)
{
	prov_packet p = { .pts = PROV_NO_TIME, .dts = PROV_NO_TIME };

	if (par->extradata_size <= 0)
		return (PROV_OK);
	p.data = span(par->extradata, (size_t)par->extradata_size);
	i->packets++;
	return (prov_essence_packet(in->e, i->index, &p, err));
}

/*
 * Timed text's configuration is its whole sample entry; FFmpeg adds the bit
 * rate at its end, once more with each remux. It says nothing of the text.
 */
static size_t
extradata_len(const AVCodecParameters *par, size_t len)
{
	static const uint8_t rate[] = { 0, 0, 0, 20, 'b', 't', 'r', 't' };

	if (par->codec_id != AV_CODEC_ID_MOV_TEXT)
		return (len);
	while (len >= 20 &&
	       memcmp(par->extradata + len - 20, rate, sizeof(rate)) == 0)
		len -= 20;
	return (len);
}

/*
 * Where sound in Ogg ends as heard: the last position, which may lie before
 * the end of its packets. Opus counts what decoders start with (RFC 7845 4).
 */
static int64_t
end_of(const struct inputs *in, const AVStream *st)
{
	const AVCodecParameters *par = st->codecpar;
	const struct ogg *o = in->facts->ogg;
	int64_t end;

	/* Links of a chain are streams of their own, but not to FFmpeg. */
	if (o == NULL || o->n != in->ctx->nb_streams ||
	    (size_t)st->index >= o->n)
		return (0);
	end = o->end[st->index];
	if (par->codec_id == AV_CODEC_ID_OPUS && par->extradata_size >= 19)
		end -= par->extradata[10] | par->extradata[11] << 8;
	else if (par->codec_id != AV_CODEC_ID_VORBIS &&
		 par->codec_id != AV_CODEC_ID_FLAC)
		return (0);
	return (end);
}

/*
 * Some decoders go by the length of a block, the bit rate or the bits of a
 * sample, which containers keep beside the configuration: they are bound behind
 * it.
 */
static bool
goes_by_blocks(const prov_config *c)
{
	static const char *const codecs[] = { "wma", "adpcm_g726", "atrac",
		"cook", "sipr" };

	for (size_t k = 0; k < sizeof(codecs) / sizeof(codecs[0]); k++) {
		if (strncmp(c->codec, codecs[k], strlen(codecs[k])) == 0)
			return (c->kind == PROV_AUDIO);
	}
	return (false);
}

static prov_status
bind_blocks(prov_config *c, const AVCodecParameters *par, uint8_t **own,
    prov_err *err)
{
	size_t len = c->extradata.len;

	if (!goes_by_blocks(c))
		return (PROV_OK);
	if ((*own = malloc(len + 24)) == NULL)
		return (prov_fail(err, PROV_ENOMEM, "stream"));
	if (len > 0)
		memcpy(*own, c->extradata.p, len);
	put_be64(*own + len, (uint64_t)par->block_align);
	put_be64(*own + len + 8, (uint64_t)par->bit_rate);
	put_be64(*own + len + 16, (uint64_t)par->bits_per_coded_sample);
	c->extradata = span(*own, len + 24);
	return (PROV_OK);
}

/*
 * The size that AVI and the like state, where decoders of Motion JPEG take one
 * far from the picture's for two fields. Scanners of ours have it elsewhere.
 */
static void
present_size(const struct inputs *in, const AVCodecParameters *par,
    prov_config *c)
{
	if (c->kind != PROV_VIDEO || in->facts->bmff != NULL ||
	    in->facts->ebml != NULL || par->width <= 0 || par->height <= 0)
		return;
	c->coded_w = (uint32_t)par->width;
	c->coded_h = (uint32_t)par->height;
}

static prov_status
open_stream(struct inputs *in, struct input *i, const AVStream *st,
    prov_err *err)
{
	const AVCodecParameters *par = st->codecpar;
	char codec[CODEC_NAME_MAX + 1];
	prov_config c = { .kind = i->kind, .codec = codec };
	AUTO_FREE uint8_t *own = NULL;
	prov_status status;

	name_codec(codec, par);
	if (par->codec_type != AVMEDIA_TYPE_ATTACHMENT &&
	    par->extradata_size > 0)
		c.extradata = span(par->extradata,
		    extradata_len(par, (size_t)par->extradata_size));
	c.tb_num = st->time_base.num > 0 ? (uint32_t)st->time_base.num : 1;
	c.tb_den = st->time_base.den > 0 ? (uint32_t)st->time_base.den : 1;
	if (c.kind == PROV_AUDIO) {
		c.rate = par->sample_rate > 0 ? (uint32_t)par->sample_rate : 0;
		c.channels = par->ch_layout.nb_channels > 0
		                 ? (uint32_t)par->ch_layout.nb_channels
		                 : 0;
	}
	c.bits = par->bits_per_coded_sample > 0
	             ? (uint32_t)par->bits_per_coded_sample
	             : 0;
	c.end = end_of(in, st);
	present_size(in, par, &c);
	if ((status = bind_blocks(&c, par, &own, err)) != PROV_OK ||
	    (status = present(in, i, par, &c, err)) != PROV_OK ||
	    (status = prov_essence_stream(in->e, &c, &i->index, err)) !=
		PROV_OK)
		return (status);
	i->opened = true;
	if (par->codec_type == AVMEDIA_TYPE_ATTACHMENT)
		return (feed_attachment(in, i, par, err));
	return (PROV_OK);
}

/* A track that holds nothing, and says so, is nothing. */
static bool
is_empty(const struct input *i)
{
	return ((i->bmff != NULL && i->bmff->samples == 0) ||
		(i->ebml != NULL && i->ebml->frames == 0));
}

/*
 * Whether the track is declared as what libavformat takes it for; other
 * readers go by the declaration, and would not play it.
 */
static bool
is_declared(const AVStream *st, const struct input *i)
{
	static const struct {
		prov_kind kind;
		uint32_t handler;
	} rows[] = {
		{ PROV_VIDEO, HANDLER_VIDEO },
		{ PROV_AUDIO, HANDLER_AUDIO },
	};

	/* What nobody has a class for is bound like a subtitle. */
	if (i->bmff == NULL || i->kind == PROV_DATA ||
	    (i->kind == PROV_SUBTITLE &&
		st->codecpar->codec_type != AVMEDIA_TYPE_SUBTITLE))
		return (true);
	if (i->kind == PROV_SUBTITLE)
		return (is_text(i->bmff));
	for (size_t k = 0; k < sizeof(rows) / sizeof(rows[0]); k++) {
		if (rows[k].kind == i->kind &&
		    rows[k].handler == i->bmff->handler)
			return (true);
	}
	return (false);
}

static prov_status
open_input(struct inputs *in, unsigned n, prov_err *err)
{
	const AVStream *st = in->ctx->streams[n];
	struct input *i = &in->at[n];
	prov_status status;

	find_track(in, st, i);
	i->kind = kind_of(in, st, i);
	if (is_empty(i)) {
		i->skipped = true;
		return (PROV_OK);
	}
	if (!is_declared(st, i) &&
	    (status = prov_essence_refuse(in->e, "essence.noncanonical",
		 err)) != PROV_OK)
		return (status);
	return (open_stream(in, i, st, err));
}

prov_status
inputs_open(struct inputs *in, AVFormatContext *ctx,
    const struct format *format, const struct facts *facts, struct pool *pool,
    prov_err *err)
{
	const char *refusal = facts_refusal(facts);
	prov_status st;

	in->ctx = ctx;
	in->format = format;
	in->facts = facts;
	if ((st = prov_essence_new(&in->e, format->name, err)) != PROV_OK)
		return (st);
	essence_use_pool(in->e, pool);
	if (in->frames)
		essence_want_frames(in->e);
	if (refusal != NULL &&
	    (st = prov_essence_refuse(in->e, refusal, err)) != PROV_OK)
		return (st);
	if (ctx->nb_streams > STREAMS_MAX)
		return (prov_fail(err, PROV_ELIMIT, "limit.streams: %u streams",
		    ctx->nb_streams));
	/* Where streams come as they go, they are in the order of packets. */
	if ((ctx->ctx_flags & AVFMTCTX_NOHEADER) != 0)
		return (PROV_OK);
	for (unsigned n = 0; n < ctx->nb_streams; n++)
		if ((st = open_input(in, n, err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

/* Whether a picture's place in the file is its place in time. */
static bool
in_order(const AVStream *st)
{
	const AVCodecDescriptor *d =
	    avcodec_descriptor_get(st->codecpar->codec_id);

	if (st->codecpar->codec_type == AVMEDIA_TYPE_AUDIO)
		return (true);
	return (d != NULL && (d->props & AV_CODEC_PROP_REORDER) == 0);
}

static int64_t
time_of(const struct inputs *in, const struct input *i, const AVStream *st,
    const AVPacket *packet)
{
	if (packet->pts != AV_NOPTS_VALUE)
		return (packet->pts);
	/* AVI has decoding times alone, but it has them; only sound is cut. */
	if (packet->dts != AV_NOPTS_VALUE && in_order(st) &&
	    (!in->format->parse || in->format->layout == LAYOUT_RIFF))
		return (packet->dts);
	/* Sound alone in a file begins at 0 and goes on by its samples. */
	if (in->format->untimed && i->packets == 0 && i->kind == PROV_AUDIO)
		return (0);
	return (PROV_NO_TIME);
}

/* What a container keeps beside a packet, and players show with it. */
static prov_status
take_side(struct inputs *in, const AVPacket *packet, prov_packet *p,
    prov_err *err)
{
	static const enum AVPacketSideDataType types[] = {
		AV_PKT_DATA_MATROSKA_BLOCKADDITIONAL,
		AV_PKT_DATA_WEBVTT_SETTINGS, AV_PKT_DATA_PALETTE
	};

	for (size_t k = 0; k < sizeof(types) / sizeof(types[0]); k++) {
		size_t len = 0;
		const uint8_t *side =
		    av_packet_get_side_data(packet, types[k], &len);

		if (side == NULL || len == 0)
			continue;
		if (p->side.len > 0)
			return (prov_essence_refuse(in->e,
			    "essence.noncanonical", err));
		p->side = span(side, len);
	}
	return (PROV_OK);
}

/* Whether packets say where in the file they stand, to a byte. */
static bool
has_places(const struct inputs *in)
{
	return (
	    in->facts->bmff != NULL || strcmp(in->format->name, "avi") == 0);
}

/* Data and cover art may change and nobody is told: they cover nothing. */
static void
note_place(struct inputs *in, const struct input *i, const AVPacket *packet)
{
	if (i->kind == PROV_DATA || packet->size <= 0 || !has_places(in))
		return;
	if (packet->pos < 0)
		in->cover.lost = true;
	else
		cover_add(&in->cover, (uint64_t)packet->pos,
		    (uint64_t)packet->size);
}

static void
note_time(struct input *i, int64_t pts)
{
	if (pts == PROV_NO_TIME)
		return;
	if (i->packets == 0 || pts < i->first)
		i->first = pts;
	if (i->packets == 0 || pts > i->last)
		i->last = pts;
}

/*
 * Whether a picture of MPEG-TS is to be decoded after it is shown, or before
 * pictures that came earlier: FFmpeg then takes the times for another clock's,
 * and leaves pictures out. Where a stream was spliced, both times go back.
 */
static bool
is_astray(const struct inputs *in, struct input *i, const AVPacket *packet)
{
	int64_t before = i->decoded;

	if (in->facts->ts == NULL || i->kind != PROV_VIDEO ||
	    packet->dts == AV_NOPTS_VALUE || packet->pts == AV_NOPTS_VALUE)
		return (false);
	i->decoded = packet->dts;
	return (
	    packet->dts > packet->pts ||
	    (i->packets > 0 && packet->dts <= before && packet->pts > before));
}

prov_status
inputs_packet(struct inputs *in, const AVPacket *packet, atomic_uint *busy,
    prov_err *err)
{
	prov_packet p = { .dts = packet->dts, .duration = packet->duration };
	const uint8_t *extra;
	struct input *i;
	prov_status st;
	size_t len = 0;
	unsigned n = (unsigned)packet->stream_index;

	if (packet->stream_index < 0 || n >= in->ctx->nb_streams ||
	    n >= STREAMS_MAX || packet->size < 0)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.streams: a packet of stream %d",
		    packet->stream_index));
	i = &in->at[n];
	if (i->skipped)
		return (prov_essence_refuse(in->e, "essence.incomplete", err));
	if (!i->opened && (st = open_input(in, n, err)) != PROV_OK)
		return (st);
	p.data = span(packet->data, (size_t)packet->size);
	p.pts = time_of(in, i, in->ctx->streams[n], packet);
	p.flags =
	    (packet->flags & AV_PKT_FLAG_KEY ? PROV_PACKET_KEY : 0U) |
	    (packet->flags & AV_PKT_FLAG_CORRUPT ? PROV_PACKET_CORRUPT : 0U);
	extra =
	    av_packet_get_side_data(packet, AV_PKT_DATA_NEW_EXTRADATA, &len);
	if (extra != NULL && len > 0)
		p.extradata = span(extra, len);
	if ((st = take_side(in, packet, &p, err)) != PROV_OK)
		return (st);
	if (is_astray(in, i, packet) &&
	    (st = prov_essence_refuse(in->e, "essence.noncanonical", err)) !=
		PROV_OK)
		return (st);
	note_time(i, p.pts);
	i->packets++;
	i->bytes += p.data.len;
	note_place(in, i, packet);
	/* What is nobody's goes with the demuxer's next step. */
	if (packet->buf == NULL)
		return (prov_essence_packet(in->e, i->index, &p, err));
	return (essence_packet_held(in->e, i->index, &p, busy, err));
}

/* Bytes of packets of bound streams, as they came. */
static uint64_t
bound_bytes(const struct inputs *in)
{
	uint64_t total = 0;

	for (size_t n = 0; n < STREAMS_MAX; n++)
		total += in->at[n].kind != PROV_DATA ? in->at[n].bytes : 0;
	return (total);
}

/*
 * How many bytes nothing accounts for: to a byte where a scanner of ours knows
 * the framing, and elsewhere all that is no packet (prov-verify(1)).
 */
static void
set_uncovered(struct inputs *in, struct source *s, prov_identity *id)
{
	uint64_t covered, size = s->size;

	if (in->facts->bmff != NULL)
		cover_bmff(&in->cover, s, in->facts->bmff);
	else if (strcmp(in->format->name, "wav") == 0)
		cover_wave(&in->cover, s, bound_bytes(in));
	else if (strcmp(in->format->name, "avi") == 0)
		cover_avi(&in->cover, s);
	else
		cover_add(&in->cover, 0, bound_bytes(in));
	covered = cover_total(&in->cover, size);
	if (!in->cover.lost && size <= INT64_MAX)
		id->uncovered = (int64_t)(size - covered);
}

static prov_status
count_uncovered(struct inputs *in, prov_identity *id, prov_err *err)
{
	const struct source *from = in->facts->s;
	AUTO_FREE struct source *s = malloc(sizeof(*s));

	if (s == NULL)
		return (prov_fail(err, PROV_ENOMEM, "container"));
	if (from->mem != NULL)
		source_mem(s, span(from->mem, (size_t)from->size));
	else
		source_fd(s, from->fd, from->size);
	set_uncovered(in, s, id);
	return (PROV_OK);
}

prov_status
inputs_finish(struct inputs *in, prov_identity **out, prov_err *err)
{
	AUTO(prov_identity) *id = NULL;
	bool any = false;
	prov_status st;

	for (unsigned n = 0; n < in->ctx->nb_streams && n < STREAMS_MAX; n++)
		any |= in->at[n].opened;
	if (!any)
		return (prov_fail(err, PROV_EFORMAT, "%s: no streams in it",
		    in->format->name));
	if ((st = whole_check(in, err)) != PROV_OK ||
	    (st = prov_essence_finish(in->e, &id, err)) != PROV_OK ||
	    (st = count_uncovered(in, id, err)) != PROV_OK)
		return (st);
	*out = TAKE(id);
	return (PROV_OK);
}

void
inputs_clear(struct inputs *in)
{
	prov_essence_free(in->e);
	in->e = NULL;
	cover_clear(&in->cover);
}
