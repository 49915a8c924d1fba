/* SPDX-License-Identifier: ISC */
/*
 * Policies: what is read denies what nobody knows anything of, and is said in
 * words that reach no terminal unescaped. JSON says the same as itself in YAML.
 */
#include <stdlib.h>
#include <string.h>

#include "base/glob.h"
#include "policy/license.h"
#include "policy/model.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
judge(const prov_policy *p)
{
	static struct decision d;
	static struct explanation x;
	static struct facts f;

	memset(&f, 0, sizeof(f));
	f.path = f.tenant = "a/b.mp4";
	policy_explain(&d, &x, p, &f, 1750000000);
	/* Nothing was read. */
	if (d.decision != PROV_DENY || d.effective != PROV_DENY)
		abort();
	f.has_digest = true;
	policy_explain(&d, &x, p, &f, 1750000000);
	f.signature = PROV_SIG_INVALID;
	policy_judge(&d, p, &f, 0);
	if (d.decision != PROV_DENY || d.effective != PROV_DENY)
		abort();
}

static void
tell(const prov_policy *p)
{
	char *text = NULL;

	if (prov_policy_text(&text, p, NULL) != PROV_OK)
		abort();
	for (const char *s = text; *s != '\0'; s++)
		if (((unsigned char)*s < 0x20 && *s != '\n') || *s == 0x7f)
			abort();
	prov_free(text);
}

/* A license expression, a glob and a name, one a line. */
static void
match(prov_span in)
{
	AUTO_FREE char *text = strndup((const char *)in.p, in.len);
	char *at[1], *glob, *name;
	const struct words w = { 1, at };

	if (text == NULL || (glob = strchr(text, '\n')) == NULL ||
	    (name = strchr(glob + 1, '\n')) == NULL)
		return;
	*glob++ = *name++ = '\0';
	at[0] = glob;
	if (license_all(text, &w) && !license_any(text, &w))
		abort();
	/* What matches part by part does so without parts. */
	if (strstr(glob, "**") == NULL && glob_path(glob, name) &&
	    !glob_text(glob, name))
		abort();
}

/* The first byte says which. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	AUTO(prov_policy) *p = NULL;

	if (size == 0)
		return (0);
	if (data[0] == 'm') {
		match(span(data + 1, size - 1));
		return (0);
	}
	if (policy_parse(&p, span(data + 1, size - 1), "fuzz", NULL, NULL) !=
	    PROV_OK)
		return (0);
	judge(p);
	tell(p);
	return (0);
}
