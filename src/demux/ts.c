/* SPDX-License-Identifier: ISC */
#include "demux/ts.h"

#include <string.h>

#include "base/bytes.h"

#define SYNC      0x47
#define PID_NULL  0x1fff
#define NOT_BEGUN 0xff

/* A PID's continuity counter (13818-1 2.4.3.3). */
struct counter {
	uint8_t last;
	bool repeated;
};

/* Where packets begin and how far apart they are. */
static bool
packet_shape(struct source *s, uint64_t *at, uint64_t *step)
{
	static const struct {
		uint8_t at, step;
	} shapes[] = { { 0, 188 }, { 4, 192 }, { 0, 204 } };

	for (size_t i = 0; i < sizeof(shapes) / sizeof(shapes[0]); i++) {
		uint8_t a, b;

		if (source_get(s, shapes[i].at, &a, 1) && a == SYNC &&
		    source_get(s, shapes[i].at + shapes[i].step, &b, 1) &&
		    b == SYNC) {
			*at = shapes[i].at;
			*step = shapes[i].step;
			return (true);
		}
	}
	return (false);
}

/* Whether the packet goes on from the last one of its PID. */
static bool
continues(struct counter *c, const uint8_t p[6])
{
	bool payload = (p[3] & 0x10) != 0;
	bool jump = (p[3] & 0x20) != 0 && p[4] > 0 && (p[5] & 0x80) != 0;
	uint8_t count = p[3] & 0x0f;
	bool ok;

	if (c->last == NOT_BEGUN || jump) {
		c->last = count;
		c->repeated = false;
		return (true);
	}
	if (!payload)
		return (count == c->last);
	if (count == c->last && !c->repeated) {
		c->repeated = true;
		return (true);
	}
	ok = count == ((c->last + 1) & 0x0f);
	c->last = count;
	c->repeated = false;
	return (ok);
}

void
ts_scan(struct ts *t, struct source *s)
{
	struct counter counters[TS_PIDS];
	uint64_t at, step;
	uint8_t p[6];

	memset(t, 0, sizeof(*t));
	memset(counters, NOT_BEGUN, sizeof(counters));
	for (size_t i = 0; i < TS_PIDS; i++)
		counters[i].repeated = false;
	if (!packet_shape(s, &at, &step)) {
		t->incomplete = true;
		return;
	}
	for (; at + 188 <= s->size; at += step) {
		unsigned pid;

		if (!source_get(s, at, p, sizeof(p)) || p[0] != SYNC) {
			t->incomplete = true;
			return;
		}
		pid = be16(p + 1) & 0x1fff;
		if (pid == PID_NULL)
			continue;
		t->broken[pid] |=
		    (p[1] & 0x80) != 0 || !continues(&counters[pid], p);
		t->scrambled[pid] |= (p[3] & 0xc0) != 0;
	}
	t->incomplete |= at < s->size && s->size - at > step - 188;
}
