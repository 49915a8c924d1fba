/* SPDX-License-Identifier: ISC */
/*
 * makelog DIR N: a ledger DIR of N entries and, of some of them, proofs in
 * DIR.proofs/I, and in DIR.receipts/ the entry (I.entry), its receipt (I.cose)
 * and the transparent statement (I.transparent); prints the log's verifier
 * key. For other implementations to read.
 */
#include "../unit/logged.h"

static bool
write_as(const char *dir, uint64_t i, const char *form, prov_span bytes)
{
	char path[512];

	snprintf(path, sizeof(path), "%s.receipts/%llu.%s", dir,
	    (unsigned long long)i, form);
	return (file_write(path, bytes, 0644, 0, NULL) == PROV_OK);
}

static bool
write_receipt(prov_ledger *l, const char *dir, uint64_t i)
{
	AUTO_FREE uint8_t *entry = NULL, *receipt = NULL, *both = NULL;
	size_t n[3];

	return (prov_ledger_entry(l, i, &entry, &n[0], NULL) == PROV_OK &&
		prov_ledger_receipt(l, i, &receipt, &n[1], NULL) == PROV_OK &&
		prov_ledger_transparent(l, i, &both, &n[2], NULL) == PROV_OK &&
		write_as(dir, i, "entry", span(entry, n[0])) &&
		write_as(dir, i, "cose", span(receipt, n[1])) &&
		write_as(dir, i, "transparent", span(both, n[2])));
}

static bool
write_proof(prov_ledger *l, const char *dir, uint64_t i)
{
	AUTO_FREE char *proof = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%s.proofs/%llu", dir,
	    (unsigned long long)i);
	return (prov_ledger_prove(l, i, &proof, NULL) == PROV_OK &&
		file_write(path, span(proof, strlen(proof)), 0644, 0, NULL) ==
		    PROV_OK &&
		write_receipt(l, dir, i));
}

static prov_status
fill(const struct logged *g, const char *dir, uint64_t n, prov_err *err)
{
	AUTO(prov_ledger) *l = NULL;
	char proofs[512], receipts[512];
	prov_status st;

	snprintf(proofs, sizeof(proofs), "%s.proofs", dir);
	snprintf(receipts, sizeof(receipts), "%s.receipts", dir);
	if ((st = prov_ledger_create(dir, g->log, g->owner, 0, err)) !=
		PROV_OK ||
	    (st = prov_ledger_open_writer(&l, dir, g->log, err)) != PROV_OK ||
	    (st = logged_append(l, g->owner, 0, n / 3, 100, err)) != PROV_OK ||
	    (st = logged_append(l, g->owner, n / 3, n - 1, 1000, err)) !=
		PROV_OK ||
	    (st = dir_make(proofs, err)) != PROV_OK ||
	    (st = dir_make(receipts, err)) != PROV_OK)
		return (st);
	for (uint64_t i = 0; i < n; i += 1 + n / 40)
		if (!write_proof(l, dir, i))
			return (PROV_EWRITE);
	return (write_proof(l, dir, n - 1) ? PROV_OK : PROV_EWRITE);
}

int
main(int argc, char **argv)
{
	struct logged g = { 0 };
	prov_err err = { 0 };
	char vkey[PROV_VKEY_MAX + 1];
	uint64_t n;

	if (argc != 3 || !u64_decode(&n, argv[2], strlen(argv[2])) || n < 3)
		return (2);
	g.log = logged_key(LOG_NAME, 1);
	g.owner = logged_key(OWNER_NAME, 2);
	if (g.log == NULL || g.owner == NULL)
		return (1);
	if (fill(&g, argv[1], n, &err) != PROV_OK) {
		fprintf(stderr, "makelog: %s\n", err.msg);
		return (1);
	}
	prov_vkey_format(prov_key_public(g.log), vkey);
	printf("%s\n", vkey);
	prov_key_free(g.log);
	prov_key_free(g.owner);
	return (0);
}
