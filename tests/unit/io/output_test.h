/* What the tests of the output share: a folder of their own, and reading back what was written. */
#ifndef OUTPUT_TEST_H
#define OUTPUT_TEST_H
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>
#include "base/fs.h"
#include "base/hash.h"
#include "io/output.h"
#include "sluice/plugin.h"
#include "unit/quick_folder.h"

static char test_folder[64];

static inline int make_test_folder(void **state)
{
    (void)state;
    return quick_folder("output", test_folder, sizeof test_folder);
}

/* Fails where an output left its lock. */
static inline int remove_test_folder(void **state)
{
    sbuf cmd = { 0 };
    (void)state;
    sbuf_printf(&cmd, "test -z \"$(find %s -name '*.sluice-lock')\"", test_folder);
    const int left = system(sbuf_z(&cmd));
    sbuf_free(&cmd);
    return fs_remove_tree(test_folder) || left ? -1 : 0;
}

/* <folder>/<name>; one of eight static buffers. */
static inline const char *in_folder(const char *name)
{
    static char v[8][256];
    static unsigned at;
    char *p = v[at++ % 8];
    snprintf(p, sizeof v[0], "%s/%s", test_folder, name);
    return p;
}

static inline void read_file(const char *path, sbuf *out)
{
    sbuf_clear(out);
    assert_int_equal(fs_read_file(path, SIZE_MAX, out), 0);
}

static inline void write_file(const char *path, const char *text)
{
    assert_int_equal(fs_write_atomic(path, text, strlen(text)), 0);
}

/* Decompressed content of each zstd frame, in order. Every frame must tell its size and carry a checksum. */
static inline size_t zstd_frames(const sbuf *file, sbuf *all, size_t *sizes, size_t max)
{
    size_t n = 0;
    sbuf_clear(all);
    for (size_t at = 0; at < file->n;) {
        const size_t packed = ZSTD_findFrameCompressedSize(file->p + at, file->n - at);
        assert_false(ZSTD_isError(packed));
        const unsigned long long size = ZSTD_getFrameContentSize(file->p + at, file->n - at);
        assert_true(size < ZSTD_CONTENTSIZE_ERROR);
        assert_true(file->p[at + 4] & 4); /* checksum flag of the frame header */
        assert_true(sbuf_room(all, size));
        assert_int_equal(ZSTD_decompress(all->p + all->n, size, file->p + at, packed), size);
        all->n += size;
        assert_true(n < max);
        sizes[n++] = size;
        at += packed;
    }
    return n;
}

/* The same for gzip members. Time and system must not be in the header. */
static inline size_t gzip_members(const sbuf *file, sbuf *all, size_t *sizes, size_t max)
{
    size_t n = 0;
    sbuf_clear(all);
    for (size_t at = 0; at < file->n;) {
        z_stream z = { 0 };
        const size_t from = all->n;
        assert_memory_equal(file->p + at, "\x1f\x8b\x08\x00\x00\x00\x00\x00", 8);
        assert_int_equal((unsigned char)file->p[at + 9], 255);
        assert_int_equal(inflateInit2(&z, 15 + 16), Z_OK);
        z.next_in = (Bytef *)file->p + at;
        z.avail_in = (uInt)(file->n - at);
        int r;
        do {
            assert_true(sbuf_room(all, 1 << 20));
            z.next_out = (Bytef *)all->p + all->n;
            z.avail_out = 1 << 20;
            r = inflate(&z, Z_NO_FLUSH);
            all->n += (1 << 20) - z.avail_out;
        } while (r == Z_OK);
        assert_int_equal(r, Z_STREAM_END);
        assert_true(n < max);
        sizes[n++] = all->n - from;
        at = file->n - z.avail_in;
        inflateEnd(&z);
    }
    return n;
}

/* A record of n bytes: '\n' at the end, letters that depend on seed before it. */
static inline void make_record(char *p, size_t n, uint32_t seed)
{
    for (size_t i = 0; i + 1 < n; i++) {
        seed = seed * 1664525u + 1013904223u;
        p[i] = (char)('a' + (seed >> 24) % 16);
    }
    if (n)
        p[n - 1] = '\n';
}

static inline void put_record(output *out, unsigned thread, size_t n, uint32_t seed)
{
    char *p = malloc(n + 1);
    assert_non_null(p);
    make_record(p, n, seed);
    assert_int_equal(output_put(out, thread, p, n), 0);
    free(p);
}

/* Everything is as the shard says: size, digest. */
static inline void check_shard_file(const output_shard *s)
{
    struct stat st;
    char hex[65];
    assert_int_equal(stat(s->path, &st), 0);
    assert_int_equal(st.st_size, s->file_bytes);
    assert_int_equal(sha256_file(s->path, hex), 0);
    assert_string_equal(hex, s->sha256);
}

/* Names in the folder of the test, but for locks, sorted, one a line. */
static inline void list_folder(sbuf *out)
{
    sbuf cmd = { 0 };
    char line[300];
    sbuf_printf(&cmd, "ls -A --ignore='.*.sluice-lock' %s", test_folder);
    sbuf_clear(out);
    FILE *f = popen(sbuf_z(&cmd), "r");
    assert_non_null(f);
    while (fgets(line, sizeof line, f))
        sbuf_puts(out, line);
    pclose(f);
    sbuf_free(&cmd);
}

static inline void assert_folder(const char *names)
{
    sbuf s = { 0 };
    list_folder(&s);
    assert_string_equal(sbuf_z(&s), names);
    sbuf_free(&s);
}
#endif
