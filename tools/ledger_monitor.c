/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ledger.h"

#define INTERVAL_MAX 86400U
#define AGE_MAX      31536000U

static const struct opt opts[] = {
	{ "from-start", 0, NULL, "report the entries that are there, too" },
	{ "interval", 0, "S", "seconds from round to round (60)" },
	{ "json", 0, NULL, "print one JSON object an event" },
	{ "kid", 0, "KID", "report entries of this key alone; repeatable" },
	{ "max-age", 0, "S", "a head that was witnessed longer ago is stale" },
	{ "once", 0, NULL, "end after one round" },
	{ "state", 0, "DIR", "where to keep what was seen" },
	OPT_LEDGER_TRUST,
	{ "witness", 0, "URL", "a witness's monitoring endpoint; repeatable" },
	{ 0 },
};

/* What the options come to; the library borrows it. */
struct setup {
	prov_monitor_options o;
	const char *witnesses[PROV_MONITOR_MAX];
	uint8_t kids[PROV_MONITOR_MAX][32];
	unsigned interval, max_age;
	char *state;
};

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	return (c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1);
}

static bool
parse_kid(uint8_t out[32], const char *hex)
{
	if (strlen(hex) != 64)
		return (false);
	for (size_t i = 0; i < 32; i++) {
		int high = digit(hex[2 * i]), low = digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return (false);
		out[i] = (uint8_t)(high << 4 | low);
	}
	return (true);
}

static bool
read_lists(struct setup *s, const struct args *args)
{
	const char *v;

	for (size_t i = 0; (v = args_nth(args, "witness", i)) != NULL; i++) {
		if (i == PROV_MONITOR_MAX) {
			complain(args, NULL, "too many witnesses");
			return (false);
		}
		s->witnesses[s->o.n_witnesses++] = v;
	}
	for (size_t i = 0; (v = args_nth(args, "kid", i)) != NULL; i++) {
		if (i == PROV_MONITOR_MAX || !parse_kid(s->kids[i], v)) {
			complain(args, v,
			    "not a kid, which has 64 hex digits; or too many");
			return (false);
		}
		s->o.n_kids++;
	}
	return (true);
}

/* --state, else monitor/ where prov remembers things. malloc'ed. */
static char *
state_dir(const struct args *args, const struct home *h)
{
	const char *state = args_value(args, "state");
	size_t len;
	char *out;

	if (state != NULL)
		return (strdup(state));
	if ((state = home_state(h, args)) == NULL)
		return (NULL);
	len = strlen(state) + sizeof("/monitor");
	if ((out = malloc(len)) != NULL)
		(void)snprintf(out, len, "%s/monitor", state);
	return (out);
}

static bool
set_up(struct setup *s, const struct args *args, const struct home *h,
    const prov_trust *trust)
{
	s->interval = 60;
	if (!args_number(args, "interval", 1, INTERVAL_MAX, &s->interval) ||
	    !args_number(args, "max-age", 1, AGE_MAX, &s->max_age) ||
	    !read_lists(s, args) || (s->state = state_dir(args, h)) == NULL)
		return (false);
	s->o.trust = trust;
	s->o.state = s->state;
	s->o.sources = (const char *const *)args->at;
	s->o.n_sources = (size_t)args->n;
	s->o.witnesses = s->witnesses;
	s->o.kids = (const uint8_t(*)[32])s->kids;
	s->o.from_start = args_has(args, "from-start");
	s->o.max_age = s->max_age;
	s->o.net = getenv("PROV_NET");
	return (true);
}

static void
print_json(void *arg, const char *json, const char *line)
{
	(void)arg;
	(void)line;
	printf("%s\n", json);
}

static void
print_line(void *arg, const char *json, const char *line)
{
	(void)arg;
	(void)json;
	printf("%s\n", line);
}

/* Of two rounds the worse: that a log is bad is not undone by silence. */
static int
worse(int a, int b)
{
	static const int order[] = { EXIT_TROUBLE, EXIT_NO, EXIT_RETRY };

	for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++)
		if (a == order[i] || b == order[i])
			return (order[i]);
	return (EXIT_HOLDS);
}

static int
one_round(const struct args *args, prov_monitor *m)
{
	prov_err err = { 0 };
	prov_status st;

	st = prov_monitor_round(m, (int64_t)time(NULL),
	    args_has(args, "json") ? print_json : print_line, NULL, &err);
	if (fflush(stdout) != 0) {
		complain(args, NULL, "cannot write: %s", strerror(errno));
		return (EXIT_TROUBLE);
	}
	if (st == PROV_OK)
		return (EXIT_HOLDS);
	/* What these say stands in the events. */
	if (st == PROV_EUNTRUSTED)
		return (EXIT_NO);
	if (st == PROV_EBUSY)
		return (EXIT_RETRY);
	complain(args, NULL, "%s", err.msg);
	return (EXIT_TROUBLE);
}

/* Whether to go on: no signal to end came within the interval. */
static bool
wait_for(unsigned interval, const sigset_t *ends)
{
	struct timespec ts = { .tv_sec = interval };

	return (sigtimedwait(ends, NULL, &ts) < 0);
}

static int
follow(const struct args *args, const struct setup *s, prov_monitor *m)
{
	int status = EXIT_HOLDS, last;
	sigset_t ends;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &ends, NULL);
	do {
		last = one_round(args, m);
		status = worse(status, last);
	} while (!args_has(args, "once") && last != EXIT_TROUBLE &&
		 wait_for(s->interval, &ends));
	return (status);
}

static int
monitor(const struct args *args, const struct home *h, const prov_trust *trust)
{
	struct setup s = { 0 };
	prov_monitor *m = NULL;
	prov_err err = { 0 };
	int status = EXIT_TROUBLE;

	if (set_up(&s, args, h, trust)) {
		if (prov_monitor_new(&m, &s.o, &err) == PROV_OK)
			status = follow(args, &s, m);
		else
			complain(args, NULL, "%s", err.msg);
	}
	prov_monitor_free(m);
	free(s.state);
	return (status);
}

static int
run_monitor(const struct args *args)
{
	prov_trust *trust;
	struct home h;
	int status;

	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	trust = home_load_trust(&h, args);
	status = trust != NULL ? monitor(args, &h, trust) : EXIT_TROUBLE;
	prov_trust_free(trust);
	home_free(&h);
	return (status);
}

const struct cmd ledger_monitor = {
	.name = "monitor",
	.args = "copy ...",
	.summary = "follow copies of logs and witnesses, and report forks",
	.opts = opts,
	.n_min = 1,
	.n_max = PROV_MONITOR_MAX,
	.run = run_monitor,
};
