#include "cli/peek_show.h"
#include <string.h>
#include "base/utf8.h"
#include "run/json_writer.h"

enum { TEXT_LINES = 8, TEXT_BYTES = 8192, MARGIN = 2, DETAIL = 60 };

/* ---- JSON to plain text ---- */

static void put_code_point(uint32_t c, sbuf *out)
{
    char p[4];
    sbuf_add(out, p, utf8_put(p, c));
}

static uint32_t hex4(const char *p, const char *end)
{
    uint32_t v = 0;
    for (int i = 0; i < 4 && p + i < end; i++)
        v = v << 4 | (uint32_t)(p[i] <= '9' ? p[i] - '0' : (p[i] | 0x20) - 'a' + 10);
    return v & 0xFFFF;
}

void peek_plain(const char *json, size_t n, size_t most, sbuf *out)
{
    static const char from[] = "nrtbf", to[] = "\n\r\t\b\f";
    const char *p = json, *end = json + n;
    if (!n || *p != '"') {
        sbuf_add(out, p, n < most ? n : most);
        return;
    }
    for (p++; p < end && *p != '"' && out->n < most; p++) {
        const char *simple;
        if (*p != '\\' || p + 1 == end) {
            sbuf_putc(out, *p);
        } else if (*++p == 'u') { /* our writer escapes control characters only: no surrogates */
            put_code_point(hex4(p + 1, end), out);
            p += end - p > 4 ? 4 : end - p - 1;
        } else {
            simple = memchr(from, *p, sizeof from - 1);
            sbuf_putc(out, simple ? to[simple - from] : *p);
        }
    }
    out->n = utf8_valid_prefix(sbuf_z(out), out->n); /* `most` may have cut a character */
}

/* ---- parts ---- */

static const char *fate_of(const peek_doc *d) { return d->reached ? "kept" : d->dropped ? "dropped" : "on its way"; }

static const char *paint(const peek_view *v, const char *code) { return v->color ? code : ""; }

/* "──────── docs/about_arrays  kept", to the width of the terminal. */
static void rule(const peek_view *v, const peek_doc *d, sbuf *out)
{
    sbuf plain = { 0 }, id = { 0 };
    const char *fate = fate_of(d);
    peek_plain(sbuf_z(&d->id), d->id.n, TEXT_BYTES, &plain);
    if (!plain.n || !strcmp(sbuf_z(&plain), "null"))
        sbuf_puts(&id, "(no id)");
    else
        cli_safe(plain.p, plain.n, TEXT_BYTES, &id); /* whole: it is there to be copied */
    const size_t used = str_columns(sbuf_z(&id)) + strlen(fate) + 3;
    for (size_t i = used; i < v->width || i < used + 3; i++)
        sbuf_puts(out, "─");
    sbuf_printf(out, " %s%s%s  %s%s%s\n", paint(v, "\033[1m"), sbuf_z(&id), paint(v, "\033[0m"),
                paint(v, d->reached ? "\033[32m" : "\033[31m"), fate, paint(v, "\033[0m"));
    out->failed |= plain.failed || id.failed;
    sbuf_free(&plain);
    sbuf_free(&id);
}

static void steps(const peek_view *v, const peek_doc *d, sbuf *out)
{
    static const char *const fate[] = { [ROW_KEPT] = "kept", [ROW_REJECTED] = "dropped", [ROW_ANNOTATED] = "marked" };
    size_t width = 0;
    for (size_t i = 0; i < d->n_steps; i++) {
        const size_t n = str_columns(v->plan->stages[d->steps[i].stage].name);
        width = n > width ? n : width;
    }
    for (size_t i = 0; i < d->n_steps; i++) {
        const peek_step *s = &d->steps[i];
        const char *name = v->plan->stages[s->stage].name;
        sbuf_printf(out, "  %s%*s   %s", name, (int)(width - str_columns(name)), "", fate[s->fate]);
        if (s->reason)
            sbuf_printf(out, "%*s  %s", (int)(strlen("dropped") - strlen(fate[s->fate])), "", s->reason);
        if (s->reason && (s->value != 0 || s->limit != 0))
            sbuf_printf(out, "  %.10g", s->value);
        if (s->reason && s->limit != 0)
            sbuf_printf(out, " (limit %.10g)", s->limit);
        if (s->detail.n) {
            sbuf_puts(out, "  ");
            cli_safe(s->detail.p, s->detail.n, DETAIL, out);
        }
        sbuf_putc(out, '\n');
    }
}

static void text_of(const peek_view *v, const peek_doc *d, sbuf *out)
{
    sbuf plain = { 0 };
    const sbuf *from =
        d->text.n && strcmp(sbuf_z(&d->text), "null") ? &d->text : &d->json; /* no text: the record as it is */
    peek_plain(sbuf_z(from), from->n, TEXT_BYTES, &plain);
    const char *p = sbuf_z(&plain), *end = p + plain.n;
    while (end > p && end[-1] == '\n')
        end--;
    for (int i = 0; i < TEXT_LINES && p < end; i++) {
        sbuf line = { 0 };
        cli_wrap(&p, end, v->width > 24 ? v->width - 2 * MARGIN : 20, &line);
        while (line.n && line.p[line.n - 1] == ' ')
            line.p[--line.n] = 0;
        sbuf_printf(out, "%s%s\n", line.n ? "    " : "", sbuf_z(&line));
        out->failed |= line.failed;
        sbuf_free(&line);
    }
    if (p < end)
        sbuf_puts(out, "    …\n");
    out->failed |= plain.failed;
    sbuf_free(&plain);
}

static void columns_text(const peek_view *v, const peek_doc *d, sbuf *out)
{
    size_t width = 0;
    for (size_t i = 0; i < v->n_columns; i++)
        width = strlen(v->columns[i]) > width ? strlen(v->columns[i]) : width;
    for (size_t i = 0; i < v->n_columns; i++) {
        sbuf_printf(out, "    %-*s   ", (int)width, v->columns[i]);
        cli_safe(sbuf_z(&d->columns[i]), d->columns[i].n, v->width > width + 30 ? v->width - (unsigned)width - 8 : 30,
                 out);
        sbuf_putc(out, '\n');
    }
}

void peek_show(const peek_view *v, const peek_doc *d, sbuf *out)
{
    rule(v, d, out);
    steps(v, d, out);
    if (v->columns)
        columns_text(v, d, out);
    else
        text_of(v, d, out);
}

/* ---- JSON ---- */

void peek_json(const peek_view *v, const peek_doc *d, sbuf *out)
{
    static const char *const fate[] = { [ROW_KEPT] = "kept", [ROW_REJECTED] = "dropped", [ROW_ANNOTATED] = "marked" };
    json_writer w = { .out = out, .compact = true };
    jw_object(&w, NULL);
    jw_raw(&w, "id", d->id.n ? d->id.p : "null");
    jw_str(&w, "fate", fate_of(d));
    jw_list(&w, "stages");
    for (size_t i = 0; i < d->n_steps; i++) {
        const peek_step *s = &d->steps[i];
        jw_object(&w, NULL);
        jw_str(&w, "stage", v->plan->stages[s->stage].name);
        jw_str(&w, "fate", fate[s->fate]);
        if (s->reason) {
            jw_str(&w, "reason", s->reason);
            jw_bool(&w, "error", s->error);
            jw_double(&w, "value", s->value);
            jw_double(&w, "limit", s->limit);
            jw_text(&w, "detail", sbuf_z(&s->detail), s->detail.n);
        }
        jw_close(&w);
    }
    jw_close(&w);
    if (v->columns)
        jw_object(&w, "columns");
    for (size_t i = 0; i < v->n_columns; i++)
        jw_raw(&w, v->columns[i], d->columns[i].n ? d->columns[i].p : "null");
    if (v->columns)
        jw_close(&w);
    else
        jw_raw(&w, "document", d->json.n ? d->json.p : "null");
    jw_close(&w);
    sbuf_putc(out, '\n');
}
