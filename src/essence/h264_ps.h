/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_H264_PS_H
#define PROV_ESSENCE_H264_PS_H

#include "essence/vui.h"

#define H264_SPS_MAX 32  /* ids, ITU-T H.264 7.4.2.1 */
#define H264_PPS_MAX 256 /* 7.4.2.2 */

/* What slices are read with. nal is the whole unit, header byte and all. */
struct h264_sps {
	unsigned id;
	unsigned frame_num_bits;
	bool planes;      /* separate_colour_plane_flag */
	bool frames_only; /* frame_mbs_only_flag */
	struct picture picture;
	/* Whether picture timing says how it is shown, and behind what. */
	bool shows;
	unsigned delay_bits;
};

struct h264_pps {
	unsigned id, sps;
};

/* false: not to be read, or an id out of range. */
bool h264_sps_parse(struct h264_sps *out, prov_span nal);
bool h264_pps_parse(struct h264_pps *out, prov_span nal);
bool h264_sps_ext_parse(unsigned *sps, prov_span nal);

#endif
