/* SPDX-License-Identifier: ISC */
#include "base/sealed.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"
#include "base/temp.h"

prov_status
sealed_open(int *out, prov_span bytes, prov_err *err)
{
	const int seals =
	    F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	AUTO_FD int fd = memfd_create("prov", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	prov_status st;

	if (fd == -1)
		return (prov_fail_errno(err, PROV_EIO, "memfd_create"));
	if ((st = fd_write(fd, bytes, "memory", err)) != PROV_OK)
		return (st);
	if (fcntl(fd, F_ADD_SEALS, seals) == -1)
		return (prov_fail_errno(err, PROV_EIO, "sealing"));
	*out = fd;
	fd = -1;
	return (PROV_OK);
}
