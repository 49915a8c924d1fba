/* SPDX-License-Identifier: ISC */
/*
 * scan FILE: what unsigned metadata says in it, as one line: a letter for each
 * purpose (. silent, c constrained, n not allowed) and the source type.
 */
#include <stdio.h>
#include <string.h>

#include "base/file.h"
#include "carrier/xmp.h"

int
main(int argc, char **argv)
{
	char uses[PURPOSE_N + 1] = { 0 };
	struct signals out = { 0 };
	struct xmp_scan s;
	AUTO_BUF b = { 0 };
	prov_err err = { 0 };

	if (argc != 2 || file_read(&b, argv[1], 1 << 28, &err) != PROV_OK) {
		(void)fprintf(stderr, "scan: %s\n", err.msg);
		return (2);
	}
	xmp_scan_begin(&s);
	xmp_scan_feed(&s, buf_span(&b));
	xmp_scan_end(&s, &out);
	for (unsigned p = 0; p < PURPOSE_N; p++)
		uses[p] = ".acn"[signals_use(&out, (enum purpose)p)];
	return (printf("%s %s\n", uses,
		    out.source_type[0] != '\0' ? out.source_type : "-") < 0);
}
