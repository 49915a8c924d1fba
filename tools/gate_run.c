/* SPDX-License-Identifier: ISC */
#include "gate_run.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#define BATCH_ITEMS 32
#define BATCH_BYTES 65536UL      /* unless one item is longer */
#define BATCH_MEDIA 262144UL     /* the same of samples of a shard */
#define FLIGHT_MAX  (16UL << 20) /* bytes of requests being answered */
#define METRICS_MS  10000
#define STALL_MS    100

/* Text that grows. */
struct text {
	char *p;
	size_t len, cap;
};

enum state { EMPTY, FULL, TAKEN, DONE };

struct batch {
	enum state state;
	struct text in;
	size_t n;
	size_t end[BATCH_ITEMS];           /* of each item in in */
	prov_shard *shard;                 /* NULL: items are text */
	prov_sample *samples[BATCH_ITEMS]; /* owned */
	size_t weight;                     /* bytes of what it holds */
	struct text out;                   /* for standard output */
	struct text records;               /* for the run file */
	int status;                        /* the worst of its items */
	bool failed;                       /* err says why */
	prov_err err;
};

struct gate_run {
	struct gate_how how;
	pthread_mutex_t lock;
	pthread_cond_t more; /* to answer: workers wait for it */
	pthread_cond_t room; /* to fill: who feeds waits for it */
	size_t window;
	struct batch *ring;
	size_t filled, taken, written; /* batches so far */
	size_t flight;                 /* bytes of those not yet written */
	bool ended;                    /* no more will be filled */
	bool stopped;                  /* and not all that there was */
	struct batch *open;            /* being filled, or NULL */
	int status;
	int64_t metrics_ms;
	int signals;
	sigset_t was; /* the mask before */
	unsigned n_workers;
	bool writing; /* a worker does */
	bool broken;  /* of it alone: something could not be written */
	pthread_t *workers;
};

static int64_t
clock_ms(void)
{
	struct timespec ts = { 0 };

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ((int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000);
}

static bool
text_add(struct text *t, const char *s, size_t len)
{
	if (t->cap - t->len < len) {
		size_t cap = t->cap < 4096 ? 4096 : t->cap;
		char *p;

		while (cap - t->len < len)
			cap *= 2;
		if ((p = realloc(t->p, cap)) == NULL)
			return (false);
		t->p = p;
		t->cap = cap;
	}
	if (len > 0) /* an empty line may be the first of all */
		memcpy(t->p + t->len, s, len);
	t->len += len;
	return (true);
}

/* What one long request needed is not kept for all that follow. */
static void
text_reset(struct text *t)
{
	if (t->cap > 4 * BATCH_BYTES) {
		free(t->p);
		*t = (struct text){ 0 };
	}
	t->len = 0;
}

static int
status_of(const struct gate_run *r, const prov_gate_answer *a)
{
	switch (prov_gate_answer_effective(a)) {
	case PROV_ALLOW:
		return (EXIT_HOLDS);
	case PROV_RETRY:
		return (EXIT_RETRY);
	case PROV_DENY:
	case PROV_QUARANTINE:
		break;
	}
	/* In a stream a denial is an answer like any other. */
	return (r->how.stream && !r->how.strict ? EXIT_HOLDS : EXIT_NO);
}

static prov_status
put_line(struct text *to, char *line)
{
	bool fine = text_add(to, line, strlen(line)) && text_add(to, "\n", 1);

	prov_free(line);
	return (fine ? PROV_OK : PROV_ENOMEM);
}

static prov_status
put_answer(const struct gate_run *r, struct batch *b, const prov_gate_answer *a)
{
	char *line = NULL;
	prov_status st;

	switch (r->how.format) {
	case GATE_FACTS:
		st = prov_gate_answer_facts(&line, a, &b->err);
		break;
	case GATE_JSON:
		st = prov_gate_answer_json(&line, a, &b->err);
		break;
	case GATE_TEXT:
	default:
		st = prov_gate_answer_text(&line, a, &b->err);
	}
	if (st == PROV_OK && r->how.silent)
		prov_free(line);
	else if (st == PROV_OK)
		st = put_line(&b->out, line);
	/* What the run file has, it keeps. */
	if (st != PROV_OK || !r->how.output || prov_gate_answer_known(a))
		return (st);
	line = NULL;
	if ((st = prov_gate_answer_json(&line, a, &b->err)) == PROV_OK)
		st = put_line(&b->records, line);
	return (st);
}

static prov_status
ask(const struct gate_run *r, const char *text, size_t len,
    prov_gate_answer **answer, prov_err *err)
{
	prov_request q = { .fd = -1 };
	char name[4097]; /* longer ones are none: one byte more than that */
	prov_span line = { (const uint8_t *)text, len };

	if (r->how.lines)
		return (prov_gate_ask_json(r->how.gate, line, answer, err));
	if (len >= sizeof(name))
		len = sizeof(name) - 1;
	memcpy(name, text, len);
	name[len] = '\0';
	q.path = name;
	return (prov_gate_ask(r->how.gate, &q, answer, err));
}

/* What one answer needs: where it goes. */
struct to {
	const struct gate_run *run;
	struct batch *batch;
};

static prov_status
take_answer(void *arg, const prov_gate_answer *a, prov_err *err)
{
	struct to *to = arg;
	prov_status st = put_answer(to->run, to->batch, a);

	(void)err; /* put_answer has told the batch */
	if (st == PROV_OK)
		to->batch->status =
		    exit_worse(to->batch->status, status_of(to->run, a));
	return (st);
}

static void
answer_samples(const struct gate_run *r, struct batch *b)
{
	struct to to = { r, b };
	prov_status st = PROV_OK;

	for (size_t i = 0; i < b->n && st == PROV_OK; i++)
		st = prov_sample_ask(b->samples[i], take_answer, &to, &b->err);
	b->failed = st != PROV_OK;
}

static void
answer_batch(const struct gate_run *r, struct batch *b,
    prov_gate_answer **answer)
{
	prov_status st = PROV_OK;
	size_t at = 0;

	if (b->shard != NULL) {
		answer_samples(r, b);
		return;
	}
	for (size_t i = 0; i < b->n && st == PROV_OK; i++) {
		st = ask(r, b->in.p + at, b->end[i] - at, answer, &b->err);
		if (st == PROV_OK)
			st = put_answer(r, b, *answer);
		if (st == PROV_OK)
			b->status =
			    exit_worse(b->status, status_of(r, *answer));
		at = b->end[i];
	}
	b->failed = st != PROV_OK;
}

/* All of it to standard output, whatever that is; errno where not. */
static bool
write_out(const struct text *t)
{
	struct pollfd p = { .fd = STDOUT_FILENO, .events = POLLOUT };

	for (size_t at = 0; at < t->len;) {
		ssize_t n = write(STDOUT_FILENO, t->p + at, t->len - at);

		if (n > 0)
			at += (size_t)n;
		else if (n < 0 && errno == EAGAIN)
			(void)poll(&p, 1, -1);
		else if (n == 0 || errno != EINTR)
			return (false);
	}
	return (true);
}

/* Samples go where they belong once their records are safe. */
static bool
write_samples(struct gate_run *r, const struct batch *b, int *status)
{
	prov_err err = { 0 };

	for (size_t i = 0; b->shard != NULL && !b->failed && i < b->n; i++)
		if (prov_shard_put(b->shard, b->samples[i], &err) != PROV_OK) {
			*status = failure(r->how.args, NULL, &err);
			return (false);
		}
	return (true);
}

/*
 * The record first: what was said and not recorded would be asked again, and
 * what was recorded and not said can be read there. Who stops reading ends
 * the run, which can be gone on with.
 */
static bool
write_batch(struct gate_run *r, const struct batch *b, int *status)
{
	prov_err err = { 0 };

	if (prov_gate_record(r->how.gate, b->records.p, b->records.len, &err) !=
	    PROV_OK) {
		*status = failure(r->how.args, NULL, &err);
		return (false);
	}
	if (!write_out(&b->out)) {
		*status = errno == EPIPE ? EXIT_RETRY : EXIT_TROUBLE;
		complain(r->how.args, "standard output", "%s", strerror(errno));
		return (false);
	}
	if (!write_samples(r, b, status))
		return (false);
	*status = b->status;
	if (!b->failed)
		return (true);
	if (b->err.status != PROV_OK) {
		*status = failure(r->how.args, NULL, &b->err);
	} else {
		complain(r->how.args, NULL, "out of memory");
		*status = EXIT_TROUBLE;
	}
	return (false);
}

static int
write_metrics(struct gate_run *r, bool now)
{
	prov_err err = { 0 };

	if (r->how.metrics == NULL ||
	    (!now && clock_ms() - r->metrics_ms < METRICS_MS))
		return (EXIT_HOLDS);
	r->metrics_ms = clock_ms();
	if (prov_gate_metrics_save(r->how.gate, r->how.metrics, &err) ==
	    PROV_OK)
		return (EXIT_HOLDS);
	return (failure(r->how.args, r->how.metrics, &err));
}

static void
empty(struct gate_run *r, struct batch *b)
{
	r->flight -= b->weight;
	for (size_t i = 0; b->shard != NULL && i < b->n; i++)
		prov_sample_free(b->samples[i]);
	b->shard = NULL;
	b->weight = 0;
	text_reset(&b->in);
	text_reset(&b->out);
	text_reset(&b->records);
	b->n = 0;
	b->state = EMPTY;
	r->written++;
}

/*
 * Writes what is answered and next in order, with the lock held at both ends.
 * Whoever has answered a batch does so, unless another thread is at it and so
 * will find this one, too: a thread for it alone would cost two changes of
 * threads for each batch.
 */
static void
write_done(struct gate_run *r)
{
	struct batch *b;
	int status;

	if (r->writing)
		return;
	r->writing = true;
	while ((b = &r->ring[r->written % r->window])->state == DONE) {
		pthread_mutex_unlock(&r->lock);
		/* Behind what could not be written nothing is. */
		status = EXIT_HOLDS;
		r->broken = r->broken || !write_batch(r, b, &status);
		status = exit_worse(status, write_metrics(r, false));
		pthread_mutex_lock(&r->lock);
		r->status = exit_worse(r->status, status);
		r->stopped |= r->broken;
		empty(r, b);
		/* Not for each: who feeds then fills several in a row. */
		if (r->filled - r->written <= r->window / 2)
			pthread_cond_signal(&r->room);
	}
	r->writing = false;
}

static void *
work(void *arg)
{
	struct gate_run *r = arg;
	prov_gate_answer *answer = NULL;
	struct batch *b;

	pthread_mutex_lock(&r->lock);
	for (;;) {
		while (r->taken == r->filled && !r->ended)
			pthread_cond_wait(&r->more, &r->lock);
		if (r->taken == r->filled)
			break;
		b = &r->ring[r->taken++ % r->window];
		b->state = TAKEN;
		pthread_mutex_unlock(&r->lock);
		answer_batch(r, b, &answer);
		pthread_mutex_lock(&r->lock);
		b->state = DONE;
		write_done(r);
	}
	pthread_mutex_unlock(&r->lock);
	prov_gate_answer_free(answer);
	return (NULL);
}

/* Signals wait for whoever asks; prov-demux finishes what it has begun. */
static bool
hold_signals(struct gate_run *r)
{
	sigset_t ends, held;

	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGHUP);
	held = ends;
	(void)sigaddset(&held, SIGPIPE);
	if (pthread_sigmask(SIG_BLOCK, &held, &r->was) != 0)
		return (false);
	r->signals = signalfd(-1, &ends, SFD_CLOEXEC | SFD_NONBLOCK);
	return (r->signals >= 0);
}

static bool
start(struct gate_run *r)
{
	while (r->n_workers < r->how.jobs &&
	       pthread_create(&r->workers[r->n_workers], NULL, work, r) == 0)
		r->n_workers++;
	return (r->n_workers > 0);
}

struct gate_run *
gate_run_new(const struct gate_how *how)
{
	struct gate_run *r = calloc(1, sizeof(*r));

	if (r == NULL) {
		complain(how->args, NULL, "out of memory");
		return (NULL);
	}
	r->how = *how;
	r->signals = -1;
	r->window = (size_t)how->jobs * 2 + 2;
	r->ring = calloc(r->window, sizeof(*r->ring));
	r->workers = calloc(how->jobs, sizeof(*r->workers));
	(void)pthread_mutex_init(&r->lock, NULL);
	(void)pthread_cond_init(&r->more, NULL);
	(void)pthread_cond_init(&r->room, NULL);
	r->metrics_ms = clock_ms();
	if (r->ring != NULL && r->workers != NULL && hold_signals(r) &&
	    start(r))
		return (r);
	complain(how->args, NULL, "threads cannot be started");
	(void)gate_run_end(r);
	return (NULL);
}

static void
wait_a_little(struct gate_run *r)
{
	struct timespec until = { 0 };

	(void)clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += STALL_MS * 1000000;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	(void)pthread_cond_timedwait(&r->room, &r->lock, &until);
}

/*
 * An empty batch to fill, after waiting for one: as long as nobody reads the
 * answers, and no signal comes.
 */
static struct batch *
open_batch(struct gate_run *r, size_t len)
{
	struct pollfd signalled = { .fd = r->signals, .events = POLLIN };
	struct batch *b = &r->ring[r->filled % r->window];
	bool ready = false, stopped = false;

	while (!ready && !stopped) {
		pthread_mutex_lock(&r->lock);
		stopped = r->stopped;
		ready = b->state == EMPTY &&
		        (r->flight == 0 || r->flight + len <= FLIGHT_MAX);
		if (!ready && !stopped)
			wait_a_little(r);
		pthread_mutex_unlock(&r->lock);
		if (!ready && !stopped && poll(&signalled, 1, 0) > 0)
			gate_run_stop(r);
	}
	if (stopped)
		return (NULL);
	b->status = EXIT_HOLDS;
	b->failed = false;
	prov_err_clear(&b->err);
	return (b);
}

bool
gate_run_flush(struct gate_run *r)
{
	struct batch *b = r->open;
	bool going;

	pthread_mutex_lock(&r->lock);
	if (b != NULL && b->n > 0) {
		b->state = FULL;
		r->flight += b->weight;
		r->filled++;
		r->open = NULL;
		pthread_cond_signal(&r->more);
	}
	going = !r->stopped;
	pthread_mutex_unlock(&r->lock);
	return (going);
}

/* So that each worker gets some of what there is. */
static size_t
share(const struct gate_run *r, size_t hint)
{
	size_t n = hint / ((size_t)r->how.jobs * 2);

	return (n < 1 ? 1 : n > BATCH_ITEMS ? BATCH_ITEMS : n);
}

bool
gate_run_add(struct gate_run *r, const char *text, size_t len, size_t hint)
{
	struct batch *b;

	if (r->open == NULL && (r->open = open_batch(r, len)) == NULL)
		return (false);
	b = r->open;
	if (!text_add(&b->in, text, len)) {
		complain(r->how.args, NULL, "out of memory");
		gate_run_worse(r, EXIT_TROUBLE);
		return (false);
	}
	b->end[b->n++] = b->in.len;
	b->weight += len;
	if (b->n < share(r, hint) && b->in.len < BATCH_BYTES)
		return (true);
	return (gate_run_flush(r));
}

bool
gate_run_add_sample(struct gate_run *r, prov_shard *shard, prov_sample *sample)
{
	size_t len = (size_t)prov_sample_bytes(sample);
	struct batch *b;

	if (r->open == NULL && (r->open = open_batch(r, len)) == NULL) {
		prov_sample_free(sample);
		return (false);
	}
	b = r->open;
	b->shard = shard;
	b->samples[b->n++] = sample;
	b->weight += len;
	if (b->n < BATCH_ITEMS && b->weight < BATCH_MEDIA)
		return (true);
	return (gate_run_flush(r));
}

bool
gate_run_drain(struct gate_run *r)
{
	bool going = gate_run_flush(r);

	pthread_mutex_lock(&r->lock);
	while (r->written != r->filled)
		pthread_cond_wait(&r->room, &r->lock);
	going = going && !r->stopped;
	pthread_mutex_unlock(&r->lock);
	return (going);
}

void
gate_run_worse(struct gate_run *r, int status)
{
	pthread_mutex_lock(&r->lock);
	r->status = exit_worse(r->status, status);
	pthread_mutex_unlock(&r->lock);
}

int
gate_run_signal(const struct gate_run *r)
{
	return (r->signals);
}

/* What is in flight is finished; the next signal ends it at once. */
void
gate_run_stop(struct gate_run *r)
{
	struct signalfd_siginfo info;
	sigset_t ends;

	while (read(r->signals, &info, sizeof(info)) > 0)
		continue;
	(void)sigemptyset(&ends);
	(void)sigaddset(&ends, SIGTERM);
	(void)sigaddset(&ends, SIGINT);
	(void)sigaddset(&ends, SIGHUP);
	(void)pthread_sigmask(SIG_UNBLOCK, &ends, NULL);
	complain(r->how.args, NULL, "ended by a signal, before the last item");
	pthread_mutex_lock(&r->lock);
	r->stopped = true;
	r->status = exit_worse(r->status, EXIT_RETRY);
	pthread_mutex_unlock(&r->lock);
}

static void
join(struct gate_run *r)
{
	pthread_mutex_lock(&r->lock);
	r->ended = true;
	pthread_cond_broadcast(&r->more);
	pthread_mutex_unlock(&r->lock);
	for (unsigned i = 0; i < r->n_workers; i++)
		(void)pthread_join(r->workers[i], NULL);
}

int
gate_run_end(struct gate_run *r)
{
	prov_err err = { 0 };
	int status;

	if (r->n_workers > 0)
		(void)gate_run_flush(r);
	join(r);
	if (r->n_workers > 0 && prov_gate_sync(r->how.gate, &err) != PROV_OK)
		r->status =
		    exit_worse(r->status, failure(r->how.args, NULL, &err));
	if (r->n_workers > 0)
		r->status = exit_worse(r->status, write_metrics(r, true));
	status = r->status;
	for (size_t i = 0; r->ring != NULL && i < r->window; i++) {
		free(r->ring[i].in.p);
		free(r->ring[i].out.p);
		free(r->ring[i].records.p);
	}
	if (r->signals >= 0)
		(void)close(r->signals);
	(void)pthread_cond_destroy(&r->more);
	(void)pthread_cond_destroy(&r->room);
	(void)pthread_mutex_destroy(&r->lock);
	free(r->ring);
	free(r->workers);
	free(r);
	return (status);
}
