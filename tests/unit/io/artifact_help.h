/* What the tests of saved states share. */
#ifndef ARTIFACT_HELP_H
#define ARTIFACT_HELP_H
#include "io/artifact.h"
#include "unit/io/artifact_seal.h"
#include "unit/io/output_test.h"

static const artifact_head head_a = { .stage = "dedup.exact",
                                      .name = "3f9c1a2b00112233",
                                      .what = "whole",
                                      .state_version = 7,
                                      .plugin = "dedup 1.0.0",
                                      .made_by = "{\"use\":\"dedup.exact\"}",
                                      .report = "",
                                      .created = 1790000000 };

/* Byte i of a payload. */
static inline char payload_byte(uint64_t i) { return (char)((i * 2654435761u) >> 13 ^ i); }

static inline char *payload(size_t n)
{
    char *p = malloc(n + 1);
    assert_non_null(p);
    for (size_t i = 0; i < n; i++)
        p[i] = payload_byte(i);
    return p;
}

/* A state of n bytes of payload, handed over in pieces of `step`. */
static inline void make_state(const char *path, const artifact_head *h, size_t n, size_t step)
{
    sbuf err = { 0 };
    char *p = payload(n);
    artifact_writer *w = artifact_create(path, h, &err);
    assert_string_equal(sbuf_z(&err), "");
    assert_non_null(w);
    for (size_t at = 0; at < n; at += step)
        assert_int_equal(artifact_put(w, p + at, n - at < step ? n - at : step, &err), 0);
    assert_int_equal(artifact_commit(w, &err), 0);
    assert_string_equal(sbuf_z(&err), "");
    free(p);
    sbuf_free(&err);
}

static inline artifact_reader *open_state(const char *path)
{
    sbuf err = { 0 };
    int code = 99;
    artifact_reader *r = artifact_open(path, &code, &err);
    assert_string_equal(sbuf_z(&err), "");
    assert_non_null(r);
    assert_int_equal(code, 0);
    return r;
}

/* Thousands of times: without a sync. */
static inline void write_bytes(const char *path, const char *p, size_t n)
{
    FILE *f = fopen(path, "wb");
    assert_non_null(f);
    assert_int_equal(fwrite(p, 1, n, f), n);
    assert_int_equal(fclose(f), 0);
}

/* The sentence is "<path> <rest>". */
static inline void assert_about(const sbuf *err, const char *path, const char *rest)
{
    sbuf want = { 0 };
    sbuf_printf(&want, "%s %s", path, rest);
    assert_string_equal(sbuf_z(err), sbuf_z(&want));
    sbuf_free(&want);
}

/* Opening, or reading to the end, says "<path> <rest>"; verify says the same. */
static inline void assert_refused(const char *path, int want, const char *rest)
{
    sbuf err = { 0 };
    int code = 99;
    char byte[1000];
    artifact_reader *r = artifact_open(path, &code, &err);
    if (r)
        while ((code = artifact_get(r, byte, artifact_left(r) < 1000 ? artifact_left(r) : 1000, &err)) == 0)
            if (!artifact_left(r))
                break;
    artifact_close(r);
    assert_int_equal(code, want);
    assert_about(&err, path, rest);
    sbuf_clear(&err);
    assert_int_equal(artifact_verify(path, &err), want);
    assert_about(&err, path, rest);
    assert_int_equal(artifact_verify(path, NULL), want);
    sbuf_free(&err);
}
#endif
