#include "config/report.h"
#include <string.h>

enum { WANTED = 100, SHOWN = 60 };

void report_error(diags *d, diag_at at, const char *hint, const char *fmt, ...)
{
    sbuf text = { 0 };
    va_list ap;
    va_start(ap, fmt);
    sbuf_vprintf(&text, fmt, ap);
    va_end(ap);

    const size_t before = d->n;
    if (text.failed)
        diag_nomem(d);
    else
        diag_error(d, at, "%s", sbuf_z(&text));
    if (hint && *hint && d->n > before)
        diag_hint(d, "%s", hint);
    sbuf_free(&text);
}

bool report_wanted(const diags *d) { return d->errors < WANTED; }

const char *report_text(diags *d, const char *text)
{
    const size_t n = strlen(text);
    const size_t shown = n <= SHOWN ? n : utf8_valid_prefix(text, SHOWN);
    char *copy = arena_printf(&d->mem, "%.*s%s", (int)shown, text, n > SHOWN ? "…" : "");
    if (!copy)
        return "(out of memory)";
    for (char *c = copy; *c; c++)
        if ((unsigned char)*c < 0x20 || *c == 0x7F)
            *c = ' ';
    return copy;
}

const char *report_near(diags *d, const char *near)
{
    const char *text = near ? arena_printf(&d->mem, "; did you mean '%s'?", near) : NULL;
    return text ? text : "";
}

void report_names(sbuf *out, const char *const *names, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (i)
            sbuf_puts(out, ", ");
        sbuf_puts(out, names[i]);
    }
}
