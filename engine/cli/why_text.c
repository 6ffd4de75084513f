/* Which lines of a text are gone or new. Equal lines at both ends are passed over; what is left is compared line by
 * line, by the longest common subsequence where that is small enough. */
#include <stdlib.h>
#include <string.h>
#include "cli/why.h"

enum { MOST_LINES = 2000 };

typedef struct line {
    const char *p;
    size_t n;
} line;

static line *cut(const sbuf *text, size_t *n)
{
    const char *p = sbuf_z(text), *end = p + text->n;
    size_t count = 0;
    for (const char *at = p; at < end; count++) {
        const char *nl = memchr(at, '\n', (size_t)(end - at));
        at = nl ? nl + 1 : end;
    }
    line *v = malloc((count + 1) * sizeof *v);
    *n = v ? count : 0;
    for (size_t i = 0; i < *n; i++) {
        const char *nl = memchr(p, '\n', (size_t)(end - p));
        v[i] = (line){ p, (size_t)((nl ? nl : end) - p) };
        p = nl ? nl + 1 : end;
    }
    return v;
}

static bool same(const line *a, const line *b) { return a->n == b->n && !memcmp(a->p, b->p, a->n); }

static void add(text_change *out, bool added, const line *l)
{
    if (out->n == sizeof out->v / sizeof *out->v) {
        out->more++;
        return;
    }
    out->v[out->n].added = added;
    out->v[out->n].p = l->p;
    out->v[out->n++].n = l->n;
}

/* length[i * (nb + 1) + j]: of the longest common subsequence of a from i and b from j. */
static uint16_t *common(const line *a, size_t na, const line *b, size_t nb)
{
    uint16_t *v = calloc((na + 1) * (nb + 1), sizeof *v);
    for (size_t i = na; v && i-- > 0;)
        for (size_t j = nb; j-- > 0;) {
            const uint16_t skip_a = v[(i + 1) * (nb + 1) + j], skip_b = v[i * (nb + 1) + j + 1];
            v[i * (nb + 1) + j] = same(&a[i], &b[j]) ? (uint16_t)(v[(i + 1) * (nb + 1) + j + 1] + 1)
                                  : skip_a >= skip_b ? skip_a
                                                     : skip_b;
        }
    return v;
}

static void compare(const line *a, size_t na, const line *b, size_t nb, text_change *out)
{
    uint16_t *v = na <= MOST_LINES && nb <= MOST_LINES ? common(a, na, b, nb) : NULL;
    size_t i = 0, j = 0;
    while (i < na || j < nb) {
        if (v && i < na && j < nb && same(&a[i], &b[j])) {
            i++;
            j++;
        } else if (i < na && (j == nb || !v || v[(i + 1) * (nb + 1) + j] >= v[i * (nb + 1) + j + 1])) {
            add(out, false, &a[i++]);
        } else {
            add(out, true, &b[j++]);
        }
    }
    free(v);
}

void why_text_change(const sbuf *before, const sbuf *after, text_change *out)
{
    size_t na, nb, head = 0, tail = 0;
    line *a = cut(before, &na), *b = cut(after, &nb);
    *out = (text_change){ .bytes = { before->n, after->n }, .lines = { na, nb } };
    if (a && b) {
        while (head < na && head < nb && same(&a[head], &b[head]))
            head++;
        while (tail < na - head && tail < nb - head && same(&a[na - 1 - tail], &b[nb - 1 - tail]))
            tail++;
        compare(a + head, na - head - tail, b + head, nb - head - tail, out);
    }
    free(a);
    free(b);
}
