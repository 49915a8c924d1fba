/* SPDX-License-Identifier: ISC */
/*
 * One stream of any codec: a byte that chooses it, a length byte and the
 * configuration, then packets: flags, two bytes of length, the packet. What
 * comes out is written and read back; and where the form promises that framing
 * does not matter, it is fed once more in another one.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/identity.h"
#include "essence/nal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FLAG_UNTIMED   0x04
#define FLAG_EXTRADATA 0x08 /* a length byte and a new configuration follow */

static const struct codec {
	const char *name;
	prov_kind kind;
} codecs[] = { { "h264", PROV_VIDEO }, { "hevc", PROV_VIDEO },
	{ "mpeg4", PROV_VIDEO }, { "aac", PROV_AUDIO }, { "mp3", PROV_AUDIO },
	{ "opus", PROV_AUDIO }, { "pcm_s16le", PROV_AUDIO },
	{ "pcm_s24be", PROV_AUDIO }, { "wavpack", PROV_AUDIO },
	{ "subrip", PROV_SUBTITLE }, { "av1", PROV_VIDEO },
	{ "vp8", PROV_VIDEO }, { "vp9", PROV_VIDEO },
	{ "mpeg2video", PROV_VIDEO }, { "prores", PROV_VIDEO },
	{ "mjpeg", PROV_VIDEO }, { "theora", PROV_VIDEO },
	{ "amr_nb", PROV_AUDIO }, { "amr_wb", PROV_AUDIO } };

/* How packets are handed on. */
enum framing { AS_IS, LENGTHS, CODES, JOINED, PADDED };

static void
check(bool holds)
{
	if (!holds)
		abort();
}

static prov_span
take(prov_span *in, size_t len)
{
	prov_span out = span(in->p, len < in->len ? len : in->len);

	in->p += out.len;
	in->len -= out.len;
	return (out);
}

static prov_span
piece(prov_span *in)
{
	prov_span len = take(in, 1);

	return (take(in, len.len == 0 ? 0 : len.p[0]));
}

/* The units of one packet in another framing. */
static void
reframe(struct buf *out, prov_span packet, enum framing framing)
{
	struct nals ns = { 0 };

	if (nals_split(&ns, packet, 0, NULL) == PROV_OK) {
		for (size_t i = 0; i < ns.n; i++) {
			if (ns.at[i].stray)
				continue;
			if (framing == LENGTHS)
				buf_put_be32(out, (uint32_t)ns.at[i].s.len);
			else
				buf_put(out, "\0\0\1", 3);
			buf_put_span(out, ns.at[i].s);
		}
	}
	nals_free(&ns);
}

/* A packet with what its form leaves out: a delimiter ahead, zeros behind. */
static void
pad(struct buf *out, prov_span packet, const char *codec)
{
	bool av1 = strcmp(codec, "av1") == 0;

	buf_put(out, "\x12\0", av1 ? 2 : 0);
	buf_put_span(out, packet);
	buf_put(out, "\0\0", av1 ? 0 : 2);
}

static bool
put(prov_essence *e, const prov_packet *p)
{
	prov_err err = { 0 };
	prov_status st = prov_essence_packet(e, 0, p, &err);

	check(st == PROV_OK || err.msg[0] != '\0');
	return (st == PROV_OK);
}

static bool
feed(prov_essence *e, const char *codec, prov_span in, enum framing framing)
{
	AUTO_BUF all = { 0 };
	int64_t pts = 0;

	while (in.len > 0) {
		uint8_t flags = *take(&in, 1).p;
		prov_span len = take(&in, 2);
		prov_packet p = { .pts = pts, .duration = 20 };
		AUTO_BUF b = { 0 };

		pts += 1 + (flags >> 4) * 7;
		p.flags = flags & 3U;
		if (flags & FLAG_UNTIMED)
			p.pts = PROV_NO_TIME;
		if (flags & FLAG_EXTRADATA)
			p.extradata = piece(&in);
		if (framing != AS_IS && framing != PADDED)
			p.extradata = span(NULL, 0);
		p.data = take(&in, len.len < 2 ? 0 : be16(len.p));
		if (framing == JOINED) {
			buf_put_span(&all, p.data);
			continue;
		}
		if (framing != AS_IS) {
			if (framing == PADDED)
				pad(&b, p.data, codec);
			else
				reframe(&b, p.data, framing);
			p.data = buf_span(&b);
		}
		if (!put(e, &p))
			return (false);
	}
	if (framing == JOINED) {
		prov_packet p = { .data = buf_span(&all) };

		return (put(e, &p));
	}
	return (true);
}

/* The identity, or NULL where there is none. */
static prov_identity *
identify(const struct codec *codec, prov_span extradata, prov_span packets,
    enum framing framing)
{
	prov_config config = { .kind = codec->kind,
		.codec = codec->name,
		.extradata = extradata,
		.tb_num = 1,
		.tb_den = 600,
		.rate = codec->kind == PROV_AUDIO ? 8000 : 0,
		.channels = codec->kind == PROV_AUDIO ? 1 : 0 };
	prov_identity *id = NULL;
	prov_essence *e = NULL;
	unsigned index;

	if (prov_essence_new(&e, "fuzz", NULL) != PROV_OK)
		return (NULL);
	if (prov_essence_stream(e, &config, &index, NULL) == PROV_OK &&
	    feed(e, codec->name, packets, framing))
		check(
		    prov_essence_finish(e, &id, NULL) == PROV_OK || id == NULL);
	prov_essence_free(e);
	return (id);
}

/* What is identified can be written, read, and written again. */
static void
round_trip(const prov_identity *id)
{
	AUTO(prov_identity) *back = NULL;
	AUTO_BUF one = { 0 }, two = { 0 };

	check(identity_encode(&one, id, NULL) == PROV_OK);
	check(identity_decode(&back, buf_span(&one), NULL) == PROV_OK);
	check(identity_encode(&two, back, NULL) == PROV_OK);
	check(span_eq(buf_span(&one), buf_span(&two)));
}

static void
same(const prov_identity *a, const prov_identity *b)
{
	AUTO_BUF one = { 0 }, two = { 0 };

	check((a == NULL) == (b == NULL));
	if (a == NULL)
		return;
	check(identity_encode(&one, a, NULL) == PROV_OK);
	check(identity_encode(&two, b, NULL) == PROV_OK);
	check(span_eq(buf_span(&one), buf_span(&two)));
}

/* Start codes and lengths, with a container that states no sets. */
static void
both_framings(const struct codec *codec, prov_span packets)
{
	static const uint8_t avcc[] = { 1, 66, 0, 30, 0xff, 0xe0, 0 };
	static const uint8_t hvcc[23] = { 1, [21] = 0xff };
	prov_span extradata = strcmp(codec->name, "h264") == 0
	                          ? span(avcc, sizeof(avcc))
	                          : span(hvcc, sizeof(hvcc));
	AUTO(prov_identity) *a = identify(codec, span(NULL, 0), packets, CODES);
	AUTO(prov_identity) *b = identify(codec, extradata, packets, LENGTHS);

	same(a, b);
}

/* Samples do not care for packets. */
static void
both_packetisations(const struct codec *codec, prov_span extradata,
    prov_span packets)
{
	AUTO(prov_identity) *a = identify(codec, extradata, packets, AS_IS);
	AUTO(prov_identity) *b = identify(codec, extradata, packets, JOINED);
	const struct stream *s, *t;

	if (a == NULL || b == NULL)
		return;
	s = &a->streams[0];
	t = &b->streams[0];
	/* Half a sample at a packet's end is refused, and no promise. */
	if (s->refused[0] == '\0' && t->refused[0] == '\0')
		check(memcmp(s->root, t->root, 32) == 0 &&
		      s->samples == t->samples);
}

/* What a form leaves out makes no difference, but for limits. */
static void
both_paddings(const struct codec *codec, prov_span extradata,
    const prov_identity *a, prov_span packets)
{
	AUTO(prov_identity) *b = identify(codec, extradata, packets, PADDED);

	if (a != NULL && b != NULL)
		same(a, b);
}

static bool
pads(const struct codec *codec)
{
	return (strcmp(codec->name, "av1") == 0 ||
		strcmp(codec->name, "mpeg2video") == 0 ||
		strcmp(codec->name, "mpeg4") == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(prov_identity) *id = NULL;
	prov_span in = span(data, size), extradata;
	const struct codec *codec;

	if (size < 2)
		return (0);
	codec = &codecs[take(&in, 1).p[0] % (sizeof(codecs) / sizeof(*codecs))];
	extradata = piece(&in);
	id = identify(codec, extradata, in, AS_IS);
	if (id != NULL)
		round_trip(id);
	if (strcmp(codec->name, "h264") == 0 ||
	    strcmp(codec->name, "hevc") == 0)
		both_framings(codec, in);
	if (pads(codec))
		both_paddings(codec, extradata, id, in);
	if (strncmp(codec->name, "pcm", 3) == 0)
		both_packetisations(codec, extradata, in);
	return (0);
}
