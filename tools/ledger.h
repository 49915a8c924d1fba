/* SPDX-License-Identifier: ISC */
#ifndef PROV_TOOLS_LEDGER_H
#define PROV_TOOLS_LEDGER_H

#include "home.h"

/* The commands of prov ledger, each in tools/ledger_NAME.c. */
extern const struct cmd ledger_append, ledger_register, ledger_checkpoint,
    ledger_prove, ledger_check, ledger_takedown, ledger_witness,
    ledger_witness_init, ledger_witness_serve, ledger_publish, ledger_clone,
    ledger_recover, ledger_monitor, ledger_fork;

/* What opens a ledger for reading: --ledger and --trust, for a table. */
#define OPT_LEDGER                                                      \
	{                                                               \
		"ledger", 0, "DIR", "the ledger, instead of the home's" \
	}
#define OPT_LEDGER_TRUST                                                \
	{                                                               \
		"trust", 0, "FILE", "the trust file that names its log" \
	}

/* How long witnesses are waited for. */
#define OPT_WAIT                                                   \
	{                                                          \
		"wait", 0, "S", "wait S seconds for witnesses, 10" \
	}

/* The home's ledger, open for appending. */
struct ledger_writer {
	struct home home;
	prov_key *log;
	prov_ledger *ledger;
};

/* EXIT_HOLDS, or the status of what was complained of; close it either way. */
int ledger_writer_open(struct ledger_writer *w, const struct args *args);
void ledger_writer_close(struct ledger_writer *w);

/* Opens the ledger that the options name and works on it. */
int ledger_read(const struct args *args,
    int (*work)(const struct args *, struct home *, prov_ledger *));

/* --wait, or 10 seconds; false after complaining. */
bool ledger_wait(const struct args *args, unsigned *ms);

/* Asks the policy's witnesses about the newest checkpoint, and says so. */
int ledger_cosign(const struct args *args, struct ledger_writer *w, int renew,
    unsigned wait_ms, bool quiet);

/* The same of what was just logged, if the policy asks for a quorum. */
int ledger_witnessed(const struct args *args, struct ledger_writer *w);

/* Completes the sidecars of the operands; for ledger_read. */
int ledger_update(const struct args *args, struct home *h, prov_ledger *ledger);

/* What was published or cloned, and the exit status for it. */
int ledger_print_copied(const struct args *args, const char *dir,
    const prov_copied *c, prov_err *why);

/* "PATH: entry N" */
void ledger_print_entry(const char *path, const prov_entry *entry);

#endif
