/* SPDX-License-Identifier: ISC */
/*
 * One sound stream: a byte that chooses the codec, a byte with the length of
 * its configuration, that, and packets with a length byte each.
 */
#include <stdlib.h>

#include "base/cbor.h"
#include "essence/identity.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check(bool holds)
{
	if (!holds)
		abort();
}

/* The next piece with a length byte in front. */
static prov_span
piece(prov_span *in)
{
	size_t len;
	prov_span out;

	if (in->len == 0)
		return (*in);
	len = in->p[0] < in->len - 1 ? in->p[0] : in->len - 1;
	out = span(in->p + 1, len);
	*in = span(in->p + 1 + len, in->len - 1 - len);
	return (out);
}

static bool
feed(prov_essence *e, unsigned index, prov_span in)
{
	bool fed = true;

	for (int64_t i = 0; in.len > 0 && fed; i++) {
		prov_packet packet = { .data = piece(&in), .dts = i };
		prov_err err = { 0 };

		packet.pts = i % 3 == 2 ? PROV_NO_TIME : i * 1000;
		if (i % 16 == 15)
			packet.extradata = piece(&in);
		fed = prov_essence_packet(e, index, &packet, &err) == PROV_OK;
		check(fed || err.msg[0] != '\0');
	}
	return (fed);
}

/* What is identified can be written and read. */
static void
finish(prov_essence *e)
{
	prov_identity *id = NULL, *back = NULL;
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	if (prov_essence_finish(e, &id, &err) != PROV_OK) {
		check(err.msg[0] != '\0');
		return;
	}
	check(identity_encode(&b, id, &err) == PROV_OK);
	check(identity_decode(&back, buf_span(&b), &err) == PROV_OK);
	prov_identity_free(back);
	prov_identity_free(id);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const codecs[] = { "aac", "mp3", "opus", "pcm_s16be",
		"pcm_u8", "pcm_s24le", "ac3", "eac3", "dts", "mlp", "flac",
		"alac", "vorbis", "aac_latm" };
	prov_config config = { .kind = PROV_AUDIO,
		.tb_num = 1,
		.tb_den = 48000,
		.rate = 48000,
		.channels = 2 };
	prov_essence *e = NULL;
	prov_span in = { data, size };
	unsigned index;

	if (size == 0)
		return (0);
	config.codec = codecs[data[0] % (sizeof(codecs) / sizeof(codecs[0]))];
	in = span(data + 1, size - 1);
	config.extradata = piece(&in);
	check(prov_essence_new(&e, "fuzz", NULL) == PROV_OK);
	check(prov_essence_stream(e, &config, &index, NULL) == PROV_OK);
	if (feed(e, index, in))
		finish(e);
	prov_essence_free(e);
	return (0);
}
