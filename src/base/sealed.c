/* SPDX-License-Identifier: ISC */
#include "base/sealed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/file.h"

static prov_status
fill(int fd, prov_span bytes, prov_err *err)
{
	for (size_t done = 0; done < bytes.len;) {
		ssize_t n = write(fd, bytes.p + done, bytes.len - done);

		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return (prov_fail_errno(err, PROV_EIO,
			    "%zu bytes of memory", bytes.len));
		done += (size_t)n;
	}
	return (PROV_OK);
}

prov_status
sealed_open(int *out, prov_span bytes, prov_err *err)
{
	const int seals =
	    F_SEAL_SEAL | F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE;
	AUTO_FD int fd = memfd_create("prov", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	prov_status st;

	if (fd == -1)
		return (prov_fail_errno(err, PROV_EIO, "memfd_create"));
	if ((st = fill(fd, bytes, err)) != PROV_OK)
		return (st);
	if (fcntl(fd, F_ADD_SEALS, seals) == -1)
		return (prov_fail_errno(err, PROV_EIO, "sealing"));
	*out = fd;
	fd = -1;
	return (PROV_OK);
}
