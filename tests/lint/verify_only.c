/* SPDX-License-Identifier: ISC */
/*
 * A verifier that is linked with the part of libprov that holds no secret
 * keys. That this links is the test; symbols.t looks at what came along.
 */
#include <prov.h>

int
main(int argc, char **argv)
{
	const prov_verify_options options = { 0 };
	prov_verifier *v = NULL;
	prov_verdict *verdict = NULL;
	prov_err err = { 0 };
	prov_status st;

	if (argc != 2)
		return (2);
	if ((st = prov_verifier_new(&v, &options, &err)) == PROV_OK)
		st = prov_verify_file(v, argv[1], &verdict, &err);
	prov_verdict_free(verdict);
	prov_verifier_free(v);
	return (st == PROV_OK ? 0 : 1);
}
