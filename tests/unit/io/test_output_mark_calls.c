/* Marks and resuming while the system fails: each call of the kernel in turn, and each allocation. Whatever fails,
 * there is a sentence, and the mark of before still leads to the same bytes. The calls are taken over by functions of
 * the same name in this program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "unit/io/call_fails.h"
#include "unit/io/output_mark_test.h"

/* ---- the calls ---- */

int fdatasync(int fd) { return fails("fdatasync") ? -1 : (int)syscall(SYS_fdatasync, fd); }
int ftruncate(int fd, off_t n) { return fails("ftruncate") ? -1 : (int)syscall(SYS_ftruncate, fd, n); }

/* ---- the steps ---- */

static const output_spec open_spec = { .path = "o.jsonl" };

static void put_chunk(output *a, output *b, unsigned chunk)
{
    for (unsigned i = 0; i < 3; i++)
        put_record(a, 0, 10 + i, chunk * 100 + i);
    for (unsigned i = 0; i < 5; i++)
        put_record(b, 0, 1 << 20, chunk * 100 + i);
}

/* Two chunks, a mark behind the first; more than that is in the files. */
static void interrupt(sbuf *json)
{
    outputs *o = new_outputs(false, 0);
    output *a = open_in(o, two_each), *b = open_in(o, open_spec);
    for (unsigned c = 0; c < 2; c++) {
        put_chunk(a, b, c);
        end_chunk(o, 0, c);
        write_all(o);
        if (c == 0)
            ASSERT_PLACE(mark(o, json), 0, 1);
    }
    outputs_keep(o);
    outputs_free(o);
}

/* From the mark, or from the beginning, to the end; the digests of all files. */
static void complete(const sbuf *json, sbuf *digests)
{
    outputs *o = new_outputs(json != NULL, 0);
    output *a = open_in(o, two_each), *b = open_in(o, open_spec);
    if (json)
        assert_resumes(o, json, 0, 1);
    for (unsigned c = json ? 1 : 0; c < 3; c++) {
        put_chunk(a, b, c);
        end_chunk(o, 0, c);
    }
    assert_int_equal(outputs_end_split(o, 0, 3, NULL), 0);
    assert_int_equal(outputs_finish(o, NULL), 0);
    assert_int_equal(outputs_publish(o, NULL), 0);
    outputs_free(o);
    fingerprint(digests);
    empty_folder(NULL);
}

static void assert_ends_with(const sbuf *err, const char *says)
{
    const size_t n = strlen(says);
    assert_true(err->n >= n);
    assert_string_equal(err->p + err->n - n, says);
}

/* One attempt to continue that meets the fault. false: there was no such call. */
static bool resume_fails(const char *call, int nth, int error, int code, const char *says, const sbuf *want)
{
    sbuf json = { 0 }, err = { 0 }, got = { 0 };
    interrupt(&json);
    outputs *o = new_outputs(true, 0);
    open_in(o, two_each);
    open_in(o, open_spec);
    arm(call, nth, error);
    const int r = outputs_resume(o, json.p, json.n, &err);
    const bool met = disarm();
    if (met) {
        assert_int_equal(r, code);
        if (says)
            assert_ends_with(&err, says);
        assert_true(err.n > 0);
    } else {
        assert_int_equal(r, 0);
        outputs_keep(o);
    }
    outputs_free(o);
    complete(&json, &got);
    assert_string_equal(sbuf_z(&got), sbuf_z(want));
    sbuf_free(&json);
    sbuf_free(&err);
    sbuf_free(&got);
    return met;
}

static void resuming(void **state)
{
    (void)state;
    static const struct {
        const char *call;
        int nth, error, code;
        const char *says;
    } v[] = {
        { "open", 1, EMFILE, SL_E_IO, ".o.jsonl.sluice-t: Too many open files" },
        { "open", 1, ENOENT, SL_E_STATE, ".o.jsonl.sluice-t: No such file or directory" },
        { "pread", 1, EIO, SL_E_IO, ".o.jsonl.sluice-t: Input/output error" },
        { "pread", 4, EIO, SL_E_IO, ".o.jsonl.sluice-t: Input/output error" },
        { "ftruncate", 1, EIO, SL_E_IO, ".o.jsonl.sluice-t to 4194304 bytes: Input/output error" },
        { "lseek", 1, EIO, SL_E_IO, ".o.jsonl.sluice-t to 4194304 bytes: Input/output error" },
    };
    sbuf want = { 0 };
    complete(NULL, &want);
    for (size_t i = 0; i < sizeof v / sizeof *v; i++)
        assert_true(resume_fails(v[i].call, v[i].nth, v[i].error, v[i].code, v[i].says, &want));
    assert_false(resume_fails("open", 2, EIO, 0, NULL, &want)); /* and these are all there are */
    assert_false(resume_fails("pread", 5, EIO, 0, NULL, &want));
    assert_false(resume_fails("ftruncate", 2, EIO, 0, NULL, &want));
    sbuf_free(&want);
}

#ifdef CAN_FAIL_MALLOC
static void resuming_without_memory(void **state)
{
    (void)state;
    sbuf want = { 0 };
    int nth = 1;
    complete(NULL, &want);
    while (resume_fails("malloc", nth, ENOMEM, SL_E_NOMEM, NULL, &want))
        nth++;
    assert_true(nth > 10);
    sbuf_free(&want);
}
#endif

/* A second mark that meets the fault; then the first one is used. */
static bool mark_fails(const char *call, int nth, int code, const char *says, const sbuf *want)
{
    sbuf json = { 0 }, second = { 0 }, err = { 0 }, got = { 0 };
    uint64_t split, chunk;
    outputs *o = new_outputs(false, 0);
    output *a = open_in(o, two_each), *b = open_in(o, open_spec);
    put_chunk(a, b, 0);
    end_chunk(o, 0, 0);
    write_all(o);
    ASSERT_PLACE(mark(o, &json), 0, 1);
    put_chunk(a, b, 1);
    end_chunk(o, 0, 1);
    write_all(o);
    assert_true(sbuf_room(&second, 1 << 20)); /* its own memory is not what is tested */
    arm(call, nth, code == SL_E_NOMEM ? ENOMEM : EIO);
    int r = outputs_mark(o, true, &second, &split, &chunk, &err);
    const bool met = disarm();
    assert_int_equal(r, met ? code : 0);
    assert_int_equal(second.n == 0, met);
    if (met && says)
        assert_ends_with(&err, says);
    assert_int_equal(err.n > 0, met);
    sbuf_clear(&second);
    r = outputs_mark(o, true, &second, &split, &chunk, NULL);
    assert_int_equal(r, met && code == SL_E_IO ? SL_E_IO : 0); /* memory may be there again; what is lost is lost */
    outputs_keep(o);
    outputs_free(o);
    complete(&json, &got);
    assert_string_equal(sbuf_z(&got), sbuf_z(want));
    sbuf_free(&json);
    sbuf_free(&second);
    sbuf_free(&err);
    sbuf_free(&got);
    return met;
}

static void marking(void **state)
{
    (void)state;
    sbuf want = { 0 };
    complete(NULL, &want);
    assert_true(mark_fails("open", 1, SL_E_IO, "a-{shard}.jsonl: Input/output error", &want)); /* its folder */
    assert_true(mark_fails("open", 2, SL_E_IO, "o.jsonl: Input/output error", &want));
    assert_false(mark_fails("open", 3, 0, NULL, &want)); /* no file of that output was added */
    assert_true(mark_fails("fsync", 1, SL_E_IO, "a-{shard}.jsonl: Input/output error", &want));
    assert_false(mark_fails("fsync", 2, 0, NULL, &want));
    assert_true(mark_fails("fdatasync", 1, SL_E_IO, "o.jsonl: Input/output error", &want));
    assert_false(mark_fails("fdatasync", 2, 0, NULL, &want));
#ifdef CAN_FAIL_MALLOC
    int nth = 1;
    while (mark_fails("malloc", nth, SL_E_NOMEM, "out of memory", &want))
        nth++;
    assert_true(nth > 5);
#endif
    sbuf_free(&want);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(resuming, empty_folder),
#ifdef CAN_FAIL_MALLOC
        cmocka_unit_test_teardown(resuming_without_memory, empty_folder),
#endif
        cmocka_unit_test_teardown(marking, empty_folder),
    };
    return cmocka_run_group_tests_name("output_mark_calls", tests, make_test_folder, remove_test_folder);
}
