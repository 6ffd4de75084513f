#include "edit.h"
#include <string.h>

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

int edit_keep(sl_ctx *c, const sl_batch *b, sl_str *text, sl_str now)
{
    if (now.p == text->p || (now.n == text->n && !memcmp(now.p, text->p, now.n)))
        return 0;
    char *copy = c->host->alloc(c, b, (size_t)now.n + 1, 1);
    if (!copy)
        return SL_E_NOMEM;
    memcpy(copy, now.p, now.n);
    *text = (sl_str){ copy, now.n, 0 };
    return 1;
}
