#include "expect.h"
#include "config/yaml.h"

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

static yaml_node *parse_n(const char *text, size_t n)
{
    source = (diag_source){ .name = "t.yaml", .text = text, .n = n };
    return yaml_parse(&mem, &d, &source);
}

static yaml_node *parse(const char *text) { return parse_n(text, strlen(text)); }

static void refused(const char *text, const char *want)
{
    (void)parse(text);
    expect_diags(&d, want);
}

static void assert_at(const yaml_node *node, unsigned line, unsigned col, unsigned len)
{
    assert_ptr_equal(node->at.source, &source);
    assert_int_equal(node->at.line, line);
    assert_int_equal(node->at.col, col);
    assert_int_equal(node->at.len, len);
}

static void tree_and_places(void **state)
{
    (void)state;
    const yaml_node *root = parse("name: docs\n"
                                  "list:\n"
                                  "  - one\n"
                                  "  - \"two three\"\n"
                                  "flow: { a: [1, 2], b: '' }\n"
                                  "block: |\n"
                                  "  text\n"
                                  "empty:\n");
    assert_non_null(root);
    assert_int_equal(root->kind, YAML_MAP);
    assert_int_equal(root->n, 5);
    assert_at(root, 1, 1, 4);
    const yaml_node *name = yaml_get(root, "name");
    assert_string_equal(name->text, "docs");
    assert_int_equal(name->n, 4);
    assert_true(name->plain);
    assert_false(name->reported);
    assert_at(name, 1, 7, 4);
    const yaml_node *list = yaml_get(root, "list");
    assert_int_equal(list->kind, YAML_LIST);
    assert_int_equal(list->n, 2);
    assert_at(list->items[0], 3, 5, 3);
    assert_string_equal(list->items[1]->text, "two three");
    assert_false(list->items[1]->plain);
    assert_at(list->items[1], 4, 5, 11);
    const yaml_node *flow = yaml_get(root, "flow");
    assert_at(flow, 5, 7, 20);
    assert_at(yaml_get(flow, "a"), 5, 12, 6);
    assert_at(yaml_get(flow, "a")->items[1], 5, 16, 1);
    assert_at(yaml_get(flow, "b"), 5, 23, 2);
    assert_string_equal(yaml_get(root, "block")->text, "text\n");
    assert_at(yaml_get(root, "block"), 6, 8, 1);
    assert_at(yaml_get(root, "empty"), 8, 7, 1);
    assert_null(yaml_get(root, "nothing"));
    assert_null(yaml_get(list, "name"));
    assert_null(yaml_get(NULL, "name"));
    expect_diags(&d, "");
}

static void null_values(void **state)
{
    (void)state;
    const yaml_node *root = parse("[~, null, Null, NULL, '', \"null\", nil, x]");
    static const bool null[] = { true, true, true, true, false, false, false, false };
    for (size_t i = 0; i < root->n; i++)
        assert_int_equal(yaml_is_null(root->items[i]), null[i]);
    assert_true(yaml_is_null(yaml_get(parse("a:\n"), "a")));
    assert_false(yaml_is_null(root));
    assert_false(yaml_is_null(NULL));
}

static void columns_count_bytes(void **state)
{
    (void)state;
    /* é is one character and two bytes, U+2028 a line break to YAML 1.1 but not to an editor */
    const yaml_node *root = parse("\"é\": é\nb: [é, x]\nc: \"\xE2\x80\xA8\"\nd: e\n");
    assert_at(root->pairs[0].key, 1, 1, 4);
    assert_at(root->pairs[0].value, 1, 7, 2);
    assert_at(yaml_get(root, "b")->items[1], 2, 9, 1);
    assert_at(yaml_get(root, "d"), 4, 4, 1);
}

static void bom_and_crlf(void **state)
{
    (void)state;
    const yaml_node *root = parse("\xEF\xBB\xBF"
                                  "a: 1\r\nb:\r\n  - x\r\n");
    assert_non_null(root);
    assert_string_equal(yaml_get(root, "a")->text, "1");
    assert_at(yaml_get(root, "a"), 1, 7, 1);
    assert_string_equal(yaml_get(root, "b")->items[0]->text, "x");
    assert_at(yaml_get(root, "b")->items[0], 3, 5, 1);
}

static void empty_texts(void **state)
{
    (void)state;
    static const char *const texts[] = { "", "\n\n", "# nothing\n", "\xEF\xBB\xBF", "\r\n" };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const yaml_node *root = parse(texts[i]);
        assert_non_null(root);
        assert_int_equal(root->kind, YAML_MAP);
        assert_int_equal(root->n, 0);
        assert_int_equal(root->at.line, 0);
    }
    source = (diag_source){ .name = "t.yaml" };
    assert_non_null(yaml_parse(&mem, &d, &source));
    assert_true(yaml_is_null(parse("---\n")));
    assert_non_null(parse("a: 1\n...\n# end\n...\n"));
}

static void tabs(void **state)
{
    (void)state;
    refused("a:\n\tb: 1\n", "2:1+1 a tab in the indentation | YAML wants spaces\n");
    refused("a: 1\n\tb: 2\n", "2:1+1 a tab in the indentation | YAML wants spaces\n");
    refused("a: |\n  x\n\ty\n", "3:1+1 a tab in the indentation | YAML wants spaces\n");
    assert_non_null(parse("a: [\n\t1,\n\t2 ]\n"));
    assert_non_null(parse("a: b\t# comment\n"));
    assert_string_equal(yaml_get(parse("a: \"\t\"\n"), "a")->text, "\t");
    assert_string_equal(yaml_get(parse("a: |\n  x\ty\n"), "a")->text, "x\ty\n");
}

static void aliases_anchors_tags(void **state)
{
    (void)state;
    refused("path: *.zst\n", "1:7+5 '*' at the start of a value is for YAML's aliases, which are not taken | "
                             "quote the value: \"*.zst\"\n");
    refused("path: *all # of them\n", "1:7+4 '*' at the start of a value is for YAML's aliases, which are not taken | "
                                      "quote the value: \"*all\"\n");
    refused("path: [*.zst, b]\n", "1:8+5 '*' at the start of a value is for YAML's aliases, which are not taken | "
                                  "quote the value: \"*.zst\"\n");
    refused("a: *x\"y\n", "1:4+4 '*' at the start of a value is for YAML's aliases, which are not taken | "
                          "quote the value: '*x\"y'\n");
    refused("a: &x 1\nb: *x\n", "1:4+4 '&' at the start of a value is for YAML's anchors, which are not taken | "
                                "quote the value: \"&x 1\"\n"
                                "2:4+2 '*' at the start of a value is for YAML's aliases, which are not taken | "
                                "quote the value: \"*x\"\n");
    refused("a: &x [1]\n", "1:4+6 '&' at the start of a value is for YAML's anchors, which are not taken | "
                           "quote the value: \"&x [1]\"\n");
    refused("a: &x\n  b: 1\n", "1:4+2 '&' at the start of a value is for YAML's anchors, which are not taken | "
                               "quote the value: \"&x\"\n");
    refused("a: &/x\n", "1:4+3 '&' at the start of a value is for YAML's anchors, which are not taken | "
                        "quote the value: \"&/x\"\n");
    refused("a: !!int 3\n", "1:4+7 '!' at the start of a value is for YAML's tags, which are not taken | "
                            "quote the value: \"!!int 3\"\n");
    refused("a: ! b\n", "1:4+3 '!' at the start of a value is for YAML's tags, which are not taken | "
                        "quote the value: \"! b\"\n");
    refused("a: !x {}\n", "1:4+5 '!' at the start of a value is for YAML's tags, which are not taken | "
                          "quote the value: \"!x {}\"\n");
    refused("a: !<x\n", "1:4+3 '!' at the start of a value is for YAML's tags, which are not taken | "
                        "quote the value: \"!<x\"\n");
}

static void brackets_in_values(void **state)
{
    (void)state;
    static const char hint[] = "a value that holds { } or [ ] wants quotes here: \"part-{shard}\", \"${name}\"";
    char want[300];
    snprintf(want, sizeof want, "1:15+1 did not find expected ',' or '}' while parsing a flow mapping | %s\n", hint);
    refused("a: {path: out-{shard}.zst}\n", want);
    snprintf(want, sizeof want, "1:6+1 did not find expected ',' or ']' while parsing a flow sequence | %s\n", hint);
    refused("a: [${x}]\n", want);
    snprintf(want, sizeof want, "1:11+1 did not find expected key while parsing a block mapping | %s\n", hint);
    refused("a: {shard}.zst\n", want);
    assert_string_equal(yaml_get(parse("a: out-{shard}.zst\n"), "a")->text, "out-{shard}.zst");
    assert_string_equal(yaml_get(parse("a: ${x}\n"), "a")->text, "${x}");
}

static void syntax(void **state)
{
    (void)state;
    refused("a: b: c\n", "1:5+1 a ':' that has no place here | a value that holds ': ' wants quotes\n");
    refused("use x\nb: 1\n",
            "2:2+1 a ':' that has no place here | has the line above lost its ':', or is the indentation off?\n");
    refused("a: 1\nb c # d\n", "2:1+3 this line has no ':' | key: value\n");
    refused("a: \"x\n\n", "1:4+1 this quote is never closed\n");
    refused("a: [1,\n  2\nb: 3\n",
            "3:2+1 did not find expected ',' or ']' while parsing a flow sequence | it began in line 1\n");
    refused("a: %x # y\n", "1:4+1 a value cannot begin with '%' | quote the value: \"%x\"\n");
    refused("a: @x\n", "1:4+1 a value cannot begin with '@' | quote the value: \"@x\"\n");
    refused("a: \"\\q\"\n", "1:5+1 found unknown escape character while parsing a quoted scalar\n");
    refused("a: 1\n---\nb: 2\n", "2:1+1 a second document begins here | one file, one pipeline\n");
    refused("---\na: 1\n...\n%TAG ! x\n", "4:1+1 a second document begins here | one file, one pipeline\n");
    refused("# x\n%YAML 1.1\n---\na: 1\n", "2:1+1 YAML directives are not taken | leave the line out\n");
}

static void keys(void **state)
{
    (void)state;
    refused("a: 1\nb: 2\n\"a\": 3\na: 4\n",
            "3:1+3 'a' stands here twice; first in line 1\n4:1+1 'a' stands here twice; first in line 1\n");
    refused("x: { b: 1, c: 1, b: 2 }\n", "1:18+1 'b' stands here twice; first in line 1\n");
    refused("{[a]: 1}\n",
            "1:2+3 a list cannot be the name of an option | a value that holds { } or [ ] wants quotes\n");
    refused("{{a: 1}: 1}\n",
            "1:2+6 a map cannot be the name of an option | a value that holds { } or [ ] wants quotes\n");
}

/* A mistake in a value leaves the rest to be looked at; one that ends the parsing does not. */
static void what_is_left(void **state)
{
    (void)state;
    const yaml_node *root = parse("a: 1\na: 2\nb: !!int 3\nc: \"x\\0y\"\nd: 4\n<<: *x\n{e: 5}: 6\n--- more\n");
    assert_non_null(root);
    assert_int_equal(root->n, 5);
    assert_string_equal(yaml_get(root, "a")->text, "1");
    assert_false(yaml_get(root, "a")->reported);
    assert_true(yaml_get(root, "b")->reported && yaml_get(root, "c")->reported);
    assert_string_equal(yaml_get(root, "d")->text, "4");
    assert_int_equal(d.errors, 6);
    assert_null(parse("a: 1\na: 2\nb: [\n"));
    assert_null(parse("a: 1\nb: *.zst\n"));
}

static void not_text(void **state)
{
    (void)state;
    assert_null(parse_n("a: b\0c\n", 7));
    expect_diags(&d, "1:5+1 a NUL byte; a pipeline file is text\n");
    assert_null(parse_n("a\0:\0", 4));
    expect_diags(&d, "1:2+1 a NUL byte; a pipeline file is text | UTF-16? save it as UTF-8\n");
    refused("\xFF\xFE"
            "a",
            "1:1+2 this is UTF-16; a pipeline file is UTF-8 | save it as UTF-8\n");
    refused("\xFE\xFF"
            "a",
            "1:1+2 this is UTF-16; a pipeline file is UTF-8 | save it as UTF-8\n");
    refused("a: 1\nb: x\xE9y\n", "2:5+1 byte 0xE9 is not UTF-8 | save the file as UTF-8\n");
    refused("a: \xED\xA0\x80\n", "1:4+1 byte 0xED is not UTF-8 | save the file as UTF-8\n");
    refused("a: \"x\\0y\"\n", "1:4+6 a NUL character in a value\n");
    refused("a: 1\nb: \x01\n", "2:4+1 control characters are not allowed\n");
    refused("\xEF\xBB\xBF"
            "a: \x07\n",
            "1:7+1 control characters are not allowed\n");
    refused("\xEF\xBB", "1:1+1 byte 0xEF is not UTF-8 | save the file as UTF-8\n");
}

static void depth_is_capped(void **state)
{
    (void)state;
    char text[2 * (YAML_MAX_DEPTH + 1) + 1];
    memset(text, '[', YAML_MAX_DEPTH);
    memset(text + YAML_MAX_DEPTH, ']', YAML_MAX_DEPTH);
    assert_non_null(parse_n(text, 2 * YAML_MAX_DEPTH));
    memset(text, '[', YAML_MAX_DEPTH + 1);
    memset(text + YAML_MAX_DEPTH + 1, ']', YAML_MAX_DEPTH + 1);
    assert_null(parse_n(text, 2 * (YAML_MAX_DEPTH + 1)));
    expect_diags(&d, "1:65+1 nested more than 64 deep\n");
}

static void nodes_are_capped(void **state)
{
    (void)state;
    size_t n;
    char *text = repeated("- a\n", 4 * (YAML_MAX_NODES - 1), &n);
    const yaml_node *root = parse_n(text, n);
    assert_non_null(root);
    assert_int_equal(root->n, YAML_MAX_NODES - 1);
    free(text);
    text = repeated("- a\n", 4 * (YAML_MAX_NODES + 100), &n);
    assert_null(parse_n(text, n));
    expect_diags(&d, "200000:3+1 more than 200000 values\n");
    free(text);
}

static void bytes_are_capped(void **state)
{
    (void)state;
    size_t n;
    char *text = repeated("# comment\n", YAML_MAX_BYTES, &n);
    assert_non_null(parse_n(text, n));
    free(text);
    text = repeated("#", YAML_MAX_BYTES + 1, &n);
    assert_null(parse_n(text, n));
    expect_diags(&d, "t.yaml larger than 4 MiB\n");
    free(text);
}

/* Each of these makes libyaml, or a careless reader of its events, slow or deep. The bound is far above what they take.
 */
static void hostile_texts_end_soon(void **state)
{
    (void)state;
    static const char *const patterns[] = {
        "[",
        "{",
        "- ",
        "? ",
        "[{",
        "{a: ",
        "[a, ",
        "a: ",
        "- - \n",
        "[a]: ",
        "\"",
        "'",
        "a",
        "!",
        "&a ",
        "*a ",
        "%",
        "#",
        "|\n",
        "a: [\n",
        "[[],",
        "{? ",
        "- a\n",
        "a\n",
        "---\n",
        "- &a b\n",
        "- *a\n",
        "? a\n",
        ": ",
        "\t",
        "a a",
        "a: ",
        "%TAG !a! b\n",
        "[1,",
        "- !a b\n",
        "\r",
        "\r\n",
        "\n",
        "{a: b}: ",
        "x: &a [*a, *a]\n",
        "\xC3\xA9",
        "[\xC3\xA9, ",
        "\"\\0\",",
        "- \"\\0\"\n",
        "a: 1\n",
    };
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++) {
        size_t n;
        char *text = repeated(patterns[i], 1 << 20, &n);
        const double from = seconds();
        parse_n(text, n);
        const double took = seconds() - from;
        if (took > 20)
            fail_msg("1 MiB of '%s' took %.1f s", patterns[i], took);
        assert_true(mem.held < 256 << 20);
        free(text);
        diags_free(&d);
        diags_init(&d);
        arena_reset(&mem, 0);
    }
}

/* Many values on one line: places are found from the last one, not from the start. */
static void one_long_line(void **state)
{
    (void)state;
    size_t n;
    char *text = repeated("a, ", 3 * 150000, &n);
    text[0] = '[';
    text[1] = ' ';
    text[n - 2] = ']';
    const double from = seconds();
    const yaml_node *root = parse_n(text, n);
    assert_non_null(root);
    assert_int_equal(root->n, 149999);
    assert_at(root->items[149998], 1, 3 * 149999 + 1, 1);
    assert_true(seconds() - from < 20);
    free(text);
}

static void many_mistakes_on_one_line(void **state)
{
    (void)state;
    size_t n;
    char *text = repeated("&a b, ", 6 * 150000, &n);
    text[0] = '[';
    text[n - 2] = ']';
    const double from = seconds();
    assert_non_null(parse_n(text, n));
    assert_int_equal(d.n, 100);
    assert_int_equal(d.errors, 149999);
    assert_true(seconds() - from < 20);
    free(text);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(tree_and_places),
        T(null_values),
        T(columns_count_bytes),
        T(bom_and_crlf),
        T(empty_texts),
        T(tabs),
        T(aliases_anchors_tags),
        T(what_is_left),
        T(brackets_in_values),
        T(syntax),
        T(keys),
        T(not_text),
        T(depth_is_capped),
        T(nodes_are_capped),
        T(bytes_are_capped),
        T(hostile_texts_end_soon),
        T(one_long_line),
        T(many_mistakes_on_one_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
