/* SPDX-License-Identifier: ISC */
#include "ledger.h"

#include <stdlib.h>
#include <string.h>

int
ledger_writer_open(struct ledger_writer *w, const struct args *args)
{
	harden();
	memset(w, 0, sizeof(*w));
	if (!home_find(&w->home, args) ||
	    (w->log = home_load_log(&w->home, args)) == NULL)
		return (EXIT_TROUBLE);
	return (home_open_writer(&w->ledger, &w->home, args, w->log));
}

void
ledger_writer_close(struct ledger_writer *w)
{
	prov_ledger_close(w->ledger);
	prov_key_free(w->log);
	home_free(&w->home);
}

int
ledger_read(const struct args *args,
    int (*work)(const struct args *, struct home *, prov_ledger *))
{
	struct home h;
	prov_ledger *ledger = NULL;
	int status;

	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	if ((status = home_open_ledger(&ledger, &h, args)) == EXIT_HOLDS)
		status = work(args, &h, ledger);
	prov_ledger_close(ledger);
	home_free(&h);
	return (status);
}

void
ledger_print_entry(const char *path, const prov_entry *entry)
{
	char *safe = printable(path);

	printf("%s: entry %llu%s\n", safe != NULL ? safe : "",
	    (unsigned long long)entry->index,
	    entry->existed ? ", there already" : "");
	free(safe);
}
