/* Members of tar, zip, 7z and cpio archives, in order, from one stream. Inner header of io.
 *
 * libarchive reads the containers only: what compresses them goes through the decoder, which checks every CRC and loses
 * nothing before damage. Members are read by name and never touch the disk, so a name may be anything. Only regular
 * files count; links, devices, folders, and what is hidden (a part of the name begins with a dot, or is __MACOSX) are
 * left out. */
#ifndef SLUICE_INPUT_ARCHIVE_H
#define SLUICE_INPUT_ARCHIVE_H
#include "io/input_lines.h"

typedef struct input_archive input_archive;
/* members: MEMBERS_TEXT or MEMBERS_LINES. f and its path live as long as the result. < 0: err. */
int input_archive_open(const input_file *f, int members, const input_limits *lim, input_archive **out, sbuf *err);
/* INPUT_OK, INPUT_END (c may hold records), or < 0 with err. */
int input_archive_fill(input_archive *a, input_chunk *c, sbuf *err);
void input_archive_close(input_archive *a); /* NULL is fine */
#endif
