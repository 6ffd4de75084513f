#include "edit.h"
#include "sluice/util.h"

void edit_begin(edit *e, sl_str t, text_buf *out)
{
    *e = (edit){ .t = t, .out = out };
    out->n = 0;
}

bool edit_put(edit *e, uint32_t from, uint32_t to, const char *p, size_t n)
{
    if (!text_buf_add(e->out, e->t.p + e->done, from - e->done) || !text_buf_add(e->out, p, n))
        return false;
    e->done = to;
    e->changed = true;
    return true;
}

sl_str edit_end(edit *e)
{
    if (!e->changed)
        return e->t;
    if (!text_buf_add(e->out, e->t.p + e->done, e->t.n - e->done))
        return (sl_str){ 0 };
    return text_buf_end(e->out);
}

int edit_rows(sl_ctx *c, const void *g, void *l, sl_batch *b, edit_fn *one, uint32_t field, uint32_t metric)
{
    sl_str *text = SL_COL(sl_str, b, field);
    SL_EACH(b, row) {
        const int changed = one(c, g, l, b, row, &text[row]);
        if (changed < 0)
            return c->host->fail(c, changed, "out of memory for a document of %u bytes", text[row].n);
        if (changed)
            c->host->count(c, metric, 1);
    }
    return SL_OK;
}
