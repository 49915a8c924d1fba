/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_PAGE_H
#define PROV_VERIFY_PAGE_H

#include "verify/verdict.h"

/* The parts of the page that --report writes. */

/* What a page is told beside the verdicts. */
struct page {
	char *command; /* quoted for a shell: "prov verify --ledger L" */
	char *trust;   /* "": not said */
	int64_t now;
};

/* How a check came out; said in a word, a sign and a colour. */
enum mood { MOOD_GOOD, MOOD_BAD, MOOD_OPEN };

enum mood page_mood(const prov_verdict *v);
const char *mood_class(enum mood m); /* "good", "bad", "open" */
const char *mood_sign(enum mood m);  /* a character to go with the colour */

extern const char page_style[];
extern const char page_patterns[];

/* Everything about the nth file, as a <section> with the id fN. */
void section_put(struct buf *b, const prov_verdict *v, const struct page *p,
    size_t nth);

/* A drawing of each stream's time, and the same as a table. */
void chart_put(struct buf *b, const prov_verdict *v, size_t nth);

/* From the file's bytes to what trust says of the log. */
void chain_put(struct buf *b, const prov_verdict *v, const struct page *p);

/* "0:00", "1:02:03"; seconds with one digit after the point. */
void clock_put(struct buf *b, int64_t ns);

const char *range_word(enum reason what); /* "altered" */
char range_mark(enum reason what);        /* 'N' */

/* One word of a command line, so that a shell takes it for what it is. */
void shell_put(struct buf *b, const char *word);

#endif
