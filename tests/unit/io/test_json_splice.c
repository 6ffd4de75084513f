/* json_splice: exact bytes of small edits, and properties over many. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include "json_test.h"

/* edits as a list of name, value (NULL: removed), ended by a NULL name; keep as names ended by NULL, or NULL. */
typedef struct splice_case {
    const char *record, *edits[9], *keep[4], *want;
    bool keeps;
} splice_case;

static size_t read_edits(const char *const *names, json_edit *edits)
{
    size_t n = 0;
    for (; names[2 * n]; n++) {
        const char *name = names[2 * n], *value = names[2 * n + 1];
        edits[n] = (json_edit){ name, strlen(name), value, value ? strlen(value) : 0 };
    }
    return n;
}

static void exact(void **state)
{
    (void)state;
    static const splice_case all[] = {
        /* nothing to do */
        { "{}", { NULL }, { NULL }, "{}", false },
        { "{\"a\":1}", { NULL }, { NULL }, "{\"a\":1}", false },
        { " { \"a\" : [1, 2] , \"b\":\"x\" } ", { NULL }, { NULL }, " { \"a\" : [1, 2] , \"b\":\"x\" } ", false },
        { "{\"a\":1}", { "b", NULL }, { NULL }, "{\"a\":1}", false },
        /* replaced: first, middle, last, strings with quotes and brackets around them */
        { "{\"a\":1,\"b\":2}", { "a", "\"x\"" }, { NULL }, "{\"a\":\"x\",\"b\":2}", false },
        { "{\"a\":1,\"b\":2}", { "b", "[]" }, { NULL }, "{\"a\":1,\"b\":[]}", false },
        { "{\"a\":\"}\\\"\", \"b\" : 2 , \"c\":{\"b\":3}}",
          { "b", "7" },
          { NULL },
          "{\"a\":\"}\\\"\", \"b\" : 7 , \"c\":{\"b\":3}}",
          false },
        { "{\"a\":\"\\\\\",\"b\":2}", { "b", "7" }, { NULL }, "{\"a\":\"\\\\\",\"b\":7}", false },
        { "{\"te\\u0078t\":\"old\"}", { "text", "\"new\"" }, { NULL }, "{\"te\\u0078t\":\"new\"}", false },
        { "{\"\\ud83d\\ude00\":1}", { "\xF0\x9F\x98\x80", "2" }, { NULL }, "{\"\\ud83d\\ude00\":2}", false },
        { "{\"a\\\\b\":1}", { "a\\b", "2" }, { NULL }, "{\"a\\\\b\":2}", false },
        { "{\"a\\\\b\":1}", { "a\\\\b", "2" }, { NULL }, "{\"a\\\\b\":1,\"a\\\\\\\\b\":2}", false },
        { "{\"\":1}", { "", "2" }, { NULL }, "{\"\":2}", false },
        { "{\"a\":1,\"b\":2}", { "a", "3", "b", "4" }, { NULL }, "{\"a\":3,\"b\":4}", false },
        /* removed */
        { "{\"a\":1}", { "a", NULL }, { NULL }, "{}", false },
        { "{ \"a\":1 }", { "a", NULL }, { NULL }, "{ }", false },
        { "{\"a\":1,\"b\":2,\"c\":3}", { "a", NULL }, { NULL }, "{\"b\":2,\"c\":3}", false },
        { "{\"a\":1,\"b\":2,\"c\":3}", { "b", NULL }, { NULL }, "{\"a\":1,\"c\":3}", false },
        { "{\"a\":1,\"b\":2,\"c\":3}", { "c", NULL }, { NULL }, "{\"a\":1,\"b\":2}", false },
        { "{\"a\":1, \"b\":2, \"c\":3}", { "a", NULL }, { NULL }, "{\"b\":2, \"c\":3}", false },
        { "{ \"a\":1, \"b\":2 , \"c\":3 }", { "a", NULL, "c", NULL }, { NULL }, "{ \"b\":2 }", false },
        { "{\"a\":1,\"b\":2,\"c\":3}", { "a", NULL, "b", NULL, "c", NULL }, { NULL }, "{}", false },
        { "{\"te\\u0078t\":1,\"b\":2}", { "text", NULL }, { NULL }, "{\"b\":2}", false },
        /* added */
        { "{}", { "a", "1" }, { NULL }, "{\"a\":1}", false },
        { " { } ", { "a", "1", "b", "2" }, { NULL }, " {\"a\":1,\"b\":2 } ", false },
        { "{\"a\":1}", { "b", "2", "c", "3" }, { NULL }, "{\"a\":1,\"b\":2,\"c\":3}", false },
        { "{ \"a\": 1 }", { "b", "2" }, { NULL }, "{ \"a\": 1,\"b\":2 }", false },
        { "{\"a\":1}", { "q\"\n", "2" }, { NULL }, "{\"a\":1,\"q\\\"\\n\":2}", false },
        { "{\"a\":1}", { "a", NULL, "b", "2" }, { NULL }, "{\"b\":2}", false },
        { "{\"a\":1,\"b\":5}", { "b", NULL, "c", "2", "a", "\"\"" }, { NULL }, "{\"a\":\"\",\"c\":2}", false },
        /* the last of several edits of one name counts */
        { "{\"a\":1}", { "a", "2", "a", "3" }, { NULL }, "{\"a\":3}", false },
        { "{}", { "a", "2", "a", "3" }, { NULL }, "{\"a\":3}", false },
        { "{\"a\":1}", { "a", "2", "a", NULL }, { NULL }, "{}", false },
        { "{}", { "a", "2", "a", NULL }, { NULL }, "{}", false },
        { "{\"b\":1}", { "a", NULL, "a", "2" }, { NULL }, "{\"b\":1,\"a\":2}", false },
        /* keep */
        { "{\"a\":1,\"b\":2,\"c\":3}", { NULL }, { "b", NULL }, "{\"b\":2}", true },
        { "{\"a\":1,\"b\":2,\"c\":3}", { NULL }, { "c", "a", NULL }, "{\"a\":1,\"c\":3}", true },
        { "{\"a\":1,\"\\u0062\":2}", { NULL }, { "b", NULL }, "{\"\\u0062\":2}", true },
        { "{\"a\":1}", { NULL }, { NULL }, "{}", true },
        { "{\"a\":1}", { "a", "2", "b", "3", "c", "4" }, { "a", "c", NULL }, "{\"a\":2,\"c\":4}", true },
        { "{\"a\":1,\"b\":2}", { "a", "2" }, { "b", NULL }, "{\"b\":2}", true },
    };
    for (size_t i = 0; i < COUNT(all); i++) {
        const splice_case *t = &all[i];
        json_edit edits[4];
        const size_t n_edits = read_edits(t->edits, edits), n = strlen(t->record);
        size_t n_keep = 0;
        while (t->keep[n_keep])
            n_keep++;
        char *record = malloc(n); /* no padding here: nothing behind the record may be read */
        assert_non_null(record);
        memcpy(record, t->record, n);
        sbuf out = { 0 };
        sbuf_puts(&out, "before:");
        json_splice(record, n, edits, n_edits, t->keeps ? t->keep : NULL, n_keep, &out);
        assert_false(out.failed);
        assert_string_equal(sbuf_z(&out) + 7, t->want);
        if (n_edits)
            assert_int_equal(verdict(out.p + 7, out.n - 7), JSON_OK);
        free(record);
        sbuf_free(&out);
    }
}

/* More edits than fit the small table. */
static void many_edits(void **state)
{
    (void)state;
    enum { N = 200 };
    static char names[N][8];
    json_edit edits[N];
    sbuf record = { 0 }, want = { 0 }, out = { 0 };
    sbuf_puts(&record, "{\"k0\":0");
    sbuf_puts(&want, "{\"k0\":1");
    for (int i = 0; i < N; i++) {
        snprintf(names[i], sizeof names[i], "k%d", i);
        edits[i] = (json_edit){ names[i], strlen(names[i]), "1", 1 };
        if (i && i % 2 == 0) {
            sbuf_printf(&record, ",\"k%d\":0", i);
            sbuf_printf(&want, ",\"k%d\":1", i);
        }
    }
    for (int i = 1; i < N; i += 2)
        sbuf_printf(&want, ",\"k%d\":1", i);
    sbuf_putc(&record, '}');
    sbuf_putc(&want, '}');
    json_splice(record.p, record.n, edits, N, NULL, 0, &out);
    assert_string_equal(out.p, want.p);
    sbuf_free(&record);
    sbuf_free(&want);
    sbuf_free(&out);
}

/* What is no object must not be read past its end; it leaves as it came. */
static void not_valid(void **state)
{
    (void)state;
    static const char *const all[] = { "", "[1]", "nonsense", " ", "[" };
    static const json_edit edit = { "a", 1, "1", 1 };
    for (size_t i = 0; i < COUNT(all); i++) {
        const size_t n = strlen(all[i]);
        char *record = malloc(n ? n : 1);
        assert_non_null(record);
        memcpy(record, all[i], n);
        sbuf out = { 0 };
        json_splice(record, n, &edit, 1, NULL, 0, &out);
        assert_string_equal(sbuf_z(&out), all[i]);
        free(record);
        sbuf_free(&out);
    }
}

/* ---- properties ---- */

static uint64_t draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

/* Members m0 … with bits of `there` set, each with a value that says its number. */
static void random_record(uint64_t *seed, unsigned there, sbuf *s)
{
    static const char *const values[] = { "%u",      "\"%u\\\"}\"", "{\"x\":[%u,\"]\\\\\"]}",
                                          "[[],%u]", "-%u.5e3",     "\"%u\\\\\"" };
    static const char *const keys[] = { "\"m%u\"", "\"\\u006d%u\"" };
    static const char *const space[] = { "", " ", "\t" };
    bool first = true;
    sbuf_putc(s, '{');
    for (unsigned i = 0; i < 6; i++) {
        if (!(there >> i & 1))
            continue;
        sbuf_printf(s, "%s%s", first ? "" : ",", space[draw(seed) % 3]);
        first = false;
        sbuf_printf(s, draw(seed) % 4 ? keys[0] : keys[1], i);
        sbuf_printf(s, "%s:%s", space[draw(seed) % 3], space[draw(seed) % 3]);
        const uint64_t v = draw(seed) % COUNT(values);
        sbuf_printf(s,
                    v == 0   ? values[0]
                    : v == 1 ? values[1]
                    : v == 2 ? values[2]
                    : v == 3 ? values[3]
                    : v == 4 ? values[4]
                             : values[5],
                    i);
        sbuf_puts(s, space[draw(seed) % 3]);
    }
    sbuf_putc(s, '}');
}

static void read_members(const char *p, size_t n, arena *mem, json_cell cells[6], char **keep)
{
    static const json_field fields[] = { { "m0", SL_T_JSON }, { "m1", SL_T_JSON }, { "m2", SL_T_JSON },
                                         { "m3", SL_T_JSON }, { "m4", SL_T_JSON }, { "m5", SL_T_JSON } };
    assert_int_equal(parse(fields, 6, p, n, mem, cells, keep), JSON_OK);
}

static void properties(void **state)
{
    (void)state;
    uint64_t seed = 7;
    for (int round = 0; round < 5000; round++) {
        static const char *const names[] = { "m0", "m1", "m2", "m3", "m4", "m5" };
        const unsigned there = draw(&seed) % 64, edited = draw(&seed) % 64, removed = draw(&seed) % 64;
        json_edit edits[6];
        json_cell before[6], after[6];
        size_t n_edits = 0;
        char *keep[2];
        arena mem;
        sbuf record = { 0 }, out = { 0 };
        arena_init(&mem, 0);
        random_record(&seed, there, &record);
        for (unsigned i = 0; i < 6; i++)
            if (edited >> i & 1)
                edits[n_edits++] = (json_edit){ names[i], 2, removed >> i & 1 ? NULL : "\"new\"", 5 };
        json_splice(record.p, record.n, edits, n_edits, NULL, 0, &out);
        read_members(record.p, record.n, &mem, before, &keep[0]);
        read_members(out.p, out.n, &mem, after, &keep[1]);
        for (unsigned i = 0; i < 6; i++) {
            if (!(edited >> i & 1)) {
                assert_true(json_cell_equal(&before[i], &after[i], SL_T_JSON));
            } else if (removed >> i & 1) {
                assert_int_equal(after[i].state, CELL_MISSING);
            } else {
                assert_int_equal(after[i].v.str.n, 5);
                assert_memory_equal(after[i].v.str.p, "\"new\"", 5);
            }
        }
        if (!(there & edited) && !(edited & ~removed))
            assert_string_equal(out.p, record.p);
        free(keep[0]);
        free(keep[1]);
        sbuf_free(&record);
        sbuf_free(&out);
        arena_free(&mem);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exact),
        cmocka_unit_test(many_edits),
        cmocka_unit_test(not_valid),
        cmocka_unit_test(properties),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
