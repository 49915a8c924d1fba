/* SPDX-License-Identifier: ISC */
#include "ledger.h"

static const struct cmd *const subs[] = { &ledger_append, &ledger_register,
	&ledger_checkpoint, &ledger_takedown, &ledger_prove, &ledger_check,
	&ledger_publish, &ledger_clone, &ledger_recover, &ledger_monitor,
	&ledger_fork, &ledger_witness, NULL };

const struct cmd cmd_ledger = {
	.name = "ledger",
	.args = "command",
	.summary = "append to, prove from and check the ledger",
	.subs = subs,
};
