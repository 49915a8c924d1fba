/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <time.h>

#include "ledger.h"

static const struct opt register_opts[] = {
	{ "key", 'k', "KEY", "a registered key that signs the change" },
	OPT_PASSPHRASE,
	{ 0 },
};

static int
run_register(const struct args *args)
{
	struct ledger_writer w;
	prov_key *owner = NULL;
	prov_pubkey signer;
	prov_entry entry;
	prov_err err = { 0 };
	char *path;
	int status;

	if (prov_vkey_parse(&signer, args->at[0], &err) != PROV_OK) {
		complain(args, NULL, "%s", err.msg);
		return (EXIT_TROUBLE);
	}
	if ((status = ledger_writer_open(&w, args)) == EXIT_HOLDS) {
		status = EXIT_TROUBLE;
		path = home_signer_path(&w.home, args);
		if (path != NULL)
			owner = home_load_key(args, path);
		free(path);
		if (owner != NULL &&
		    prov_ledger_register(w.ledger, owner, &signer,
			(int64_t)time(NULL), &entry, &err) != PROV_OK)
			status = trouble(args, NULL, &err);
		else if (owner != NULL) {
			ledger_print_entry(signer.name, &entry);
			status = EXIT_HOLDS;
		}
	}
	prov_key_free(owner);
	if (status == EXIT_HOLDS)
		status = ledger_witnessed(args, &w);
	ledger_writer_close(&w);
	return (status);
}

const struct cmd ledger_register = {
	.name = "register",
	.args = "vkey",
	.summary = "let a signer's statements into the ledger",
	.opts = register_opts,
	.n_min = 1,
	.n_max = 1,
	.run = run_register,
};
