#include "text/buf.h"
#include <stdlib.h>
#include <string.h>

bool text_buf_room(text_buf *b, size_t n)
{
    if (n > SIZE_MAX / 2 - TEXT_SLACK - b->n)
        return false;
    const size_t need = b->n + n + TEXT_SLACK;
    if (need <= b->cap)
        return true;
    size_t cap = b->cap + b->cap / 2;
    cap = cap < need ? need : cap;
    cap = cap < 256 ? 256 : cap;
    char *p = realloc(b->p, cap);
    if (!p)
        return false;
    b->p = p;
    b->cap = cap;
    return true;
}

bool text_buf_add(text_buf *b, const char *p, size_t n)
{
    if (!text_buf_room(b, n))
        return false;
    if (n)
        memcpy(b->p + b->n, p, n);
    b->n += n;
    return true;
}

sl_str text_buf_end(text_buf *b)
{
    if (b->n > UINT32_MAX || !text_buf_room(b, 0))
        return (sl_str){ 0 };
    memset(b->p + b->n, 0, TEXT_SLACK);
    return (sl_str){ b->p, (uint32_t)b->n, 0 };
}

void text_buf_free(text_buf *b)
{
    free(b->p);
    *b = (text_buf){ 0 };
}

bool text_spans_room(text_spans *s, size_t n)
{
    if (n <= s->cap)
        return true;
    if (n > UINT32_MAX)
        return false;
    size_t cap = s->cap + s->cap / 2;
    cap = cap < n ? n : cap;
    cap = cap < 64 ? 64 : cap;
    cap = cap > UINT32_MAX ? UINT32_MAX : cap;
    sl_span *v = realloc(s->v, cap * sizeof *v);
    if (!v)
        return false;
    s->v = v;
    s->cap = (uint32_t)cap;
    return true;
}

bool text_spans_add(text_spans *s, uint32_t begin, uint32_t end)
{
    if (s->n == s->cap && !text_spans_room(s, (size_t)s->n + 1))
        return false;
    s->v[s->n++] = (sl_span){ begin, end };
    return true;
}

void text_spans_free(text_spans *s)
{
    free(s->v);
    *s = (text_spans){ 0 };
}
