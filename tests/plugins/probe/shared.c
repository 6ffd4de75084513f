/* test.spans — a shared column: filled by whoever comes first, found by the next, gone when the text changes. */
#include "probe.h"

enum { TEXT, SPANS };
enum { FILLED, FOUND };

/* A place in the text that its first byte decides. */
static uint32_t mark(sl_str text) { return text.n ? (unsigned char)*text.p % text.n : 0; }

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)g, (void)l;
    sl_column *k = b->columns[SPANS];
    sl_list *spans = k->data;
    SL_EACH(b, row) {
        const sl_str text = sl_text(b, TEXT)[row];
        if (sl_is_valid(k, row)) { /* one span over all, and an empty one: tells whether they are of this text */
            const sl_span *v = spans[row].p;
            if (spans[row].n != 2 || v[0].begin != 0 || v[0].end != text.n || v[1].begin != mark(text))
                return c->host->fail(c, SL_E_INTERNAL, "row %u holds spans of another text", row);
            c->host->count(c, FOUND, 1);
            continue;
        }
        sl_span *v = c->host->alloc(c, b, 2 * sizeof *v, 4);
        if (!v)
            return SL_E_NOMEM;
        v[0] = (sl_span){ 0, text.n };
        v[1].begin = v[1].end = mark(text);
        spans[row] = (sl_list){ v, 2, 0 };
        sl_set_valid(k, row);
        c->host->count(c, FILLED, 1);
    }
    return SL_OK;
}

static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "the text" },
    [SPANS] = { "spans.test", SL_LIST_OF(SL_T_SPAN), SL_READ | SL_SHARED, "one span over the text" },
    { 0 },
};
static const sl_metric metrics[] = {
    [FILLED] = { "filled", SL_M_COUNT, 0, NULL, "rows computed here" },
    [FOUND] = { "found", SL_M_COUNT, 0, NULL, "rows that were there" },
    { 0 },
};
const sl_stage test_spans = {
    SL_STAGE(SL_TRANSFORM), .name = "test.spans", .summary = "share a column of spans",
    .fields = fields,       .metrics = metrics,   .process = process,
};
