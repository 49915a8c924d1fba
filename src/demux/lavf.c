/* SPDX-License-Identifier: ISC */
/*
 * libavformat as a reader of packets and nothing else: no names, no other
 * files, no decoders, no guesses. What it hides or does not check, our own
 * scanners have found (facts.h).
 */
#include "demux/lavf.h"

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>

#include <iconv.h>
#include <stdlib.h>
#include <string.h>

#include "base/limits.h"
#include "demux/cache.h"
#include "demux/facts.h"
#include "demux/held.h"
#include "demux/input.h"
#include "prov/essence.h"

/* Small: what is larger goes to its packet at once, the rest is cached. */
#define IO_LEN 4096

/*
 * Fixed, because they change what is found (threats 2.3). Packets that are
 * probed are kept, and one of MPEG-TS takes 200 kB.
 */
#define PROBE_LEN     5000000
#define PROBE_PACKETS 256

/* "Try again" without progress: some demuxers resynchronise this way. */
#define RETRIES_MAX 100000

struct demux {
	const struct format *format;
	struct source *s;
	struct cache *cache;
	int64_t at;
	AVFormatContext *ctx;
	struct held held;
	struct pool *pool;
	struct inputs inputs;
};

static int
read_bytes(void *arg, uint8_t *p, int len)
{
	struct demux *d = arg;
	size_t n;

	if (len <= 0)
		return (AVERROR(EINVAL));
	n = cache_read(d->cache, (uint64_t)d->at, p, (size_t)len);
	if (n == 0)
		return (
		    d->s->failed || d->s->spent ? AVERROR(EIO) : AVERROR_EOF);
	d->at += (int64_t)n;
	return ((int)n);
}

static int64_t
seek(void *arg, int64_t off, int whence)
{
	struct demux *d = arg;

	switch (whence & ~AVSEEK_FORCE) {
	case AVSEEK_SIZE:
		return ((int64_t)d->s->size);
	case SEEK_SET:
		break;
	case SEEK_CUR:
		if (__builtin_add_overflow(off, d->at, &off))
			return (AVERROR(EINVAL));
		break;
	case SEEK_END:
		if (__builtin_add_overflow(off, (int64_t)d->s->size, &off))
			return (AVERROR(EINVAL));
		break;
	default:
		return (AVERROR(EINVAL));
	}
	if (off < 0)
		return (AVERROR(EINVAL));
	return (d->at = off);
}

static int
refuse_open(AVFormatContext *ctx, AVIOContext **pb, const char *url, int flags,
    AVDictionary **options)
{
	(void)ctx, (void)pb, (void)url, (void)flags, (void)options;
	return (AVERROR(EACCES));
}

static bool
make_io(struct demux *d)
{
	uint8_t *buf = av_malloc(IO_LEN);

	if (buf == NULL)
		return (false);
	d->ctx->pb =
	    avio_alloc_context(buf, IO_LEN, 0, d, read_bytes, NULL, seek);
	if (d->ctx->pb == NULL)
		av_free(buf);
	return (d->ctx->pb != NULL);
}

static bool
prepare(struct demux *d)
{
	AVFormatContext *c;

	if ((d->cache = malloc(sizeof(*d->cache))) == NULL)
		return (false);
	cache_init(d->cache, d->s);
	c = d->ctx = avformat_alloc_context();
	if (c == NULL || !make_io(d) || !held_init(&d->held, d->pool))
		return (false);
	/* Fill-in guesses times; without parsing, packets are as stored. */
	c->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_NOFILLIN;
	if (!d->format->parse)
		c->flags |= AVFMT_FLAG_NOPARSE;
	c->io_open = refuse_open;
	c->max_streams = STREAMS_MAX;
	c->probesize = PROBE_LEN;
	c->format_probesize = PROBE_LEN;
	c->max_probe_packets = PROBE_PACKETS;
	c->protocol_whitelist = av_strdup("");
	c->codec_whitelist = av_strdup("none");
	return (c->protocol_whitelist != NULL && c->codec_whitelist != NULL);
}

/* Only the demuxer that our own magic chose may run. */
static int
open_input(struct demux *d)
{
	const AVInputFormat *f = av_find_input_format(d->format->lavf);
	AVDictionary *options = NULL;
	int rc;

	if (f == NULL)
		return (AVERROR_DEMUXER_NOT_FOUND);
	if ((d->ctx->format_whitelist = av_strdup(f->name)) == NULL)
		return (AVERROR(ENOMEM));
	av_dict_set(&options, "ignore_editlist", "1", 0);
	av_dict_set(&options, "ignore_chapters", "1", 0);
	av_dict_set(&options, "enable_drefs", "0", 0);
	av_dict_set(&options, "use_absolute_path", "0", 0);
	rc = avformat_open_input(&d->ctx, NULL, f, &options);
	av_dict_free(&options);
	return (rc);
}

static void
close_input(struct demux *d)
{
	AVIOContext *pb = d->ctx == NULL ? NULL : d->ctx->pb;

	inputs_clear(&d->inputs);
	held_clear(&d->held);
	avformat_close_input(&d->ctx);
	free(d->cache);
	if (pb == NULL)
		return;
	av_freep(&pb->buffer);
	avio_context_free(&pb);
}

/* Why the source stopped early, where it did. */
static prov_status
source_status(const struct source *s, prov_err *err)
{
	if (s->failed)
		return (prov_fail(err, PROV_EIO, "read failed"));
	if (s->spent)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.reads: more than %d times the file", SOURCE_PASSES));
	return (PROV_OK);
}

static prov_status
read_header(struct demux *d, prov_err *err)
{
	AVIOContext *pb = d->ctx->pb;
	char why[AV_ERROR_MAX_STRING_SIZE];
	prov_status st;
	int rc;

	rc = open_input(d);
	if ((st = source_status(d->s, err)) != PROV_OK || rc >= 0)
		return (st);
	/* A failed open takes the context with it, but not our pb. */
	av_freep(&pb->buffer);
	avio_context_free(&pb);
	if (rc == AVERROR_DEMUXER_NOT_FOUND)
		return (prov_fail(err, PROV_EUNSUPPORTED,
		    "this FFmpeg has no demuxer for %s", d->format->name));
	return (prov_fail(err, PROV_EFORMAT, "%s: %s", d->format->name,
	    av_make_error_string(why, sizeof(why), rc)));
}

/* Every packet, until the end or until the demuxer gives up. */
static prov_status
read_packets(struct demux *d, prov_err *err)
{
	unsigned retries = 0;
	atomic_uint *busy;
	AVPacket *packet;
	prov_status st;
	int rc;

	for (;;) {
		packet = held_next(&d->held, &busy);
		rc = av_read_frame(d->ctx, packet);
		if (rc == AVERROR(EAGAIN) && ++retries < RETRIES_MAX)
			continue;
		if (rc < 0)
			break;
		st = inputs_packet(&d->inputs, packet, busy, err);
		held_fed(&d->held);
		if (st != PROV_OK)
			return (st);
	}
	if ((st = source_status(d->s, err)) != PROV_OK)
		return (st);
	/* The end of the file is no proof that all of it was there. */
	if (rc != AVERROR_EOF || d->ctx->pb->error != 0)
		return (prov_essence_refuse(d->inputs.e, "essence.incomplete",
		    err));
	return (PROV_OK);
}

static prov_status
demux(struct demux *d, const struct facts *facts, prov_identity **out,
    prov_err *err)
{
	prov_status st;

	if (!prepare(d))
		return (prov_fail(err, PROV_ENOMEM, "demuxer"));
	if ((st = read_header(d, err)) != PROV_OK ||
	    (st = inputs_open(&d->inputs, d->ctx, d->format, facts, d->pool,
		 err)) != PROV_OK ||
	    (st = read_packets(d, err)) != PROV_OK)
		return (st);
	return (inputs_finish(&d->inputs, out, err));
}

prov_status
lavf_identify(prov_identity **out, const struct format *format,
    struct source *s, bool frames, struct pool *pool, prov_err *err)
{
	struct demux d = { .format = format,
		.s = s,
		.pool = pool,
		.inputs = { .frames = frames } };
	AUTO_FACTS *facts = NULL;
	prov_status st;

	if ((st = facts_scan(&facts, format, s, err)) != PROV_OK)
		return (st);
	st = demux(&d, facts, out, err);
	close_input(&d);
	return (st);
}

/* FFmpeg's own writes nothing either, but only after formatting it. */
static void
say_nothing(void *object, int level, const char *format, va_list arguments)
{
	(void)object, (void)level, (void)format, (void)arguments;
}

void
lavf_warm_up(void)
{
	iconv_t tables = iconv_open("UTF-8", "ISO-8859-1");
	AVFormatContext *ctx = avformat_alloc_context();

	av_log_set_level(AV_LOG_QUIET);
	av_log_set_callback(say_nothing);
	(void)av_find_input_format("mov");
	(void)avcodec_get_name(AV_CODEC_ID_H264);
	avformat_free_context(ctx);
	if (tables != (iconv_t)-1)
		(void)iconv_close(tables);
}
