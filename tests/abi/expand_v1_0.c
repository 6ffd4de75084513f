/* expand.v1_0 — a document for each line of a document, or for two lines where `out` had room for one only: the place
 * in `in` is kept from call to call. */
#include <string.h>
#include "v1_0.h"

enum { TEXT };
enum { EMPTY };

typedef struct local {
    uint32_t at, from;
    uint64_t nth;
} local;

static int reshape(sl_ctx *c, const void *g, void *l, sl_batch *in, sl_batch *out)
{
    local *me = l;
    (void)g;
    for (; in && me->at < in->n_sel; me->at++, me->from = 0, me->nth = 0) {
        const uint32_t row = in->sel[me->at];
        const sl_str text = sl_text(in, TEXT)[row];
        if (!text.n)
            c->host->reject(c, in, row, EMPTY, NULL);
        while (me->from < text.n) {
            const char *end = memchr(text.p + me->from, '\n', text.n - me->from);
            const uint32_t to = end ? (uint32_t)(end - text.p) : text.n;
            uint32_t child;
            const int ret = c->host->add(c, out, in, row, me->nth++, &child);
            if (ret < 0)
                return ret;
            SL_COL(sl_str, out, TEXT)[child] = (sl_str){ .p = text.p + me->from, .n = to - me->from };
            me->from = to + 1;
            if (ret == SL_MORE)
                return ret;
        }
    }
    me->at = 0;
    return SL_OK;
}

static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ | SL_WRITE, "the text; a line of it" },
    { 0 },
};
static const sl_metric metrics[] = {
    [EMPTY] = { "empty", SL_M_REJECT, 0, NULL, "no line at all" },
    { 0 },
};
const sl_stage expand_v1_0 = {
    SL_STAGE(SL_RESHAPE), .name = "expand.v1_0", .summary = "a reshape built with 1.0",
    .fields = fields,     .metrics = metrics,    .local_size = sizeof(local),
    .reshape = reshape,
};
