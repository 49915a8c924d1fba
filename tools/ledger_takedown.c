/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "input.h"
#include "key.h"

static const struct opt opts[] = {
	{ "key", 'k', "KEY", "sign with this, not with the default key" },
	{ "reason", 0, "WORD", "why, such as rights" },
	OPT_PASSPHRASE,
	{ 0 },
};

static bool
hex_asset(uint8_t out[32], const char *s)
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(s) != 64 || strspn(s, digits) != 64)
		return (false);
	for (size_t i = 0; i < 64; i++)
		out[i / 2] = (uint8_t)(out[i / 2] << 4 |
				       (strchr(digits, s[i]) - digits));
	return (true);
}

static prov_status
asset_of_entry(prov_ledger *l, uint64_t index, uint8_t asset[32], prov_err *err)
{
	uint8_t *bytes = NULL;
	size_t len;
	prov_status st;

	st = prov_ledger_entry(l, index, &bytes, &len, err);
	if (st == PROV_OK)
		st =
		    prov_statement_asset(asset, (prov_span){ bytes, len }, err);
	prov_free(bytes);
	return (st);
}

/* A digest, an entry's number, or a file. */
static prov_status
find_asset(const struct args *args, prov_ledger *l, uint8_t asset[32],
    prov_err *err)
{
	const char *what = args->at[0];
	prov_digest digest;
	prov_status st;
	uint64_t index;
	char *end;
	int fd;

	if (hex_asset(asset, what))
		return (PROV_OK);
	errno = 0;
	index = strtoull(what, &end, 10);
	if (errno == 0 && *what >= '0' && *what <= '9' && *end == '\0')
		return (asset_of_entry(l, index, asset, err));
	if ((fd = input_open(args, what)) < 0)
		return (PROV_EOPEN);
	st = prov_digest_fd(&digest, fd, NULL, NULL, err);
	(void)close(fd);
	if (st == PROV_OK)
		memcpy(asset, digest.sha256, 32);
	return (st);
}

/* What is not there, such as a file that was packed anew, is no asset. */
static prov_status
check_there(prov_ledger *l, const uint8_t asset[32], prov_err *err)
{
	uint64_t *at = NULL;
	size_t n = 0;
	prov_status st;

	st = prov_ledger_lookup(l, PROV_BY_ASSET, asset, &at, &n, err);
	prov_free(at);
	if (st != PROV_OK || n > 0)
		return (st);
	err->status = PROV_ENOTFOUND;
	(void)snprintf(err->msg, sizeof(err->msg),
	    "the ledger has nothing on these very bytes; name the entry");
	return (PROV_ENOTFOUND);
}

static int
take_down(const struct args *args, struct ledger_writer *w, const prov_key *by)
{
	prov_takedown t = { .reason = args_value(args, "reason"),
		.now = (int64_t)time(NULL) };
	prov_entry entry;
	prov_err err = { 0 };
	prov_status st;

	if ((st = find_asset(args, w->ledger, t.asset, &err)) == PROV_OK &&
	    (st = check_there(w->ledger, t.asset, &err)) == PROV_OK)
		st = prov_ledger_takedown(w->ledger, by, &t, &entry, &err);
	if (st != PROV_OK)
		return (err.msg[0] != '\0' ? failure(args, args->at[0], &err)
					   : EXIT_TROUBLE);
	printf("taken down  ");
	for (size_t i = 0; i < sizeof(t.asset); i++)
		printf("%02x", t.asset[i]);
	printf("  by entry %llu\n", (unsigned long long)entry.index);
	return (EXIT_HOLDS);
}

static int
run(const struct args *args)
{
	struct ledger_writer w;
	prov_key *by = NULL;
	char *path;
	int status;

	if ((status = ledger_writer_open(&w, args)) == EXIT_HOLDS) {
		status = EXIT_TROUBLE;
		path = home_signer_path(&w.home, args);
		if (path != NULL)
			by = home_load_key(args, path);
		free(path);
		if (by != NULL)
			status = take_down(args, &w, by);
	}
	prov_key_free(by);
	if (status == EXIT_HOLDS)
		status = ledger_witnessed(args, &w);
	ledger_writer_close(&w);
	return (status);
}

const struct cmd ledger_takedown = {
	.name = "takedown",
	.args = "media|sha256|entry",
	.summary = "take back what was signed on a file, for good",
	.opts = opts,
	.n_min = 1,
	.n_max = 1,
	.run = run,
};
