/* SPDX-License-Identifier: ISC */
/*
 * seeds_demux DIR: writes the inputs of fuzz_bmff and fuzz_ebml into DIR
 * (testdata/fuzz).
 */
#include <stdio.h>

#include "../unit/boxes.h"
#include "base/file.h"

#define ONE 0x10000

static bool
put(const char *dir, const char *name, const struct buf *b)
{
	AUTO_FREE char *path = path_join(dir, name);

	return (path != NULL &&
		file_write(path, buf_span(b), 0644, 0, NULL) == PROV_OK);
}

static bool
put_movies(const char *dir)
{
	static const uint32_t nclx[] = { 0x6e636c78, 9 << 16 | 16,
		9 << 16 | 0x8000 };
	static const uint32_t clap[] = { 600, 1, 340, 1, 10, 1, 0, 1 };
	static const uint32_t ball[] = { 60, 0x70726f6a, 24, 0x70726864, 0,
		90 * ONE, 0, 0, 28, 0x65717569, 0, 0, 0, 0, 0 };
	static const uint32_t eyes[] = { 24, 0x65796573, 16, 0x73747269, 0,
		0x03000000, 24, 0x70726f6a, 16, 0x70726a69, 0, 0x68657175 };
	static const uint32_t dovi[] = { 0x01000a25, 0x10000000, 0, 0, 0, 0 };
	static const struct {
		const char *name;
		struct movie m;
	} rows[] = {
		{ "bmff/ball", { .dref = 1,
				   .extra = "sv3d",
				   .words = ball,
				   .n_words = 15 } },
		{ "bmff/eyes", { .dref = 1,
				   .extra = "vexu",
				   .words = eyes,
				   .n_words = 12 } },
		{ "bmff/dovi", { .dref = 1,
				   .extra = "dvcC",
				   .words = dovi,
				   .n_words = 6 } },
		{ "bmff/plain", { .a = ONE, .d = ONE, .dref = 1 } },
		{ "bmff/turned", { .b = ONE,
				     .c = -ONE,
				     .dref = 1,
				     .n_edits = 2,
				     .edits = { { 100, UINT32_MAX, ONE },
					 { 440, 1024, ONE } } } },
		{ "bmff/colour", { .dref = 1,
				     .extra = "colr",
				     .words = nclx,
				     .n_words = 3 } },
		{ "bmff/cropped", { .dref = 1,
				      .extra = "clap",
				      .words = clap,
				      .n_words = 8 } },
		{ "bmff/protected", { .format = "encv", .extra = "sinf" } },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		AUTO_BUF b = { 0 };

		put_movie(&b, &rows[i].m);
		if (!put(dir, rows[i].name, &b))
			return (false);
	}
	return (true);
}

/* A movie that goes on in a fragment of three samples. */
static bool
put_fragments(const char *dir)
{
	AUTO_BUF b = { 0 };
	size_t moof, traf;

	put_movie(&b, &(const struct movie){ .a = ONE, .d = ONE, .dref = 1 });
	moof = box_begin(&b, "moof");
	BOX(&b, "mfhd", 0, 1);
	traf = box_begin(&b, "traf");
	BOX(&b, "tfhd", 0x20008, 1, 512);
	BOX(&b, "tfdt", 0, 5120);
	BOX(&b, "trun", 0xb00, 3, 512, 9, 0, 512, 9, 1024, 512, 9, 0);
	box_end(&b, traf);
	box_end(&b, moof);
	BOX(&b, "mdat", 1, 2, 3);
	return (put(dir, "bmff/fragment", &b));
}

static void
put_picture(struct buf *b)
{
	size_t tracks = element_begin(b, 0x1654ae6b);
	size_t entry = element_begin(b, 0xae), video, inner;

	put_uint(b, 0xd7, 1);
	put_uint(b, 0x83, 1);
	put_text(b, 0x86, "V_VP9");
	video = element_begin(b, 0xe0);
	put_uint(b, 0xb0, 640);
	put_uint(b, 0xba, 360);
	put_uint(b, 0x54cc, 8);
	put_uint(b, 0x54b0, 1280);
	put_uint(b, 0x54ba, 720);
	inner = element_begin(b, 0x7670);
	put_float(b, 0x7675, -90);
	put_float(b, 0x7674, 0);
	put_uint(b, 0x7672, 1);
	element_end(b, inner);
	inner = element_begin(b, 0x55b0);
	put_uint(b, 0x55ba, 16);
	element_end(b, inner);
	element_end(b, video);
	inner = element_begin(b, 0x41e4);
	put_uint(b, 0x41e7, 0x64766343);
	put_uint(b, 0x41ed, 0x01000a25);
	element_end(b, inner);
	element_end(b, entry);
	element_end(b, tracks);
}

static bool
put_document(const char *dir, const char *name, bool open)
{
	static const uint8_t block[] = { 0x81, 0, 40, 0x84, 2, 'x', 'y', 'z' };
	AUTO_BUF b = { 0 };
	size_t head = element_begin(&b, 0x1a45dfa3), segment, at, cluster;

	put_text(&b, 0x4282, "matroska");
	element_end(&b, head);
	segment = element_begin(&b, 0x18538067);
	put_picture(&b);
	at = element_begin(&b, 0x1043a770);
	put_uint(&b, 0x45b9, 0);
	element_end(&b, at);
	cluster = element_begin(&b, 0x1f43b675);
	at = element_begin(&b, 0xa0);
	head = element_begin(&b, 0xa1);
	buf_put(&b, block, sizeof(block));
	element_end(&b, head);
	put_uint(&b, 0x75a2, 1000000);
	element_end(&b, at);
	element_end(&b, cluster);
	element_end(&b, segment);
	if (open) {
		put_be64(b.p + cluster, (UINT64_C(1) << 57) - 1);
		put_be64(b.p + segment, (UINT64_C(1) << 57) - 1);
	}
	return (put(dir, name, &b));
}

int
main(int argc, char **argv)
{
	if (argc != 2 || !put_movies(argv[1]) || !put_fragments(argv[1]) ||
	    !put_document(argv[1], "ebml/plain", false) ||
	    !put_document(argv[1], "ebml/open", true)) {
		(void)fprintf(stderr, "usage: seeds_demux DIR\n");
		return (1);
	}
	return (0);
}
