#include "config/yaml_json.h"
#include <string.h>
#include "config/report.h"

static const char *skip_digits(const char *p)
{
    while (*p >= '0' && *p <= '9')
        p++;
    return p;
}

/* A number as JSON writes it, and nothing else. */
static bool is_json_number(const char *p)
{
    p += *p == '-';
    const char *end = skip_digits(p);
    if (end == p || (*p == '0' && end > p + 1))
        return false;
    if (*end == '.') {
        p = end + 1;
        end = skip_digits(p);
        if (end == p)
            return false;
    }
    if (*end == 'e' || *end == 'E') {
        p = end + 1 + (end[1] == '+' || end[1] == '-');
        end = skip_digits(p);
        if (end == p)
            return false;
    }
    return !*end;
}

/* 0x1F, 0o17, 0b101 */
static bool has_prefix(const char *p)
{
    return p[0] == '0' && strchr("xXoObB", p[1]) && p[1] && p[2] && !p[2 + strspn(p + 2, "0123456789abcdefABCDEF_")];
}

/* Would some reader of YAML, of any version, take this for a number? */
static bool is_odd_number(const char *text)
{
    static const char *const words[] = { ".inf", ".Inf", ".INF", ".nan", ".NaN", ".NAN" };
    const char *p = text + (*text == '-' || *text == '+');
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(p, words[i]))
            return true;
    if (has_prefix(p))
        return true;
    size_t digits = 0;
    bool point = false;
    for (; (*p >= '0' && *p <= '9') || *p == '_' || (*p == '.' && !point); p++) {
        digits += *p != '_' && *p != '.';
        point |= *p == '.';
    }
    if (digits && (*p == 'e' || *p == 'E')) {
        p += 1 + (p[1] == '+' || p[1] == '-');
        digits = strspn(p, "0123456789_");
        p += digits;
    }
    return digits && !*p;
}

static const char *word_of(const char *text)
{
    static const char *const words[][2] = {
        { "true", "true" },   { "True", "true" },   { "TRUE", "true" },
        { "false", "false" }, { "False", "false" }, { "FALSE", "false" },
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (!strcmp(text, words[i][0]))
            return words[i][1];
    return NULL;
}

static bool scalar(diags *d, const yaml_node *node, sbuf *out)
{
    const char *word = node->plain ? word_of(node->text) : NULL;
    if (node->reported)
        return false;
    if (yaml_is_null(node)) {
        sbuf_puts(out, "null");
    } else if (word) {
        sbuf_puts(out, word);
    } else if (node->plain && is_json_number(node->text)) {
        sbuf_puts(out, node->text);
    } else if (node->plain && is_odd_number(node->text)) {
        report_error(d, node->at, "put it in quotes if it is text, else write it as JSON does: 17, -0.5, 1e9",
                     "%s is a number to some readers and text to others", report_text(d, node->text));
        return false;
    } else {
        sbuf_json(out, node->text, node->n);
    }
    return true;
}

bool yaml_to_json(diags *d, const yaml_node *node, sbuf *out)
{
    bool ok = true;
    if (node->kind == YAML_SCALAR)
        return scalar(d, node, out);
    const bool map = node->kind == YAML_MAP;
    sbuf_putc(out, map ? '{' : '[');
    for (size_t i = 0; i < node->n; i++) {
        sbuf_puts(out, i ? "," : "");
        if (map) {
            sbuf_json(out, node->pairs[i].key->text, node->pairs[i].key->n);
            sbuf_putc(out, ':');
        }
        ok &= yaml_to_json(d, map ? node->pairs[i].value : node->items[i], out);
    }
    sbuf_putc(out, map ? '}' : ']');
    return ok;
}
