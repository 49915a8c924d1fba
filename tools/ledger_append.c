/* SPDX-License-Identifier: ISC */
#include <stdlib.h>

#include "input.h"
#include "ledger.h"

static const struct opt append_opts[] = {
	OPT_PASSPHRASE,
	{ 0 },
};

/* All files as one batch: one checkpoint, all of them or none. */
static int
append(const struct args *args, prov_ledger *ledger, prov_span *spans,
    uint8_t **files, prov_entry *entries)
{
	prov_err err = { 0 };
	prov_span none;
	size_t n = (size_t)args->n, len;

	for (size_t i = 0; i < n; i++) {
		if ((files[i] = input_read(args, args->at[i], &len)) == NULL)
			return (EXIT_TROUBLE);
		spans[i] = (prov_span){ files[i], len };
		if (prov_statement_in(&none, spans[i], &err) != PROV_OK)
			return (trouble(args, args->at[i], &err));
	}
	if (prov_ledger_append_files(ledger, spans, n, 30000, entries, &err) !=
	    PROV_OK)
		return (trouble(args, NULL, &err));
	for (size_t i = 0; i < n; i++)
		ledger_print_entry(args->at[i], &entries[i]);
	return (EXIT_HOLDS);
}

static int
run_append(const struct args *args)
{
	size_t n = (size_t)args->n;
	prov_span *spans = calloc(n, sizeof(*spans));
	uint8_t **files = calloc(n, sizeof(*files));
	prov_entry *entries = calloc(n, sizeof(*entries));
	struct ledger_writer w;
	int status = EXIT_TROUBLE;

	if (spans == NULL || files == NULL || entries == NULL) {
		complain(args, NULL, "out of memory");
	} else {
		if ((status = ledger_writer_open(&w, args)) == EXIT_HOLDS)
			status = append(args, w.ledger, spans, files, entries);
		if (status == EXIT_HOLDS)
			status = ledger_witnessed(args, &w);
		ledger_writer_close(&w);
	}
	for (size_t i = 0; files != NULL && i < n; i++)
		free(files[i]);
	free(spans);
	free(files);
	free(entries);
	return (status);
}

const struct cmd ledger_append = {
	.name = "append",
	.args = "file ...",
	.summary = "log statements that a registered signer made elsewhere",
	.opts = append_opts,
	.n_min = 1,
	.n_max = -1,
	.run = run_append,
};
