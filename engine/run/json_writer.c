#include "run/json_writer.h"

static void line(json_writer *w)
{
    if (w->compact)
        return;
    sbuf_putc(w->out, '\n');
    for (unsigned i = 0; i < w->depth; i++)
        sbuf_puts(w->out, "  ");
}

/* What stands before a value: comma, line, key. */
static void before(json_writer *w, const char *key)
{
    if (w->filled)
        sbuf_putc(w->out, ',');
    if (w->depth)
        line(w);
    if (key) {
        sbuf_json_z(w->out, key);
        sbuf_puts(w->out, w->compact ? ":" : ": ");
    }
    w->filled = true;
}

static void begin(json_writer *w, const char *key, bool list)
{
    before(w, key);
    sbuf_putc(w->out, list ? '[' : '{');
    w->depth++;
    w->lists = (w->lists & ~(1ull << (w->depth & 63))) | (uint64_t)list << (w->depth & 63);
    w->filled = false;
}

void jw_object(json_writer *w, const char *key) { begin(w, key, false); }
void jw_list(json_writer *w, const char *key) { begin(w, key, true); }

void jw_close(json_writer *w)
{
    const bool list = w->lists >> (w->depth & 63) & 1;
    w->depth--;
    if (w->filled)
        line(w);
    sbuf_putc(w->out, list ? ']' : '}');
    w->filled = true;
}

void jw_str(json_writer *w, const char *key, const char *value)
{
    before(w, key);
    sbuf_json_z(w->out, value);
}

void jw_text(json_writer *w, const char *key, const char *p, size_t n)
{
    before(w, key);
    sbuf_json(w->out, p, n);
}

void jw_u64(json_writer *w, const char *key, uint64_t value)
{
    before(w, key);
    sbuf_printf(w->out, "%llu", (unsigned long long)value);
}

void jw_i64(json_writer *w, const char *key, int64_t value)
{
    before(w, key);
    sbuf_printf(w->out, "%lld", (long long)value);
}

void jw_double(json_writer *w, const char *key, double value)
{
    before(w, key);
    sbuf_json_double(w->out, value);
}

void jw_bool(json_writer *w, const char *key, bool value)
{
    before(w, key);
    sbuf_puts(w->out, value ? "true" : "false");
}

void jw_raw(json_writer *w, const char *key, const char *json)
{
    before(w, key);
    sbuf_puts(w->out, json);
}
