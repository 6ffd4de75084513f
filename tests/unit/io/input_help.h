/* What the tests of input share: a folder of their own, files in every codec, and all records of a file read piece by
 * piece. */
#ifndef TEST_INPUT_HELP_H
#define TEST_INPUT_HELP_H
#include "base/fs.h"
#include "base/hash.h"
#include "io/input.h"
#include <bzlib.h>
#include <fcntl.h>
#include <lz4frame.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

static char help_dir[64];

__attribute__((unused)) static int help_setup(void **state)
{
    (void)state;
    strcpy(help_dir, "/tmp/sluice-input-XXXXXX");
    return mkdtemp(help_dir) ? 0 : -1;
}

__attribute__((unused)) static int help_teardown(void **state)
{
    (void)state;
    return fs_remove_tree(help_dir);
}

/* Static, good until the fourth call after it. */
__attribute__((unused)) static const char *help_path(const char *name)
{
    static char path[4][512];
    static unsigned at;
    char *p = path[at++ % 4];
    snprintf(p, sizeof path[0], "%s/%s", help_dir, name);
    return p;
}

__attribute__((unused)) static const char *help_write(const char *name, const void *p, size_t n)
{
    const char *path = help_path(name);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
    assert_true(fd >= 0);
    assert_int_equal(fs_write_all(fd, p, n), 0);
    close(fd);
    return path;
}

static uint64_t help_seed = 1;
__attribute__((unused)) static uint64_t help_random(uint64_t below) { return hash_two(help_seed++, 77) % below; }

/* One frame, member or stream of p, appended. */
__attribute__((unused)) static void help_pack(input_codec c, const void *p, size_t n, sbuf *out)
{
    const size_t room = n + n / 2 + 4096;
    assert_true(sbuf_room(out, room));
    char *to = out->p + out->n;
    size_t got = 0;
    unsigned bz_got = (unsigned)room;
    switch (c) {
    case CODEC_PLAIN: memcpy(to, p, n), got = n; break;
    case CODEC_ZSTD: {
        ZSTD_CCtx *z = ZSTD_createCCtx();
        ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1);
        got = ZSTD_compress2(z, to, room, p, n);
        ZSTD_freeCCtx(z);
        break;
    }
    case CODEC_GZIP: {
        z_stream z = { 0 };
        assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
        z.next_in = (Bytef *)(uintptr_t)p;
        z.avail_in = (uInt)n;
        z.next_out = (Bytef *)to;
        z.avail_out = (uInt)room;
        assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
        got = z.total_out;
        deflateEnd(&z);
        break;
    }
    case CODEC_XZ:
        assert_int_equal(lzma_easy_buffer_encode(0, LZMA_CHECK_CRC64, NULL, p, n, (uint8_t *)to, &got, room), LZMA_OK);
        break;
    case CODEC_BZIP2:
        assert_int_equal(BZ2_bzBuffToBuffCompress(to, &bz_got, (char *)(uintptr_t)p, (unsigned)n, 1, 0, 0), BZ_OK);
        got = bz_got;
        break;
    case CODEC_LZ4: {
        LZ4F_preferences_t pref = { .frameInfo = { .blockSizeID = LZ4F_max64KB,
                                                   .contentChecksumFlag = LZ4F_contentChecksumEnabled,
                                                   .blockChecksumFlag = LZ4F_blockChecksumEnabled } };
        got = LZ4F_compressFrame(to, room, p, n, &pref);
        assert_false(LZ4F_isError(got));
        break;
    }
    }
    out->n += got;
    out->p[out->n] = 0;
}

__attribute__((unused)) static void help_skippable(sbuf *out, uint32_t n)
{
    const unsigned char head[8] = { 0x53, 0x2A, 0x4D, 0x18, n & 255, n >> 8 & 255, n >> 16 & 255, n >> 24 };
    sbuf_add(out, head, 8);
    for (uint32_t i = 0; i < n; i++)
        sbuf_putc(out, 'x');
}

typedef struct help_result {
    sbuf text; /* each record and a newline; a large one is "<LARGE n offset>" */
    uint64_t *nth;
    size_t n, blank, large;
    sbuf damage; /* each sentence and a newline */
    size_t n_damage;
    uint64_t consumed;
    size_t pieces, chunks;
    int result; /* INPUT_OK or what failed */
    sbuf err;
} help_result;

__attribute__((unused)) static void help_free(help_result *r)
{
    sbuf_free(&r->text);
    sbuf_free(&r->damage);
    sbuf_free(&r->err);
    free(r->nth);
    *r = (help_result){ 0 };
}

static void help_walk(input_chunk *c, help_result *out)
{
    input_record r;
    const input_damage *d;
    for (int s; (s = input_chunk_next(c, &r)) != INPUT_END; out->n++) {
        volatile char sum = 0; /* the slack is readable */
        for (size_t i = 0; i < INPUT_SLACK; i++)
            sum = (char)(sum + r.p[r.n + i]);
        if (out->n % 64 == 0)
            out->nth = realloc(out->nth, (out->n + 64) * sizeof *out->nth);
        out->nth[out->n] = r.nth;
        out->blank += s == INPUT_OK && !r.n;
        if (s == INPUT_MORE) {
            sbuf_printf(&out->text, "<LARGE %zu %llu>", r.n, (unsigned long long)r.offset);
            out->large++;
        } else {
            if (r.member)
                sbuf_printf(&out->text, "%s:", r.member);
            sbuf_add(&out->text, r.p, r.n);
        }
        sbuf_putc(&out->text, '\n');
    }
    const size_t n = input_chunk_damage(c, &d);
    for (size_t i = 0; i < n; i++, out->n_damage++)
        sbuf_printf(&out->damage, "%s\n", d[i].text);
    out->consumed += input_chunk_consumed(c);
    out->chunks++;
}

/* All of a file, piece by piece; plain pieces through streams where `by_stream`. */
__attribute__((unused)) static help_result help_read_file(const input_file *f, uint64_t split, int members,
                                                          const input_limits *lim, bool by_stream)
{
    help_result out = { 0 };
    arena mem;
    input_pieces pieces;
    arena_init(&mem, 0);
    out.result = input_cut(&mem, f, split, members != MEMBERS_NONE, &pieces, &out.err);
    input_chunk *c = input_chunk_new();
    assert_non_null(c);
    for (size_t i = 0; i < pieces.n && out.result >= 0; i++) {
        const input_piece p = pieces.v[i];
        assert_true(p.begin == (i ? pieces.v[i - 1].end : 0) && p.end >= p.begin);
        input_stream *s = NULL;
        if (!p.stream && !by_stream) {
            if ((out.result = input_load(f, p, lim, c, &out.err)) == INPUT_OK)
                help_walk(c, &out);
            continue;
        }
        out.result = input_stream_open(f, p, members, lim, &s, &out.err);
        while (out.result == INPUT_OK && (out.result = input_stream_next(s, c, &out.err)) == INPUT_OK)
            help_walk(c, &out);
        if (out.result == INPUT_END) {
            input_record none;
            assert_int_equal(input_chunk_next(c, &none), INPUT_END);
            out.result = INPUT_OK;
        }
        input_stream_close(s);
    }
    if (pieces.n)
        assert_true(pieces.v[pieces.n - 1].end == f->size);
    out.pieces = pieces.n;
    input_chunk_free(c);
    arena_free(&mem);
    return out;
}

static const input_limits help_limits = { .chunk_bytes = 8 << 20,
                                          .max_record_bytes = 128 << 20,
                                          .damage = DAMAGE_STOPS };

__attribute__((unused)) static help_result help_read(const char *path, uint64_t split, int members,
                                                     const input_limits *lim)
{
    arena mem;
    input_list list;
    sbuf note = { 0 };
    help_result out = { 0 };
    arena_init(&mem, 0);
    const int r = input_find(&mem, &path, 1, &list, &note, &out.err);
    if (r == INPUT_OK) {
        assert_int_equal(list.n, 1);
        sbuf_free(&out.err);
        out = help_read_file(&list.v[0], split, members, lim ? lim : &help_limits, false);
    } else {
        out.result = r;
    }
    sbuf_free(&note);
    arena_free(&mem);
    return out;
}
#endif
