/* SPDX-License-Identifier: ISC */
#ifndef PROV_VERIFY_ADVICE_H
#define PROV_VERIFY_ADVICE_H

/* What a code means and what to do about it, in whole sentences. */
struct advice {
	const char *code;
	const char *means;
	const char *todo; /* NULL: nothing */
};

/*
 * Of a reason, of what was not checked, or of a verdict's word. Never NULL: a
 * code that nobody knows is said to be one. advice_exact is NULL instead.
 */
const struct advice *advice_reason(const char *code);
const struct advice *advice_skipped(const char *what);
const struct advice *advice_word(const char *word);
const struct advice *advice_exact(const char *code);

#endif
