/* SPDX-License-Identifier: ISC */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ledger.h"
#include "progress.h"

#define SHOWN     20   /* differences, where --max says nothing */
#define SHOWN_MAX 1000 /* as many are kept */

static const struct opt opts[] = {
	OPT_LEDGER,
	OPT_LEDGER_TRUST,
	{ "signatures", 0, NULL, "verify each statement's signature, too" },
	{ "repair", 0, NULL, "make what is derived anew where it differs" },
	{ "threads", 'j', "N", "threads (default: one for each processor)" },
	{ "max", 0, "N", "differences to name (default: 20)" },
	{ "json", 0, NULL, "print one JSON object" },
	{ 0 },
};

/* What is done, and what it says meanwhile. */
struct checking {
	const struct args *args;
	bool json;
	unsigned max;
	struct progress *entries, *signatures;
	uint64_t shown, wrote;
	FILE *differences, *written; /* JSON, collected until the end */
	char *differences_text, *written_text;
	size_t len[2];
};

static const char *
remedy_text(prov_remedy r)
{
	switch (r) {
	case PROV_REMEDY_REPAIR:
		return ("prov ledger check --repair makes it anew");
	case PROV_REMEDY_COPY:
		return ("copy the ledger anew from where it came");
	case PROV_REMEDY_RECOVER:
		return ("recover the ledger from a copy");
	case PROV_REMEDY_REMOVE:
		return ("remove it, or copy it anew");
	case PROV_REMEDY_READ:
		return ("nothing is known of it; see why, and check again");
	case PROV_REMEDY_NONE:
		break;
	}
	return ("it is logged so, and stays");
}

static const char *
remedy_code(prov_remedy r)
{
	static const char *const codes[] = { "none", "repair", "copy",
		"recover", "remove", "none", "read" };

	return (codes[r <= PROV_REMEDY_READ ? r : 0]);
}

/* In ASCII alone: names of files are anybody's. */
static void
json_string(FILE *f, const char *s)
{
	fputc('"', f);
	for (; *s != '\0'; s++) {
		unsigned char c = (unsigned char)*s;

		if (c == '"' || c == '\\')
			fprintf(f, "\\%c", c);
		else if (c < 0x20 || c > 0x7e)
			fprintf(f, "\\u%04x", c);
		else
			fputc(c, f);
	}
	fputc('"', f);
}

static void
difference_json(struct checking *c, const prov_difference *d)
{
	FILE *f = c->differences;

	fprintf(f, "%s{\"code\":\"%s\",\"path\":", c->shown > 0 ? "," : "",
	    d->code);
	json_string(f, d->path);
	if (d->entry == UINT64_MAX)
		fputs(",\"entry\":null,\"what\":", f);
	else
		fprintf(f, ",\"entry\":%" PRIu64 ",\"what\":", d->entry);
	json_string(f, d->what);
	fprintf(f, ",\"remedy\":\"%s\"}", remedy_code(d->remedy));
}

static void
difference(void *arg, const prov_difference *d)
{
	struct checking *c = arg;
	char *path, *what;

	if (c->shown >= c->max)
		return;
	progress_wipe(c->entries);
	progress_wipe(c->signatures);
	if (c->json) {
		difference_json(c, d);
	} else {
		path = printable(d->path);
		what = printable(d->what);
		printf("%s: %s (%s; %s)\n", path != NULL ? path : "",
		    what != NULL ? what : "", d->code, remedy_text(d->remedy));
		free(path);
		free(what);
	}
	c->shown++;
}

static void
wrote(void *arg, const char *path)
{
	struct checking *c = arg;
	char *safe;

	if (c->json) {
		if (c->wrote++ > 0)
			fputc(',', c->written);
		json_string(c->written, path);
		return;
	}
	c->wrote++;
	safe = printable(path);
	printf("%s: written anew\n", safe != NULL ? safe : "");
	free(safe);
}

static void
progress(void *arg, const char *phase, uint64_t done, uint64_t total)
{
	struct checking *c = arg;
	bool entries = strcmp(phase, "entries") == 0;

	if (!entries && c->signatures == NULL)
		c->signatures = progress_new("verifying", 1);
	progress_entries(entries ? c->entries : c->signatures, done, total);
}

static void
number_or_null(const char *key, bool has, uint64_t n)
{
	if (has)
		printf(",\"%s\":%" PRIu64, key, n);
	else
		printf(",\"%s\":null", key);
}

static void
conclude_json(const struct checking *c, const prov_pubkey *log,
    const prov_inspected *out, int status, const prov_err *err)
{
	const char *text[2] = { c->differences_text, c->written_text };

	printf("{\"v\":1,\"origin\":");
	json_string(stdout, log->name);
	printf(",\"status\":%d,\"error\":", status);
	if (status == EXIT_HOLDS || status == EXIT_NO)
		fputs("null", stdout);
	else
		json_string(stdout, err->msg);
	printf(",\"size\":%" PRIu64 ",\"root\":\"", out->size);
	for (size_t i = 0; i < sizeof(out->root); i++)
		printf("%02x", out->root[i]);
	printf("\",\"store\":%s,\"unpublished\":%" PRIu64 ",\"tiles\":%" PRIu64
	       ",\"runs\":%" PRIu64 ",\"blobs\":%" PRIu64,
	    out->store ? "true" : "false", out->unpublished, out->tiles,
	    out->runs, out->blobs);
	number_or_null("checkpoints", out->store, out->checkpoints);
	number_or_null("signatures", args_has(c->args, "signatures"),
	    out->signatures);
	printf(",\"differences\":%" PRIu64 ",\"unreadable\":%" PRIu64
	       ",\"sound\":%s,\"found\":[%s],\"wrote\":[%s]}\n",
	    out->differences, out->unreadable, out->sound ? "true" : "false",
	    text[0] != NULL ? text[0] : "", text[1] != NULL ? text[1] : "");
}

static void
conclude_text(const struct checking *c, const prov_pubkey *log,
    const prov_inspected *out, int status)
{
	char *name = printable(log->name);

	if (out->differences + out->unreadable > c->shown)
		printf("and %" PRIu64 " more; --max names up to %d\n",
		    out->differences + out->unreadable - c->shown, SHOWN_MAX);
	if (status == EXIT_HOLDS)
		printf("%s: %" PRIu64 " entries, every hash, tile, index and "
		       "blob as the checkpoint says%s%s\n",
		    name != NULL ? name : "", out->size,
		    out->store ? ", and the store" : "",
		    args_has(c->args, "signatures") ? ", and each signature"
						    : "");
	else
		printf("%s: %" PRIu64 " entries, %" PRIu64 " differences",
		    name != NULL ? name : "", out->size, out->differences);
	if (status != EXIT_HOLDS && out->unreadable > 0)
		printf(", %" PRIu64 " files that could not be read",
		    out->unreadable);
	if (status != EXIT_HOLDS)
		printf("\n");
	if (out->unpublished > 0)
		printf("%s: %" PRIu64 " more entries are in the store; the "
		       "next append or --repair publishes them\n",
		    name != NULL ? name : "", out->unpublished);
	free(name);
}

static int
conclude(struct checking *c, const prov_pubkey *log, const prov_inspected *out,
    prov_status st, const prov_err *err)
{
	int status = st == PROV_OK ? EXIT_HOLDS : exit_for(st);

	progress_free(c->entries);
	progress_free(c->signatures);
	if (c->differences != NULL)
		(void)fclose(c->differences);
	if (c->written != NULL)
		(void)fclose(c->written);
	if (c->json)
		conclude_json(c, log, out, status, err);
	else if (status == EXIT_HOLDS || status == EXIT_NO ||
		 out->unreadable > 0)
		conclude_text(c, log, out, status);
	if (status == EXIT_NO && args_has(c->args, "repair"))
		complain(c->args, NULL, "%s", err->msg);
	else if (status != EXIT_HOLDS && status != EXIT_NO && !c->json)
		complain(c->args, NULL, "%s", err->msg);
	free(c->differences_text);
	free(c->written_text);
	return (status);
}

static int
check(const struct args *args, const char *dir, const prov_pubkey *log)
{
	struct checking c = { .args = args,
		.json = args_has(args, "json"),
		.max = SHOWN };
	prov_inspection how = { .progress = progress,
		.difference = difference,
		.wrote = wrote,
		.signatures = args_has(args, "signatures"),
		.arg = &c };
	prov_inspected out = { 0 };
	prov_err err = { 0 };
	prov_status st;

	if ((args_has(args, "threads") &&
		!args_number(args, "threads", 1, 8, &how.threads)) ||
	    (args_has(args, "max") &&
		!args_number(args, "max", 0, SHOWN_MAX, &c.max)))
		return (EXIT_TROUBLE);
	if (c.json) {
		c.differences = open_memstream(&c.differences_text, &c.len[0]);
		c.written = open_memstream(&c.written_text, &c.len[1]);
		if (c.differences == NULL || c.written == NULL) {
			complain(args, NULL, "out of memory");
			return (EXIT_TROUBLE);
		}
	}
	c.entries = progress_new("checking", 1);
	st = args_has(args, "repair")
	         ? prov_ledger_repair(dir, log, &how, &out, &err)
	         : prov_ledger_inspect(dir, log, &how, &out, &err);
	return (conclude(&c, log, &out, st, &err));
}

/*
 * The trusted log that the ledger says it is of; an exit status. A damaged
 * checkpoint does not say; then it can be only one.
 */
static int
find_log(const prov_pubkey **out, const struct args *args,
    const prov_trust *trust, const char *dir)
{
	static const char other[] = "ledger.untrusted:";
	prov_err first = { 0 };
	size_t n = 0;

	(void)snprintf(first.msg, sizeof(first.msg),
	    "no log is trusted; prov trust add --log VKEY");
	for (size_t i = 0; i < prov_trust_logs(trust); i++) {
		const prov_pubkey *log = prov_trust_log_at(trust, i);
		prov_ledger *l = NULL;
		prov_err err = { 0 };
		prov_status st = prov_ledger_open(&l, dir, log, &err);

		prov_ledger_close(l);
		if (strncmp(err.msg, other, sizeof(other) - 1) == 0) {
			first = err;
			continue;
		}
		*out = log;
		n++;
		if (st == PROV_OK)
			return (EXIT_HOLDS);
	}
	if (n == 1)
		return (EXIT_HOLDS);
	complain(args, NULL, "%s",
	    n == 0 ? first.msg
		   : "the checkpoint is damaged, and several logs are "
		     "trusted: name its log alone with --trust FILE");
	return (n == 0 ? EXIT_NO : EXIT_TROUBLE);
}

static int
run_check(const struct args *args)
{
	struct home h;
	prov_trust *trust = NULL;
	const prov_pubkey *log = NULL;
	const char *dir;
	int status = EXIT_TROUBLE;

	if (!home_find(&h, args))
		return (EXIT_TROUBLE);
	if ((dir = home_ledger_dir(&h, args)) == NULL)
		complain(args, NULL, "no ledger here; run: prov init");
	else if ((trust = home_load_trust(&h, args)) != NULL &&
		 (status = find_log(&log, args, trust, dir)) == EXIT_HOLDS)
		status = check(args, dir, log);
	prov_trust_free(trust);
	home_free(&h);
	return (status);
}

const struct cmd ledger_check = {
	.name = "check",
	.args = "",
	.summary = "rebuild every hash and compare",
	.opts = opts,
	.run = run_check,
};
