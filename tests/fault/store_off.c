/* SPDX-License-Identifier: ISC */
/*
 * Stands before what the library's store has for its log in a program that
 * links it: the same but for one pragma, so that a test of power cuts has
 * something to find.
 */
#define STORE_SYNCHRONOUS    "OFF"
#define STORE_SYNCHRONOUS_IS "0"
#include "../../src/ledger/wal.c"
