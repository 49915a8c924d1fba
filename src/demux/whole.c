/* SPDX-License-Identifier: ISC */
#include "demux/whole.h"

#include <string.h>

/*
 * How many times as long as pictures come one may be said to last. None of the
 * real files says more than it is, but that an MP4's last picture may stay.
 */
#define DROPS_MAX      1.1
#define DROPS_MAX_BMFF 4.0

/* Whether all that the container announced for a stream has come. */
static bool
whole_bmff(const struct input *i, const AVCodecParameters *par)
{
	const struct bmff_track *t = i->bmff;

	if (t == NULL)
		return (false);
	if (t->pcm_bits != 0 && t->pcm_bits != par->bits_per_coded_sample)
		return (false); /* read by another width */
	if (i->kind != PROV_AUDIO || !t->chunked)
		return (i->packets == t->samples);
	/* Uncompressed sound comes in chunks; a sample is a sample frame. */
	if (par->block_align <= 0 ||
	    strncmp(avcodec_get_name(par->codec_id), "pcm_", 4) != 0)
		return (i->packets > 0);
	return (i->bytes / (uint64_t)par->block_align == t->samples);
}

static bool
whole(const struct inputs *in, const struct input *i, const AVStream *st)
{
	const struct facts *f = in->facts;

	if (i->skipped || (st->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0)
		return (true);
	if (f->bmff != NULL)
		return (whole_bmff(i, st->codecpar));
	if (f->ebml != NULL && i->ebml == NULL)
		return (st->codecpar->codec_type == AVMEDIA_TYPE_ATTACHMENT);
	/* RealAudio is stored interleaved. */
	if (f->ebml != NULL)
		return (i->packets >= i->ebml->frames);
	if (f->ts != NULL)
		return (st->id >= 0 && st->id < TS_PIDS &&
			!f->ts->broken[st->id] && !f->ts->scrambled[st->id]);
	return (i->packets > 0);
}

/*
 * Whether a container asks for far fewer pictures a second than come: programs
 * that go by it leave the others out.
 */
static bool
drops(const struct input *i, const AVStream *st)
{
	const AVRational rate = st->avg_frame_rate, tick = st->time_base;
	double lasts, each;

	if (i->kind != PROV_VIDEO || i->packets < 2 || rate.num <= 0 ||
	    rate.den <= 0 || tick.den <= 0 || i->last <= i->first)
		return (false);
	lasts = ((double)i->last - (double)i->first) * tick.num / tick.den;
	each = (double)rate.den / rate.num;
	return (each > (i->bmff != NULL ? DROPS_MAX_BMFF : DROPS_MAX) * lasts /
			   (double)(i->packets - 1));
}

/* Each track that can be seen or heard has become a stream. */
static bool
all_tracks(const struct inputs *in)
{
	const struct bmff *b = in->facts->bmff;
	size_t found = 0, n = 0;

	for (unsigned k = 0; k < in->ctx->nb_streams; k++)
		found += in->at[k].bmff != NULL || in->at[k].ebml != NULL;
	for (size_t k = 0; b != NULL && k < b->n; k++)
		n++;
	for (size_t k = 0; in->facts->ebml != NULL && k < in->facts->ebml->n;
	     k++)
		n += ebml_is_shown(&in->facts->ebml->tracks[k]);
	return (found == n);
}

/*
 * Whether FFmpeg found a stream of MPEG-TS that no program has: receivers go
 * by the tables, and do not play it.
 */
static bool
is_guessed(const struct inputs *in, unsigned n)
{
	return (in->facts->ts != NULL && in->at[n].opened &&
		in->at[n].kind != PROV_DATA &&
		av_find_program_from_stream(in->ctx, NULL, (int)n) == NULL);
}

/*
 * Whether FFmpeg passed over a file attached to Matroska, which it does where
 * no index leads to it: other players find fonts there.
 */
static bool
hides_attachments(const struct inputs *in)
{
	uint64_t n = 0;

	if (in->facts->ebml == NULL)
		return (false);
	for (unsigned k = 0; k < in->ctx->nb_streams; k++) {
		const AVStream *st = in->ctx->streams[k];

		n += st->codecpar->codec_type == AVMEDIA_TYPE_ATTACHMENT ||
		     (st->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;
	}
	return (n < in->facts->ebml->attachments);
}

prov_status
whole_check(struct inputs *in, prov_err *err)
{
	bool ok = !facts_incomplete(in->facts) && all_tracks(in);
	prov_status st;

	if (hides_attachments(in) &&
	    (st = prov_essence_refuse(in->e, "essence.noncanonical", err)) !=
		PROV_OK)
		return (st);
	for (unsigned n = 0; n < in->ctx->nb_streams && n < STREAMS_MAX; n++) {
		const struct input *i = &in->at[n];

		if (is_guessed(in, n) &&
		    (st = prov_essence_refuse(in->e, "essence.noncanonical",
			 err)) != PROV_OK)
			return (st);
		/* Announced in a stream of packets, and never sent. */
		if (!i->opened && !i->skipped)
			continue;
		if (i->kind != PROV_DATA && !whole(in, i, in->ctx->streams[n]))
			ok = false;
		if (drops(i, in->ctx->streams[n]) &&
		    (st = prov_essence_refuse(in->e, "essence.noncanonical",
			 err)) != PROV_OK)
			return (st);
		if (in->facts->ts != NULL && in->ctx->streams[n]->id >= 0 &&
		    in->ctx->streams[n]->id < TS_PIDS &&
		    in->facts->ts->scrambled[in->ctx->streams[n]->id])
			return (prov_essence_refuse(in->e, "format.encrypted",
			    err));
	}
	return (ok ? PROV_OK
		   : prov_essence_refuse(in->e, "essence.incomplete", err));
}
