/* SPDX-License-Identifier: ISC */
#include "base/near.h"

#include <stdint.h>
#include <string.h>

static size_t
least(size_t a, size_t b)
{
	return (a < b ? a : b);
}

size_t
near_distance(const char *a, const char *b)
{
	size_t before[NEAR_MAX + 1], last[NEAR_MAX + 1], row[NEAR_MAX + 1];
	size_t n = strlen(a), m = strlen(b);

	if (n > NEAR_MAX || m > NEAR_MAX)
		return (NEAR_MAX + 1);
	for (size_t j = 0; j <= m; j++)
		before[j] = last[j] = row[j] = j;
	for (size_t i = 1; i <= n; i++) {
		memcpy(before, last, sizeof(last));
		memcpy(last, row, sizeof(row));
		row[0] = i;
		for (size_t j = 1; j <= m; j++) {
			row[j] = last[j - 1] + (a[i - 1] != b[j - 1]);
			row[j] = least(row[j], least(last[j], row[j - 1]) + 1);
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1])
				row[j] = least(row[j], before[j - 2] + 1);
		}
	}
	return (row[m]);
}

const char *
near_word(const char *word, const char *const *among, size_t n)
{
	/* A third of it may be wrong, and one letter of any. */
	size_t limit = 1 + strlen(word) / 3, best = SIZE_MAX;
	const char *found = NULL;

	for (size_t i = 0; i < n; i++) {
		size_t d = near_distance(word, among[i]);

		if (d <= limit && d < best) {
			best = d;
			found = among[i];
		}
	}
	return (found);
}
