/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "key.h"

static const struct opt opts[] = {
	{ "no-passphrase", 0, NULL, "store the recovery key unencrypted" },
	OPT_PASSPHRASE,
	{ "out", 0, "FILE", "write it there, not to the home's recovery.key" },
	{ 0 },
};

prov_key *
key_recovery_at(const struct args *args, const char *name, const char *path,
    prov_span passphrase)
{
	char full[PROV_NAME_MAX + 16];
	prov_key *key = NULL;
	prov_err err = { 0 };

	if (!is_missing(path))
		return (home_load_key(args, path));
	(void)snprintf(full, sizeof(full), "%s/recovery", name);
	if (prov_key_generate(&key, full, &err) == PROV_OK &&
	    prov_key_save(key, path, passphrase, &err) == PROV_OK)
		return (key);
	complain(args, NULL, "%s", err.msg);
	prov_key_free(key);
	return (NULL);
}

/* A file that nobody knows would only look like help. */
static int
declare(const struct args *args, prov_ledger *ledger, const prov_key *key,
    const prov_key *recovery, const char *path, bool is_new)
{
	prov_entry entry;
	prov_err err = { 0 };

	if (prov_ledger_recovery(ledger, key, prov_key_public(recovery), &entry,
		&err) != PROV_OK) {
		if (is_new)
			(void)unlink(path);
		return (failure(args, NULL, &err));
	}
	printf("recovery  %s, named in entry %llu%s\n"
	       "next: move the file to where neither loss nor theft of the key "
	       "reaches it\n",
	    path, (unsigned long long)entry.index,
	    entry.existed ? ", there already" : "");
	return (EXIT_HOLDS);
}

static int
make(const struct args *args, struct ledger_writer *w, const prov_key *key)
{
	const char *out = args_value(args, "out");
	char buf[1024], *path = NULL;
	prov_key *recovery = NULL;
	prov_span passphrase = { NULL, 0 };
	prov_err err = { 0 };
	int status = EXIT_TROUBLE;
	bool is_new;

	if (asprintf(&path, "%s/recovery.key", w->home.dir) < 0)
		return (EXIT_TROUBLE);
	if (out == NULL)
		out = path;
	is_new = is_missing(out);
	if (is_new && passphrase_new(args, buf, &passphrase, &err) != PROV_OK)
		status = failure(args, NULL, &err);
	else if ((recovery = key_recovery_at(args, prov_key_public(key)->name,
		      out, passphrase)) != NULL)
		status = declare(args, w->ledger, key, recovery, out, is_new);
	explicit_bzero(buf, sizeof(buf));
	prov_key_free(recovery);
	free(path);
	return (status);
}

static int
run(const struct args *args)
{
	struct ledger_writer w;
	prov_key *key;
	int status;

	if ((key = key_named(args)) == NULL)
		return (EXIT_TROUBLE);
	if ((status = ledger_writer_open(&w, args)) == EXIT_HOLDS)
		status = make(args, &w, key);
	ledger_writer_close(&w);
	prov_key_free(key);
	return (status);
}

const struct cmd key_recovery = {
	.name = "recovery",
	.args = "[name]",
	.summary = "make the key that revokes a key that is lost or stolen",
	.opts = opts,
	.n_max = 1,
	.run = run,
};
