/* json_parse: what it refuses and why, what it takes out, and that both paths agree. Every record lies in a block of
 * exactly n + 64 bytes, so that a sanitizer sees a read past the padding. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include "json_test.h"

/* ---- cells ---- */

typedef struct typed {
    uint32_t type;
    const char *text;
    json_state want;
    int64_t i; /* BOOL, I32, I64, U64 */
    double d;  /* F32, F64 */
} typed;

static void check_scalar(const typed *t)
{
    const json_field field = { "a", t->type };
    json_cell c;
    char *keep;
    sbuf s = { 0 };
    arena mem;
    arena_init(&mem, 0);
    sbuf_printf(&s, "{\"z\":0,\"a\":%s}", t->text);
    assert_int_equal(parse(&field, 1, s.p, s.n, &mem, &c, &keep), JSON_OK);
    if (c.state != t->want)
        print_error("type %u: %s\n", t->type, t->text);
    assert_int_equal(c.state, t->want);
    json_cell direct;
    assert_int_equal(json_convert(t->text, strlen(t->text), t->type, &mem, &direct), t->want);
    assert_true(json_cell_equal(&c, &direct, t->type));
    if (c.state == CELL_OK)
        switch (t->type) {
        case SL_T_BOOL: assert_int_equal(c.v.b, t->i); break;
        case SL_T_I32: assert_int_equal(c.v.i32, t->i); break;
        case SL_T_I64: assert_int_equal(c.v.i64, t->i); break;
        case SL_T_U64: assert_true(c.v.u64 == (uint64_t)t->i); break;
        case SL_T_F32: assert_true(c.v.f32 == (float)t->d); break;
        case SL_T_F64: assert_true(c.v.f64 == t->d); break;
        }
    free(keep);
    sbuf_free(&s);
    arena_free(&mem);
}

static void scalars(void **state)
{
    (void)state;
    static const typed all[] = {
        { SL_T_BOOL, "true", CELL_OK, 1, 0 },
        { SL_T_BOOL, "false", CELL_OK, 0, 0 },
        { SL_T_BOOL, "1", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_BOOL, "\"true\"", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_BOOL, "null", CELL_NULL, 0, 0 },
        { SL_T_I32, "2147483647", CELL_OK, INT32_MAX, 0 },
        { SL_T_I32, "2147483648", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_I32, "-2147483648", CELL_OK, INT32_MIN, 0 },
        { SL_T_I32, "-2147483649", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_I32, "7.0", CELL_OK, 7, 0 },
        { SL_T_I64, "-9223372036854775808", CELL_OK, INT64_MIN, 0 },
        { SL_T_I64, "9223372036854775807", CELL_OK, INT64_MAX, 0 },
        { SL_T_I64, "9223372036854775808", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_I64, "-9223372036854775809", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_I64, "1.0", CELL_OK, 1, 0 },
        { SL_T_I64, "3e2", CELL_OK, 300, 0 },
        { SL_T_I64, "-0", CELL_OK, 0, 0 },
        { SL_T_I64, "-0.0", CELL_OK, 0, 0 },
        { SL_T_I64, "1.5", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_I64, "9007199254740992.0", CELL_OK, 9007199254740992, 0 },
        { SL_T_I64, "9007199254740994.0", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_I64, "1e400", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_I64, "\"1\"", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_I64, "[1]", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_I64, "{}", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_I64, "true", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_U64, "18446744073709551615", CELL_OK, -1, 0 },
        { SL_T_U64, "18446744073709551616", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_U64, "-1", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_U64, "5", CELL_OK, 5, 0 },
        { SL_T_F32, "0.1", CELL_OK, 0, 0.1 },
        { SL_T_F32, "1e39", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_F32, "16777217", CELL_OK, 0, 16777216 },
        { SL_T_F64, "0.1", CELL_OK, 0, 0.1 },
        { SL_T_F64, "7", CELL_OK, 0, 7 },
        { SL_T_F64, "18446744073709551615", CELL_OK, 0, 18446744073709551615.0 },
        { SL_T_F64, "123456789012345678901234567890", CELL_OK, 0, 123456789012345678901234567890.0 },
        { SL_T_F64, "1e400", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_F64, "-1e400", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_F64, "1e-400", CELL_OK, 0, 0 },
        { SL_T_F64, "2.2250738585072011e-308", CELL_OK, 0, 2.2250738585072011e-308 },
        { SL_T_F64, "\"1\"", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_F64, "null", CELL_NULL, 0, 0 },
        { SL_T_STR, "1", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_STR, "null", CELL_NULL, 0, 0 },
        { SL_T_STR, "{\"b\":\"c\"}", CELL_WRONG_TYPE, 0, 0 },
        { SL_T_JSON, "null", CELL_NULL, 0, 0 },
        { SL_T_SPAN, "1", CELL_WRONG_TYPE, 0, 0 }, /* JSON is not read into spans */
    };
    for (size_t i = 0; i < COUNT(all); i++)
        check_scalar(&all[i]);
}

/* A number of more digits than any buffer inside has. */
static void long_numbers(void **state)
{
    (void)state;
    sbuf s = { 0 };
    for (int i = 0; i < 5000; i++)
        sbuf_putc(&s, '7');
    check_scalar(&(typed){ SL_T_F64, s.p, CELL_WRONG_TYPE, 0, 0 });
    sbuf_clear(&s);
    sbuf_puts(&s, "0.");
    for (int i = 0; i < 5000; i++)
        sbuf_putc(&s, '3');
    check_scalar(&(typed){ SL_T_F64, s.p, CELL_OK, 0, 1.0 / 3 });
    sbuf_puts(&s, "e5001");
    check_scalar(&(typed){ SL_T_I64, s.p, CELL_WRONG_TYPE, 0, 0 });
    sbuf_free(&s);
}

static void expect_text(const json_cell *c, const char *want, size_t n)
{
    unsigned sum = 0;
    assert_int_equal(c->state, CELL_OK);
    assert_int_equal(c->v.str.n, n);
    assert_memory_equal(c->v.str.p, want, n);
    for (int i = 0; i < PAD; i++) /* a sanitizer stops here if they are not there */
        sum += ((const volatile unsigned char *)c->v.str.p)[n + (size_t)i];
    (void)sum;
}

static void texts(void **state)
{
    (void)state;
    static const json_field fields[] = {
        { "id", SL_T_STR }, { "text", SL_T_STR }, { "m", SL_T_JSON }, { "gone", SL_T_STR }
    };
    static const char *const tails[] = { "", ",\"big\":18446744073709551616" }; /* fast path, strict path */
    for (size_t i = 0; i < COUNT(tails); i++) {
        char record[300], *keep;
        json_cell c[4];
        arena mem;
        arena_init(&mem, 1); /* chunks no larger than asked for */
        const int n = snprintf(
            record, sizeof record,
            "{\"id\":\"\",\"te\\u0078t\":\"\\u0000a\\n\\ud83d\\ude00\\u20ac\\u00e4\\\\\\\"\", \"m\" : {\"k\": [1, "
            "\"}\\\"]\"]} %s}",
            tails[i]);
        assert_int_equal(parse(fields, 4, record, (size_t)n, &mem, c, &keep), JSON_OK);
        expect_text(&c[0], "", 0);
        static const char want[] = "\0a\n\xF0\x9F\x98\x80\xE2\x82\xAC\xC3\xA4\\\"";
        expect_text(&c[1], want, sizeof want - 1);
        static const char raw[] = "{\"k\": [1, \"}\\\"]\"]}";
        expect_text(&c[2], raw, sizeof raw - 1);
        assert_true(c[2].v.str.p > keep && c[2].v.str.p < keep + n); /* a view */
        assert_int_equal(c[3].state, CELL_MISSING);
        free(keep);
        arena_free(&mem);
    }
}

static void lists(void **state)
{
    (void)state;
    static const json_field fields[] = {
        { "i", SL_LIST_OF(SL_T_I32) },
        { "d", SL_LIST_OF(SL_T_F64) },
        { "s", SL_LIST_OF(SL_T_STR) },
        { "b", SL_LIST_OF(SL_T_BOOL) },
        { "j", SL_LIST_OF(SL_T_JSON) },
        { "e", SL_LIST_OF(SL_T_U64) },
        { "x", SL_LIST_OF(SL_T_I64) },
        { "y", SL_LIST_OF(SL_T_STR) },
        { "z", SL_LIST_OF(SL_T_F32) },
        { "n", SL_LIST_OF(SL_T_STR) },
        { "t", SL_T_STR },
    };
    static const char *const tails[] = { "}", ",\"big\":18446744073709551616}" };
    for (size_t i = 0; i < COUNT(tails); i++) {
        json_cell c[11];
        char record[500], *keep;
        arena mem;
        arena_init(&mem, 1);
        const int n = snprintf(
            record, sizeof record,
            "{\"i\":[1,-2,3.0],\"d\":[0.5,2],\"s\":[\"a\\n\",\"\",\"ccc\"],\"b\":[true,false],\"j\":[1, {\"a\" "
            ":[]},null ],\"e\":[ ],\"x\":[1,[2]],\"y\":[\"a\",null],\"z\":3,\"n\":null,\"t\":\"tail\"%s",
            tails[i]);
        assert_int_equal(parse(fields, 11, record, (size_t)n, &mem, c, &keep), JSON_OK);
        static const json_state states[] = { CELL_OK,         CELL_OK,   CELL_OK,         CELL_OK,
                                             CELL_OK,         CELL_OK,   CELL_WRONG_TYPE, CELL_WRONG_TYPE,
                                             CELL_WRONG_TYPE, CELL_NULL, CELL_OK };
        static const uint32_t counts[] = { 3, 2, 3, 2, 3, 0 };
        for (size_t k = 0; k < 11; k++)
            assert_int_equal(c[k].state, states[k]);
        for (size_t k = 0; k < 6; k++)
            assert_int_equal(c[k].v.list.n, counts[k]);
        assert_memory_equal(c[0].v.list.p, ((int32_t[]){ 1, -2, 3 }), 12);
        assert_memory_equal(c[1].v.list.p, ((double[]){ 0.5, 2 }), 16);
        assert_memory_equal(c[3].v.list.p, ((uint8_t[]){ 1, 0 }), 2);
        static const char *const texts_in[] = { "a\n", "", "ccc" }, *const json_in[] = { "1", "{\"a\" :[]}", "null" };
        for (size_t k = 0; k < 3; k++) {
            const json_cell s = { .state = CELL_OK, .v.str = ((const sl_str *)c[2].v.list.p)[k] };
            const json_cell j = { .state = CELL_OK, .v.str = ((const sl_str *)c[4].v.list.p)[k] };
            expect_text(&s, texts_in[k], strlen(texts_in[k]));
            expect_text(&j, json_in[k], strlen(json_in[k]));
        }
        expect_text(&c[10], "tail", 4);
        free(keep);
        arena_free(&mem);
    }
}

/* ---- paths and duplicates ---- */

typedef struct path_case {
    const char *field, *record;
    json_error error;
    json_state want;
    int64_t i;
} path_case;

static void paths(void **state)
{
    (void)state;
    static const path_case all[] = {
        { "m.lang", "{\"m\":{\"lang\":5}}", JSON_OK, CELL_OK, 5 },
        { "m.lang", "{\"m\":{\"lang\":5},\"m.lang\":6}", JSON_OK, CELL_OK, 6 },
        { "m.lang", "{\"m.lang\":6,\"m\":{\"lang\":5}}", JSON_OK, CELL_OK, 6 },
        { "m.lang", "{\"m.lang\":null,\"m\":{\"lang\":5}}", JSON_OK, CELL_NULL, 0 },
        { "m.lang", "{\"m\":{\"l\\u0061ng\":5}}", JSON_OK, CELL_OK, 5 },
        { "m.lang", "{\"\\u006d\":{\"lang\":5}}", JSON_OK, CELL_OK, 5 },
        { "m.lang", "{\"m\":{\"Lang\":5}}", JSON_OK, CELL_MISSING, 0 },
        { "m.lang", "{\"m\":{}}", JSON_OK, CELL_MISSING, 0 },
        { "m.lang", "{\"m\":[1]}", JSON_OK, CELL_MISSING, 0 },
        { "m.lang", "{\"m\":null}", JSON_OK, CELL_MISSING, 0 },
        { "m.lang", "{\"m\":\"lang\"}", JSON_OK, CELL_MISSING, 0 },
        { "m.lang", "{\"lang\":1}", JSON_OK, CELL_MISSING, 0 },
        { "m.lang", "{\"m\":{\"lang\":{\"x\":1}}}", JSON_OK, CELL_WRONG_TYPE, 0 },
        { "m.lang", "{\"m\":{\"lang\":5,\"x\":1,\"x\":2}}", JSON_DUPLICATE_KEY, 0, 0 },
        { "m.lang", "{\"m\":{\"lang\":5,\"l\\u0061ng\":2}}", JSON_DUPLICATE_KEY, 0, 0 },
        { "m.lang", "{\"m\":{\"lang\":{\"x\":1,\"x\":2}}}", JSON_OK, CELL_WRONG_TYPE, 0 },
        { "m.lang", "{\"m\":{\"x\":1,\"x\":2},\"m.lang\":3}", JSON_OK, CELL_OK, 3 }, /* the path is not walked */
        { "a.b.c", "{\"a\":{\"x\":0,\"b\":{\"c\":9}}}", JSON_OK, CELL_OK, 9 },
        { "a.b.c", "{\"a\":{\"b.c\":9}}", JSON_OK, CELL_MISSING, 0 },
        { "a.b.c", "{\"a\":{\"b\":{\"d\":1,\"d\":1}}}", JSON_DUPLICATE_KEY, 0, 0 },
        { "a.", "{\"a\":{\"\":4}}", JSON_OK, CELL_OK, 4 },
        { ".a", "{\"\":{\"a\":4}}", JSON_OK, CELL_OK, 4 },
        { "", "{\"\":4}", JSON_OK, CELL_OK, 4 },
        { "a\\b", "{\"a\\\\b\":4}", JSON_OK, CELL_OK, 4 },
    };
    for (size_t i = 0; i < COUNT(all); i++) {
        /* both as a number and as raw bytes, which come by another way */
        const json_field fields[] = { { all[i].field, SL_T_I64 }, { all[i].field, SL_T_JSON } };
        json_cell c[2];
        char *keep;
        arena mem;
        arena_init(&mem, 0);
        assert_int_equal(parse(fields, 2, all[i].record, strlen(all[i].record), &mem, c, &keep), all[i].error);
        if (!all[i].error) {
            assert_int_equal(c[0].state, all[i].want);
            assert_int_equal(c[1].state, all[i].want == CELL_WRONG_TYPE ? CELL_OK : all[i].want);
            if (c[0].state == CELL_OK)
                assert_int_equal(c[0].v.i64, all[i].i);
        }
        free(keep);
        arena_free(&mem);
    }
}

/* Few keys are compared in pairs, many are sorted: the border, and a repetition at either end. */
static void many_keys(void **state)
{
    (void)state;
    for (int n = 30; n < 80; n += 1) {
        for (int twin = -1; twin < n; twin += 7) {
            sbuf s = { 0 };
            sbuf_putc(&s, '{');
            for (int i = 0; i < n; i++)
                sbuf_printf(&s, "\"key%d\":%d,", i, i);
            if (twin < 0)
                sbuf_puts(&s, "\"other\":0}");
            else
                sbuf_printf(&s, "\"\\u006bey%d\":0}", twin);
            assert_int_equal(verdict(s.p, s.n), twin < 0 ? JSON_OK : JSON_DUPLICATE_KEY);
            sbuf_free(&s);
        }
    }
}

/* ---- memory ---- */

static void arena_use(void **state)
{
    (void)state;
    static const json_field number = { "n", SL_T_I64 }, id = { "id", SL_T_STR };
    sbuf s = { 0 };
    sbuf_puts(&s, "{\"n\":7,\"id\":\"seven\",\"text\":\"");
    for (int i = 0; i < 5000; i++)
        sbuf_puts(&s, "word \\n");
    sbuf_puts(&s, "\"}");
    char *record = padded(s.p, s.n);
    json_cell c;
    arena mem;
    arena_init(&mem, 1 << 20);
    char *before = arena_strdup(&mem, "before");
    const size_t used = mem.used;
    json_parser *p = json_parser_new(&number, 1);
    assert_int_equal(json_parse(p, record, s.n, &mem, &c), JSON_OK);
    assert_int_equal(c.v.i64, 7);
    assert_int_equal(mem.used, used); /* no text is wanted: nothing is taken */
    json_parser_free(p);

    p = json_parser_new(&id, 1);
    assert_int_equal(json_parse(p, record, s.n, &mem, &c), JSON_OK);
    expect_text(&c, "seven", 5);
    assert_true(mem.used < used + 200); /* up to the last wanted text only */
    assert_true(mem.used >= (size_t)(c.v.str.p - before) + 5 + PAD);
    const json_cell first = c;
    record[13] = 'S';
    assert_int_equal(json_parse(p, record, s.n, &mem, &c), JSON_OK);
    expect_text(&first, "seven", 5); /* the next record leaves it alone */
    const size_t after = mem.used;
    assert_int_equal(json_parse(p, record, s.n - 1, &mem, &c), JSON_SYNTAX);
    assert_int_equal(json_parse(p, "[]", 2, &mem, &c), JSON_NOT_OBJECT);
    assert_true(mem.used <= after + 8); /* a refused record takes nothing but alignment */
    assert_string_equal(before, "before");
    json_parser_free(p);
    free(record);
    sbuf_free(&s);
    arena_free(&mem);
}

/* A record beyond what a parser keeps memory for, then small ones again. */
static void giant(void **state)
{
    (void)state;
    static const json_field text = { "text", SL_T_STR };
    const size_t n = 17u << 20;
    char *record = malloc(n + PAD);
    assert_non_null(record);
    memset(record, 'x', n + PAD);
    memcpy(record, "{\"text\":\"", 9);
    memcpy(record + n - 2, "\"}", 2);
    json_parser *p = json_parser_new(&text, 1);
    json_cell c;
    arena mem;
    arena_init(&mem, 0);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(json_parse(p, record, n, &mem, &c), JSON_OK);
        assert_int_equal(c.v.str.n, n - 11);
        assert_int_equal(c.v.str.p[n - 12], 'x');
        char *small = padded("{\"text\":\"small\"}", 16);
        assert_int_equal(json_parse(p, small, 16, &mem, &c), JSON_OK);
        expect_text(&c, "small", 5);
        free(small);
    }
    assert_int_equal(json_parse(p, record, (size_t)UINT32_MAX + 1, &mem, &c), JSON_NOMEM); /* refused unread */
    json_parser_free(p);
    free(record);
    arena_free(&mem);
}

static void no_fields(void **state)
{
    (void)state;
    json_parser *p = json_parser_new(NULL, 0);
    arena mem;
    arena_init(&mem, 0);
    char *r = padded("{\"a\":\"b\"}", 9);
    assert_int_equal(json_parse(p, r, 9, &mem, NULL), JSON_OK);
    assert_int_equal(json_parse(p, r, 8, &mem, NULL), JSON_SYNTAX);
    assert_null(mem.first);
    free(r);
    arena_free(&mem);
    json_parser_free(p);
    json_parser_free(NULL);
}

/* ---- both paths over many records ---- */

static uint64_t draw(uint64_t *seed)
{
    *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return *seed >> 33;
}

static void random_value(uint64_t *seed, int level, sbuf *s)
{
    static const char *const scalars_in[] = {
        "0",
        "-0",
        "1.0",
        "-17",
        "1e5",
        "0.1",
        "1E-7",
        "9223372036854775807",
        "9223372036854775808",
        "18446744073709551615",
        "18446744073709551616",
        "1e308",
        "1e309",
        "4.9e-324",
        "2.4703282292062327208e-324",
        "123456789.123456789e-20",
        "true",
        "false",
        "null",
        "\"\"",
        "\"a\\\\\"",
        "\"\\\"]}\"",
        "\"\\u00e4\\ud834\\udd1e\"",
        "\"\xC3\xA4\xE2\x82\xAC\"",
        "7.2057594037927933e+16",
        "3.1415926535897932384626433832795028841971693993751",
        "9007199254740993.0",
        "1e",
    };
    static const char *const keys[] = { "id", "text", "n", "m", "tags", "l\\u0061ng", "lang", "m.lang", "x", "\\n" };
    static const char *const spaces[] = { "", "", "", " ", "\t \n" };
    const uint64_t kind = level > 3 ? 9 : draw(seed) % 10;
    sbuf_puts(s, spaces[draw(seed) % COUNT(spaces)]);
    if (level && kind > 2) {
        sbuf_puts(s, scalars_in[draw(seed) % (COUNT(scalars_in) - (draw(seed) % 2 != 0))]);
    } else {
        const bool object = !level || kind;
        sbuf_putc(s, object ? '{' : '[');
        for (uint64_t i = 0, n = draw(seed) % 5; i < n; i++) {
            sbuf_puts(s, i ? "," : "");
            if (object)
                sbuf_printf(s, "\"%s\":", keys[draw(seed) % COUNT(keys)]);
            random_value(seed, level + 1, s);
        }
        sbuf_putc(s, object ? '}' : ']');
    }
    sbuf_puts(s, spaces[draw(seed) % COUNT(spaces)]);
}

static void both_paths(void **state)
{
    (void)state;
    static const json_field fields[] = {
        { "id", SL_T_STR },
        { "text", SL_T_STR },
        { "n", SL_T_I64 },
        { "n", SL_T_F64 },
        { "n", SL_T_U64 },
        { "n", SL_T_F32 },
        { "x", SL_T_I32 },
        { "x", SL_T_BOOL },
        { "m", SL_T_JSON },
        { "m.lang", SL_T_STR },
        { "m.m.n", SL_T_F64 },
        { "tags", SL_LIST_OF(SL_T_STR) },
        { "tags", SL_LIST_OF(SL_T_F64) },
        { "tags", SL_LIST_OF(SL_T_JSON) },
        { "m.tags", SL_LIST_OF(SL_T_I64) },
    };
    uint64_t seed = 1;
    unsigned seen[JSON_NOMEM + 1] = { 0 };
    for (int i = 0; i < 20000; i++) {
        sbuf s = { 0 };
        json_cell c[COUNT(fields)];
        char *keep;
        arena mem;
        arena_init(&mem, 1);
        random_value(&seed, 0, &s);
        seen[parse(fields, COUNT(fields), s.p, s.n, &mem, c, &keep)]++;
        free(keep);
        sbuf_free(&s);
        arena_free(&mem);
    }
    assert_true(seen[JSON_OK] > 5000);
    assert_true(seen[JSON_DUPLICATE_KEY] > 100);
    assert_true(seen[JSON_NUMBER] > 100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(scalars),    cmocka_unit_test(long_numbers), cmocka_unit_test(texts),
        cmocka_unit_test(lists),      cmocka_unit_test(paths),        cmocka_unit_test(many_keys),
        cmocka_unit_test(arena_use),  cmocka_unit_test(giant),        cmocka_unit_test(no_fields),
        cmocka_unit_test(both_paths),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
