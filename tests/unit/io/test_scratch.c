/* Scratch space: what is written is read, by any thread; nothing is left on the disk; damage is told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include "base/hash.h"
#include "unit/io/scratch_test.h"

static bool no_tmpfile; /* open as on a file system without O_TMPFILE */
int __real_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...);
int __wrap_open(const char *path, int flags, ...)
{
    va_list ap;
    va_start(ap, flags);
    const unsigned mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(ap, unsigned) : 0;
    va_end(ap);
    if (no_tmpfile && (flags & O_TMPFILE) == O_TMPFILE)
        return errno = EOPNOTSUPP, -1;
    return __real_open(path, flags, mode);
}

static scratch *make(unsigned threads)
{
    scratch *s = scratch_new(test_dir, threads, 1);
    assert_non_null(s);
    return s;
}

static block_at put(scratch *s, unsigned thread, const void *p, size_t n)
{
    sbuf err = { 0 };
    block_at at;
    assert_int_equal(scratch_write(s, thread, p, n, &at, &err), 0);
    assert_int_equal(err.n, 0);
    assert_int_equal(at.file, thread);
    assert_int_equal(at.bytes, n);
    return at;
}

static void assert_reads(scratch *s, unsigned thread, block_at at, const void *p)
{
    sbuf err = { 0 };
    uint8_t *got = malloc(at.bytes);
    assert_non_null(got);
    assert_int_equal(scratch_read(s, thread, at, got, &err), 0);
    assert_memory_equal(got, p, at.bytes);
    assert_int_equal(err.n, 0);
    free(got);
}

static void assert_refused(scratch *s, block_at at, int code, const char *sentence)
{
    sbuf err = { 0 };
    uint8_t *got = malloc(at.bytes);
    assert_non_null(got);
    assert_int_equal(scratch_read(s, 0, at, got, &err), code);
    assert_string_equal(sbuf_z(&err), sentence);
    sbuf_free(&err);
    free(got);
}

static void blocks_of_all_sizes(void **state)
{
    static const size_t sizes[] = { 1, 2, 3, 100, 4096, 262144, 300001, 5 << 20 };
    uint8_t *p = malloc(5 << 20);
    (void)state;
    assert_non_null(p);
    for (int level = -5; level <= 3; level += 4) {
        scratch *s = scratch_new(test_dir, 3, level);
        assert_non_null(s);
        uint64_t end[3] = { 0 };
        for (unsigned kind = 0; kind < 2; kind++)
            for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
                const unsigned w = (unsigned)i % 3;
                if (kind)
                    fill_random(p, sizes[i], i);
                else
                    memset(p, 'a' + (int)i, sizes[i]);
                const block_at at = put(s, w, p, sizes[i]);
                assert_reads(s, (unsigned)(i / 3) % 3, at, p);
                assert_int_equal(at.offset, end[w]);
                end[w] += at.stored;
                if (kind || sizes[i] < 4) { /* nothing to gain: as it is */
                    assert_int_equal(at.stored, at.bytes);
                    assert_true(at.sum == hash_bytes(p, sizes[i]));
                } else {
                    assert_true(at.stored < at.bytes / 2);
                }
                assert_int_equal(scratch_bytes(s), end[0] + end[1] + end[2]);
            }
        scratch_free(s);
        assert_empty_folder(test_folder);
    }
    free(p);
}

static void the_folder_comes_late_and_goes(void **state)
{
    (void)state;
    scratch *s = make(2);
    assert_empty_folder(test_folder);
    scratch_free(s);
    assert_empty_folder(test_folder);

    for (int i = 0; i < 2; i++, no_tmpfile = true) {
        s = make(2);
        const block_at at = put(s, 1, "block", 5);
        assert_empty_folder(test_dir); /* it is there, and the file in it has no name */
        assert_true(scratch_fd(0) >= 0);
        assert_int_equal(scratch_fd(1), -1); /* thread 0 has written nothing */
        assert_reads(s, 0, at, "block");
        scratch_free(s);
        assert_int_equal(scratch_fd(0), -1);
        assert_empty_folder(test_folder);
    }

    char mine[100], left[140];
    snprintf(mine, sizeof mine, "%s/mine", test_dir);
    snprintf(left, sizeof left, "%s/.scratch-%ld-0-0", test_dir, (long)getpid()); /* of one killed at a bad moment */
    s = make(1);
    assert_int_equal(fs_mkdirs(test_dir), 0);
    assert_int_equal(fs_write_atomic(mine, "x", 1), 0);
    assert_int_equal(fs_write_atomic(left, "x", 1), 0);
    assert_reads(s, 0, put(s, 0, "block", 5), "block");
    scratch_free(s);
    no_tmpfile = false;
    assert_true(fs_exists(mine));
    assert_true(fs_exists(left));
    assert_int_equal(fs_remove_tree(test_dir), 0);
    scratch_free(NULL);
}

static void damage_is_told(void **state)
{
    (void)state;
    sbuf want = { 0 };
    char zeros[1000] = { 0 };
    uint8_t noise[1000];
    fill_random(noise, sizeof noise, 1);
    scratch *s = make(1);
    const block_at a = put(s, 0, noise, sizeof noise), b = put(s, 0, zeros, sizeof zeros);
    uint8_t stored[1000];
    const int fd = scratch_fd(0);
    assert_true(fd >= 0);
    for (int i = 0; i < 2; i++) {
        const block_at at = i ? b : a;
        flip_byte(fd, (off_t)at.offset + 7);
        assert_int_equal(pread(fd, stored, at.stored, (off_t)at.offset), at.stored);
        sbuf_clear(&want);
        sbuf_printf(&want,
                    "scratch space in %s is damaged: file 0, offset %llu, %u bytes: their checksum is %016llx, not "
                    "%016llx as when they were written",
                    test_dir, (unsigned long long)at.offset, at.stored,
                    (unsigned long long)hash_bytes(stored, at.stored), (unsigned long long)at.sum);
        assert_refused(s, at, SL_E_DATA, sbuf_z(&want));
        flip_byte(fd, (off_t)at.offset + 7);
    }
    assert_reads(s, 0, a, noise);
    assert_reads(s, 0, b, zeros);
    block_at wrong = b; /* the stored bytes are right and are no block of that size */
    wrong.bytes--;
    sbuf_clear(&want);
    sbuf_printf(&want, "scratch space in %s is damaged: file 0, offset 1000: Destination buffer is too small",
                test_dir);
    assert_refused(s, wrong, SL_E_DATA, sbuf_z(&want));
    wrong.bytes += 2;
    sbuf_clear(&want);
    sbuf_printf(&want, "scratch space in %s is damaged: file 0, offset 1000: a block of another size", test_dir);
    assert_refused(s, wrong, SL_E_DATA, sbuf_z(&want));
    assert_int_equal(ftruncate(fd, 300), 0);
    sbuf_clear(&want);
    sbuf_printf(&want, "scratch space in %s is damaged: file 0, offset 0: 300 of 1000 bytes are there", test_dir);
    assert_refused(s, a, SL_E_DATA, sbuf_z(&want));
    scratch_free(s);
    sbuf_free(&want);
}

static void blocks_that_never_were(void **state)
{
    (void)state;
    sbuf err = { 0 };
    scratch *s = make(2);
    static const char sentence[] = "internal error: this block was never in scratch space";
    const block_at at = put(s, 0, "block", 5);
    block_at v[] = { at, at, at, at, at };
    v[0].file = 1; /* which has none yet */
    v[1].file = 2;
    v[2].stored = 0;
    v[3].stored = 6;
    v[4].bytes = SCRATCH_BLOCK_MAX + 1;
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        assert_refused(s, v[i], SL_E_INTERNAL, sentence);
    assert_int_equal(scratch_read(s, 2, at, v, &err), SL_E_INTERNAL);
    assert_string_equal(sbuf_z(&err), sentence);
    const struct {
        unsigned thread;
        size_t n;
        const char *says;
    } bad[] = { { 0, 0, "internal error: a block of 0 bytes of thread 0 for scratch space" },
                { 2, 5, "internal error: a block of 5 bytes of thread 2 for scratch space" },
                { 1, SCRATCH_BLOCK_MAX + 1,
                  "internal error: a block of 67108865 bytes of thread 1 for scratch space" } };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        block_at none = { 0 };
        sbuf_clear(&err);
        assert_int_equal(scratch_write(s, bad[i].thread, "block", bad[i].n, &none, &err), SL_E_INTERNAL);
        assert_string_equal(sbuf_z(&err), bad[i].says);
        assert_int_equal(none.bytes, 0);
    }
    sbuf_free(&err);
    scratch_free(s);
}

/* ---- threads ---- */

enum { THREADS = 4, BLOCKS = 50, LARGEST = 20000 };

typedef struct work {
    scratch *s;
    unsigned thread;
    block_at (*at)[BLOCKS];
    bool reads, ok;
} work;

static void content(uint8_t *p, unsigned writer, unsigned i)
{
    const size_t half = LARGEST / 2; /* which does not compress, and a half that does */
    fill_random(p, half, writer * 1000 + i);
    memset(p + half, (int)i, LARGEST - half);
}

static void *run(void *u)
{
    work *w = u;
    uint8_t p[LARGEST], got[LARGEST];
    sbuf err = { 0 };
    w->ok = true;
    for (unsigned i = 0; i < BLOCKS && w->ok; i++)
        for (unsigned k = 0; k < (w->reads ? THREADS : 1) && w->ok; k++) {
            const unsigned writer = (w->thread + k) % THREADS;
            const size_t n = 1 + (writer * 7919 + i * 397) % LARGEST;
            content(p, writer, i);
            if (w->reads)
                w->ok = scratch_read(w->s, w->thread, w->at[writer][i], got, &err) == 0 && memcmp(p, got, n) == 0;
            else
                w->ok = scratch_write(w->s, writer, p, n, &w->at[writer][i], &err) == 0;
        }
    return NULL;
}

static void all_threads_write_and_read(void **state)
{
    (void)state;
    scratch *s = make(THREADS);
    block_at at[THREADS][BLOCKS];
    work w[THREADS];
    pthread_t t[THREADS];
    for (int reads = 0; reads < 2; reads++) {
        for (unsigned i = 0; i < THREADS; i++) {
            w[i] = (work){ s, i, at, reads, false };
            assert_int_equal(pthread_create(&t[i], NULL, run, &w[i]), 0);
        }
        for (unsigned i = 0; i < THREADS; i++) {
            pthread_join(t[i], NULL);
            assert_true(w[i].ok);
        }
    }
    uint64_t stored = 0;
    for (unsigned i = 0; i < THREADS * BLOCKS; i++)
        stored += at[i / BLOCKS][i % BLOCKS].stored;
    assert_int_equal(scratch_bytes(s), stored);
    scratch_free(s);
    assert_empty_folder(test_folder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(blocks_of_all_sizes),
        cmocka_unit_test(the_folder_comes_late_and_goes),
        cmocka_unit_test(damage_is_told),
        cmocka_unit_test(blocks_that_never_were),
        cmocka_unit_test(all_threads_write_and_read),
    };
    return cmocka_run_group_tests_name("scratch", tests, make_test_folder, remove_test_folder);
}
