/* SPDX-License-Identifier: ISC */
/*
 * isolated N FILE: identifies FILE N times in one child of the worker each, and
 * N times in this process, and prints milliseconds a file of both.
 */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "demux/child.h"
#include "prov/media.h"

static double
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6);
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
	AUTO_BUF answer = { 0 };

	(void)m;
	return (child_identify(&answer, fd, size, NULL) == PROV_OK ? 0 : -1);
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
	(void)printf("in a child of its own %8.3f ms   in process %8.3f ms   "
		     "isolation %8.3f ms a file   first file, with start-up "
		     "%8.1f ms\n",
	    apart, here, apart - here, first_apart);
	prov_media_free(m);
	(void)close(fd);
	return (0);
}
