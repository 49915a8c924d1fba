/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "home.h"
#include "ordered.h"
#include "progress.h"
#include "walk.h"

static const struct opt opts[] = {
	{ "trust", 0, "FILE", "whom to believe, instead of the home's" },
	{ "ledger", 0, "DIR", "look things up in this ledger" },
	{ "sidecar", 0, "FILE", "the sidecar of the one file given" },
	{ "sidecar-dir", 0, "DIR", "sidecars are in DIR" },
	{ "no-sidecar", 0, NULL, "use no sidecars, only the ledger" },
	{ "no-memory", 0, NULL, "remember no logs, and compare with none" },
	{ "accept", 0, "clip", "let a proven piece of what was signed pass" },
	{ "require", 0, "revocation",
	    "refuse what may have been revoked for all that is known" },
	{ "jobs", 'j', "N", "work on N files at once" },
	{ "recursive", 'r', "DIR", "verify every file below DIR; repeatable" },
	{ "json", 0, NULL, "print one JSON object a line" },
	{ "report", 0, "FILE",
	    "write a page for people; - is standard output" },
	{ 0 },
};

/* What the summary line counts, in its order. */
static const char *const words[] = { "VERIFIED", "CLIP", "ALTERED", "UNSIGNED",
	"UNTRUSTED", "REVOKED", "EXPIRED", "INVALID", "STALE", "FORK", "RETRY",
	"ERROR" };
#define NWORDS (sizeof(words) / sizeof(words[0]))

struct session {
	const struct args *args;
	struct home home;
	struct files files;
	prov_trust *trust;
	prov_verifier **verifiers; /* one for each job */
	unsigned jobs;
	struct progress *progress;
	prov_report *report; /* NULL: none is wanted, or there is one no more */
	bool report_alone;   /* it is what standard output is for */
	size_t count[NWORDS];
	int status;
};

/* What one file came to. */
struct result {
	prov_verdict *verdict; /* NULL: see err */
	prov_err err;
};

static void *
work(void *arg, unsigned job, size_t i)
{
	struct session *s = arg;
	struct result *r = calloc(1, sizeof(*r));

	if (r != NULL &&
	    prov_verify_file(s->verifiers[job], s->files.at[i], &r->verdict,
		&r->err) == PROV_OK &&
	    r->verdict == NULL)
		r->err.status = PROV_EINTERNAL; /* never success without one */
	return (r);
}

static void
count(struct session *s, const char *word)
{
	for (size_t i = 0; i < NWORDS; i++)
		if (strncmp(word, words[i], strlen(words[i])) == 0)
			s->count[i]++;
}

/* A page that lacks a file would say too little: then there is none. */
static void
report_add(struct session *s, const char *path, const prov_verdict *verdict)
{
	prov_err err = { 0 };

	if (s->report == NULL)
		return;
	if (verdict != NULL &&
	    prov_report_add(s->report, verdict, &err) == PROV_OK)
		return;
	complain(s->args, args_value(s->args, "report"),
	    "not written for want of %s%s%s", path,
	    err.msg[0] != '\0' ? ": " : "", err.msg);
	s->status = exit_worse(s->status, EXIT_TROUBLE);
	prov_report_free(s->report);
	s->report = NULL;
}

static void
emit(void *arg, size_t i, void *result)
{
	struct session *s = arg;
	struct result *r = result;
	prov_err err = { 0 };
	char *text = NULL;
	prov_status st;

	progress_wipe(s->progress);
	if (r == NULL || r->verdict == NULL) {
		complain(s->args, s->files.at[i], "%s",
		    r != NULL && r->err.msg[0] != '\0' ? r->err.msg
						       : "out of memory");
		s->status = exit_worse(s->status, EXIT_TROUBLE);
		report_add(s, s->files.at[i], NULL);
		free(r);
		return;
	}
	report_add(s, s->files.at[i], r->verdict);
	st = args_has(s->args, "json")
	         ? prov_verdict_json(&text, r->verdict, &err)
	         : prov_verdict_text(&text, r->verdict, &err);
	if (st != PROV_OK) {
		s->status = exit_worse(s->status,
		    trouble(s->args, s->files.at[i], &err));
		s->status = exit_worse(s->status, EXIT_TROUBLE);
	} else if (!s->report_alone) {
		size_t len = strlen(text);

		printf("%s%s", text,
		    len > 0 && text[len - 1] == '\n' ? "" : "\n");
		(void)fflush(stdout);
	}
	count(s, prov_verdict_word(r->verdict));
	s->status = exit_worse(s->status, prov_verdict_status(r->verdict));
	prov_free(text);
	prov_verdict_free(r->verdict);
	free(r);
	progress_file(s->progress);
}

static void
summary(const struct session *s)
{
	const char *sep = ":";

	if (s->files.n < 2)
		return;
	fprintf(stderr, "%zu files", s->files.n);
	for (size_t i = 0; i < NWORDS; i++) {
		if (s->count[i] == 0)
			continue;
		fprintf(stderr, "%s %zu ", sep, s->count[i]);
		for (const char *c = words[i]; *c != '\0'; c++)
			fputc(*c | 0x20, stderr);
		sep = ",";
	}
	fputc('\n', stderr);
}

static bool
make_verifiers(struct session *s)
{
	prov_verify_options o = {
		.trust = s->trust,
		.ledger_dir = home_ledger_dir(&s->home, s->args),
		.demux = s->home.demux,
		.sidecar_dir = args_value(s->args, "sidecar-dir"),
		.sidecar_file = args_value(s->args, "sidecar"),
		.accept_clip = args_has(s->args, "accept"),
		.require_revocation = args_has(s->args, "require"),
	};
	char *notices = home_notices_dir(&s->home);
	prov_err err = { 0 };
	bool fine = true;

	if (!args_has(s->args, "no-memory") &&
	    (o.state_dir = home_state(&s->home, s->args)) == NULL)
		fine = false;
	o.notices_dir = notices;
	o.ledger_own = home_owns_ledger(&s->home, o.ledger_dir);

	o.sidecar = args_has(s->args, "no-sidecar") ? PROV_SIDECAR_NONE
	            : o.sidecar_dir != NULL         ? PROV_SIDECAR_DIR
	                                            : PROV_SIDECAR_BESIDE;
	if (s->progress != NULL) {
		o.progress = progress_bytes;
		o.progress_arg = s->progress;
	}
	if ((s->verifiers = calloc(s->jobs, sizeof(*s->verifiers))) == NULL) {
		complain(s->args, NULL, "out of memory");
		fine = false;
	}
	for (unsigned i = 0; i < s->jobs && fine; i++) {
		o.beside = s->verifiers[0];
		if (prov_verifier_new(&s->verifiers[i], &o, &err) != PROV_OK) {
			s->status = trouble(s->args, NULL, &err);
			fine = false;
		}
	}
	free(notices);
	return (fine);
}

/* The words to type again: those that choose what a verdict rests on. */
#define WORDS_MAX 16

static bool
report_make(struct session *s)
{
	static const char *const kept[] = { "trust", "ledger", "sidecar",
		"sidecar-dir", "no-sidecar", "no-memory" };
	static const char *const dashed[] = { "--trust", "--ledger",
		"--sidecar", "--sidecar-dir", "--no-sidecar", "--no-memory" };
	const char *typed[WORDS_MAX] = { "prov", "verify" };
	const char *trust = args_value(s->args, "trust");
	prov_report_options o = { .command = typed };
	prov_err err = { 0 };
	size_t n = 2;

	if (!args_has(s->args, "report"))
		return (true);
	for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++) {
		if (!args_has(s->args, kept[i]))
			continue;
		typed[n++] = dashed[i];
		if (args_value(s->args, kept[i]) != NULL)
			typed[n++] = args_value(s->args, kept[i]);
	}
	o.trust = trust != NULL ? trust : s->home.trust;
	s->report_alone = strcmp(args_value(s->args, "report"), "-") == 0;
	if (prov_report_new(&s->report, &o, &err) == PROV_OK)
		return (true);
	s->status = trouble(s->args, NULL, &err);
	return (false);
}

static void
report_write(struct session *s)
{
	const char *path = args_value(s->args, "report");
	prov_err err = { 0 };
	char *html = NULL;

	if (s->report == NULL)
		return;
	if (!s->report_alone) {
		if (prov_report_save(s->report, path, &err) != PROV_OK)
			s->status =
			    exit_worse(s->status, failure(s->args, path, &err));
		return;
	}
	if (prov_report_html(s->report, &html, &err) != PROV_OK)
		s->status = exit_worse(s->status, failure(s->args, NULL, &err));
	else
		fputs(html, stdout);
	prov_free(html);
}

static void
verify_all(struct session *s)
{
	const struct ordered o = { s->files.n, s->jobs, work, emit, s };

	s->progress = progress_new("verifying", s->files.n);
	if (make_verifiers(s) && report_make(s)) {
		s->status = EXIT_HOLDS;
		if (!ordered_run(&o)) {
			complain(s->args, NULL, "threads cannot be started");
			s->status = EXIT_TROUBLE;
		}
	}
	progress_free(s->progress);
	s->progress = NULL;
	report_write(s);
	summary(s);
}

static bool
usage_holds(const struct args *args)
{
	static const char *const places[] = { "sidecar", "sidecar-dir",
		"no-sidecar" };

	if (args->n == 0 && !args_has(args, "recursive")) {
		complain(args, NULL, "nothing to verify; prov verify FILE ...");
		return (false);
	}
	if (args_has(args, "sidecar") &&
	    (args->n != 1 || args_has(args, "recursive"))) {
		complain(args, NULL, "--sidecar goes with exactly one file");
		return (false);
	}
	if (args_has(args, "json") && args_has(args, "report") &&
	    strcmp(args_value(args, "report"), "-") == 0) {
		complain(args, NULL,
		    "--json and --report - exclude each other");
		return (false);
	}
	if (args_has(args, "accept") &&
	    strcmp(args_value(args, "accept"), "clip") != 0) {
		complain(args, NULL, "--accept takes clip, and nothing else");
		return (false);
	}
	if (args_has(args, "require") &&
	    strcmp(args_value(args, "require"), "revocation") != 0) {
		complain(args, NULL,
		    "--require takes revocation, and nothing else");
		return (false);
	}
	return (args_only_one(args, places, 3));
}

static int
run(const struct args *args)
{
	struct session s = { .args = args, .status = EXIT_TROUBLE };
	bool gathered;

	s.jobs = processors();
	if (!args_number(args, "jobs", 1, JOBS_MAX, &s.jobs) ||
	    !usage_holds(args) || !home_find(&s.home, args))
		return (EXIT_TROUBLE);
	gathered = files_gather(&s.files, args);
	if (s.files.n < s.jobs)
		s.jobs = s.files.n < 1 ? 1 : (unsigned)s.files.n;
	if ((s.trust = home_load_trust(&s.home, args)) != NULL)
		verify_all(&s);
	if (!gathered)
		s.status = exit_worse(s.status, EXIT_TROUBLE);
	for (unsigned i = 0; s.verifiers != NULL && i < s.jobs; i++)
		prov_verifier_free(s.verifiers[i]);
	free(s.verifiers);
	prov_report_free(s.report);
	prov_trust_free(s.trust);
	files_free(&s.files);
	home_free(&s.home);
	return (s.status);
}

const struct cmd cmd_verify = {
	.name = "verify",
	.args = "media ...",
	.summary = "check media against its signature and the ledger",
	.opts = opts,
	.n_max = -1,
	.run = run,
};
