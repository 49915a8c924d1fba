/* SPDX-License-Identifier: ISC */
#ifndef PROV_TESTS_REFUSED_H
#define PROV_TESTS_REFUSED_H

/* The call, in which err is to be given, fails with this status and words. */
#define refused(want, words, call)                                        \
	do {                                                              \
		prov_err why = { 0 };                                     \
		prov_err *err = &why;                                     \
		prov_status st = (call);                                  \
		if (st != (want) || strstr(why.msg, (words)) == NULL)     \
			fail_msg("%s:%d: %s: %d, %s", __FILE__, __LINE__, \
			    #call, st, why.msg);                          \
	} while (0)

#endif
