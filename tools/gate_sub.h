/* SPDX-License-Identifier: ISC */
#ifndef PROV_TOOLS_GATE_SUB_H
#define PROV_TOOLS_GATE_SUB_H

#include "cmd.h"

/* What prov gate does with runs that are over, each in a file of its own. */
extern const struct cmd gate_sign, gate_check, gate_report;

/* For the table of the family; ended by NULL. */
extern const struct cmd *const gate_subs[];

#endif
