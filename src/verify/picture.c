/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "base/text.h"
#include "verify/page.h"

#define CELLS_MAX   40
#define CELLS_MIN   5
#define NAMED_MAX   6 /* ranges named beside a picture */
#define REASONS_MAX 4 /* reasons named on the first line */
#define PATH_SHOWN  4096
#define NAME_SHOWN  255
#define KID_SHOWN   4 /* bytes of a key ID: what people compare */

static void
put_outside(struct buf *b, const char *s, size_t max)
{
	text_escape(b, s, strlen(s), max);
}

static void
put_verified(struct buf *b, const prov_verdict *v)
{
	buf_put_str(b, "  by ");
	put_outside(b, v->signer, NAME_SHOWN);
	buf_put_byte(b, ' ');
	hex_put(b, v->kid, KID_SHOWN);
	if (v->from_ledger)
		buf_put_str(b, ", found in the ledger");
	else if (v->has_entry)
		buf_printf(b, ", entry %llu of %llu",
		    (unsigned long long)v->log_index,
		    (unsigned long long)v->checkpoint_size);
	else if (v->receipt == RECEIPT_GOOD)
		buf_put_str(b, ", in the log by its receipt");
}

/* The stream that a clip is told by: its pictures, else its first. */
static const struct verdict_stream *
clip_stream(const prov_verdict *v)
{
	for (size_t i = 0; i < v->n_streams; i++) {
		if (v->streams[i].kind == PROV_VIDEO)
			return (&v->streams[i]);
	}
	return (&v->streams[0]);
}

/* The parts of a stream that a cut left unproven, behind its kind. */
static void
put_edges(struct buf *b, const struct verdict_stream *s, size_t *named)
{
	if (s->held.n_edges == 0 || *named == NAMED_MAX)
		return;
	buf_printf(b, "%s%s ", *named == 0 ? "; not proven: " : ", ",
	    prov_kind_name(s->kind));
	for (size_t i = 0; i < s->held.n_edges; i++)
		buf_printf(b, "%s%.1f to %.1f s", i == 0 ? "" : " and ",
		    (double)s->held.edges[i].from / 1e9,
		    (double)s->held.edges[i].to / 1e9);
	++*named;
}

static void
put_clip(struct buf *b, const prov_verdict *v)
{
	const struct verdict_stream *s = clip_stream(v);
	size_t named = 0;

	buf_put_str(b, "  ");
	clock_put(b, s->held.source.from);
	buf_put_byte(b, '-');
	clock_put(b, s->held.source.to);
	buf_put_str(b, " of what was signed");
	put_verified(b, v);
	for (size_t i = 0; i < v->n_streams; i++)
		put_edges(b, &v->streams[i], &named);
	if (!v->holds)
		buf_put_str(b, "; to let clips pass: --accept clip");
}

static void
put_unsigned(struct buf *b, const prov_verdict *v)
{
	buf_printf(b, "  no sidecar, %s; to sign it: prov sign ",
	    v->looked_up ? "not in the ledger" : "no ledger at hand");
	put_outside(b, v->path, PATH_SHOWN);
}

/* Whom to trust, and how; a kid where the key itself is not known. */
static void
put_untrusted(struct buf *b, const prov_verdict *v)
{
	buf_printf(b, "  %s: nobody trusted has key ",
	    reason_code(REASON_SIGNATURE_UNTRUSTED));
	hex_put(b, v->kid, KID_SHOWN);
	buf_put_str(b, " of ");
	put_outside(b, v->iss, NAME_SHOWN);
	if (v->vkey[0] != '\0') {
		buf_put_str(b, "; if you trust it: prov trust add ");
		put_outside(b, v->vkey, PROV_VKEY_MAX);
		return;
	}
	buf_put_str(b, "; ask the signer for the verifier key, then: "
		       "prov trust add VKEY");
}

/* The picture shows these; the first line need not. */
static bool
is_pictured(const struct finding *f)
{
	static const enum reason pictured[] = { REASON_ESSENCE_ALTERED,
		REASON_ESSENCE_MISSING, REASON_ESSENCE_ADDED,
		REASON_ESSENCE_REORDERED };

	for (size_t i = 0; i < sizeof(pictured) / sizeof(pictured[0]); i++) {
		if (strcmp(f->code, reason_code(pictured[i])) == 0)
			return (true);
	}
	return (false);
}

static void
put_reasons(struct buf *b, const prov_verdict *v)
{
	const char *head = reason_code(REASON_STREAMS_MISMATCH);
	size_t shown = 0;

	for (size_t i = 0; i < v->why.n && shown < REASONS_MAX; i++) {
		const struct finding *f = &v->why.at[i];

		if (v->n_streams > 0 && is_pictured(f))
			continue;
		buf_put_str(b, shown++ == 0 ? "  " : ", ");
		put_outside(b, f->code, CODE_MAX);
		if (f->detail[0] == '\0' || strcmp(f->code, head) == 0)
			continue;
		buf_put_str(b, ": ");
		put_outside(b, f->detail, DETAIL_MAX);
	}
}

static void
put_first_line(struct buf *b, const prov_verdict *v)
{
	put_outside(b, v->path, PATH_SHOWN);
	buf_put_str(b, ": ");
	buf_put_str(b, v->word);
	if (strcmp(v->word, "CLIP") == 0 && v->n_streams > 0) {
		put_clip(b, v);
	} else if (v->holds) {
		put_verified(b, v);
	} else if (v->trouble != PROV_OK) {
		buf_put_str(b, "  ");
		put_outside(b, v->error, sizeof(v->error));
	} else if (strcmp(v->word, "UNSIGNED") == 0) {
		put_unsigned(b, v);
	} else if (v->why.n > 0 &&
		   strcmp(v->why.at[0].code,
		       reason_code(REASON_SIGNATURE_UNTRUSTED)) == 0) {
		put_untrusted(b, v);
	} else {
		put_reasons(b, v);
	}
	buf_put_byte(b, '\n');
}

/* The clock that all pictures share. */
struct scale {
	int64_t from, to;
	unsigned cells;
	size_t name_len; /* of the longest "kind codec" */
};

/* Codecs have names of printable ASCII (name_set): a column a byte. */
static size_t
name_len(const struct verdict_stream *s)
{
	return (strlen(prov_kind_name(s->kind)) + 1 + strlen(s->codec));
}

static void
scale_of(struct scale *x, const prov_verdict *v)
{
	uint64_t cells = 0;

	*x = (struct scale){ 0 };
	for (size_t i = 0; i < v->n_streams; i++) {
		const struct verdict_stream *s = &v->streams[i];

		x->to = s->to > x->to ? s->to : x->to;
		if (cells == 0 && s->state != PAIR_ADDED)
			cells = s->segments;
		if (name_len(s) > x->name_len)
			x->name_len = name_len(s);
	}
	x->cells = cells < CELLS_MIN   ? CELLS_MIN
	           : cells > CELLS_MAX ? CELLS_MAX
	                               : (unsigned)cells;
}

static void
put_clock(struct buf *b, int64_t ns)
{
	int64_t s = ns <= 0 ? 0 : (ns + 500000000) / 1000000000;

	if (s >= 3600)
		buf_printf(b, "%lld:%02d:%02d", (long long)(s / 3600),
		    (int)(s / 60 % 60), (int)(s % 60));
	else
		buf_printf(b, "%d:%02d", (int)(s / 60), (int)(s % 60));
}

char
range_mark(enum reason what)
{
	switch ((int)what) {
	case REASON_ESSENCE_MISSING:
		return ('M');
	case REASON_ESSENCE_REORDERED:
		return ('R');
	case REASON_ESSENCE_ADDED:
		return ('+');
	default:
		return ('N');
	}
}

/* What there is to say of a stream that is not compared cell by cell. */
static char
whole_mark(const struct verdict_stream *s)
{
	switch ((int)s->state) {
	case PAIR_MISSING:
		return ('M');
	case PAIR_ADDED:
		return ('+');
	case PAIR_UNSUPPORTED:
		return ('?');
	default:
		return ('.');
	}
}

/*
 * A cell is marked by the first range that takes in 5 percent of it. What is
 * shorter than that, in a long file, marks the cell that its middle is in.
 */
static char
cell_mark(const struct verdict_stream *s, const struct scale *x, unsigned i)
{
	double width = (double)(x->to - x->from) / x->cells;
	double from = (double)x->from + width * i, to = from + width, a, b;

	for (size_t k = 0; k < s->n_ranges; k++) {
		a = (double)s->ranges[k].from;
		b = (double)s->ranges[k].to;
		if ((b < to ? b : to) - (a > from ? a : from) > width / 20)
			return (range_mark(s->ranges[k].what));
		if (b - a <= width / 20 && (a + b) / 2 >= from &&
		    (a + b) / 2 < to)
			return (range_mark(s->ranges[k].what));
	}
	if ((double)s->from >= to || (double)s->to <= from)
		return (' ');
	return (whole_mark(s));
}

const char *
range_word(enum reason what)
{
	switch ((int)what) {
	case REASON_ESSENCE_MISSING:
		return ("missing");
	case REASON_ESSENCE_REORDERED:
		return ("reordered");
	case REASON_ESSENCE_ADDED:
		return ("added");
	default:
		return ("altered");
	}
}

static void
put_ranges(struct buf *b, const struct verdict_stream *s)
{
	size_t n = s->n_ranges < NAMED_MAX ? s->n_ranges : NAMED_MAX;

	for (size_t i = 0; i < n; i++) {
		const struct range *r = &s->ranges[i];
		int64_t from = r->from < 0 ? 0 : r->from;

		if (i == 0 || r->what != s->ranges[i - 1].what)
			buf_printf(b, "%s%s ", i == 0 ? "" : ", ",
			    range_word(r->what));
		else
			buf_put_str(b, ", ");
		buf_printf(b, "%.1f-%.1f s", (double)from / 1e9,
		    (double)r->to / 1e9);
	}
	if (n < s->n_ranges)
		buf_printf(b, " and %zu more", s->n_ranges - n);
}

static void
put_outcome(struct buf *b, const struct verdict_stream *s)
{
	if (s->n_ranges > 0)
		put_ranges(b, s);
	else if (s->state == PAIR_ALTERED)
		buf_put_str(b, "same content, presented otherwise");
	else if (s->state == PAIR_MATCH)
		buf_put_str(b, "intact");
	else if (s->state == PAIR_UNSUPPORTED)
		buf_put_str(b, "not compared");
	else
		buf_put_str(b, pair_state_name(s->state));
}

static void
put_stream(struct buf *b, const struct verdict_stream *s, const struct scale *x)
{
	size_t start = b->len;

	buf_printf(b, "  %s ", prov_kind_name(s->kind));
	put_outside(b, s->codec, CODEC_NAME_MAX);
	while (!b->failed && b->len < start + 2 + x->name_len)
		buf_put_byte(b, ' ');
	buf_put_str(b, "  ");
	if (x->to > x->from && s->kind != PROV_IMAGE && s->to > s->from) {
		put_clock(b, x->from);
		buf_put_byte(b, ' ');
		for (unsigned i = 0; i < x->cells; i++)
			buf_put_byte(b, (uint8_t)cell_mark(s, x, i));
		buf_put_byte(b, ' ');
		put_clock(b, x->to);
		buf_put_str(b, "  ");
	}
	put_outcome(b, s);
	buf_put_byte(b, '\n');
}

/* Pictures say where; without ranges or lost streams there is no where. */
static bool
has_picture(const prov_verdict *v)
{
	if (v->holds || v->trouble != PROV_OK)
		return (false);
	for (size_t i = 0; i < v->n_streams; i++) {
		if (v->streams[i].n_ranges > 0 ||
		    v->streams[i].state == PAIR_MISSING ||
		    v->streams[i].state == PAIR_ADDED)
			return (true);
	}
	return (false);
}

prov_status
prov_verdict_text(char **out, const prov_verdict *verdict, prov_err *err)
{
	AUTO_BUF b = { 0 };
	struct scale x;

	put_first_line(&b, verdict);
	if (has_picture(verdict)) {
		scale_of(&x, verdict);
		for (size_t i = 0; i < verdict->n_streams; i++)
			put_stream(&b, &verdict->streams[i], &x);
	}
	return (buf_take_str(&b, out, err));
}
