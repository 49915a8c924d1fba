/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "home.h"
#include "input.h"
#include "progress.h"

static const struct opt append_opts[] = {
	OPT_PASSPHRASE,
	{ 0 },
};

static const struct opt read_opts[] = {
	{ "ledger", 0, "DIR", "the ledger, instead of the home's" },
	{ "trust", 0, "FILE", "the trust file that names its log" },
	{ 0 },
};

static const struct opt register_opts[] = {
	{ "key", 'k', "KEY", "a registered key that signs the change" },
	OPT_PASSPHRASE,
	{ 0 },
};

/* The home's ledger, open for appending. */
struct writer {
	struct home home;
	prov_key *log;
	prov_ledger *ledger;
};

static int
writer_open(struct writer *w, const struct args *args)
{
	prov_err err = { 0 };

	harden();
	memset(w, 0, sizeof(*w));
	if (!home_find(&w->home, args) ||
	    (w->log = home_load_log(&w->home, args)) == NULL)
		return (EXIT_TROUBLE);
	if (prov_ledger_open_writer(&w->ledger, w->home.ledger, w->log, &err) !=
	    PROV_OK)
		return (trouble(args, NULL, &err));
	return (EXIT_HOLDS);
}

static void
writer_close(struct writer *w)
{
	prov_ledger_close(w->ledger);
	prov_key_free(w->log);
	home_free(&w->home);
}

static void
print_entry(const char *path, const prov_entry *entry)
{
	char *safe = printable(path);

	printf("%s: entry %llu%s\n", safe != NULL ? safe : "",
	    (unsigned long long)entry->index,
	    entry->existed ? ", there already" : "");
	free(safe);
}

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
		print_entry(args->at[i], &entries[i]);
	return (EXIT_HOLDS);
}

static int
run_append(const struct args *args)
{
	size_t n = (size_t)args->n;
	prov_span *spans = calloc(n, sizeof(*spans));
	uint8_t **files = calloc(n, sizeof(*files));
	prov_entry *entries = calloc(n, sizeof(*entries));
	struct writer w;
	int status = EXIT_TROUBLE;

	if (spans == NULL || files == NULL || entries == NULL) {
		complain(args, NULL, "out of memory");
	} else {
		if ((status = writer_open(&w, args)) == EXIT_HOLDS)
			status = append(args, w.ledger, spans, files, entries);
		writer_close(&w);
	}
	for (size_t i = 0; files != NULL && i < n; i++)
		free(files[i]);
	free(spans);
	free(files);
	free(entries);
	return (status);
}

static int
run_register(const struct args *args)
{
	struct writer w;
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
	if ((status = writer_open(&w, args)) == EXIT_HOLDS) {
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
			print_entry(signer.name, &entry);
			status = EXIT_HOLDS;
		}
	}
	prov_key_free(owner);
	writer_close(&w);
	return (status);
}

/* Opens the ledger that the options name and works on it. */
static int
with_reader(const struct args *args,
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

static int
checkpoint(const struct args *args, struct home *h, prov_ledger *ledger)
{
	prov_err err = { 0 };
	uint8_t root[32];
	uint64_t size;
	char *note;

	(void)h;
	if (prov_ledger_checkpoint(ledger, &size, root, &note, &err) != PROV_OK)
		return (trouble(args, NULL, &err));
	fputs(note, stdout);
	prov_free(note);
	return (EXIT_HOLDS);
}

/* An entry's number, or the newest entry on a file. */
static prov_status
find_entry(prov_ledger *ledger, const struct args *args, uint64_t *out,
    prov_err *err)
{
	const char *what = args->at[0];
	uint64_t *indexes = NULL;
	prov_digest digest;
	prov_status st;
	size_t n = 0;
	char *end;
	int fd;

	errno = 0;
	*out = strtoull(what, &end, 10);
	if (errno == 0 && *what >= '0' && *what <= '9' && *end == '\0')
		return (PROV_OK);
	if ((fd = input_open(args, what)) < 0)
		return (PROV_EOPEN);
	st = prov_digest_fd(&digest, fd, NULL, NULL, err);
	(void)close(fd);
	if (st == PROV_OK)
		st = prov_ledger_lookup(ledger, PROV_BY_ASSET, digest.sha256,
		    &indexes, &n, err);
	if (st == PROV_OK && n == 0)
		st = PROV_ENOTFOUND;
	if (st == PROV_OK)
		*out = indexes[n - 1];
	prov_free(indexes);
	return (st);
}

static int
prove(const struct args *args, struct home *h, prov_ledger *ledger)
{
	prov_err err = { 0 };
	prov_status st;
	uint64_t i;
	char *proof = NULL;

	(void)h;
	st = find_entry(ledger, args, &i, &err);
	if (st == PROV_EOPEN)
		return (EXIT_TROUBLE);
	if (st == PROV_ENOTFOUND) {
		complain(args, args->at[0],
		    "is not in the ledger; to sign it: "
		    "prov sign");
		return (EXIT_NO);
	}
	if (st == PROV_OK)
		st = prov_ledger_prove(ledger, i, &proof, &err);
	if (st != PROV_OK)
		return (trouble(args, args->at[0], &err));
	fputs(proof, stdout);
	prov_free(proof);
	return (EXIT_HOLDS);
}

static int
check(const struct args *args, struct home *h, prov_ledger *ledger)
{
	struct progress *p = progress_new("checking", 1);
	prov_err err = { 0 };
	uint64_t n = 0;
	prov_status st;

	(void)h;
	st = prov_ledger_check(ledger, p != NULL ? progress_entries : NULL, p,
	    &n, &err);
	progress_free(p);
	if (st != PROV_OK)
		return (trouble(args, NULL, &err));
	printf("%s: %llu entries, every hash, tile, index and blob as the "
	       "checkpoint says\n",
	    prov_ledger_origin(ledger), (unsigned long long)n);
	return (EXIT_HOLDS);
}

static int
run_checkpoint(const struct args *args)
{
	return (with_reader(args, checkpoint));
}

static int
run_prove(const struct args *args)
{
	return (with_reader(args, prove));
}

static int
run_check(const struct args *args)
{
	return (with_reader(args, check));
}

static const struct cmd ledger_append = {
	.name = "append",
	.args = "file ...",
	.summary = "log statements that a registered signer made elsewhere",
	.opts = append_opts,
	.n_min = 1,
	.n_max = -1,
	.run = run_append,
};

static const struct cmd ledger_register = {
	.name = "register",
	.args = "vkey",
	.summary = "let a signer's statements into the ledger",
	.opts = register_opts,
	.n_min = 1,
	.n_max = 1,
	.run = run_register,
};

static const struct cmd ledger_checkpoint = {
	.name = "checkpoint",
	.args = "",
	.summary = "print the newest checkpoint",
	.opts = read_opts,
	.run = run_checkpoint,
};

static const struct cmd ledger_prove = {
	.name = "prove",
	.args = "entry|media",
	.summary = "print the proof that an entry is in the ledger",
	.opts = read_opts,
	.n_min = 1,
	.n_max = 1,
	.run = run_prove,
};

static const struct cmd ledger_check = {
	.name = "check",
	.args = "",
	.summary = "rebuild every hash and compare",
	.opts = read_opts,
	.run = run_check,
};

static const struct cmd *const subs[] = { &ledger_append, &ledger_register,
	&ledger_checkpoint, &ledger_prove, &ledger_check, NULL };

const struct cmd cmd_ledger = {
	.name = "ledger",
	.args = "command",
	.summary = "append to, prove from and check the ledger",
	.subs = subs,
};
