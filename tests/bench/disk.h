/* SPDX-License-Identifier: ISC */
#ifndef PROV_BENCH_DISK_H
#define PROV_BENCH_DISK_H

/*
 * What a bench waited for, and what the disk did meanwhile: the calls that
 * wait for it, in milliseconds of the thread that asks (they go through here,
 * SQLite's as well); what Linux counts of the device, where it does; and a
 * write of 4 KiB with its fdatasync that a thread of its own does beside, all
 * the time: where that waits as long, it is the disk that stood still.
 */
enum disk_wait {
	DISK_FSYNC,
	DISK_FDATASYNC,
	DISK_SYNCFS,
	DISK_RANGE,
	DISK_RENAME,
	DISK_UNLINK,
	DISK_WRITE,
	DISK_WAITS
};

struct disk {
	double at; /* CLOCK_MONOTONIC, in ms, as are all times here */
	double waited[DISK_WAITS];
	double read, written, discarded; /* MB */
	double flushes, flush_ms;
};

double disk_clock(void);

/* Begins to probe the disk that dir is on, with a file beside dir. */
void disk_begin(const char *dir);

struct disk disk_now(void);
struct disk disk_since(const struct disk *then); /* at: then's */

/* ", fdatasync 12; read 0.0, written 0.8, discarded 0.0 MB, ..." */
void disk_print(const struct disk *d, double ms);

/* Ends the probe and prints how long it took. */
void disk_end(void);

#endif
