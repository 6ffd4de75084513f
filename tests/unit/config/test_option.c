/* Reading options: keys, defaults, lists, tables, older and shorter rows. */
#include "expect.h"
#include <math.h>
#include "config/option.h"
#include "sluice/util.h"

static arena mem;
static diags d;
static diag_source source;

static int setup(void **state)
{
    (void)state;
    arena_init(&mem, 0);
    diags_init(&d);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&mem);
    diags_free(&d);
    return 0;
}

static const yaml_node *yaml(const char *text)
{
    source = (diag_source){ .name = "t.yaml", .text = text, .n = strlen(text) };
    const yaml_node *root = yaml_parse(&mem, &d, &source);
    assert_non_null(root);
    return root;
}

static const char *const colours[] = { "red", "green", "blue", NULL };

typedef struct rule {
    const char *column;
    double weight;
    sl_many words;
} rule;
static const sl_option rule_rows[] = {
    SL_OPT(rule, column, COLUMN, NULL, "what to look at", .flags = SL_OPT_REQUIRED),
    SL_OPT(rule, weight, F64, "1", "how much it counts", .min = 0, .max = 10),
    SL_OPT_LIST(rule, words, STR, "[please, \"thank you\"]", "polite words"),
    { .name = NULL },
};

typedef struct config {
    uint8_t fast;
    int64_t min, max;
    double ratio, wait;
    uint64_t size;
    sl_amount keep;
    uint32_t colour;
    const char *path, *secret;
    sl_many paths, levels, rules;
    rule one;
    int64_t old, hidden;
} config;
static const sl_option rows[] = {
    SL_OPT(config, fast, BOOL, NULL, "be fast"),
    SL_OPT(config, min, I64, "200", "least", .min = 0, .max = 1e9, .unit = "bytes"),
    SL_OPT(config, max, I64, NULL, "most"),
    SL_OPT(config, ratio, F64, NULL, "share"),
    SL_OPT(config, wait, DURATION, NULL, "pause"),
    SL_OPT(config, size, SIZE, NULL, "piece"),
    SL_OPT(config, keep, AMOUNT, NULL, "how much"),
    SL_OPT(config, colour, ENUM, "green", "paint", .choices = colours),
    SL_OPT(config, path, PATH, NULL, "where it lies", .flags = SL_OPT_REQUIRED),
    SL_OPT(config, secret, STR, NULL, "password", .flags = SL_OPT_SECRET),
    SL_OPT_LIST(config, paths, PATH, NULL, "more"),
    SL_OPT_LIST(config, levels, I64, "3", "levels", .min = 1, .max = 9),
    SL_OPT_TABLES(config, rules, rule_rows, rule, "rules"),
    { .name = "one",
      .type = SL_OPT_TABLE,
      .offset = offsetof(config, one),
      .table = rule_rows,
      .table_size = sizeof(rule),
      .help = "one rule" },
    SL_OPT(config, old, I64, NULL, "old", .deprecated = "use min"),
    SL_OPT(config, hidden, I64, NULL, "hidden", .flags = SL_OPT_HIDDEN),
    { .name = NULL },
};
static const option_table table = { rows, sizeof *rows };
static const char *const others[] = { "use", "from", NULL };
static const option_scope scope = { .owner = "filter.length", .other_names = others };

static bool read(config *c, const char *text)
{
    memset(c, 0, sizeof *c);
    return option_read(&d, &mem, table, scope, text ? yaml(text) : NULL, c);
}

static void refused(const char *text, const char *want)
{
    config c;
    assert_false(read(&c, text));
    expect_diags(&d, want);
}

static void defaults_and_unset(void **state)
{
    (void)state;
    config c;
    assert_true(read(&c, "use: x\npath: a\n"));
    expect_diags(&d, "");
    assert_int_equal(c.fast, 0);
    assert_true(c.min == 200 && c.max == INT64_MIN && isnan(c.ratio) && isnan(c.wait) && c.size == 0);
    assert_int_equal(c.keep.unit, SL_UNSET);
    assert_int_equal(c.colour, 1);
    assert_string_equal(c.path, "a");
    assert_null(c.secret);
    assert_int_equal(c.paths.n, 0);
    assert_int_equal(c.levels.n, 1);
    assert_true(*(const int64_t *)c.levels.v == 3);
    assert_int_equal(c.rules.n, 0);
    assert_null(c.one.column); /* required, but the table was not written */
    assert_true(c.one.weight == 1);
    assert_int_equal(c.one.words.n, 2);
    assert_string_equal(((const char *const *)c.one.words.v)[1], "thank you");
}

static void everything_set(void **state)
{
    (void)state;
    config c;
    assert_true(read(&c,
                     "use: x\nfrom: [y]\nfast: yes\nmin: \"1_000\"\nmax: 10k\nratio: 20%\nwait: 5 min\nsize: 64 KiB\n"
                     "keep: 10B tokens\ncolour: blue\npath: 123\nsecret: s\npaths: one\nlevels: [1, 2, 9]\n"
                     "rules:\n  - column: a\n    weight: 2\n    words: [x]\n  - { column: b }\none: { column: c }\n"));
    expect_diags(&d, "");
    assert_true(c.fast == 1 && c.min == 1000 && c.max == 10000 && c.ratio == 0.2 && c.wait == 300 && c.size == 65536);
    assert_true(c.keep.value == 1e10 && c.keep.unit == SL_TOKENS && c.colour == 2);
    assert_string_equal(c.path, "123");
    assert_int_equal(c.paths.n, 1);
    assert_string_equal(*(const char *const *)c.paths.v, "one");
    assert_int_equal(c.levels.n, 3);
    assert_true(((const int64_t *)c.levels.v)[2] == 9);
    assert_int_equal(c.rules.n, 2);
    const rule *r = c.rules.v;
    assert_string_equal(r[0].column, "a");
    assert_true(r[0].weight == 2 && r[0].words.n == 1 && r[1].weight == 1 && r[1].words.n == 2);
    assert_string_equal(r[1].column, "b");
    assert_string_equal(c.one.column, "c");
    assert_true(
        read(&c, "path: a\nrules: { column: a }\nlevels: []\n")); /* one table without brackets; an empty list */
    assert_int_equal(c.rules.n, 1);
    assert_int_equal(c.levels.n, 0);
}

#define OPTIONS                                                                                                        \
    "options: fast, min, max, ratio, wait, size, keep, colour, path, secret, paths, levels, rules, one, use, from"

static void unknown_keys(void **state)
{
    (void)state;
    refused("path: a\nmim: 3\n", "2:1+3 filter.length has no option 'mim'; did you mean 'min'? | " OPTIONS "\n");
    refused("path: a\nfrm: 3\n", "2:1+3 filter.length has no option 'frm'; did you mean 'from'? | " OPTIONS "\n");
    refused("path: a\nhiden: 3\nsomething: 1\n", "2:1+5 filter.length has no option 'hiden' | " OPTIONS
                                                 "\n3:1+9 filter.length has no option 'something' | " OPTIONS "\n");
    refused("path: a\none: { column: a, wight: 1, use: 1 }\n",
            "2:19+5 filter.length.one has no option 'wight'; did you mean 'weight'? | options: column, weight, words\n"
            "2:29+3 filter.length.one has no option 'use' | options: column, weight, words\n");
    refused(
        "path: a\nrules: [{ column: a }, { colum: b }]\n",
        "2:26+5 filter.length.rules has no option 'colum'; did you mean 'column'? | options: column, weight, words\n"
        "2:24+12 filter.length.rules needs the option 'column' | what to look at\n");
}

static void wrong_kinds(void **state)
{
    (void)state;
    refused("path: a\nmin: [1]\n", "2:6+3 min wants an integer, and this is a list\n");
    refused("path: {shard}\n",
            "1:7+7 path wants a path, and this is a map | a value that begins with { wants quotes\n");
    refused("path: a\nlevels: [1, [2]]\n", "2:13+3 levels wants a list of integers, and this is a list\n");
    refused("path: a\none: 3\n", "2:6+1 one wants a table, and this is one value\n");
    refused("path: a\nrules: [3]\n", "2:9+1 rules wants a list of tables, and this is one value\n");
    refused("path: a\nkeep: {a: 1}\n",
            "2:7+6 keep wants an amount, and this is a map | a value that begins with { wants quotes\n");
    refused("[1]", "1:1+3 filter.length wants its options as a map, and this is a list\n");
    refused("just text", "1:1+9 filter.length wants its options as a map, and this is one value\n");
}

static void empty_and_missing(void **state)
{
    (void)state;
    refused("use: x\nmin: 1\n", "1:6+1 filter.length needs the option 'path' | where it lies\n");
    refused("min: 1\n", "1:1+3 filter.length needs the option 'path' | where it lies\n");
    refused(NULL, "filter.length needs the option 'path' | where it lies\n");
    refused("path:\n", "1:6+1 path has no value | leave the line out\n");
    refused("path: a\nmin:\n", "2:5+1 min has no value | leave the line out to take the default\n");
    refused("path: a\nmin: ''\n", "2:6+2 min = '' is no whole number | such as 42, 1_000, 10k, 5M\n");
}

static void null_is_unset(void **state)
{
    (void)state;
    config c;
    assert_true(read(&c, "path: a\nmax:\nratio: null\nwait: ~\nkeep:\nsecret:\npaths:\nrules:\none:\n"));
    expect_diags(&d, "");
    assert_true(c.max == INT64_MIN && isnan(c.ratio) && isnan(c.wait) && c.keep.unit == SL_UNSET && !c.secret);
    assert_true(c.paths.n == 0 && c.rules.n == 0 && c.one.weight == 1);
    refused("path: a\nlevels: [1, ~]\n", "2:13+1 levels has no value | leave the line out to take the default\n");
}

static void all_errors_at_once(void **state)
{
    (void)state;
    refused("min: -1\nmax: x\nlevels: [0, 1, 10]\ncolour: pink\nrules: [{ column: a, weight: 11 }, {}]\nzz: 1\nkeep: "
            "120%\n",
            "6:1+2 filter.length has no option 'zz' | " OPTIONS "\n"
            "1:6+2 min = -1 is outside 0..1e9 bytes | default 200\n"
            "2:6+1 max = x is no whole number | such as 42, 1_000, 10k, 5M\n"
            "7:7+4 keep = 120% is outside 0%..100%\n"
            "4:9+4 colour = pink is no choice | one of: red, green, blue\n"
            "1:1+3 filter.length needs the option 'path' | where it lies\n"
            "3:10+1 levels = 0 is outside 1..9 | default 3\n"
            "3:16+2 levels = 10 is outside 1..9 | default 3\n"
            "5:30+2 weight = 11 is outside 0..10 | default 1\n"
            "5:36+2 filter.length.rules needs the option 'column' | what to look at\n");
}

static void deprecated_options_warn(void **state)
{
    (void)state;
    config c;
    assert_true(read(&c, "path: a\nold: 3\nhidden: 4\n"));
    assert_true(c.old == 3 && c.hidden == 4);
    expect_diags(&d, "2:1+3 warning: filter.length: 'old' is deprecated: use min\n");
}

static void reported_values_are_silent(void **state)
{
    (void)state;
    config c = { 0 };
    yaml_node *root = (yaml_node *)(uintptr_t)yaml("path: a\nmin: ${x}\nmax: ''\n");
    root->pairs[1].value->reported = true;
    root->pairs[2].value->reported = true;
    assert_false(option_read(&d, &mem, table, scope, root, &c));
    expect_diags(&d, "");
}

static void wrong_defaults_are_the_plugins(void **state)
{
    (void)state;
    static const sl_option broken[] = { SL_OPT(config, min, I64, "x", ""),
                                        SL_OPT_LIST(config, levels, I64, "[1, y]", ""),
                                        SL_OPT_LIST(config, paths, PATH, "[", ""),
                                        { .name = NULL } };
    config c = { 0 };
    assert_false(option_read(&d, &mem, (option_table){ broken, sizeof *broken }, scope, NULL, &c));
    expect_diags(&d,
                 "filter.length has a wrong default: min = x is no whole number\n"
                 "filter.length has a wrong default: levels = y is no whole number\n"
                 "filter.length has a wrong default: did not find expected node content while parsing a flow node\n");
}

/* What a plugin built with an older header hands over: rows that end before `deprecated`. */
static void shorter_rows(void **state)
{
    (void)state;
    typedef struct old_row {
        const char *name;
        uint32_t type, flags, offset, reserved;
        const char *def;
        double min, max;
        const char *const *choices;
        const char *unit, *help;
    } old_row;
    static const old_row old[] = {
        { .name = "min",
          .type = SL_OPT_I64,
          .offset = offsetof(config, min),
          .def = "5",
          .min = 1,
          .max = 9,
          .help = "least" },
        { .name = "colour",
          .type = SL_OPT_ENUM,
          .offset = offsetof(config, colour),
          .def = "blue",
          .choices = colours },
        { .name = NULL },
    };
    const option_table t = { (const sl_option *)(const void *)old, sizeof *old };
    sl_option row;
    assert_true(option_row(t, 1, &row));
    assert_string_equal(row.name, "colour");
    assert_null(row.since);
    assert_null(row.deprecated);
    assert_null(row.table);
    assert_int_equal(row.table_size, 0);
    assert_false(option_row(t, 2, &row));
    assert_false(option_row(t, 1000, &row));
    config c = { 0 };
    assert_true(option_read(&d, &mem, t, scope, yaml("min: 3\n"), &c));
    assert_true(c.min == 3 && c.colour == 2);
    assert_false(option_read(&d, &mem, t, scope, yaml("min: 10\n"), &c));
    expect_diags(&d, "1:6+2 min = 10 is outside 1..9 | default 5\n");
    assert_false(option_row((option_table){ NULL, sizeof row }, 0, &row));
    assert_false(option_row((option_table){ rows, 8 }, 0, &row));
}

static void own_names_go_before_others(void **state)
{
    (void)state;
    typedef struct one {
        const char *as;
    } one;
    static const sl_option own[] = { SL_OPT(one, as, STR, NULL, ""), { .name = NULL } },
                           yields[] = { SL_OPT(one, as, STR, NULL, "", .flags = OPTION_YIELDS), { .name = NULL } };
    static const char *const as[] = { "as", NULL };
    const option_scope with_as = { .owner = "x", .other_names = as };
    one c = { 0 };
    assert_true(option_read(&d, &mem, (option_table){ own, sizeof *own }, with_as, yaml("as: a"), &c));
    assert_string_equal(c.as, "a");
    assert_true(option_read(&d, &mem, (option_table){ yields, sizeof *yields }, with_as, yaml("as: [a]"), &c));
    assert_null(c.as);
    assert_true(option_read(&d, &mem, (option_table){ yields, sizeof *yields }, (option_scope){ .owner = "x" },
                            yaml("as: a"), &c));
    assert_string_equal(c.as, "a");
    expect_diags(&d, "");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(defaults_and_unset),
        T(everything_set),
        T(unknown_keys),
        T(wrong_kinds),
        T(empty_and_missing),
        T(null_is_unset),
        T(all_errors_at_once),
        T(deprecated_options_warn),
        T(reported_values_are_silent),
        T(wrong_defaults_are_the_plugins),
        T(shorter_rows),
        T(own_names_go_before_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
