/* SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "manifest/requested.h"

/* For TDMRep, AIPREF and X-Robots-Tag which of the four uses are forbidden. */
static void
requested(const char *json, prov_status want, const char *tdm,
    const char *usage, const char *robots)
{
	const char *const forbids[] = { tdm, usage, robots };
	AUTO_JSONIN *in = NULL;
	struct signals s;

	assert_int_equal(PROV_OK,
	    jsonin_parse(&in, span(json, strlen(json)), "test", NULL));
	if (signals_requested(&s, in, NULL) != want)
		fail_msg("%s: not %d", json, (int)want);
	for (unsigned who = 0; who < SIGNAL_N; who++)
		for (unsigned p = 0; p < PURPOSE_N; p++) {
			bool forbidden =
			    want != PROV_OK ||
			    (who >= SIGNAL_TDMREP &&
				strchr(forbids[who - SIGNAL_TDMREP],
				    "miTg"[p]) != NULL);

			if (s.use[who][p] !=
			    (forbidden ? USE_NOT_ALLOWED : USE_SILENT))
				fail_msg("%s: %s %s", json,
				    signal_name((enum signal)who),
				    purpose_name((enum purpose)p));
		}
	assert_string_equal("", s.source_type);
	assert_string_equal("", s.license);
}

static void
keys(void **state)
{
	static const char all[] = "miTg", train[] = "Tg", ai[] = "iTg";

	(void)state;
	requested("{}", PROV_OK, "", "", "");
	requested("{\"tdm_reservation\":1}", PROV_OK, all, "", "");
	requested("{\"tdm_reservation\":0}", PROV_OK, "", "", "");
	requested("{\"tdm_reservation\":\"0\"}", PROV_OK, "", "", "");
	requested("{\"tdm_reservation\":null}", PROV_OK, "", "", "");
	requested("{\"tdm-reservation\":\"1\"}", PROV_OK, all, "", "");
	requested("{\"TDM-Reservation\":1,\"tdm_policy\":\"https://a\"}",
	    PROV_OK, all, "", "");
	requested("{\"tdm_policy\":1,\"fetched\":[]}", PROV_OK, "", "", "");
	requested("{\"content_usage\":\"train-ai=n\"}", PROV_OK, "", train, "");
	requested("{\"Content-Usage\":[\"search=y\",\"train-ai=n\"]}", PROV_OK,
	    "", train, "");
	requested("{\"content_signal\":\"ai-train=no\"}", PROV_OK, "", train,
	    "");
	requested("{\"content_usage\":\"train-ai=y\"}", PROV_OK, "", "", "");
	requested("{\"x_robots_tag\":\"noai\"}", PROV_OK, "", "", ai);
	requested("{\"X-Robots-Tag\":[\"nofollow\",\"bot: noindex\"]}", PROV_OK,
	    "", "", all);
	requested("{\"tdm_reservation\":1,\"content_usage\":\"train-ai=n\","
		  "\"x_robots_tag\":\"noai\"}",
	    PROV_OK, all, train, ai);
	requested("{\"x_robots_tag\":[],\"content_usage\":null}", PROV_OK, "",
	    "", "");
}

/* As a crawler has them: others are there, and names in any case. */
static void
headers(void **state)
{
	(void)state;
	requested("{\"headers\":{}}", PROV_OK, "", "", "");
	requested("{\"headers\":{\"Content-Type\":\"image/jpeg\",\"Age\":1,"
		  "\"fetched\":{},\"headers\":[]}}",
	    PROV_OK, "", "", "");
	requested("{\"headers\":{\"X-Robots-Tag\":\"noimageai\","
		  "\"content-usage\":[\"train-ai=n\"],"
		  "\"tdm-reservation\":\"1\"}}",
	    PROV_OK, "miTg", "Tg", "iTg");
	/* both ways at once are joined */
	requested("{\"tdm_reservation\":0,\"headers\":{"
		  "\"TDM-RESERVATION\":\"1\"}}",
	    PROV_OK, "miTg", "", "");
}

/* A value that is none forbids what it could have been about. */
static void
unreadable(void **state)
{
	static const char all[] = "miTg";

	(void)state;
	requested("{\"tdm_reservation\":2}", PROV_OK, all, "", "");
	requested("{\"tdm_reservation\":0.0}", PROV_OK, all, "", "");
	requested("{\"tdm_reservation\":true}", PROV_OK, all, "", "");
	requested("{\"tdm_reservation\":false}", PROV_OK, all, "", "");
	requested("{\"tdm_reservation\":{}}", PROV_OK, all, "", "");
	requested("{\"tdm_reservation\":\"no\"}", PROV_OK, all, "", "");
	requested("{\"tdm_reservation\":[[0]]}", PROV_OK, all, "", "");
	requested("{\"content_usage\":0}", PROV_OK, "", all, "");
	requested("{\"content_usage\":{\"train-ai\":\"n\"}}", PROV_OK, "", all,
	    "");
	requested("{\"x_robots_tag\":[1]}", PROV_OK, "", "", all);
	requested("{\"headers\":{\"x-robots-tag\":false}}", PROV_OK, "", "",
	    all);
}

/* Perhaps it was to be one of these. */
static void
unknown(void **state)
{
	(void)state;
	requested("{\"tdm_reservaton\":1}", PROV_EFORMAT, "", "", "");
	requested("{\"tdm_reservation_\":0}", PROV_EFORMAT, "", "", "");
	requested("{\"noai\":true}", PROV_EFORMAT, "", "", "");
	requested("{\"content-type\":\"image/jpeg\"}", PROV_EFORMAT, "", "",
	    "");
	requested("{\"headers\":null}", PROV_EFORMAT, "", "", "");
	requested("{\"headers\":[\"tdm-reservation: 1\"]}", PROV_EFORMAT, "",
	    "", "");
	requested("{\"\":1}", PROV_EFORMAT, "", "", "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keys),
		cmocka_unit_test(headers),
		cmocka_unit_test(unreadable),
		cmocka_unit_test(unknown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return (cmocka_run_group_tests(tests, NULL, NULL));
}
