/* SPDX-License-Identifier: ISC */
#include "verify/mediatype.h"

#include <string.h>

/* sound: where it holds nothing else, and that has a type of its own. */
static const struct {
	const char *format, *type, *sound;
} types[] = {
	{ "mp4", "video/mp4", "audio/mp4" },
	{ "mov", "video/quicktime", NULL },
	{ "matroska", "video/matroska", "audio/matroska" },
	{ "webm", "video/webm", "audio/webm" },
	{ "ogg", "video/ogg", "audio/ogg" },
	{ "mpegts", "video/mp2t", NULL },
	{ "avi", "video/vnd.avi", NULL },
	{ "flv", "video/x-flv", NULL },
	{ "nut", "video/x-nut", NULL },
	{ "asf", "application/vnd.ms-asf", NULL },
	{ "ivf", "video/x-ivf", NULL },
	{ "obu", "video/av1", NULL },
	{ "h264", "video/h264", NULL },
	{ "hevc", "video/h265", NULL },
	{ "wav", "audio/vnd.wave", NULL },
	{ "w64", "audio/x-w64", NULL },
	{ "aiff", "audio/x-aiff", NULL },
	{ "au", "audio/basic", NULL },
	{ "caf", "audio/x-caf", NULL },
	{ "mp3", "audio/mpeg", NULL },
	{ "aac", "audio/aac", NULL },
	{ "loas", "audio/mp4a-latm", NULL },
	{ "ac3", "audio/ac3", NULL },
	{ "eac3", "audio/eac3", NULL },
	{ "dts", "audio/vnd.dts", NULL },
	{ "truehd", "audio/vnd.dolby.mlp", NULL },
	{ "mlp", "audio/vnd.dolby.mlp", NULL },
	{ "flac", "audio/flac", NULL },
	{ "amr", "audio/amr", NULL },
	{ "jpeg", "image/jpeg", NULL },
	{ "png", "image/png", NULL },
	{ "webp", "image/webp", NULL },
	{ "gif", "image/gif", NULL },
};

static bool
is_sound(const struct stream *streams, size_t n)
{
	bool sound = false;

	for (size_t i = 0; i < n; i++) {
		if (streams[i].kind == PROV_AUDIO)
			sound = true;
		else if (streams[i].kind != PROV_DATA)
			return (false);
	}
	return (sound);
}

const char *
media_type(const char *format, const struct stream *streams, size_t n)
{
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (strcmp(types[i].format, format) != 0)
			continue;
		if (types[i].sound != NULL && is_sound(streams, n))
			return (types[i].sound);
		return (types[i].type);
	}
	return ("");
}

const char *
media_type_alias(const char *type, size_t i)
{
	static const char *const aliases[][2] = {
		{ "audio/vnd.wave", "audio/wav" },
		{ "audio/vnd.wave", "audio/wave" },
		{ "audio/vnd.wave", "audio/x-wav" },
		{ "audio/flac", "audio/x-flac" },
		{ "audio/mpeg", "audio/mp3" },
		{ "audio/x-aiff", "audio/aiff" },
		{ "audio/matroska", "audio/x-matroska" },
		{ "video/matroska", "video/x-matroska" },
		{ "video/vnd.avi", "video/avi" },
		{ "video/vnd.avi", "video/x-msvideo" },
		{ "image/jpeg", "image/jpg" },
	};

	for (size_t k = 0; k < sizeof(aliases) / sizeof(aliases[0]); k++)
		if (strcmp(aliases[k][0], type) == 0 && i-- == 0)
			return (aliases[k][1]);
	return (NULL);
}
