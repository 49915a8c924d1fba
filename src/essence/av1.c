/* SPDX-License-Identifier: ISC */
/*
 * av1/1: open bitstream units (AV1 bitstream specification 5.3), each one
 * record of header without its size flag || extension || u32be length ||
 * payload. Delimiters and padding drop out; the sequence header is the
 * configuration, behind the operating point that it is decoded at; metadata
 * are ancillary, and presentation where they change rendering.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/av1_obu.h"
#include "essence/coded.h"
#include "essence/sei.h"

#define OPERATING_POINT 0 /* what decoders choose when nobody tells them */

struct av1 {
	struct coded c;
	struct sei hdr; /* what renders and has no field of its own */
	struct av1_sequence is;
	bool mastering, light;
};

static void
av1_close(void *state)
{
	struct av1 *a = state;

	if (a == NULL)
		return;
	coded_clear(&a->c);
	sei_clear(&a->hdr);
	free(a);
}

static prov_status
take_sequence(struct av1 *a, prov_span payload, bool container, prov_err *err)
{
	AUTO_BUF content = { 0 };
	struct av1_sequence is;
	prov_status st;

	if (!av1_sequence_parse(&is, payload)) {
		track_refuse(a->c.t, "config.unresolved");
		return (PROV_OK);
	}
	if (container && a->c.stated)
		return (PROV_OK);
	a->is = is;
	buf_put_byte(&content, OPERATING_POINT);
	buf_put_span(&content, payload);
	if ((st = buf_done(&content, err)) != PROV_OK)
		return (st);
	if (container)
		return (coded_container(&a->c, buf_span(&content), err));
	return (coded_stated(&a->c, buf_span(&content), err));
}

/*
 * In units of the SEI message that containers use: chromaticities count
 * 1/50000 in the order green, blue, red, luminance 1/10000 cd.
 */
static prov_status
present_mastering(struct av1 *a, prov_span m, prov_err *err)
{
	static const uint8_t from[] = { 4, 6, 8, 10, 0, 2, 12, 14 };
	uint8_t volume[24], digest[SHA256_LEN];
	prov_status st;

	if (m.len < sizeof(volume) || a->mastering)
		return (PROV_OK);
	for (size_t i = 0; i < 8; i++) {
		uint32_t v = (be16(m.p + from[i]) * 50000U + 32768) >> 16;

		volume[2 * i] = (uint8_t)(v >> 8);
		volume[2 * i + 1] = (uint8_t)v;
	}
	put_be32(volume + 16,
	    (uint32_t)((be32(m.p + 16) * UINT64_C(10000) + 128) >> 8));
	put_be32(volume + 20,
	    (uint32_t)((be32(m.p + 20) * UINT64_C(10000) + 8192) >> 14));
	st = sha256_of(digest, span(volume, sizeof(volume)), err);
	if (st != PROV_OK)
		return (st);
	a->mastering = true;
	track_present(a->c.t, PROV_MASTERING, (int64_t)(be64(digest) >> 1));
	return (PROV_OK);
}

/* HDR10+ and Dolby's, as in SEI: of the United States, 003A to 003C. */
static bool
is_hdr(prov_span t35)
{
	return (t35.len >= 3 && t35.p[0] == 0xb5 && t35.p[1] == 0 &&
		t35.p[2] >= 0x3a && t35.p[2] <= 0x3c);
}

/* Type 0 is reserved: another unit that was made to look like metadata. */
static bool
is_metadata(prov_span payload)
{
	uint64_t type;

	return (av1_leb128(&payload, &type) && type != 0);
}

static prov_status
take_metadata(struct av1 *a, prov_span payload, prov_err *err)
{
	prov_span body = payload;
	uint8_t len[4];
	uint64_t type;
	prov_status st;

	put_be32(len, (uint32_t)payload.len);
	if ((st = track_ancillary(a->c.t, span(len, 4), err)) != PROV_OK ||
	    (st = track_ancillary(a->c.t, payload, err)) != PROV_OK ||
	    !av1_leb128(&body, &type))
		return (st);
	if (type == AV1_METADATA_LIGHT && body.len >= 4 && !a->light) {
		a->light = true;
		track_present(a->c.t, PROV_LIGHT, be32(body.p));
	} else if (type == AV1_METADATA_MASTERING) {
		return (present_mastering(a, body, err));
	} else if (type == AV1_METADATA_T35 && is_hdr(body)) {
		return (sei_dynamic(&a->hdr, (uint32_t)type, body, err));
	} else if (type == AV1_METADATA_T35 && body.len >= 3 &&
		   memcmp(body.p, "\xb5\0\x31", 3) == 0) {
		return (sei_atsc(&a->hdr, span(body.p + 3, body.len - 3), err));
	}
	return (PROV_OK);
}

static prov_status
record(struct av1 *a, const struct av1_obu *o, prov_err *err)
{
	uint8_t head[6] = { (uint8_t)(o->header & ~AV1_HAS_SIZE) };
	size_t len = 1;
	prov_status st;

	if (o->header & AV1_HAS_EXTENSION)
		head[len++] = o->extension;
	put_be32(head + len, (uint32_t)o->payload.len);
	len += 4;
	if (o->payload.len > UINT32_MAX - len)
		return (prov_fail(err, PROV_ELIMIT,
		    "limit.packet: a unit of %zu bytes", o->payload.len));
	st = track_record_begin(a->c.t, RECORD_DATA,
	    (uint32_t)(len + o->payload.len), err);
	if (st == PROV_OK)
		st = track_record_add(a->c.t, span(head, len), err);
	if (st == PROV_OK)
		st = track_record_add(a->c.t, o->payload, err);
	return (st);
}

/* A frame begins. Layers on top are one picture with their base. */
static prov_status
take_frame(struct av1 *a, const struct av1_obu *o, prov_err *err)
{
	struct av1_frame f;
	prov_status st;
	bool base, first;

	av1_frame_parse(&f, &a->is, o->payload);
	base = (o->header & AV1_HAS_EXTENSION) == 0 ||
	       (o->extension >> 3 & 3) == 0;
	st = coded_begin(&a->c, base && f.key && f.shown, &first, err);
	if (st != PROV_OK)
		return (st);
	if (first)
		av1_sequence_present(&a->is, a->c.t);
	if ((st = record(a, o, err)) != PROV_OK)
		return (st);
	return (base && f.shown ? coded_shown(&a->c, err) : PROV_OK);
}

static prov_status
take_obu(struct av1 *a, const struct av1_obu *o, bool first, prov_err *err)
{
	switch (o->type) {
	case AV1_DELIMITER:
		/* In the middle it ends a unit, or a frame for good. */
		if (!first)
			track_refuse(a->c.t, "essence.noncanonical");
		return (PROV_OK);
	case AV1_PADDING:
		return (PROV_OK);
	case AV1_SEQUENCE:
		return (take_sequence(a, o->payload, false, err));
	case AV1_METADATA:
		if (!is_metadata(o->payload))
			break;
		return (take_metadata(a, o->payload, err));
	case AV1_FRAME_HEADER:
	case AV1_FRAME:
		return (take_frame(a, o, err));
	case AV1_TILE_LIST:
		/* Large scale tiles are shown by other means than decoding. */
		track_refuse(a->c.t, "essence.noncanonical");
		break;
	default:
		break;
	}
	return (record(a, o, err));
}

static prov_status
av1_packet(void *state, const prov_packet *packet, prov_err *err)
{
	prov_span s = packet->data;
	struct av1 *a = state;
	bool first = true;
	struct av1_obu o;
	prov_status st;

	coded_packet(&a->c, packet);
	for (unsigned n = 0; s.len > 0; n++) {
		if (n == AV1_OBUS_MAX)
			return (prov_fail(err, PROV_ELIMIT,
			    "limit.packet: more than %d units", AV1_OBUS_MAX));
		if (!av1_obu_next(&s, &o)) {
			/* It is bound all the same. */
			track_refuse(a->c.t, "essence.noncanonical");
			return (track_record(a->c.t, RECORD_STRAY, s, err));
		}
		if ((st = take_obu(a, &o, first, err)) != PROV_OK)
			return (st);
		first = first && o.type == AV1_DELIMITER;
	}
	return (PROV_OK);
}

/* av1C: four bytes, then units, of which the sequence header matters here. */
static prov_status
take_container(struct av1 *a, prov_span s, prov_err *err)
{
	struct av1_obu o;
	prov_status st;

	if (s.len > 4 && s.p[0] == 0x81)
		s = span(s.p + 4, s.len - 4);
	for (unsigned n = 0; n < AV1_OBUS_MAX && s.len > 0; n++) {
		if (!av1_obu_next(&s, &o))
			break;
		if (o.type == AV1_SEQUENCE &&
		    (st = take_sequence(a, o.payload, true, err)) != PROV_OK)
			return (st);
	}
	return (PROV_OK);
}

static prov_status
start(struct av1 *a, struct track *t, prov_err *err)
{
	prov_status st;

	if ((st = coded_open(&a->c, t, err)) != PROV_OK)
		return (st);
	sei_open(&a->hdr, t);
	return (take_container(a, track_config_of(t)->extradata, err));
}

static prov_status
av1_open(void **state, struct track *t, prov_err *err)
{
	struct av1 *a = calloc(1, sizeof(*a));
	prov_status st;

	if (a == NULL)
		return (prov_fail(err, PROV_ENOMEM, "AV1 stream"));
	if ((st = start(a, t, err)) != PROV_OK) {
		av1_close(a);
		return (st);
	}
	*state = a;
	return (PROV_OK);
}

static prov_status
av1_finish(void *state, prov_err *err)
{
	struct av1 *a = state;
	prov_status st;

	if ((st = coded_finish(&a->c, "sequence", err)) != PROV_OK)
		return (st);
	return (sei_finish(&a->hdr, err));
}

static int
av1_bid(const prov_config *config)
{
	return (config->kind == PROV_VIDEO && strcmp(config->codec, "av1") == 0
		    ? 10
		    : 0);
}

const struct form_ops form_av1 = {
	.name = "av1/1",
	.rule = "rap/1",
	.bid = av1_bid,
	.open = av1_open,
	.packet = av1_packet,
	.finish = av1_finish,
	.close = av1_close,
};
