/* SPDX-License-Identifier: ISC */
#include "gate/delivery.h"

#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "gate/judged.h"

/* The item's name was checked: it leads nowhere but below dir. */
static prov_status
make_place(char **out, const char *dir, const char *name, prov_err *err)
{
	AUTO_FREE char *parent = NULL;
	char *path = path_join(dir, name);

	if (path == NULL ||
	    (parent = strndup(path, (size_t)(strrchr(path, '/') - path))) ==
		NULL) {
		free(path);
		return (prov_fail(err, PROV_ENOMEM, "route"));
	}
	*out = path;
	return (dir_make(parent, err));
}

prov_status
deliver(const char *dir, const prov_gate_answer *a, int fd, prov_span bytes,
    prov_err *err)
{
	AUTO_FREE char *path = NULL;
	prov_status st;

	if (!a->facts.has_digest || (fd < 0 && bytes.p == NULL))
		return (PROV_OK);
	st = a->path != NULL ? make_place(&path, dir, a->path, err)
	                     : judged_path(&path, dir, a, err);
	if (st != PROV_OK)
		return (st);
	return (judged_copy(path, a, fd, bytes, 0644, err));
}
