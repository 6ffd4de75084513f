/* An option table for people: type names, ranges, help, Markdown. */
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include "config/report.h"
#include "config/value.h"

enum { MAX_NESTING = 4 }; /* a table may hold itself: all of (any of (all of …)) */

const char *option_type_name(const sl_option *row)
{
    static const char *const names[][2] = {
        [SL_OPT_BOOL] = { "boolean", "list of booleans" },
        [SL_OPT_I64] = { "integer", "list of integers" },
        [SL_OPT_F64] = { "number", "list of numbers" },
        [SL_OPT_SIZE] = { "size", "list of sizes" },
        [SL_OPT_DURATION] = { "duration", "list of durations" },
        [SL_OPT_AMOUNT] = { "amount", "list of amounts" },
        [SL_OPT_ENUM] = { "choice", "list of choices" },
        [SL_OPT_STR] = { "text", "list of texts" },
        [SL_OPT_PATH] = { "path", "list of paths" },
        [SL_OPT_COLUMN] = { "column", "list of columns" },
        [SL_OPT_MODEL] = { "model", "list of models" },
        [SL_OPT_TABLE] = { "table", "list of tables" },
    };
    const uint32_t type = option_base(row);
    if (type < SL_OPT_BOOL || type > SL_OPT_TABLE)
        return "unknown type";
    return names[type][(row->type & SL_OPT_MANY) != 0];
}

static void print_bound(sbuf *out, const sl_option *row, double v)
{
    switch (option_base(row)) {
    case SL_OPT_SIZE: value_print_size(out, v); break;
    case SL_OPT_DURATION: value_print_duration(out, v); break;
    default: value_print_number(out, v); break;
    }
}

void option_range(const sl_option *row, sbuf *out)
{
    const uint32_t type = option_base(row);
    if (!option_bounded(row) || type < SL_OPT_I64 || type > SL_OPT_AMOUNT)
        return;
    print_bound(out, row, row->min);
    sbuf_puts(out, "..");
    print_bound(out, row, row->max >= row->min ? row->max : (double)INFINITY);
    if (row->unit && type != SL_OPT_SIZE && type != SL_OPT_DURATION)
        sbuf_printf(out, " %s", row->unit);
}

/* ---- the rows of a table as text, those of nested tables below theirs ---- */

enum { NAME, TYPE, DEFAULT, VALUES, HELP, CELLS };
typedef struct doc {
    sbuf (*row)[CELLS];
    size_t n, cap;
    bool failed;
} doc;

static sbuf *add_row(doc *d)
{
    if (d->n == d->cap) {
        const size_t cap = d->cap ? d->cap * 2 : 16;
        void *row = realloc(d->row, cap * sizeof *d->row);
        if (!row) {
            d->failed = true;
            return NULL;
        }
        d->row = row;
        d->cap = cap;
    }
    memset(d->row[d->n], 0, sizeof d->row[0]);
    return d->row[d->n++];
}

/* out fails where a cell did. */
static void doc_free(doc *d, sbuf *out)
{
    out->failed |= d->failed;
    for (size_t i = 0; i < d->n; i++)
        for (int c = 0; c < CELLS; c++) {
            out->failed |= d->row[i][c].failed;
            sbuf_free(&d->row[i][c]);
        }
    free(d->row);
}

static void fill_row(sbuf *cell, const sl_option *o, const char *prefix)
{
    sbuf_printf(&cell[NAME], "%s%s", prefix, o->name);
    sbuf_puts(&cell[TYPE], option_type_name(o));
    if (!(o->flags & SL_OPT_REQUIRED) && o->def && strpbrk(o->def, "\n\r\t"))
        sbuf_json_z(&cell[DEFAULT], o->def); /* as a pipeline file would have to say it */
    else
        sbuf_puts(&cell[DEFAULT], o->flags & SL_OPT_REQUIRED ? "required" : o->def ? o->def : "");
    if (option_base(o) == SL_OPT_ENUM) {
        size_t n = 0;
        while (o->choices && o->choices[n])
            n++;
        report_names(&cell[VALUES], o->choices, n);
    } else {
        option_range(o, &cell[VALUES]);
        if (!cell[VALUES].n && o->unit)
            sbuf_puts(&cell[VALUES], o->unit);
    }
    sbuf_puts(&cell[HELP], o->help ? o->help : "");
    if (o->since)
        sbuf_printf(&cell[HELP], "%s(since %s)", cell[HELP].n ? " " : "", o->since);
    if (o->deprecated)
        sbuf_printf(&cell[HELP], "%s(deprecated: %s)", cell[HELP].n ? " " : "", o->deprecated);
}

static void fill(doc *d, option_table t, const char *prefix, int depth)
{
    sl_option o;
    for (size_t i = 0; option_row(t, i, &o); i++) {
        if (o.flags & SL_OPT_HIDDEN)
            continue;
        sbuf *cell = add_row(d);
        if (!cell)
            return;
        fill_row(cell, &o, prefix);
        if (option_base(&o) != SL_OPT_TABLE || o.table == t.rows || depth == MAX_NESTING)
            continue;
        sbuf inner = { 0 };
        sbuf_printf(&inner, "%s%s.", prefix, o.name);
        d->failed |= inner.failed;
        fill(d, (option_table){ o.table, t.stride }, sbuf_z(&inner), depth + 1);
        sbuf_free(&inner);
    }
}

static size_t characters(const sbuf *s)
{
    size_t n = 0;
    for (size_t i = 0; i < s->n; i++)
        n += ((unsigned char)s->p[i] & 0xC0) != 0x80;
    return n;
}

void option_help_text(option_table t, sbuf *out)
{
    doc d = { 0 };
    fill(&d, t, "", 0);
    size_t width[CELLS] = { 0 };
    for (size_t i = 0; i < d.n; i++)
        for (int c = 0; c < CELLS; c++)
            if (characters(&d.row[i][c]) > width[c])
                width[c] = characters(&d.row[i][c]);
    for (size_t i = 0; i < d.n; i++) {
        size_t owed = 2; /* blanks before the next cell: none at the end of a line */
        for (int c = 0; c < CELLS; c++) {
            const sbuf *cell = &d.row[i][c];
            if (cell->n) {
                sbuf_printf(out, "%*s%s", (int)owed, "", sbuf_z(cell));
                owed = 0;
            }
            owed += width[c] - characters(cell) + (width[c] ? 3 : 0);
        }
        sbuf_putc(out, '\n');
    }
    doc_free(&d, out);
}

static void markdown_cell(sbuf *out, const sbuf *cell, bool code)
{
    sbuf_puts(out, code && cell->n ? " `" : " ");
    for (size_t i = 0; i < cell->n; i++) {
        if (cell->p[i] == '|')
            sbuf_putc(out, '\\');
        sbuf_putc(out, cell->p[i] == '\n' ? ' ' : cell->p[i]);
    }
    sbuf_puts(out, code && cell->n ? "` |" : " |");
}

void option_help_markdown(option_table t, sbuf *out)
{
    doc d = { 0 };
    fill(&d, t, "", 0);
    if (d.n)
        sbuf_puts(out, "| option | type | default | values | what it does |\n| --- | --- | --- | --- | --- |\n");
    for (size_t i = 0; i < d.n; i++) {
        const bool required = !strcmp(sbuf_z(&d.row[i][DEFAULT]), "required");
        sbuf_putc(out, '|');
        markdown_cell(out, &d.row[i][NAME], true);
        markdown_cell(out, &d.row[i][TYPE], false);
        markdown_cell(out, &d.row[i][DEFAULT], !required);
        markdown_cell(out, &d.row[i][VALUES], false);
        markdown_cell(out, &d.row[i][HELP], false);
        sbuf_putc(out, '\n');
    }
    doc_free(&d, out);
}
