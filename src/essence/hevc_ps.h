/* SPDX-License-Identifier: ISC */
#ifndef PROV_ESSENCE_HEVC_PS_H
#define PROV_ESSENCE_HEVC_PS_H

#include "essence/vui.h"

#define HEVC_VPS_MAX 16 /* ids, ITU-T H.265 7.4.3 */
#define HEVC_SPS_MAX 16
#define HEVC_PPS_MAX 64

/* What slices are read with. nal is the whole unit, with its header. */
struct hevc_sps {
	unsigned id, vps;
	unsigned address_bits; /* of slice_segment_address */
	bool shows;            /* picture timing says how it is shown */
	struct picture picture;
};

struct hevc_pps {
	unsigned id, sps;
	bool dependent; /* dependent_slice_segments_enabled_flag */
	unsigned extra; /* num_extra_slice_header_bits */
};

/* false: not to be read, or an id out of range. */
bool hevc_vps_parse(unsigned *id, prov_span nal);
bool hevc_sps_parse(struct hevc_sps *out, prov_span nal);
bool hevc_pps_parse(struct hevc_pps *out, prov_span nal);

/* nuh_layer_id of a unit of at least two bytes. */
static inline unsigned
hevc_layer(prov_span nal)
{
	return ((nal.p[0] & 1U) << 5 | nal.p[1] >> 3);
}

#endif
