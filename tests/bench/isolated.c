/* SPDX-License-Identifier: ISC */
/*
 * isolated N FILE: identifies FILE N times in one child of the worker each, and
 * N times in this process, and prints milliseconds a file of both.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "demux/child.h"
#include "essence/worker.h"
#include "prov/media.h"

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6);
}

/* Of the worker and all its children, which a busy machine does not change. */
static double
children_ms(void)
{
	struct rusage r;

	(void)getrusage(RUSAGE_CHILDREN, &r);
	return ((double)(r.ru_utime.tv_sec + r.ru_stime.tv_sec) * 1e3 +
		(double)(r.ru_utime.tv_usec + r.ru_stime.tv_usec) / 1e3);
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return ((x > y) - (x < y));
}

static int
outside(prov_media *m, int fd, uint64_t size)
{
	prov_identity *id = NULL;
	prov_status st = prov_media_identify(m, fd, &id, NULL);

	(void)size;
	prov_identity_free(id);
	return (st == PROV_OK ? 0 : -1);
}

static int
inside(prov_media *m, int fd, uint64_t size)
{
	struct worker_request request = { .magic = WORKER_MAGIC, .size = size };
	AUTO_BUF answer = { 0 };
	prov_status st = child_identify(&answer, fd, &request, NULL, NULL);

	(void)m;
	return (st == PROV_OK ? 0 : -1);
}

/* The median of n runs, and the first of them. */
static double
median(int (*identify)(prov_media *, int, uint64_t), prov_media *m, int fd,
    size_t n, double *first)
{
	double *ms = calloc(n, sizeof(*ms)), middle;
	struct stat sb;

	if (ms == NULL || fstat(fd, &sb) != 0)
		exit(1);
	for (size_t i = 0; i < n; i++) {
		double t = now_ms();

		if (identify(m, fd, (uint64_t)sb.st_size) != 0)
			exit(1);
		ms[i] = now_ms() - t;
	}
	*first = ms[0];
	qsort(ms, n, sizeof(*ms), compare);
	middle = ms[n / 2];
	free(ms);
	return (middle);
}

int
main(int argc, char **argv)
{
	prov_media *m = NULL;
	double apart, here, first_apart, first_here;
	size_t n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
	int fd = argc > 2 ? open(argv[2], O_RDONLY | O_CLOEXEC) : -1;

	if (n == 0 || fd < 0 ||
	    prov_media_new(&m, getenv("PROV_DEMUX"), NULL) != PROV_OK)
		return (2);
	child_warm_up();
	apart = median(outside, m, fd, n, &first_apart);
	here = median(inside, m, fd, n, &first_here);
	prov_media_free(m);
	(void)printf("child %.3f ms, in process %.3f ms: isolation %.3f ms a "
		     "file;\n%20s%.3f ms of processor time a file, start-up "
		     "included; first file %.1f ms\n",
	    apart, here, apart - here, "", children_ms() / (double)n,
	    first_apart);
	(void)close(fd);
	return (0);
}
