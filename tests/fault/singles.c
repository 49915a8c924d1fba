/* SPDX-License-Identifier: ISC */
/*
 * singles DIR N: makes a ledger in DIR and appends N statements, one at a
 * time. Says "appended" behind each, so that who traces it sees what it cost.
 */
#include "../unit/logged.h"

static prov_status
append(prov_ledger *l, const prov_key *owner, uint64_t n, prov_err *err)
{
	static const char said[] = "appended\n";
	prov_status st;

	for (uint64_t i = 0; i < n; i++) {
		st = logged_append(l, owner, i, i + 1, 1, err);
		if (st != PROV_OK)
			return (st);
		if (write(STDOUT_FILENO, said, sizeof(said) - 1) !=
		    (ssize_t)sizeof(said) - 1)
			return (prov_fail_errno(err, PROV_EWRITE, "stdout"));
	}
	return (PROV_OK);
}

int
main(int argc, char **argv)
{
	AUTO(prov_key) *log = logged_key(LOG_NAME, 1);
	AUTO(prov_key) *owner = logged_key(OWNER_NAME, 2);
	AUTO(prov_ledger) *l = NULL;
	prov_err err = { 0 };
	uint64_t n;

	if (argc != 3 || !u64_decode(&n, argv[2], strlen(argv[2])))
		return (2);
	if (log == NULL || owner == NULL ||
	    prov_ledger_create(argv[1], log, owner, NULL, &err) != PROV_OK ||
	    prov_ledger_open_writer(&l, argv[1], log, &err) != PROV_OK ||
	    append(l, owner, n, &err) != PROV_OK) {
		fprintf(stderr, "singles: %s\n", err.msg);
		return (1);
	}
	return (0);
}
