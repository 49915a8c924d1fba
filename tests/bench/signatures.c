/* SPDX-License-Identifier: ISC */
/*
 * signatures: microseconds that libsodium takes to verify one signature of 300
 * bytes, in the best of 20 rounds: what no digest can be answered without.
 */
#include <sodium.h>
#include <stdio.h>
#include <time.h>

#define ROUNDS 20
#define EACH   500

static double
now_us(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return ((double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3);
}

int
main(void)
{
	unsigned char pk[crypto_sign_PUBLICKEYBYTES];
	unsigned char sk[crypto_sign_SECRETKEYBYTES];
	unsigned char sig[crypto_sign_BYTES], message[300] = { 1 };
	double best = 0;

	if (sodium_init() < 0 || crypto_sign_keypair(pk, sk) != 0 ||
	    crypto_sign_detached(sig, NULL, message, sizeof(message), sk) != 0)
		return (2);
	for (int round = 0; round < ROUNDS; round++) {
		double took, start = now_us();

		for (int i = 0; i < EACH; i++)
			if (crypto_sign_verify_detached(sig, message,
				sizeof(message), pk) != 0)
				return (3);
		took = (now_us() - start) / EACH;
		if (round == 0 || took < best)
			best = took;
	}
	printf("%.1f\n", best);
	return (0);
}
