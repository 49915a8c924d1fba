/* SPDX-License-Identifier: ISC */
#include "essence/track.h"

static const struct form_ops *const forms[] = { &form_h264, &form_hevc,
	&form_av1, &form_frame, &form_mjpeg, &form_mpeg2, &form_mpeg4,
	&form_prores, &form_vp8, &form_vp9, &form_aac, &form_ac3, &form_alac,
	&form_amr, &form_dts, &form_eac3, &form_flac, &form_mlp, &form_mpa,
	&form_opus, &form_pcm, &form_truehd, &form_usac, &form_vorbis,
	&form_raw };

const struct form_ops *
form_for(const prov_config *config)
{
	const struct form_ops *best = &form_raw;
	int highest = 0;

	/* What has no name is refused once it is opened. */
	if (config->codec == NULL)
		return (best);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		int bid = forms[i]->bid(config);

		if (bid > highest) {
			highest = bid;
			best = forms[i];
		}
	}
	return (best);
}
