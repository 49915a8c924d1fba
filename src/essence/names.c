/* SPDX-License-Identifier: ISC */

#include "prov/essence.h"

/* Part of the report format, like the numbers: never renamed. */
static const char *const fields[PROV_FIELD_MAX] = {
	[PROV_WIDTH] = "width",
	[PROV_HEIGHT] = "height",
	[PROV_DISPLAY_W] = "display_width",
	[PROV_DISPLAY_H] = "display_height",
	[PROV_ROTATION] = "rotation",
	[PROV_FLIP] = "flip",
	[PROV_CROP_LEFT] = "crop_left",
	[PROV_CROP_TOP] = "crop_top",
	[PROV_CROP_RIGHT] = "crop_right",
	[PROV_CROP_BOTTOM] = "crop_bottom",
	[PROV_PRIMARIES] = "primaries",
	[PROV_TRANSFER] = "transfer",
	[PROV_MATRIX] = "matrix",
	[PROV_RANGE] = "range",
	[PROV_STEREO] = "stereo",
	[PROV_PROJECTION] = "projection",
	[PROV_FIELDS] = "fields",
	[PROV_ALPHA] = "alpha",
	[PROV_BITS] = "bits",
	[PROV_CHROMA] = "chroma",
	[PROV_RATE] = "rate",
	[PROV_CHANNELS] = "channels",
	[PROV_LAYOUT] = "layout",
	[PROV_SBR] = "sbr",
	[PROV_GAIN] = "gain",
	[PROV_DELAY] = "delay",
	[PROV_PADDING] = "padding",
	[PROV_SHOWN_FROM] = "shown_from",
	[PROV_SHOWN_TO] = "shown_to",
	[PROV_EDITED] = "edited",
	[PROV_ICC] = "icc",
	[PROV_GAMMA] = "gamma",
	[PROV_CHRM] = "chrm",
	[PROV_SRGB] = "srgb",
	[PROV_DENSITY_X] = "density_x",
	[PROV_DENSITY_Y] = "density_y",
	[PROV_DENSITY_UNIT] = "density_unit",
	[PROV_TRANSFORM] = "transform",
	[PROV_MASTERING] = "mastering",
	[PROV_LIGHT] = "light",
	[PROV_HDR] = "hdr",
	[PROV_DISPLAY_SEI] = "display_sei",
	[PROV_PACKING] = "packing",
	[PROV_DOVI] = "dovi",
	[PROV_SPHERE] = "sphere",
	[PROV_STRUCTS] = "structs",
	[PROV_CAPTIONS] = "captions",
	[PROV_LOOPS] = "loops",
	[PROV_LASTS] = "lasts",
};

const char *
prov_field_name(prov_field f)
{
	if ((unsigned)f >= PROV_FIELD_MAX)
		return ("unknown");
	return (fields[f]);
}

const char *
prov_kind_name(prov_kind kind)
{
	switch (kind) {
	case PROV_VIDEO:
		return ("video");
	case PROV_AUDIO:
		return ("audio");
	case PROV_SUBTITLE:
		return ("subtitle");
	case PROV_IMAGE:
		return ("image");
	case PROV_DATA:
		return ("data");
	}
	return ("unknown");
}
