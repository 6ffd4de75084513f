/* What is told about options: the dump, the strings, ranges, help, Markdown, schema. */
#include "expect.h"
#include <math.h>
#include "config/option.h"
#include "sluice/util.h"

static const char *const colours[] = { "red", "green", "2", "on", NULL };

typedef struct rule {
    const char *column;
    sl_many words;
} rule;
static const sl_option rule_rows[] = {
    SL_OPT(rule, column, COLUMN, NULL, "what to look at", .flags = SL_OPT_REQUIRED),
    SL_OPT_LIST(rule, words, STR, "[please, \"thank you\"]", "polite words"),
    { .name = NULL },
};

typedef struct config {
    uint8_t fast;
    int64_t min, seed;
    double ratio, wait;
    uint64_t size;
    sl_amount keep;
    uint32_t colour;
    const char *path, *secret;
    sl_many levels, rules;
    rule one;
    int64_t hidden;
} config;
static const sl_option rows[] = {
    SL_OPT(config, fast, BOOL, "true", "be fast"),
    SL_OPT(config, min, I64, "200", "least|most", .min = 0, .max = 1e9, .unit = "bytes"),
    SL_OPT(config, seed, I64, NULL, "seed", .unit = "draws", .since = "1.1"),
    SL_OPT(config, ratio, F64, "0.5", "share", .min = 0, .max = 1),
    SL_OPT(config, wait, DURATION, NULL, "pause", .min = 0, .max = 86400, .deprecated = "no need"),
    SL_OPT(config, size, SIZE, "64 KiB", "piece", .min = 4096, .max = 1073741824),
    SL_OPT(config, keep, AMOUNT, "20%", "how much"),
    SL_OPT(config, colour, ENUM, "green", "paint", .choices = colours),
    SL_OPT(config, path, PATH, NULL, "where", .flags = SL_OPT_REQUIRED),
    SL_OPT(config, secret, STR, NULL, "password", .flags = SL_OPT_SECRET),
    SL_OPT_LIST(config, levels, I64, "[1, 10k]", "levels", .flags = SL_OPT_REQUIRED),
    SL_OPT_TABLES(config, rules, rule_rows, rule, "rules"),
    { .name = "one",
      .type = SL_OPT_TABLE,
      .offset = offsetof(config, one),
      .table = rule_rows,
      .table_size = sizeof(rule),
      .help = "one rule" },
    SL_OPT(config, hidden, I64, "1", "hidden", .flags = SL_OPT_HIDDEN),
    { .name = NULL },
};
static const option_table table = { rows, sizeof *rows };

typedef struct fixture {
    arena mem;
    diags d;
    config c;
    sbuf out, more;
} fixture;

static int setup(void **state)
{
    static fixture f;
    memset(&f, 0, sizeof f);
    arena_init(&f.mem, 0);
    diags_init(&f.d);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    fixture *f = *state;
    arena_free(&f->mem);
    diags_free(&f->d);
    sbuf_free(&f->out);
    sbuf_free(&f->more);
    return 0;
}

static void read(fixture *f, const char *text)
{
    const diag_source source = { .name = "t", .text = text, .n = strlen(text) };
    const yaml_node *root = yaml_parse(&f->mem, &f->d, &source);
    memset(&f->c, 0, sizeof f->c);
    assert_true(option_read(&f->d, &f->mem, table, (option_scope){ .owner = "x" }, root, &f->c));
}

static void dump(void **state)
{
    fixture *f = *state;
    read(f, "path: 'a\"b'\nlevels: 7\nwait: 90s\nsecret: hunter2\n");
    option_dump(table, &f->c, 0, &f->out);
    assert_string_equal(sbuf_z(&f->out),
                        "{\"fast\":true,\"min\":200,\"ratio\":0.5,\"wait\":90,\"size\":65536,\"keep\":{\"share\":0.2},"
                        "\"colour\":\"green\",\"path\":\"a\\\"b\",\"secret\":\"***\",\"levels\":[7],"
                        "\"one\":{\"words\":[\"please\",\"thank you\"]},\"hidden\":1}");
    sbuf_clear(&f->out);
    read(f, "path: a\nlevels: [1, 2]\nkeep: 10B tokens\nseed: -1\nrules: [{ column: a, words: [] }, { column: b, "
            "words: w }]\n");
    option_dump(table, &f->c, 0, &f->out);
    assert_string_equal(
        sbuf_z(&f->out),
        "{\"fast\":true,\"min\":200,\"seed\":-1,\"ratio\":0.5,\"size\":65536,\"keep\":{\"tokens\":10000000000},"
        "\"colour\":\"green\",\"path\":\"a\",\"levels\":[1,2],\"rules\":[{\"column\":\"a\"},"
        "{\"column\":\"b\",\"words\":[\"w\"]}],\"one\":{\"words\":[\"please\",\"thank you\"]},\"hidden\":1}");
}

static void dump_of_other_amounts_and_infinities(void **state)
{
    fixture *f = *state;
    typedef struct small {
        double x, y;
        sl_amount a, b;
        uint64_t unset;
        uint8_t no;
    } small;
    static const sl_option few[] = { SL_OPT(small, x, F64, "inf", ""),
                                     SL_OPT(small, y, F64, "-inf", ""),
                                     SL_OPT(small, a, AMOUNT, "10 docs", ""),
                                     SL_OPT(small, b, AMOUNT, "4 GiB", ""),
                                     SL_OPT(small, unset, SIZE, NULL, ""),
                                     SL_OPT(small, no, BOOL, NULL, ""),
                                     { .name = NULL } };
    const option_table t = { few, sizeof *few };
    small s = { 0 };
    assert_true(option_read(&f->d, &f->mem, t, (option_scope){ .owner = "x" }, NULL, &s));
    option_dump(t, &s, 0, &f->out);
    assert_string_equal(sbuf_z(&f->out),
                        "{\"x\":\"inf\",\"y\":\"-inf\",\"a\":{\"rows\":10},\"b\":{\"bytes\":4294967296},\"no\":false}");
}

static uint64_t always_7(const char *path) { return *path ? 7 : 0; }

/* What a state is named by, and what is written into it: a secret decides the one, and never stands in the other. */
static void identity(void **state)
{
    fixture *f = *state;
    read(f, "path: a\nlevels: 1\nsecret: hunter2\n");
    const uint64_t one = option_identity(table, &f->c, 0, NULL);
    assert_int_equal(option_identity(table, &f->c, 0, NULL), one);
    assert_int_not_equal(option_identity(table, &f->c, 0, always_7), one);
    assert_int_not_equal(option_identity(table, &f->c, SL_OPT_REQUIRED, NULL), one);
    assert_int_equal(option_identity(table, &f->c, SL_OPT_REQUIRED, always_7),
                     option_identity(table, &f->c, SL_OPT_REQUIRED, NULL)); /* the only file is left out */
    option_dump(table, &f->c, SL_OPT_REQUIRED, &f->out);
    assert_null(strstr(sbuf_z(&f->out), "\"path\""));
    assert_null(strstr(sbuf_z(&f->out), "hunter2"));
    read(f, "path: a\nlevels: 1\nsecret: hunter3\n");
    assert_int_not_equal(option_identity(table, &f->c, 0, NULL), one);
    option_dump(table, &f->c, SL_OPT_REQUIRED, &f->more);
    assert_string_equal(sbuf_z(&f->out), sbuf_z(&f->more));
}

static void default_with_line_breaks(void **state)
{
    fixture *f = *state;
    typedef struct lines {
        const char *end;
    } lines;
    static const sl_option few[] = { SL_OPT(lines, end, STR, "\n\"\t", "end"), { .name = NULL } };
    const option_table t = { few, sizeof *few };
    option_help_text(t, &f->out);
    assert_string_equal(sbuf_z(&f->out), "  end   text   \"\\n\\\"\\t\"   end\n");
    option_help_markdown(t, &f->more);
    assert_non_null(strstr(sbuf_z(&f->more), "| `end` | text | `\"\\n\\\"\\t\"` |  | end |\n"));
}

static void strings(void **state)
{
    fixture *f = *state;
    const char *out[4] = { 0 };
    read(f, "path: p\nlevels: 7\nrules: [{ column: a, words: [v, w] }, { column: b, words: x }]\n");
    assert_int_equal(option_strings(table, &f->c, "path", out, 4), 1);
    assert_string_equal(out[0], "p");
    assert_int_equal(option_strings(table, &f->c, "secret", out, 4), 0);
    assert_int_equal(option_strings(table, &f->c, "colour", out, 4), 1);
    assert_string_equal(out[0], "green");
    assert_int_equal(option_strings(table, &f->c, "rules.column", out, 4), 2);
    assert_string_equal(out[1], "b");
    out[1] = "untouched";
    assert_int_equal(option_strings(table, &f->c, "rules.words", out, 1), 3);
    assert_string_equal(out[0], "v");
    assert_string_equal(out[1], "untouched");
    assert_int_equal(option_strings(table, &f->c, "one.words", out, 4), 2);
    assert_int_equal(option_strings(table, &f->c, "one.column", out, 4), 0);
    static const char *const none[] = { "nothing", "rules", "rules.nothing", "path.x", "min",        "levels",
                                        "",        ".",     "rules.",        "rul",    "one.words.x" };
    for (size_t i = 0; i < sizeof none / sizeof *none; i++)
        assert_int_equal(option_strings(table, &f->c, none[i], out, 4), -1);
    read(f, "path: p\nlevels: 7\n"); /* no rules: the name is good or bad all the same */
    assert_int_equal(option_strings(table, &f->c, "rules.column", out, 4), 0);
    assert_int_equal(option_strings(table, &f->c, "rules.nothing", out, 4), -1);
}

static void type_names(void **state)
{
    (void)state;
    static const char *const names[] = { "boolean", "integer", "number", "size",   "duration", "amount",
                                         "choice",  "text",    "path",   "column", "model",    "table" };
    for (uint32_t t = SL_OPT_BOOL; t <= SL_OPT_TABLE; t++) {
        char many[40];
        snprintf(many, sizeof many, "list of %ss", names[t - 1]);
        assert_string_equal(option_type_name(&(sl_option){ .type = t }), names[t - 1]);
        assert_string_equal(option_type_name(&(sl_option){ .type = t | SL_OPT_MANY }), many);
    }
    assert_string_equal(option_type_name(&(sl_option){ .type = 0 }), "unknown type");
    assert_string_equal(option_type_name(&(sl_option){ .type = 99 }), "unknown type");
}

static void range_is(sl_option row, const char *want)
{
    sbuf out = { 0 };
    option_range(&row, &out);
    assert_string_equal(sbuf_z(&out), want);
    sbuf_free(&out);
}

static void ranges(void **state)
{
    (void)state;
    range_is((sl_option){ .type = SL_OPT_I64, .max = 1e9, .unit = "bytes" }, "0..1e9 bytes");
    range_is((sl_option){ .type = SL_OPT_I64, .min = -7, .max = 22 }, "-7..22");
    range_is((sl_option){ .type = SL_OPT_I64, .min = 1, .max = 1234567 }, "1..1234567");
    range_is((sl_option){ .type = SL_OPT_I64, .min = 1, .max = 9e18 }, "1..9e18");
    range_is((sl_option){ .type = SL_OPT_F64, .min = 0.001, .max = INFINITY }, "0.001..inf");
    range_is((sl_option){ .type = SL_OPT_F64, .min = -INFINITY, .max = -0.0 }, "-inf..0");
    range_is((sl_option){ .type = SL_OPT_SIZE, .min = 1, .max = 1 << 30, .unit = "bytes" }, "1 B..1 GiB");
    range_is((sl_option){ .type = SL_OPT_SIZE, .min = 0, .max = 1.5e6 }, "0..1500 kB");
    range_is((sl_option){ .type = SL_OPT_DURATION, .min = 0, .max = 90 }, "0..90 s");
    range_is((sl_option){ .type = SL_OPT_DURATION, .min = 60, .max = 172800 }, "1 min..2 d");
    range_is((sl_option){ .type = SL_OPT_DURATION, .min = 0.0001, .max = 1 }, "0.0001 s..1 s");
    range_is((sl_option){ .type = SL_OPT_AMOUNT, .min = 0, .max = 10, .unit = "docs" }, "0..10 docs");
    range_is((sl_option){ .type = SL_OPT_I64, .unit = "bytes" }, "");
    range_is((sl_option){ .type = SL_OPT_STR, .max = 3 }, "");
}

static void help_text(void **state)
{
    fixture *f = *state;
    option_help_text((option_table){ 0 }, &f->out);
    assert_string_equal(sbuf_z(&f->out), "");
    option_help_text(table, &f->out);
    assert_string_equal(
        sbuf_z(&f->out),
        "  fast           boolean            true                                        be fast\n"
        "  min            integer            200                     0..1e9 bytes        least|most\n"
        "  seed           integer                                    draws               seed (since 1.1)\n"
        "  ratio          number             0.5                     0..1                share\n"
        "  wait           duration                                   0..1 d              pause (deprecated: no need)\n"
        "  size           size               64 KiB                  4 KiB..1 GiB        piece\n"
        "  keep           amount             20%                                         how much\n"
        "  colour         choice             green                   red, green, 2, on   paint\n"
        "  path           path               required                                    where\n"
        "  secret         text                                                           password\n"
        "  levels         list of integers   required                                    levels\n"
        "  rules          list of tables                                                 rules\n"
        "  rules.column   column             required                                    what to look at\n"
        "  rules.words    list of texts      [please, \"thank you\"]                       polite words\n"
        "  one            table                                                          one rule\n"
        "  one.column     column             required                                    what to look at\n"
        "  one.words      list of texts      [please, \"thank you\"]                       polite words\n");
}

static void help_markdown(void **state)
{
    fixture *f = *state;
    option_help_markdown((option_table){ 0 }, &f->out);
    assert_string_equal(sbuf_z(&f->out), "");
    option_help_markdown(table, &f->out);
    assert_string_equal(sbuf_z(&f->out),
                        "| option | type | default | values | what it does |\n"
                        "| --- | --- | --- | --- | --- |\n"
                        "| `fast` | boolean | `true` |  | be fast |\n"
                        "| `min` | integer | `200` | 0..1e9 bytes | least\\|most |\n"
                        "| `seed` | integer |  | draws | seed (since 1.1) |\n"
                        "| `ratio` | number | `0.5` | 0..1 | share |\n"
                        "| `wait` | duration |  | 0..1 d | pause (deprecated: no need) |\n"
                        "| `size` | size | `64 KiB` | 4 KiB..1 GiB | piece |\n"
                        "| `keep` | amount | `20%` |  | how much |\n"
                        "| `colour` | choice | `green` | red, green, 2, on | paint |\n"
                        "| `path` | path | required |  | where |\n"
                        "| `secret` | text |  |  | password |\n"
                        "| `levels` | list of integers | required |  | levels |\n"
                        "| `rules` | list of tables |  |  | rules |\n"
                        "| `rules.column` | column | required |  | what to look at |\n"
                        "| `rules.words` | list of texts | `[please, \"thank you\"]` |  | polite words |\n"
                        "| `one` | table |  |  | one rule |\n"
                        "| `one.column` | column | required |  | what to look at |\n"
                        "| `one.words` | list of texts | `[please, \"thank you\"]` |  | polite words |\n");
}

/* all of (any of (all of …)): a table that holds itself must not be followed for ever */
typedef struct tree {
    const char *column;
    sl_many all;
} tree;
static const sl_option tree_rows[] = {
    SL_OPT(tree, column, COLUMN, NULL, ""),
    SL_OPT_TABLES(tree, all, tree_rows, tree, "all of these"),
    { .name = NULL },
};

static void tables_in_themselves(void **state)
{
    fixture *f = *state;
    const option_table t = { tree_rows, sizeof *tree_rows };
    option_help_text(t, &f->out);
    assert_string_equal(sbuf_z(&f->out), "  column   column\n  all      list of tables   all of these\n");
    sbuf_clear(&f->out);
    option_schema(t, &f->out, &f->more);
    assert_non_null(strstr(sbuf_z(&f->out),
                           "\"all\":{\"description\":\"all of these\",\"anyOf\":[{\"type\":\"object\"},"
                           "{\"type\":\"array\",\"items\":{\"type\":\"object\"}}]}"));
    const diag_source source = { .name = "t",
                                 .text = "all: { all: [{ column: deep }, { all: { column: x } }] }",
                                 .n = 56 };
    tree c = { 0 };
    assert_true(
        option_read(&f->d, &f->mem, t, (option_scope){ .owner = "x" }, yaml_parse(&f->mem, &f->d, &source), &c));
    const char *out[2];
    assert_int_equal(option_strings(t, &c, "all.all.column", out, 2), 1);
    assert_string_equal(out[0], "deep");
}

#define VARIABLE "|.*\\\\$\\\\{.*)$\""
#define NUMBER   "-?[0-9][0-9_]*(\\\\.[0-9][0-9_]*)?([eE][-+]?[0-9]+)?"
#define SCHEMA_OF_RULE                                                                                                 \
    "\"type\":\"object\",\"properties\":{\"column\":{\"description\":\"what to look "                                  \
    "at\",\"type\":[\"string\",\"number\","                                                                            \
    "\"boolean\"],\"minLength\":1},\"words\":{\"description\":\"polite words\",\"default\":[\"please\",\"thank "       \
    "you\"],"                                                                                                          \
    "\"anyOf\":[{\"type\":[\"string\",\"number\",\"boolean\"],\"minLength\":1},{\"type\":\"array\",\"items\":{"        \
    "\"type\":"                                                                                                        \
    "[\"string\",\"number\",\"boolean\"],\"minLength\":1}}]}},\"required\":[\"column\"],\"additionalProperties\":"     \
    "false"

static void schema(void **state)
{
    fixture *f = *state;
    option_schema(table, &f->out, &f->more);
    assert_string_equal(sbuf_z(&f->more), "[\"path\",\"levels\"]");
    assert_string_equal(
        sbuf_z(&f->out),
        "\"fast\":{\"description\":\"be fast\",\"default\":true,\"type\":[\"boolean\",\"string\"],\"pattern\":"
        "\"^([Tt]rue|[Ff]alse|[Yy]es|[Nn]o|[Oo]n|[Oo]ff|TRUE|FALSE|YES|NO|ON|OFF" VARIABLE "},"
        "\"min\":{\"description\":\"least|most (0..1e9 "
        "bytes)\",\"default\":200,\"type\":[\"integer\",\"string\"],\"pattern\":"
        "\"^(" NUMBER " *[kKMBT]?" VARIABLE ",\"minimum\":0,\"maximum\":1000000000},"
        "\"seed\":{\"description\":\"seed (draws)\",\"type\":[\"integer\",\"string\"],\"pattern\":"
        "\"^(" NUMBER " *[kKMBT]?" VARIABLE "},"
        "\"ratio\":{\"description\":\"share (0..1)\",\"default\":0.5,\"type\":[\"number\",\"string\"],\"pattern\":"
        "\"^(-?\\\\.?[Ii][Nn][Ff]|" NUMBER " *%?" VARIABLE ",\"minimum\":0,\"maximum\":1},"
        "\"wait\":{\"description\":\"pause (0..1 d)\",\"deprecated\":true,\"type\":[\"number\",\"string\"],\"pattern\":"
        "\"^(" NUMBER " *(ms|s|sec|seconds?|m|min|minutes?|h|hours?|d|days?)?" VARIABLE
        ",\"minimum\":0,\"maximum\":86400},"
        "\"size\":{\"description\":\"piece (4 KiB..1 GiB)\",\"default\":\"64 "
        "KiB\",\"type\":[\"integer\",\"string\"],\"pattern\":"
        "\"^(" NUMBER " *(B|bytes?|[kKMGTP]|[KMGTP]iB|[kKMGTP]B)?" VARIABLE ",\"minimum\":4096,\"maximum\":1073741824},"
        "\"keep\":{\"description\":\"how much\",\"default\":\"20%\",\"type\":[\"number\",\"string\"],\"pattern\":"
        "\"^(all|" NUMBER
        " *(%|[KMGTP]iB|[kKMGTP]B|bytes?|[kKMBT]? *(docs?|documents?|rows?|records?|tokens?)?)" VARIABLE "},"
        "\"colour\":{\"description\":\"paint\",\"default\":\"green\",\"anyOf\":[{\"enum\":[\"red\",\"green\",\"2\",2,"
        "\"on\",true]},"
        "{\"type\":\"string\",\"pattern\":\"\\\\$\\\\{\"}]},"
        "\"path\":{\"description\":\"where\",\"type\":[\"string\",\"number\",\"boolean\"],\"minLength\":1},"
        "\"secret\":{\"description\":\"password\",\"type\":[\"string\",\"number\",\"boolean\"],\"minLength\":1},"
        "\"levels\":{\"description\":\"levels\",\"default\":[1,\"10k\"],\"anyOf\":[{\"type\":[\"integer\",\"string\"],"
        "\"pattern\":"
        "\"^(" NUMBER " *[kKMBT]?" VARIABLE
        "},{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":[\"integer\",\"string\"],"
        "\"pattern\":\"^(" NUMBER " *[kKMBT]?" VARIABLE "}}]},"
        "\"rules\":{\"description\":\"rules\",\"anyOf\":[{" SCHEMA_OF_RULE
        "},{\"type\":\"array\",\"items\":{" SCHEMA_OF_RULE "}}]},"
        "\"one\":{\"description\":\"one rule\"," SCHEMA_OF_RULE "}");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(dump),
        T(identity),
        T(dump_of_other_amounts_and_infinities),
        T(strings),
        T(type_names),
        T(default_with_line_breaks),
        T(ranges),
        T(help_text),
        T(help_markdown),
        T(tables_in_themselves),
        T(schema),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
