/* SPDX-License-Identifier: ISC */
#include "gate/quarantine.h"

#include <stdlib.h>

#include "base/file.h"
#include "gate/judged.h"
#include "gate/record.h"

prov_status
quarantine_keep(const char *dir, const prov_gate_answer *a, int fd,
    prov_span bytes, prov_err *err)
{
	AUTO_FREE char *path = NULL, *verdict = NULL;
	AUTO_BUF name = { 0 }, line = { 0 };
	prov_status st;

	if ((st = judged_path(&path, dir, a, err)) != PROV_OK ||
	    (st = record_put(&line, a, err)) != PROV_OK)
		return (st);
	if (a->facts.has_digest && (fd >= 0 || bytes.p != NULL) &&
	    (st = judged_copy(path, a, fd, bytes, 0600, err)) != PROV_OK)
		return (st);
	buf_printf(&name, "%s.verdict.json", path);
	if ((st = buf_take_str(&name, &verdict, err)) != PROV_OK)
		return (st);
	return (file_write(verdict, buf_span(&line), 0600, FILE_SYNC, err));
}
