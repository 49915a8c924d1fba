/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "witness/amendment.h"
#include "witnesses.h"

static char vkeys[5][128];

static void
make_vkeys(void)
{
	for (unsigned i = 0; i < 5; i++) {
		AUTO_BUF b = { 0 };

		assert_true(witness_line(&b, i + 1, NULL));
		snprintf(vkeys[i], sizeof(vkeys[i]), "%.*s", (int)b.len - 12,
		    (const char *)b.p + 11);
	}
}

static void
policy(struct tlogpolicy *p, const char *text)
{
	assert_int_equal(tlogpolicy_parse(p, span(text, strlen(text)), "p",
			     NULL),
	    PROV_OK);
}

/* The lines with keys cut down to their names. */
static void
assert_lines(const struct tlogpolicy *p, const char *want)
{
	char got[4096] = "";

	for (size_t i = 0; i < p->n_lines; i++) {
		const char *line = p->lines[i], *plus = strchr(line, '+');
		const char *rest = plus != NULL ? strchr(plus, ' ') : NULL;

		(void)snprintf(got + strlen(got), sizeof(got) - strlen(got),
		    "%.*s%s\n",
		    plus != NULL ? (int)(plus - line) : (int)strlen(line), line,
		    rest != NULL ? rest : "");
	}
	assert_string_equal(got, want);
}

static void
adds(void **state)
{
	struct tlogpolicy p = { 0 };

	(void)state;
	make_vkeys();
	policy(&p, "# mine\nquorum none\n");
	assert_int_equal(amendment_add(&p, NULL, vkeys[0], "https://w1/", NULL),
	    PROV_OK);
	assert_true(p.quorum && p.n_witnesses == 1);
	assert_lines(&p,
	    "# mine\n"
	    "witness witness.example/w1 witness.example/w1 https://w1/\n"
	    "group witnesses all witness.example/w1\n"
	    "quorum witnesses\n");
	assert_int_equal(amendment_add(&p, "two", vkeys[1], NULL, NULL),
	    PROV_OK);
	assert_int_equal(amendment_quorum(&p, "1", NULL), PROV_OK);
	assert_int_equal(amendment_add(&p, "three", vkeys[2], NULL, NULL),
	    PROV_OK);
	assert_lines(&p,
	    "# mine\n"
	    "witness witness.example/w1 witness.example/w1 https://w1/\n"
	    "witness two witness.example/w2\n"
	    "witness three witness.example/w3\n"
	    "group witnesses 1 witness.example/w1 two three\n"
	    "quorum witnesses\n");
	/* Names and keys once; blanks would be another line's. */
	assert_int_equal(amendment_add(&p, "two", vkeys[3], NULL, NULL),
	    PROV_EEXIST);
	assert_int_equal(amendment_add(&p, "four", vkeys[1], NULL, NULL),
	    PROV_EFORMAT);
	assert_int_equal(amendment_add(&p, "a\nquorum none", vkeys[3], NULL,
			     NULL),
	    PROV_EARG);
	assert_int_equal(amendment_add(&p, "four", vkeys[3], "u\nquorum none",
			     NULL),
	    PROV_EARG);
	assert_int_equal(amendment_add(&p, "none", vkeys[3], NULL, NULL),
	    PROV_EFORMAT);
	assert_int_equal(amendment_add(&p, "", vkeys[3], NULL, NULL),
	    PROV_EARG);
	assert_int_equal(p.n_witnesses, 3);
	tlogpolicy_clear(&p);
}

static void
removes(void **state)
{
	struct tlogpolicy p = { 0 };

	(void)state;
	make_vkeys();
	policy(&p, "quorum none\n");
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(amendment_add(&p, NULL, vkeys[i], NULL, NULL),
		    PROV_OK);
	/* Of all there may be fewer; of a number not less. */
	assert_int_equal(amendment_remove(&p, "witness.example/w2", NULL),
	    PROV_OK);
	assert_lines(&p,
	    "witness witness.example/w1 witness.example/w1\n"
	    "witness witness.example/w3 witness.example/w3\n"
	    "group witnesses all witness.example/w1 witness.example/w3\n"
	    "quorum witnesses\n");
	assert_int_equal(amendment_quorum(&p, "2", NULL), PROV_OK);
	assert_int_equal(amendment_remove(&p, "witness.example/w1", NULL),
	    PROV_EARG);
	assert_int_equal(amendment_quorum(&p, "any", NULL), PROV_OK);
	assert_int_equal(amendment_remove(&p, "witness.example/w1", NULL),
	    PROV_OK);
	/* The last one is the quorum, until there is none. */
	assert_int_equal(amendment_remove(&p, "witness.example/w3", NULL),
	    PROV_EARG);
	assert_int_equal(amendment_remove(&p, "witnesses", NULL),
	    PROV_ENOTFOUND);
	assert_int_equal(amendment_remove(&p, "nobody", NULL), PROV_ENOTFOUND);
	assert_int_equal(amendment_quorum(&p, "none", NULL), PROV_OK);
	assert_int_equal(amendment_remove(&p, "witness.example/w3", NULL),
	    PROV_OK);
	assert_lines(&p, "quorum none\n");
	tlogpolicy_clear(&p);
}

/* A quorum that somebody wrote by hand stays as it is. */
static void
by_hand(void **state)
{
	struct tlogpolicy p = { 0 };
	char text[1024];

	(void)state;
	make_vkeys();
	snprintf(text, sizeof(text),
	    "witness a %s\nwitness b %s\ngroup both all a b\nquorum both\n",
	    vkeys[0], vkeys[1]);
	policy(&p, text);
	assert_int_equal(amendment_add(&p, "c", vkeys[2], NULL, NULL), PROV_OK);
	assert_lines(&p, "witness a witness.example/w1\n"
			 "witness b witness.example/w2\n"
			 "witness c witness.example/w3\n"
			 "group both all a b\n"
			 "group witnesses all c\n"
			 "quorum both\n");
	assert_int_equal(amendment_quorum(&p, "c", NULL), PROV_OK);
	assert_int_equal(amendment_quorum(&p, "both", NULL), PROV_OK);
	assert_int_equal(amendment_quorum(&p, "neither", NULL), PROV_EARG);
	assert_int_equal(amendment_quorum(&p, "0", NULL), PROV_EFORMAT);
	assert_int_equal(amendment_quorum(&p, "2", NULL), PROV_EFORMAT);
	assert_int_equal(amendment_quorum(&p, "both\nlog x", NULL), PROV_EARG);
	assert_int_equal(amendment_remove(&p, "a", NULL), PROV_OK);
	assert_int_equal(amendment_remove(&p, "b", NULL), PROV_EARG);
	tlogpolicy_clear(&p);
	/* Witnesses without any group come into one. */
	snprintf(text, sizeof(text),
	    "quorum none\nwitness a %s\nwitness b %s\n", vkeys[0], vkeys[1]);
	policy(&p, text);
	assert_int_equal(amendment_quorum(&p, "any", NULL), PROV_OK);
	assert_lines(&p, "witness a witness.example/w1\n"
			 "witness b witness.example/w2\n"
			 "group witnesses any a b\n"
			 "quorum witnesses\n");
	tlogpolicy_clear(&p);
	policy(&p, "quorum none\n");
	assert_int_equal(amendment_quorum(&p, "any", NULL), PROV_EARG);
	assert_lines(&p, "quorum none\n");
	tlogpolicy_clear(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds),
		cmocka_unit_test(removes),
		cmocka_unit_test(by_hand),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
