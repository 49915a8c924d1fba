/* SPDX-License-Identifier: ISC */
/*
 * Load: processes with threads append, look up, prove, read and check one
 * ledger at once, and hold every answer to what was told before. The first
 * thing that does not hold stops it. Rates and times are printed, not judged.
 *
 *	hammer SECONDS [WRITERS READERS THREADS]
 */
#include <pthread.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>

#include "board.h"

#define PROCESSES_MAX 64U
#define THREADS_MAX   16U

struct crew {
	void *(*work)(void *);
	unsigned processes, threads;
};

/* A process of so many threads. */
static void
run_threads(const struct crew *crew, struct board *b, const struct logged *g,
    uint64_t seed)
{
	pthread_t thread[THREADS_MAX];
	struct hand hands[THREADS_MAX];

	for (unsigned i = 0; i < crew->threads; i++) {
		hands[i] = (struct hand){ .board = b,
			.g = g,
			.seed = (seed + i) * 0x9e3779b97f4a7c15ULL };
		if (pthread_create(&thread[i], NULL, crew->work, &hands[i]) !=
		    0)
			_exit(3);
	}
	for (unsigned i = 0; i < crew->threads; i++)
		(void)pthread_join(thread[i], NULL);
}

static pid_t
start(const struct crew *crew, struct board *b, const struct logged *g,
    uint64_t seed)
{
	pid_t pid;

	(void)fflush(NULL);
	if ((pid = fork()) != 0)
		return (pid);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	run_threads(crew, b, g, seed);
	_exit(b->wrong ? 1 : 0);
}

/* Ends early when somebody found something wrong, or died. */
static void
wait_seconds(struct board *b, unsigned seconds)
{
	uint64_t end = board_now_us() + (uint64_t)seconds * 1000000;

	/* On a slow machine not before something was done. */
	while (!b->stop &&
	       (board_now_us() < end ||
		   (b->n_told == 0 && board_now_us() < end + 60000000))) {
		siginfo_t si = { 0 };

		if (waitid(P_ALL, 0, &si, WEXITED | WNOHANG | WNOWAIT) == 0 &&
		    si.si_pid != 0)
			break;
		(void)usleep(20000);
	}
	b->stop = true;
}

static bool
run_crews(struct board *b, const struct logged *g, const struct crew *crews,
    size_t n, unsigned seconds)
{
	pid_t pids[PROCESSES_MAX];
	unsigned n_pids = 0;
	bool fine = true;
	int status;

	for (size_t i = 0; i < n; i++)
		for (unsigned j = 0; j < crews[i].processes; j++) {
			pids[n_pids] =
			    start(&crews[i], b, g, n_pids * THREADS_MAX + 1);
			fine = fine && pids[n_pids++] > 0;
		}
	wait_seconds(b, fine ? seconds : 0);
	for (unsigned i = 0; i < n_pids; i++)
		fine = pids[i] > 0 && waitpid(pids[i], &status, 0) == pids[i] &&
		       WIFEXITED(status) && WEXITSTATUS(status) == 0 && fine;
	return (fine && !b->wrong);
}

/* Each that was told of is there, and nothing else is. */
static bool
all_there(struct board *b, const struct logged *g, prov_err *err)
{
	AUTO(prov_ledger) *w = NULL;
	AUTO_FREE uint8_t *seen = calloc(ACKS_MAX + 1, 1);
	AUTO_BUF want = { 0 };
	uint64_t size, n = b->n_told;

	if (seen == NULL ||
	    prov_ledger_open_writer(&w, g->path, g->log, err) != PROV_OK ||
	    prov_ledger_check(w, NULL, NULL, NULL, err) != PROV_OK ||
	    prov_ledger_checkpoint(w, &size, NULL, NULL, err) != PROV_OK ||
	    size != n + 1)
		return (false);
	for (uint64_t i = 0; i < n; i++) {
		AUTO_FREE uint8_t *bytes = NULL;
		size_t len;

		if (b->told[i].index >= size || seen[b->told[i].index]++ != 0 ||
		    !logged_statement(&want, g->owner, b->told[i].n) ||
		    prov_ledger_entry(w, b->told[i].index, &bytes, &len, err) !=
			PROV_OK ||
		    !span_eq(buf_span(&want), span(bytes, len)))
			return (false);
	}
	return (true);
}

static void
tell(bool fine, unsigned n, const char *what, const char *why)
{
	printf("%s %u - %s\n", fine ? "ok" : "not ok", n, what);
	if (!fine)
		printf("# %s\n", why);
}

static int
hammer(struct board *b, const struct logged *g, const struct crew *crews,
    size_t n, unsigned seconds)
{
	uint64_t begin = board_now_us();
	prov_err err = { 0 };
	bool fine, there;

	fine = run_crews(b, g, crews, n, seconds);
	board_print(b, board_now_us() - begin);
	tell(fine, 1, "every answer under load holds", b->why);
	there = all_there(b, g, &err);
	tell(there && b->n_told != 0, 2,
	    "all that was told, and nothing else, is in the ledger", err.msg);
	printf("1..2\n");
	return (fine && there ? 0 : 1);
}

static unsigned
number(int argc, char **argv, int i, unsigned def, unsigned max)
{
	unsigned long n = argc > i ? strtoul(argv[i], NULL, 10) : def;

	return (n >= 1 && n <= max ? (unsigned)n : def);
}

int
main(int argc, char **argv)
{
	unsigned threads = number(argc, argv, 4, 2, THREADS_MAX);
	const struct crew crews[] = {
		{ append_hand, number(argc, argv, 2, 2, 24), threads },
		{ read_hand, number(argc, argv, 3, 2, 24), threads },
		{ check_hand, 1, 1 },
	};
	struct board *b = mmap(NULL, sizeof(*b), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	struct logged g;
	int status;

	if (b == MAP_FAILED || !logged_open(&g))
		return (99);
	b->next = 1;
	status = hammer(b, &g, crews, sizeof(crews) / sizeof(crews[0]),
	    number(argc, argv, 1, 3, 1000000));
	logged_close(&g);
	return (status);
}
