/* SPDX-License-Identifier: ISC */
#include "picture.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	check_picture(webp_identify, span(data, size));
	return (0);
}
