/* SPDX-License-Identifier: ISC */
#include "carrier/xmp.h"

#include <string.h>

#include "manifest/sourcetype.h"

/*
 * No word is longer: "digitalsourcetype/" and a term of SOURCE_TYPE_MAX
 * letters, in UTF-16 every one with a zero. Held are fewer bytes than that,
 * and as many join them at the border of two feeds.
 */
#define WORD_MAX 192

#define BLOCK 64 /* bytes that are looked at together */

#define SOURCE_TYPE "digitalsourcetype/"
#define DATA_MINING "DMI-"

/* In petabytes of video a "DMI-" turns up, but not with 8 capitals behind. */
#define UNKNOWN_WORD_MIN 8

#define BIT(p) (1U << (p))
#define ALL    (BIT(PURPOSE_N) - 1)
#define TRAINING \
	(BIT(PURPOSE_AI_TRAINING) | BIT(PURPOSE_AI_GENERATIVE_TRAINING))

/* What each word says; one that is not here forbids all. ALLOWED is short. */
static const struct {
	const char *word;
	unsigned purposes;
	enum use use;
} words[] = {
	{ "UNSPECIFIED", 0, USE_SILENT },
	{ "PROHIBITED", ALL, USE_NOT_ALLOWED },
	{ "PROHIBITED-AIMLTRAINING", TRAINING, USE_NOT_ALLOWED },
	{ "PROHIBITED-GENAIMLTRAINING", BIT(PURPOSE_AI_GENERATIVE_TRAINING),
	    USE_NOT_ALLOWED },
	{ "PROHIBITED-SEECONSTRAINT", ALL, USE_CONSTRAINED },
	{ "PROHIBITED-SEEEMBEDDEDRIGHTSEXPR", ALL, USE_CONSTRAINED },
	{ "PROHIBITED-SEELINKEDRIGHTSEXPR", ALL, USE_CONSTRAINED },
	{ NULL, ALL, USE_NOT_ALLOWED },
};

typedef uint8_t vec __attribute__((vector_size(16)));

static vec
load(const uint8_t *p)
{
	vec v;

	memcpy(&v, p, sizeof(v));
	return (v);
}

static vec
all_of(uint8_t c)
{
	vec v;

	memset(&v, c, sizeof(v));
	return (v);
}

/*
 * Not zero where one of 16 places may begin a word: "DM", "D.M", "d.g" or
 * "d...g". All bytes pass here: as a call it takes twice as long.
 */
static inline __attribute__((always_inline)) vec
begins(const uint8_t *p)
{
	vec at = load(p), second = load(p + 2);
	vec mining =
	    (vec)(at == all_of('D')) &
	    ((vec)(load(p + 1) == all_of('M')) | (vec)(second == all_of('M')));
	vec source =
	    (vec)(at == all_of('d')) &
	    ((vec)(second == all_of('g')) | (vec)(load(p + 4) == all_of('g')));

	return (mining | source);
}

/* Whether a block has such a place; reads 4 bytes behind it. */
static bool
block_begins(const uint8_t *p)
{
	vec any = begins(p) | begins(p + 16) | begins(p + 32) | begins(p + 48);
	uint64_t half[2];

	memcpy(half, &any, sizeof(half));
	return ((half[0] | half[1]) != 0);
}

static bool
in_word(uint8_t c)
{
	return ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
		(c >= '0' && c <= '9') || c == '-' || c == '/');
}

/* Letters of one word: of UTF-16 there are zeros between, in either order. */
struct place {
	const uint8_t *p;
	size_t len; /* of bytes up to the end of what is there */
	size_t stride;
};

static bool
is_letter(const struct place *at, size_t i, uint8_t c)
{
	size_t k = i * at->stride;

	return (k < at->len && at->p[k] == c &&
		(at->stride == 1 || k + 1 == at->len || at->p[k + 1] == 0));
}

static bool
has_prefix(const struct place *at, const char *prefix)
{
	size_t i = 0;

	while (prefix[i] != '\0' && is_letter(at, i, (uint8_t)prefix[i]))
		i++;
	return (prefix[i] == '\0');
}

/* What goes on behind the prefix, less than WORD_MAX letters. */
static void
rest_of(char out[WORD_MAX], const struct place *at, const char *prefix)
{
	size_t n = 0, from = strlen(prefix);

	for (; n < WORD_MAX - 1 && (from + n) * at->stride < at->len; n++) {
		uint8_t c = at->p[(from + n) * at->stride];

		if (!in_word(c) || !is_letter(at, from + n, c))
			break;
		out[n] = (char)c;
	}
	out[n] = '\0';
}

static void
found_mining(struct signals *s, const char *word)
{
	size_t i = 0;

	if (strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-") < UNKNOWN_WORD_MIN)
		return;
	while (words[i].word != NULL && strcmp(words[i].word, word) != 0)
		i++;
	for (unsigned p = 0; p < PURPOSE_N; p++)
		if ((words[i].purposes & BIT(p)) != 0)
			signals_raise(s, SIGNAL_IPTC, (enum purpose)p,
			    words[i].use);
}

/* A term that is newer than this is kept: a policy may name it. */
static void
found_source(struct signals *s, const char *word)
{
	struct signals one = { 0 };
	size_t n = strcspn(word, "-/");

	if (n < 3 || n > SOURCE_TYPE_MAX)
		return;
	if (!source_type_read(one.source_type, span(word, n)))
		memcpy(one.source_type, word, n);
	signals_join(s, &one);
}

/* One whose first letter is that of a word. */
static void
try_place(struct signals *s, const uint8_t *p, size_t len)
{
	struct place at = { .p = p,
		.len = len < WORD_MAX ? len : WORD_MAX,
		.stride = len > 1 && p[1] == 0 ? 2 : 1 };
	char word[WORD_MAX];

	if (p[0] == DATA_MINING[0] && has_prefix(&at, DATA_MINING)) {
		rest_of(word, &at, DATA_MINING);
		found_mining(s, word);
	} else if (p[0] == SOURCE_TYPE[0] && has_prefix(&at, SOURCE_TYPE)) {
		rest_of(word, &at, SOURCE_TYPE);
		found_source(s, word);
	}
}

static void
try_places(struct signals *s, const uint8_t *p, size_t n, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (p[i] == DATA_MINING[0] || p[i] == SOURCE_TYPE[0])
			try_place(s, p + i, len - i);
}

/* Words that begin at one of the first n of len bytes. */
static void
scan(struct signals *s, const uint8_t *p, size_t n, size_t len)
{
	size_t i = 0;

	for (; i + BLOCK <= n && i + BLOCK + 4 <= len; i += BLOCK)
		if (block_begins(p + i))
			try_places(s, p + i, BLOCK, len - i);
	try_places(s, p + i, n - i, len - i);
}

/* Fewer than WORD_MAX bytes more, behind what is held. */
static void
feed_few(struct xmp_scan *s, prov_span bytes)
{
	size_t done;

	memcpy(s->held + s->n, bytes.p, bytes.len);
	s->n += bytes.len;
	if (s->n < WORD_MAX)
		return;
	done = s->n - WORD_MAX + 1;
	scan(&s->found, s->held, done, s->n);
	s->n -= done;
	memmove(s->held, s->held + done, s->n);
}

_Static_assert(sizeof(((struct xmp_scan *)0)->held) >= 2 * WORD_MAX,
    "what is held and what joins it must fit");
_Static_assert(2 * (sizeof(SOURCE_TYPE) + SOURCE_TYPE_MAX) <= WORD_MAX,
    "the longest word must fit");

void
xmp_scan_begin(struct xmp_scan *s)
{
	*s = (struct xmp_scan){ 0 };
}

void
xmp_scan_feed(struct xmp_scan *s, prov_span bytes)
{
	if (bytes.len < WORD_MAX) {
		if (bytes.len > 0)
			feed_few(s, bytes);
		return;
	}
	/* What is held has its whole word now. */
	memcpy(s->held + s->n, bytes.p, WORD_MAX);
	scan(&s->found, s->held, s->n, s->n + WORD_MAX);
	scan(&s->found, bytes.p, bytes.len - WORD_MAX + 1, bytes.len);
	s->n = WORD_MAX - 1;
	memcpy(s->held, bytes.p + bytes.len - s->n, s->n);
}

void
xmp_scan_end(struct xmp_scan *s, struct signals *out)
{
	scan(&s->found, s->held, s->n, s->n);
	s->n = 0;
	signals_join(out, &s->found);
}
