/* SPDX-License-Identifier: ISC */
/* Feeds packets as an encoder or a camera does, and prints the identity. */
#include <prov.h>
#include <stdio.h>

/* One second of a 16-bit, 8 kHz ramp, in packets of 1,000 samples. */
static prov_status
feed(prov_essence *e, prov_err *err)
{
	prov_config config = { .kind = PROV_AUDIO, .codec = "pcm_s16le" };
	uint8_t samples[2000];
	prov_status st;
	unsigned stream;

	config.tb_num = 1; /* times count samples */
	config.tb_den = config.rate = 8000;
	config.channels = 1;
	config.bits = 16;
	if ((st = prov_essence_stream(e, &config, &stream, err)) != PROV_OK)
		return (st);
	for (int64_t t = 0; st == PROV_OK && t < 8000; t += 1000) {
		prov_packet p = { .data = { samples, sizeof(samples) },
			.pts = t,
			.dts = t,
			.duration = 1000,
			.flags = PROV_PACKET_KEY };

		for (size_t i = 0; i < sizeof(samples); i++)
			samples[i] = (uint8_t)(i + (size_t)t);
		st = prov_essence_packet(e, stream, &p, err);
	}
	return (st);
}

int
main(void)
{
	prov_essence *e = NULL;
	prov_identity *id = NULL;
	prov_stream_info info;
	prov_err err = { 0 };
	prov_status st;

	if ((st = prov_essence_new(&e, "wav", &err)) == PROV_OK &&
	    (st = feed(e, &err)) == PROV_OK &&
	    (st = prov_essence_finish(e, &id, &err)) == PROV_OK &&
	    (st = prov_identity_stream(id, 0, &info, &err)) == PROV_OK) {
		printf("%s  ", info.canon);
		for (size_t i = 0; i < sizeof(info.root); i++)
			printf("%02x", info.root[i]);
		printf("  %.3f s\n", info.duration_s);
	} else
		fprintf(stderr, "feed: %s\n", err.msg);
	prov_identity_free(id);
	prov_essence_free(e);
	return (st == PROV_OK ? 0 : 1);
}
