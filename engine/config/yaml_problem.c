#include "config/yaml_problem.h"
#include <string.h>
#include "config/report.h"

/* ---- places ---- */

void yaml_cursor_init(yaml_cursor *c, const diag_source *source)
{
    const size_t bom = source->n >= 3 && !memcmp(source->text, "\xEF\xBB\xBF", 3) ? 3 : 0;
    *c = (yaml_cursor){ .source = source, .base = bom, .byte = bom };
}

static bool continues(char c) { return ((unsigned char)c & 0xC0) == 0x80; }

static void step_forward(yaml_cursor *c)
{
    const char *text = c->source->text;
    if (text[c->byte] == '\n') {
        c->line++;
        c->line_start = c->byte + 1;
    }
    do
        c->byte++;
    while (c->byte < c->source->n && continues(text[c->byte]));
    c->character++;
}

static void step_back(yaml_cursor *c)
{
    const char *text = c->source->text;
    do
        c->byte--;
    while (c->byte > c->base && continues(text[c->byte]));
    c->character--;
    if (text[c->byte] == '\n') {
        const char *nl = memrchr(text, '\n', c->byte);
        c->line--;
        c->line_start = nl ? (size_t)(nl - text) + 1 : 0;
    }
}

size_t yaml_cursor_move(yaml_cursor *c, size_t character)
{
    while (c->character < character && c->byte < c->source->n)
        step_forward(c);
    while (c->character > character && c->byte > c->base)
        step_back(c);
    return c->byte;
}

diag_at yaml_at(yaml_cursor *c, size_t begin, size_t end)
{
    while (c->byte < begin && c->byte < c->source->n)
        step_forward(c);
    while (c->byte > begin && c->byte > c->base)
        step_back(c);
    const char *from = c->source->text + begin;
    if (end > begin) {
        const char *nl = memchr(from, '\n', end - begin);
        size_t stop = nl ? (size_t)(nl - c->source->text) : end;
        if (nl && stop > begin && c->source->text[stop - 1] == '\r')
            stop--;
        end = stop;
    }
    return (diag_at){ .source = c->source,
                      .line = (unsigned)c->line + 1,
                      .col = (unsigned)(begin - c->line_start) + 1,
                      .len = end > begin ? (unsigned)(end - begin) : 1 };
}

/* Slow: counts from the start. */
static diag_at yaml_at_bytes(const diag_source *source, size_t begin, size_t end)
{
    yaml_cursor c;
    yaml_cursor_init(&c, source);
    if (begin < c.base) { /* the cursor knows no place inside a byte order mark */
        c.base = 0;
        c.byte = 0;
    }
    return yaml_at(&c, begin, end);
}

/* ---- before libyaml sees the text ---- */

size_t yaml_skip_blank(const char *text, size_t n, size_t from)
{
    size_t i = from;
    while (i < n) {
        if (text[i] == '#') {
            const char *nl = memchr(text + i, '\n', n - i);
            i = nl ? (size_t)(nl - text) : n;
        } else if (text[i] == ' ' || text[i] == '\t' || text[i] == '\n' || text[i] == '\r') {
            i++;
        } else if (i + 1 < n && !memcmp(text + i, "\xC2\x85", 2)) {
            i += 2; /* the further line breaks of YAML 1.1 */
        } else if (i + 2 < n && (!memcmp(text + i, "\xE2\x80\xA8", 3) || !memcmp(text + i, "\xE2\x80\xA9", 3))) {
            i += 3;
        } else {
            break;
        }
    }
    return i;
}

bool yaml_precheck(diags *d, const diag_source *source)
{
    const char *text = source->text;
    const size_t n = source->n;
    if (n > YAML_MAX_BYTES) {
        diag_error(d, (diag_at){ .source = source }, "larger than %d MiB", YAML_MAX_BYTES >> 20);
        return false;
    }
    if (n >= 2 && (!memcmp(text, "\xFF\xFE", 2) || !memcmp(text, "\xFE\xFF", 2))) {
        report_error(d, (diag_at){ .source = source, .line = 1, .col = 1, .len = 2 }, "save it as UTF-8",
                     "this is UTF-16; a pipeline file is UTF-8");
        return false;
    }
    const char *nul = n ? memchr(text, 0, n) : NULL;
    const size_t valid = n ? utf8_valid_prefix(text, n) : 0;
    if (nul && (size_t)(nul - text) <= valid) {
        const size_t at = (size_t)(nul - text);
        report_error(d, yaml_at_bytes(source, at, at + 1), at <= 1 ? "UTF-16? save it as UTF-8" : NULL,
                     "a NUL byte; a pipeline file is text");
        return false;
    }
    if (valid < n) {
        report_error(d, yaml_at_bytes(source, valid, valid + 1), "save the file as UTF-8", "byte 0x%02X is not UTF-8",
                     (unsigned char)text[valid]);
        return false;
    }
    /* libyaml compares each %TAG with all before it: quadratic, and nothing here needs a directive. One in front of a
     * second document is never reached. */
    const size_t bom = n >= 3 && !memcmp(text, "\xEF\xBB\xBF", 3) ? 3 : 0, first = yaml_skip_blank(text, n, bom);
    if (first < n && text[first] == '%') {
        report_error(d, yaml_at_bytes(source, first, first + 1), "leave the line out", "YAML directives are not taken");
        return false;
    }
    return true;
}

/* ---- hints ---- */

enum { LOOK = 1000 }; /* bytes before and after a place that a hint looks at: lines may be long, and such places many */

/* Is a [ or { open at `at`, looking at its line only? Quotes are not looked into: this decides about a hint. */
static bool in_flow(const char *text, size_t line_start, size_t at)
{
    int open = 0;
    for (size_t i = at - line_start > LOOK ? at - LOOK : line_start; i < at; i++)
        open += (text[i] == '[' || text[i] == '{') - (text[i] == ']' || text[i] == '}');
    return open > 0;
}

/* The plain value that begins at `begin`: to the end of the line or its comment, in a flow collection to the next
 * bracket. */
static size_t value_end(const diag_source *s, size_t line_start, size_t begin)
{
    const bool flow = in_flow(s->text, line_start, begin);
    size_t end = begin;
    while (end < s->n && end - begin < LOOK && s->text[end] != '\n' && s->text[end] != '\r') {
        if (flow && strchr(",]}", s->text[end]))
            break;
        if (s->text[end] == '#' && end > begin && (s->text[end - 1] == ' ' || s->text[end - 1] == '\t'))
            break;
        end++;
    }
    while (end > begin && (s->text[end - 1] == ' ' || s->text[end - 1] == '\t'))
        end--;
    return end;
}

/* quote the value: "*.zst" */
static void hint_quote(diags *d, sbuf *hint, const diag_source *s, size_t begin, size_t end)
{
    sbuf value = { 0 };
    sbuf_add(&value, s->text + begin, end - begin);
    const char mark = memchr(sbuf_z(&value), '"', value.n) || memchr(sbuf_z(&value), '\\', value.n) ? '\'' : '"';
    sbuf_printf(hint, "quote the value: %c%s%c", mark, report_text(d, sbuf_z(&value)), mark);
    sbuf_free(&value);
}

void yaml_refuse(diags *d, yaml_cursor *c, size_t begin)
{
    const char mark = c->source->text[begin];
    const char *what = mark == '*' ? "aliases" : mark == '&' ? "anchors" : "tags";
    diag_at at = yaml_at(c, begin, begin + 1);
    const size_t end = value_end(c->source, c->line_start, begin);
    if (end > begin)
        at.len = (unsigned)(end - begin);
    sbuf hint = { 0 };
    hint_quote(d, &hint, c->source, begin, end > begin ? end : begin + 1);
    report_error(d, at, sbuf_z(&hint), "'%c' at the start of a value is for YAML's %s, which are not taken", mark,
                 what);
    sbuf_free(&hint);
}

/* ---- what libyaml found ---- */

static bool begins(const char *text, const char *with) { return text && !strncmp(text, with, strlen(with)); }

/* A value such as part-{shard}.zst, cut in two by a bracket that YAML takes for its own. */
static bool bracket_in_value(const diag_source *s, size_t at)
{
    if (at >= s->n)
        return false;
    if (strchr("{[", s->text[at]))
        return true;
    return at > 0 && strchr("}]", s->text[at - 1]) && !strchr(" \t\r\n", s->text[at]);
}

static void bad_start(diags *d, yaml_cursor *c, size_t at)
{
    const char first = at < c->source->n ? c->source->text[at] : '\0';
    if (first == '\t') {
        report_error(d, yaml_at(c, at, at + 1), "YAML wants spaces", "a tab in the indentation");
        return;
    }
    const diag_at place = yaml_at(c, at, at + 1);
    sbuf hint = { 0 };
    if (first)
        hint_quote(d, &hint, c->source, at, value_end(c->source, c->line_start, at));
    report_error(d, place, sbuf_z(&hint), "a value cannot begin with '%c'", first ? first : ' ');
    sbuf_free(&hint);
}

/* Some of libyaml's messages are about its own workings: those are said anew, and at the place of the slip. */
static bool said_anew(diags *d, yaml_cursor *c, size_t at, const yaml_parser_t *p)
{
    const char *problem = p->problem, *context = p->context;
    if (begins(problem, "found character that cannot start")) {
        bad_start(d, c, at);
    } else if (begins(problem, "found a tab character")) {
        report_error(d, yaml_at(c, at, at + 1), "YAML wants spaces", "a tab in the indentation");
    } else if (begins(problem, "mapping values are not allowed")) {
        const diag_at place = yaml_at(c, at, at + 1);
        const char *line = c->source->text + c->line_start;
        const bool second = memmem(line, at - c->line_start, ": ", 2);
        report_error(d, place,
                     second ? "a value that holds ': ' wants quotes"
                            : "has the line above lost its ':', or is the indentation off?",
                     "a ':' that has no place here");
    } else if (begins(problem, "could not find expected ':'")) {
        const size_t key = yaml_cursor_move(c, p->context_mark.index);
        diag_at place = yaml_at(c, key, key + 1);
        const size_t end = value_end(c->source, c->line_start, key);
        place.len = end > key ? (unsigned)(end - key) : 1;
        report_error(d, place, "key: value", "this line has no ':'");
    } else if (begins(problem, "found unexpected end of stream") && begins(context, "while scanning a quoted")) {
        const size_t quote = yaml_cursor_move(c, p->context_mark.index);
        diag_error(d, yaml_at(c, quote, quote + 1), "this quote is never closed");
    } else if (begins(context, "while scanning an alias") || begins(context, "while scanning an anchor") ||
               begins(context, "while scanning a tag") || begins(context, "while parsing a tag")) {
        yaml_refuse(d, c, yaml_cursor_move(c, p->context_mark.index));
    } else {
        return false;
    }
    return true;
}

static void syntax(diags *d, yaml_cursor *c, const yaml_parser_t *p)
{
    const size_t at = yaml_cursor_move(c, p->problem_mark.index);
    if (said_anew(d, c, at, p))
        return;
    const char *problem = p->problem ? p->problem : "this is no YAML", *context = p->context ? p->context : "";
    const diag_at place = yaml_at(c, at, at + 1);
    char hint[96] = "";
    if (bracket_in_value(c->source, at)) {
        strcpy(hint, "a value that holds { } or [ ] wants quotes here: \"part-{shard}\", \"${name}\"");
    } else if (*context && p->context_mark.line != p->problem_mark.line) {
        yaml_cursor_move(c, p->context_mark.index);
        snprintf(hint, sizeof hint, "it began in line %zu", c->line + 1);
    }
    report_error(d, place, hint, "%s%s%s", problem, *context ? " " : "", context);
}

void yaml_problem(diags *d, yaml_cursor *c, const yaml_parser_t *p)
{
    switch (p->error) {
    case YAML_MEMORY_ERROR: diag_nomem(d); break;
    case YAML_READER_ERROR: {
        const size_t at = c->base + p->problem_offset;
        report_error(d, yaml_at_bytes(c->source, at < c->source->n ? at : c->source->n, at + 1), NULL, "%s",
                     p->problem ? p->problem : "this is no text");
        break;
    }
    default: syntax(d, c, p); break;
    }
}
