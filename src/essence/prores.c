/* SPDX-License-Identifier: ISC */
/*
 * prores/1: each frame as it is, one record, a segment of its own (SMPTE RDD
 * 36). Its configuration is what the frame header says between the creator and
 * the matrices: size, chroma, fields, aspect, rate, colours, alpha.
 */
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "essence/coded.h"

/* Offsets into a packet: size, "icpf", then the frame header. */
enum {
	AT_MAGIC = 4,
	AT_HEADER = 8, /* its own length first */
	AT_SETUP = 16,
	SETUP_LEN = 10,
	HEADER_MIN = 20
};

struct prores {
	struct coded c;
};

static prov_status
prores_open(void **state, struct track *t, prov_err *err)
{
	struct prores *p = calloc(1, sizeof(*p));
	prov_status st;

	if (p == NULL)
		return (prov_fail(err, PROV_ENOMEM, "ProRes stream"));
	if ((st = coded_open(&p->c, t, err)) != PROV_OK) {
		free(p);
		return (st);
	}
	*state = p;
	return (PROV_OK);
}

static void
present(struct track *t, const uint8_t *s)
{
	/* Interlace mode: progressive, top first, bottom first, reserved. */
	static const uint8_t fields[] = { 0, 1, 2, 0 };
	bool is_444 = s[4] >> 6 == 3;
	struct picture p = {
		.width = be16(s),
		.height = be16(s + 2),
		.bits = is_444 ? 12 : 10,
		.chroma = is_444 ? 3 : 2,
		.fields = fields[s[4] >> 2 & 3],
		/* 0 is as unspecified as 2 is; but as a matrix it is RGB. */
		.has_colour = s[6] != 0 || s[7] != 0 || s[8] != 0,
		.primaries = s[6] == 0 ? 2 : s[6],
		.transfer = s[7] == 0 ? 2 : s[7],
		.matrix = s[8],
	};

	picture_present(&p, t);
	if ((s[9] & 0x0f) != 0)
		track_present(t, PROV_ALPHA, 1);
}

/* Whether the packet begins with a frame header that can be read. */
static bool
is_frame(prov_span s)
{
	unsigned len;

	if (s.len < AT_HEADER + HEADER_MIN ||
	    memcmp(s.p + AT_MAGIC, "icpf", 4) != 0)
		return (false);
	len = be16(s.p + AT_HEADER);
	return (len >= HEADER_MIN && len <= s.len - AT_HEADER);
}

static prov_status
prores_packet(void *state, const prov_packet *packet, prov_err *err)
{
	struct prores *p = state;
	prov_span setup;
	prov_status st;
	bool first;

	coded_packet(&p->c, packet);
	if (is_frame(packet->data)) {
		setup = span(packet->data.p + AT_SETUP, SETUP_LEN);
		if ((st = coded_stated(&p->c, setup, err)) != PROV_OK)
			return (st);
	} else {
		track_refuse(p->c.t, "config.unresolved");
	}
	if ((st = coded_begin(&p->c, true, &first, err)) != PROV_OK)
		return (st);
	if (first)
		present(p->c.t, p->c.set.p);
	st = track_record(p->c.t, RECORD_DATA, packet->data, err);
	return (st != PROV_OK ? st : coded_shown(&p->c, err));
}

static prov_status
prores_finish(void *state, prov_err *err)
{
	return (coded_finish(&((struct prores *)state)->c, "header", err));
}

static void
prores_close(void *state)
{
	struct prores *p = state;

	if (p == NULL)
		return;
	coded_clear(&p->c);
	free(p);
}

static int
prores_bid(const prov_config *config)
{
	return (
	    config->kind == PROV_VIDEO && strcmp(config->codec, "prores") == 0
		? 10
		: 0);
}

const struct form_ops form_prores = {
	.name = "prores/1",
	.rule = "rap/1",
	.bid = prores_bid,
	.open = prores_open,
	.packet = prores_packet,
	.finish = prores_finish,
	.close = prores_close,
};
