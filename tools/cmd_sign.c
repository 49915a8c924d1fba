/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ledger.h"
#include "ordered.h"
#include "progress.h"
#include "walk.h"

static const struct opt opts[] = {
	{ "key", 'k', "KEY", "sign with this key, by name or path" },
	{ "jobs", 'j', "N", "work on N files at once" },
	{ "recursive", 'r', "DIR", "sign every file below DIR; repeatable" },
	{ "claim", 0, "FILE", "origin, rights and labels, as YAML" },
	{ "derived-from", 0, "FILE", "name a signed original; repeatable" },
	{ "frames", 0, NULL, "sign a digest for each picture, too" },
	{ "public", 0, NULL, "log every label of the claim in clear" },
	{ "sidecar-dir", 0, "DIR", "write sidecars into DIR" },
	{ "no-sidecar", 0, NULL, "write no sidecars" },
	OPT_PASSPHRASE,
	OPT_WAIT,
	{ "json", 0, NULL, "print one JSON object a line" },
	{ 0 },
};

/* One run: what is signed with, and what came of it. */
struct session {
	const struct args *args;
	struct home home;
	struct files files;
	prov_key *key, *log;
	prov_ledger *ledger;
	prov_trust *trust; /* NULL: no policy, no witnesses */
	prov_witnesses *witnesses;
	unsigned wait_ms;
	prov_claim *claim;
	struct progress *progress;
	size_t n_signed, n_existed, n_pending, n_failed;
	int status;
};

static void
print_streams(const prov_signed *done)
{
	prov_stream_info info;
	double longest = 0;
	size_t n = 0;

	printf("  (");
	for (size_t i = 0; i < prov_identity_streams(done->identity); i++) {
		if (prov_identity_stream(done->identity, i, &info, NULL) !=
			PROV_OK ||
		    info.kind == PROV_DATA)
			continue;
		printf("%s%s", n++ == 0 ? "" : " + ", info.codec);
		if (info.duration_s > longest)
			longest = info.duration_s;
	}
	if (longest > 0)
		printf(", %.1f s", longest);
	printf(")");
}

/* Signing again changes nothing: somebody who gave a claim is to know. */
static bool
claim_ignored(const struct args *args, const prov_signed *done)
{
	return (done->existed &&
		(args_has(args, "claim") || args_has(args, "derived-from")));
}

static void
print_signed(const struct args *args, const prov_signed *done)
{
	char *path = printable(done->path);
	char *sidecar = done->sidecar != NULL ? printable(done->sidecar) : NULL;
	char *note = done->note != NULL ? printable(done->note) : NULL;

	printf("%s: SIGNED%s  entry %llu", path != NULL ? path : "",
	    done->existed ? " already" : "",
	    (unsigned long long)done->log_index);
	if (sidecar != NULL)
		printf(", sidecar %s", sidecar);
	if (done->identity != NULL)
		print_streams(done);
	if (note != NULL)
		printf("  (exact only: %s)", note);
	printf("%s\n",
	    claim_ignored(args, done) ? "  (claims as first signed)" : "");
	free(path);
	free(sidecar);
	free(note);
}

static void
print_json(struct session *s, const prov_signed *done)
{
	prov_err err = { 0 };
	char *line;

	if (prov_signed_json(&line, done, &err) != PROV_OK) {
		s->status =
		    exit_worse(s->status, trouble(s->args, done->path, &err));
		return;
	}
	printf("%s\n", line);
	prov_free(line);
}

/* Signing said no to bad input with 2: only verdicts are 1. */
static int
sign_exit(prov_status st)
{
	int status = exit_for(st);

	return (status == EXIT_NO ? EXIT_TROUBLE : status);
}

static void
report(void *arg, const prov_signed *done)
{
	struct session *s = arg;

	progress_wipe(s->progress);
	if (args_has(s->args, "json"))
		print_json(s, done);
	if (done->status != PROV_OK) {
		complain(s->args, done->path, "%s", done->message);
		s->status = exit_worse(s->status, sign_exit(done->status));
		s->n_pending += done->pending != 0;
		s->n_failed += !done->pending;
	} else {
		if (!args_has(s->args, "json"))
			print_signed(s->args, done);
		s->n_signed += !done->existed;
		s->n_existed += done->existed != 0;
	}
	(void)fflush(stdout);
	progress_file(s->progress);
}

static bool
load_claim(struct session *s)
{
	const char *path = args_value(s->args, "claim"), *from;
	uint8_t digest[32];
	prov_err err = { 0 };
	prov_status st;

	st = path != NULL ? prov_claim_load(&s->claim, path, &err)
	                  : prov_claim_new(&s->claim, &err);
	for (size_t i = 0; st == PROV_OK && (from = args_nth(s->args,
						 "derived-from", i)) != NULL;
	     i++) {
		st = prov_sign_find(digest, from, s->ledger, &err);
		if (st == PROV_OK)
			st = prov_claim_ingredient(s->claim, digest,
			    "derivedFrom", &err);
		if (st != PROV_OK)
			path = from;
	}
	if (st != PROV_OK) {
		s->status = sign_exit(st);
		complain(s->args, path, "%s", err.msg);
		return (false);
	}
	if (args_has(s->args, "public"))
		prov_claim_public(s->claim);
	return (true);
}

static bool
load_keys(struct session *s)
{
	char *path;
	int status;

	harden();
	if ((path = home_signer_path(&s->home, s->args)) == NULL)
		return (false);
	s->key = home_load_key(s->args, path);
	free(path);
	if (s->key == NULL ||
	    (s->log = home_load_log(&s->home, s->args)) == NULL)
		return (false);
	status = home_open_writer(&s->ledger, &s->home, s->args, s->log);
	/* Nothing holds before something was signed. */
	if (status != EXIT_HOLDS)
		s->status = status;
	return (status == EXIT_HOLDS);
}

static void
print_summary(const struct session *s)
{
	size_t done = s->n_signed + s->n_existed + s->n_pending + s->n_failed;

	fprintf(stderr, "%zu files: %zu signed, %zu signed already, ",
	    s->files.n, s->n_signed, s->n_existed);
	if (s->n_pending > 0)
		fprintf(stderr, "%zu pending, ", s->n_pending);
	fprintf(stderr, "%zu failed", s->n_failed);
	/* A run that stopped reports no more. */
	if (done < s->files.n)
		fprintf(stderr, ", %zu not tried", s->files.n - done);
	fprintf(stderr, "\n");
}

/* Whom the home's policy wants to have cosigned what is signed. */
static bool
load_witnesses(struct session *s)
{
	prov_err err = { 0 };

	if (is_missing(s->home.trust))
		return (true);
	if ((s->trust = home_load_trust(&s->home, s->args)) == NULL)
		return (false);
	if (prov_witnesses_new(&s->witnesses, s->trust, s->home.net, &err) ==
	    PROV_OK)
		return (true);
	complain(s->args, NULL, "%s", err.msg);
	return (false);
}

static int
sign_all(struct session *s, unsigned jobs)
{
	prov_sign_options o = {
		.key = s->key,
		.ledger = s->ledger,
		.claim = s->claim,
		.demux = s->home.demux,
		.sidecar_dir = args_value(s->args, "sidecar-dir"),
		.jobs = jobs,
		.now = (int64_t)time(NULL),
		.frames = args_has(s->args, "frames"),
		.witnesses = s->witnesses,
		.witness_ms = s->wait_ms,
	};
	prov_err err = { 0 };
	prov_status st;

	o.sidecar = args_has(s->args, "no-sidecar") ? PROV_SIDECAR_NONE
	            : o.sidecar_dir != NULL         ? PROV_SIDECAR_DIR
	                                            : PROV_SIDECAR_BESIDE;
	s->status = EXIT_HOLDS;
	s->progress = progress_new("signing", s->files.n);
	if (s->progress != NULL) {
		o.progress = progress_bytes;
		o.progress_arg = s->progress;
	}
	st = prov_sign_files(&o, (const char *const *)s->files.at, s->files.n,
	    report, s, &err);
	progress_free(s->progress);
	if (st != PROV_OK) {
		complain(s->args, NULL, "%s", err.msg);
		s->status = exit_worse(s->status, sign_exit(st));
	}
	if (s->files.n > 1)
		print_summary(s);
	return (s->status);
}

/* Names no sidecar as media, and takes them out of what is signed. */
static void
drop_sidecars(struct files *f)
{
	size_t n = 0;

	for (size_t i = 0; i < f->n; i++) {
		if (is_sidecar(f->at[i]))
			free(f->at[i]);
		else
			f->at[n++] = f->at[i];
	}
	f->n = n;
}

static int
run(const struct args *args)
{
	static const char *const places[] = { "sidecar-dir", "no-sidecar" };
	struct session s = { .args = args, .status = EXIT_TROUBLE };
	unsigned jobs = processors();
	bool gathered;

	if (!args_number(args, "jobs", 1, JOBS_MAX, &jobs) ||
	    !ledger_wait(args, &s.wait_ms) || !args_only_one(args, places, 2))
		return (EXIT_TROUBLE);
	if (args->n == 0 && !args_has(args, "recursive")) {
		complain(args, NULL, "nothing to sign; prov sign FILE ...");
		return (EXIT_TROUBLE);
	}
	if (!home_find(&s.home, args))
		return (EXIT_TROUBLE);
	gathered = files_gather(&s.files, args);
	drop_sidecars(&s.files);
	if (load_keys(&s) && load_witnesses(&s) && load_claim(&s))
		(void)sign_all(&s, jobs);
	if (!gathered)
		s.status = exit_worse(s.status, EXIT_TROUBLE);
	prov_claim_free(s.claim);
	prov_witnesses_free(s.witnesses);
	prov_trust_free(s.trust);
	prov_ledger_close(s.ledger);
	prov_key_free(s.key);
	prov_key_free(s.log);
	files_free(&s.files);
	home_free(&s.home);
	return (s.status);
}

const struct cmd cmd_sign = {
	.name = "sign",
	.args = "media ...",
	.summary = "sign media and record it in the ledger",
	.opts = opts,
	.n_max = -1,
	.run = run,
};
