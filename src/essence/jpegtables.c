/* SPDX-License-Identifier: ISC */
#include "essence/jpegtables.h"

#include <string.h>

#include "base/bytes.h"

static prov_status
malformed(prov_err *err, const char *what)
{
	return (prov_fail(err, PROV_EFORMAT, "jpeg: %s is malformed", what));
}

static prov_status
wasted(prov_err *err, const char *what, unsigned id)
{
	return (prov_fail(err, PROV_EUNSUPPORTED,
	    "jpeg: %s %u is defined twice before a scan", what, id));
}

static prov_status
set_quant(struct jpeg_quant *q, unsigned id, const struct jpeg_quant *next,
    prov_err *err)
{
	if (q->unused && memcmp(q->v, next->v, sizeof(q->v)) != 0)
		return (wasted(err, "DQT table", id));
	*q = *next;
	return (PROV_OK);
}

/* ITU-T T.81 B.2.4.1. 8 and 16 bit forms of one table are the same. */
prov_status
jpeg_tables_dqt(struct jpeg_tables *t, prov_span in, prov_err *err)
{
	while (in.len > 0) {
		struct jpeg_quant q = { .set = true, .unused = true };
		unsigned wide = in.p[0] >> 4, id = in.p[0] & 15;
		size_t len = 1 + 64 * (size_t)(wide + 1);
		prov_status st;

		if (wide > 1 || id > 3 || in.len < len)
			return (malformed(err, "DQT"));
		for (unsigned i = 0; i < 64; i++)
			q.v[i] =
			    wide ? be16(in.p + 1 + 2 * (size_t)i) : in.p[1 + i];
		if ((st = set_quant(&t->quant[id], id, &q, err)) != PROV_OK)
			return (st);
		in = span(in.p + len, in.len - len);
	}
	return (PROV_OK);
}

static prov_status
set_huffman(struct jpeg_huffman *h, unsigned id,
    const struct jpeg_huffman *next, prov_err *err)
{
	if (h->unused && (memcmp(h->bits, next->bits, sizeof(h->bits)) != 0 ||
			     memcmp(h->v, next->v, sizeof(h->v)) != 0))
		return (wasted(err, "DHT table", id));
	*h = *next;
	return (PROV_OK);
}

/* ITU-T T.81 B.2.4.2. */
prov_status
jpeg_tables_dht(struct jpeg_tables *t, prov_span in, prov_err *err)
{
	while (in.len > 0) {
		struct jpeg_huffman h = { .set = true, .unused = true };
		unsigned ac = in.p[0] >> 4, id = in.p[0] & 15;
		unsigned n = 0;
		prov_status st;

		if (ac > 1 || id > 3 || in.len < 17)
			return (malformed(err, "DHT"));
		memcpy(h.bits, in.p + 1, sizeof(h.bits));
		for (unsigned i = 0; i < sizeof(h.bits); i++)
			n += h.bits[i];
		if (n > sizeof(h.v) || in.len - 17 < n)
			return (malformed(err, "DHT"));
		h.n = (uint16_t)n;
		memcpy(h.v, in.p + 17, n);
		st = set_huffman(&t->huffman[ac][id], id, &h, err);
		if (st != PROV_OK)
			return (st);
		in = span(in.p + 17 + n, in.len - 17 - n);
	}
	return (PROV_OK);
}

/* ITU-T T.81 B.2.4.3. DC tables begin with 0 and 1, AC ones with 5. */
static prov_status
set_dac(struct jpeg_tables *t, unsigned ac, unsigned id, unsigned v,
    prov_err *err)
{
	unsigned i = 4 * ac + id, dflt = ac ? 5 : 0x10;

	if (ac > 1 || id > 3 || (ac == 0 && (v & 15) > v >> 4) ||
	    (ac == 1 && (v < 1 || v > 63)))
		return (malformed(err, "DAC"));
	if (t->dac_unused[i] && t->dac[i] != (uint8_t)(v - dflt))
		return (wasted(err, "DAC table", i));
	t->dac[i] = (uint8_t)(v - dflt);
	t->dac_unused[i] = true;
	return (PROV_OK);
}

prov_status
jpeg_tables_dac(struct jpeg_tables *t, prov_span in, prov_err *err)
{
	prov_status st;

	if (in.len % 2 != 0)
		return (malformed(err, "DAC"));
	for (size_t i = 0; i < in.len; i += 2)
		if ((st = set_dac(t, in.p[i] >> 4, in.p[i] & 15, in.p[i + 1],
			 err)) != PROV_OK)
			return (st);
	return (PROV_OK);
}

prov_status
jpeg_tables_dri(struct jpeg_tables *t, prov_span in, prov_err *err)
{
	if (in.len != 2)
		return (malformed(err, "DRI"));
	if (t->restart_unused && t->restart != be16(in.p))
		return (wasted(err, "DRI", be16(in.p)));
	t->restart = be16(in.p);
	t->restart_unused = true;
	return (PROV_OK);
}

/* Which tables are defined, and their values. */
static void
put_quant(struct buf *b, struct jpeg_tables *t)
{
	for (uint8_t id = 0; id < 4; id++) {
		struct jpeg_quant *q = &t->quant[id];

		if (!q->set)
			continue;
		q->unused = false;
		buf_put_byte(b, id);
		for (unsigned i = 0; i < 64; i++)
			buf_put_be16(b, q->v[i]);
	}
}

static void
put_huffman(struct buf *b, struct jpeg_tables *t)
{
	for (uint8_t i = 0; i < 8; i++) {
		struct jpeg_huffman *h = &t->huffman[i / 4][i % 4];

		if (!h->set)
			continue;
		h->unused = false;
		buf_put_byte(b, i);
		buf_put(b, h->bits, sizeof(h->bits));
		buf_put(b, h->v, h->n);
	}
}

prov_status
jpeg_tables_use(struct jpeg_tables *t, uint8_t quant[SHA256_LEN],
    uint8_t huffman[SHA256_LEN], prov_err *err)
{
	AUTO_BUF q = { 0 };
	AUTO_BUF h = { 0 };
	prov_status st;

	put_quant(&q, t);
	put_huffman(&h, t);
	t->restart_unused = false;
	memset(t->dac_unused, 0, sizeof(t->dac_unused));
	if ((st = buf_done(&q, err)) != PROV_OK ||
	    (st = buf_done(&h, err)) != PROV_OK ||
	    (st = sha256_of(quant, buf_span(&q), err)) != PROV_OK)
		return (st);
	return (sha256_of(huffman, buf_span(&h), err));
}
