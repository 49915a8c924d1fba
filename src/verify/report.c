/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/file.h"
#include "base/html.h"
#include "base/text.h"
#include "verify/page.h"

/* More files than a person looks through, and all that a browser bears. */
#define FILES_MAX    100000UL
#define ROWS_MAX     (64UL << 20)
#define SECTIONS_MAX (64UL << 20)
#define COMMAND_MAX  64 /* words */
#define PATH_SHOWN   1024
#define NAME_SHOWN   255

/* How every report begins: what save may replace. */
#define MARK "<!DOCTYPE html>\n<!-- prov report 1 -->\n"

struct prov_report {
	struct page page;
	struct buf rows;     /* of the table on top */
	struct buf sections; /* one for each file, while there is room */
	size_t n;
	size_t n_short;  /* files without a section */
	size_t count[3]; /* by mood */
};
DEFINE_AUTO(prov_report, prov_report_free)

static prov_status
make_command(struct page *p, const char *const *words, prov_err *err)
{
	static const char *const usual[] = { "prov", "verify", NULL };
	AUTO_BUF b = { 0 };

	if (words == NULL)
		words = usual;
	for (size_t i = 0; words[i] != NULL; i++) {
		if (i == COMMAND_MAX)
			return (prov_fail(err, PROV_EARG,
			    "a command of more than %d words", COMMAND_MAX));
		buf_put_str(&b, i > 0 ? " " : "");
		shell_put(&b, words[i]);
	}
	return (buf_take_str(&b, &p->command, err));
}

prov_status
prov_report_new(prov_report **out, const prov_report_options *options,
    prov_err *err)
{
	static const prov_report_options usual = { 0 };
	AUTO(prov_report) *r = calloc(1, sizeof(*r));
	prov_status st;

	if (options == NULL)
		options = &usual;
	if (r == NULL)
		return (prov_fail(err, PROV_ENOMEM, "report"));
	r->rows.max = ROWS_MAX;
	r->page.now = options->now != 0 ? options->now : time(NULL);
	r->page.trust = strdup(options->trust != NULL ? options->trust : "");
	if (r->page.trust == NULL)
		return (prov_fail(err, PROV_ENOMEM, "report"));
	if ((st = make_command(&r->page, options->command, err)) != PROV_OK)
		return (st);
	*out = TAKE(r);
	return (PROV_OK);
}

void
prov_report_free(prov_report *r)
{
	if (r == NULL)
		return;
	free(r->page.command);
	free(r->page.trust);
	buf_free(&r->rows);
	buf_free(&r->sections);
	free(r);
}

static void
put_row(struct buf *b, const prov_verdict *v, size_t nth, bool whole)
{
	enum mood m = page_mood(v);

	buf_printf(b, "<tr><td><span class=\"tag %s\">%s ", mood_class(m),
	    mood_sign(m));
	html_put(b, v->word, NAME_SHOWN);
	buf_put_str(b, "</span></td><td>");
	if (whole)
		buf_printf(b, "<a href=\"#f%zu\">", nth);
	html_put(b, v->path, PATH_SHOWN);
	buf_put_str(b, whole ? "</a></td><td>" : "</td><td>");
	if (v->why.n > 0)
		html_put(b, v->why.at[0].code, CODE_MAX);
	else if (v->has_statement)
		html_put(b, v->signer, NAME_SHOWN);
	else if (v->trouble != PROV_OK)
		html_put(b, v->error, NAME_SHOWN);
	buf_put_str(b, "</td></tr>\n");
}

prov_status
prov_report_add(prov_report *r, const prov_verdict *verdict, prov_err *err)
{
	AUTO_BUF section = { 0 };
	prov_status st;
	bool whole;

	if (r->n == FILES_MAX)
		return (prov_fail(err, PROV_ELIMIT,
		    "a report of more than %lu files", FILES_MAX));
	section_put(&section, verdict, &r->page, r->n);
	if ((st = buf_done(&section, err)) != PROV_OK)
		return (st);
	whole =
	    r->n_short == 0 && r->sections.len + section.len <= SECTIONS_MAX;
	put_row(&r->rows, verdict, r->n, whole);
	if (whole)
		buf_put_span(&r->sections, buf_span(&section));
	if ((st = buf_done(&r->rows, err)) != PROV_OK ||
	    (st = buf_done(&r->sections, err)) != PROV_OK)
		return (st);
	r->n++;
	r->n_short += !whole;
	r->count[page_mood(verdict)]++;
	return (PROV_OK);
}

/* Nothing is loaded, sent or run: what a browser then holds the page to. */
static void
put_top(struct buf *b)
{
	buf_put_str(b, MARK
	    "<html xmlns=\"http://www.w3.org/1999/xhtml\" lang=\"en\">\n"
	    "<head>\n<meta charset=\"utf-8\"/>\n"
	    "<meta http-equiv=\"Content-Security-Policy\" content=\""
	    "default-src &#39;none&#39;; style-src &#39;unsafe-inline&#39;; "
	    "base-uri &#39;none&#39;; form-action &#39;none&#39;\"/>\n"
	    "<meta name=\"viewport\" content=\"width=device-width, "
	    "initial-scale=1\"/>\n"
	    "<meta name=\"referrer\" content=\"no-referrer\"/>\n"
	    "<title>prov verification report</title>\n<style>\n");
	buf_put_str(b, page_style);
	buf_put_str(b, "</style>\n</head>\n<body>\n");
	buf_put_str(b, page_patterns);
}

static void
put_header(struct buf *b, const prov_report *r)
{
	char when[32];

	time_format(when, r->page.now);
	buf_printf(b,
	    "<header><h1>prov verification report</h1>\n<p>%s, prov %s, "
	    "%zu file%s: %zu verified, %zu failed, %zu undecided or "
	    "unknown</p></header>\n",
	    when, prov_version(), r->n, r->n == 1 ? "" : "s",
	    r->count[MOOD_GOOD], r->count[MOOD_BAD], r->count[MOOD_OPEN]);
}

static void
put_summary(struct buf *b, const prov_report *r)
{
	if (r->n == 1)
		return;
	buf_put_str(b, "<div class=\"sum wide\"><table><thead><tr>"
		       "<th>Verdict</th><th>File</th><th>First reason, or "
		       "signer</th></tr></thead><tbody>\n");
	if (r->n == 0)
		buf_put_str(b, "<tr><td>none</td><td>no file</td><td></td>"
			       "</tr>\n");
	buf_put_span(b, buf_span(&r->rows));
	buf_put_str(b, "</tbody></table></div>\n");
}

static void
put_bottom(struct buf *b, const prov_report *r)
{
	if (r->n_short > 0)
		buf_printf(b,
		    "<section><div class=\"body\"><p>The last %zu files have "
		    "no details here: the page is full. Verify them on their "
		    "own.</p></div></section>\n",
		    r->n_short);
	buf_put_str(b,
	    "</main>\n<footer><p>A signature says who vouches for a file, "
	    "not that what it shows is true. This page is as good as the "
	    "way it came to you: to be sure, repeat the command. What was "
	    "not checked never counted as checked.</p></footer>\n"
	    "</body>\n</html>\n");
}

prov_status
prov_report_html(const prov_report *r, char **out, prov_err *err)
{
	AUTO_BUF b = { 0 };

	put_top(&b);
	put_header(&b, r);
	buf_put_str(&b, "<main>\n");
	put_summary(&b, r);
	buf_put_span(&b, buf_span(&r->sections));
	put_bottom(&b, r);
	return (buf_take_str(&b, out, err));
}

/* Whether path may be written: nothing is there, or a report of prov's. */
static prov_status
may_replace(const char *path, prov_err *err)
{
	char head[sizeof(MARK) - 1];
	AUTO_FD int fd = -1;
	prov_err why = { 0 };
	prov_status st;

	st = file_open(&fd, NULL, path, &why);
	if (st == PROV_ENOTFOUND)
		return (PROV_OK);
	if (st != PROV_OK)
		return (prov_fail(err, st, "%s", why.msg));
	if (fd_pread(fd, head, sizeof(head), 0, NULL) != PROV_OK ||
	    memcmp(head, MARK, sizeof(head)) != 0)
		return (prov_fail(err, PROV_EEXIST,
		    "%s: is there already and is no report of prov's", path));
	return (PROV_OK);
}

prov_status
prov_report_save(const prov_report *r, const char *path, prov_err *err)
{
	AUTO_FREE char *html = NULL;
	prov_status st;

	if ((st = may_replace(path, err)) != PROV_OK ||
	    (st = prov_report_html(r, &html, err)) != PROV_OK)
		return (st);
	return (
	    file_write(path, span(html, strlen(html)), 0666, FILE_SYNC, err));
}

prov_status
prov_verdict_html(char **out, const prov_verdict *verdict, prov_err *err)
{
	AUTO(prov_report) *r = NULL;
	prov_status st;

	if ((st = prov_report_new(&r, NULL, err)) != PROV_OK ||
	    (st = prov_report_add(r, verdict, err)) != PROV_OK)
		return (st);
	return (prov_report_html(r, out, err));
}
