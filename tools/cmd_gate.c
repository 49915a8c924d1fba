/* SPDX-License-Identifier: ISC */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gate_feed.h"
#include "gate_route.h"
#include "gate_sub.h"
#include "gate_tar.h"
#include "home.h"
#include "ordered.h"

static const struct opt opts[] = {
	{ "policy", 0, "FILE", "what decides: prov-policy(5)" },
	{ "ndjson", 0, NULL, "answer each line of standard input" },
	{ "recursive", 'r', "DIR", "judge every file below DIR; repeatable" },
	{ "tar", 0, NULL, "operands are tar shards, judged by sample" },
	{ "accepted", 0, "TAR", "write what is let in; or into a directory" },
	{ "rejected", 0, "TAR", "write what is not let in; likewise" },
	{ "route", 0, "NAME=DIR",
	    "put what that route lets in there; or a TAR" },
	{ "root", 0, "DIR", "what names are below, instead of ." },
	{ "jobs", 'j', "N", "work on N items at once" },
	{ "json", 0, NULL, "print one record a line" },
	{ "facts", 0, NULL, "print what the policy was asked about" },
	{ "strict", 0, NULL, "denials are exit status 1 with --ndjson, too" },
	{ "output", 0, "RUN", "keep the records in a new file" },
	{ "resume", 0, "RUN", "go on with the records in RUN" },
	{ "quarantine", 0, "DIR", "keep what is quarantined there" },
	{ "metrics-file", 0, "FILE", "write counters for Prometheus" },
	{ "cache", 0, "FILE", "remember facts there" },
	{ "ledger", 0, "DIR", "look things up in this ledger" },
	{ "sidecar-dir", 0, "DIR", "sidecars are in DIR" },
	{ "no-sidecar", 0, NULL, "use no sidecars, only the ledger" },
	{ "no-memory", 0, NULL, "remember no logs, and compare with none" },
	{ 0 },
};

/* Descriptors that a parent may hand over: as many as it may have. */
#define FD_MAX 1024

struct session {
	const struct args *args;
	struct home home;
	prov_policy *policy;
	prov_gate *gate;
	const char *root;
	struct routes routes;
	unsigned jobs;
	int fds[FD_MAX]; /* inherited */
	size_t n_fds;
};

/*
 * What was open before anything was opened here: lines may name these, and no
 * worker inherits them.
 */
static void
find_inherited(struct session *s)
{
	for (int fd = STDERR_FILENO + 1; fd < FD_MAX; fd++) {
		int flags = fcntl(fd, F_GETFD);

		if (flags == -1)
			continue;
		(void)fcntl(fd, F_SETFD, flags | FD_CLOEXEC);
		s->fds[s->n_fds++] = fd;
	}
}

static bool
usage_holds(const struct args *args)
{
	static const char *const places[] = { "sidecar-dir", "no-sidecar" };
	static const char *const formats[] = { "json", "facts" };
	static const char *const runs[] = { "output", "resume" };
	bool lines = args_has(args, "ndjson");

	if (!args_has(args, "policy")) {
		complain(args, NULL, "what decides? --policy FILE");
		return (false);
	}
	if (lines && (args->n > 0 || args_has(args, "recursive"))) {
		complain(args, NULL,
		    "--ndjson reads what is asked from standard input");
		return (false);
	}
	if (!tar_check(args))
		return (false);
	if (!lines && args->n == 0 && !args_has(args, "recursive")) {
		complain(args, NULL,
		    "nothing to judge; prov gate --policy FILE FILE ...");
		return (false);
	}
	return (args_only_one(args, places, 2) &&
		args_only_one(args, formats, 2) &&
		args_only_one(args, runs, 2) && feed_check(args));
}

static bool
make_gate(struct session *s, int *status)
{
	const struct args *args = s->args;
	const char *resume = args_value(args, "resume");
	char *notices = home_notices_dir(&s->home);
	prov_gate_options o = {
		.policy = s->policy,
		.root = s->root,
		.ledger_dir = home_ledger_dir(&s->home, args),
		.notices_dir = notices,
		.demux = s->home.demux,
		.sidecar_dir = args_value(args, "sidecar-dir"),
		.cache = args_value(args, "cache"),
		.quarantine_dir = args_value(args, "quarantine"),
		.output = resume != NULL ? resume : args_value(args, "output"),
		.resume = resume != NULL,
		.fds = s->fds,
		.n_fds = s->n_fds,
	};
	prov_err err = { 0 };
	bool fine = true;

	/* Those of shards are tars, which the shards know. */
	if (!args_has(args, "tar"))
		fine = routes_make(&s->routes, args, NULL, NULL);
	o.routes = s->routes.at;
	o.n_routes = s->routes.n;
	o.ledger_own = home_owns_ledger(&s->home, o.ledger_dir);
	o.sidecar = args_has(args, "no-sidecar") ? PROV_SIDECAR_NONE
	            : o.sidecar_dir != NULL      ? PROV_SIDECAR_DIR
	                                         : PROV_SIDECAR_BESIDE;
	if (!args_has(args, "no-memory"))
		fine =
		    (o.state_dir = home_state(&s->home, args)) != NULL && fine;
	if (fine && prov_gate_new(&s->gate, &o, &err) != PROV_OK) {
		*status = failure(args, NULL, &err);
		fine = false;
	}
	free(notices);
	return (fine);
}

/* How many there were of each decision, where there were several. */
static void
summary(const struct session *s)
{
	static const struct {
		prov_decision decision;
		const char *word;
	} words[] = { { PROV_ALLOW, "allow" },
		{ PROV_QUARANTINE, "quarantine" }, { PROV_DENY, "deny" },
		{ PROV_RETRY, "retry" } };
	uint64_t n = 0, of;
	const char *sep = ":";

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
		n += prov_gate_count(s->gate, words[i].decision);
	if (n < 2)
		return;
	fprintf(stderr, "%llu files", (unsigned long long)n);
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if ((of = prov_gate_count(s->gate, words[i].decision)) == 0)
			continue;
		fprintf(stderr, "%s %llu %s", sep, (unsigned long long)of,
		    words[i].word);
		sep = ",";
	}
	fputc('\n', stderr);
}

static bool
is_stdout(const char *path)
{
	return (path != NULL && strcmp(path, "-") == 0);
}

static int
judge_all(struct session *s)
{
	const struct args *args = s->args;
	bool lines = args_has(args, "ndjson");
	const struct gate_how how = {
		.args = args,
		.gate = s->gate,
		.jobs = s->jobs,
		.lines = lines,
		.stream = lines || args_has(args, "tar"),
		.silent = is_stdout(args_value(args, "accepted")) ||
		          is_stdout(args_value(args, "rejected")),
		.format = args_has(args, "facts")           ? GATE_FACTS
		          : lines || args_has(args, "json") ? GATE_JSON
		                                            : GATE_TEXT,
		.strict = args_has(args, "strict"),
		.output = args_has(args, "output") || args_has(args, "resume"),
		.metrics = args_value(args, "metrics-file"),
	};
	struct gate_run *r = gate_run_new(&how);
	int status;

	if (r == NULL)
		return (EXIT_TROUBLE);
	if (args_has(args, "tar"))
		feed_shards(r, args, s->gate);
	else if (lines)
		feed_lines(r, args);
	else
		feed_files(r, args, s->root);
	status = gate_run_end(r);
	if (!lines && !how.silent)
		summary(s);
	return (status);
}

static int
run(const struct args *args)
{
	struct session s = { .args = args, .root = "." };
	int status = EXIT_TROUBLE;
	prov_err err = { 0 };

	find_inherited(&s);
	s.jobs = processors();
	if (args_has(args, "root"))
		s.root = args_value(args, "root");
	if (!args_number(args, "jobs", 1, JOBS_MAX, &s.jobs) ||
	    !usage_holds(args) || !home_find(&s.home, args))
		return (EXIT_TROUBLE);
	if (prov_policy_load(&s.policy, args_value(args, "policy"), &err) !=
	    PROV_OK)
		status = failure(args, args_value(args, "policy"), &err);
	else if (make_gate(&s, &status))
		status = judge_all(&s);
	prov_gate_free(s.gate);
	routes_free(&s.routes);
	prov_policy_free(s.policy);
	home_free(&s.home);
	return (status);
}

const struct cmd cmd_gate = {
	.name = "gate",
	.args = "[media ...]",
	.summary = "let a policy decide what may pass",
	.opts = opts,
	.n_max = -1,
	.run = run,
	.subs = gate_subs,
};
