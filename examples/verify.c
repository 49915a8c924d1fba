/* SPDX-License-Identifier: ISC */
/* Verifies files as a pipeline would: only what holds is let through. */
#include <prov.h>
#include <stdio.h>

static int
verify(prov_verifier *v, const char *path)
{
	prov_verdict *verdict = NULL;
	prov_err err = { 0 };
	char *text = NULL;
	prov_status st;

	st = prov_verify_file(v, path, &verdict, &err);
	if (verdict != NULL &&
	    prov_verdict_text(&text, verdict, NULL) == PROV_OK)
		printf("%s\n", text);
	else
		fprintf(stderr, "%s: %s\n", path, err.msg);
	prov_free(text);
	prov_verdict_free(verdict);
	return (st == PROV_OK ? 0 : 1);
}

int
main(int argc, char **argv)
{
	prov_verify_options options = { 0 };
	prov_trust *trust = NULL;
	prov_verifier *v = NULL;
	prov_err err = { 0 };
	int status = 0;

	if (argc < 3) {
		fprintf(stderr, "usage: verify trust.yaml media ...\n");
		return (2);
	}
	if (prov_trust_load(&trust, argv[1], &err) != PROV_OK) {
		fprintf(stderr, "%s: %s\n", argv[1], err.msg);
		return (2);
	}
	options.trust = trust;
	if (prov_verifier_new(&v, &options, &err) != PROV_OK) {
		fprintf(stderr, "%s\n", err.msg);
		status = 2;
	}
	for (int i = 2; v != NULL && i < argc; i++)
		status |= verify(v, argv[i]);
	prov_verifier_free(v);
	prov_trust_free(trust);
	return (status);
}
