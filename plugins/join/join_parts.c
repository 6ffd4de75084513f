/* join.parts — the parts of a document that are still there, put back into it. Needs all of them in one batch, which is
 * what SL_F_FAMILIES gives. */
#include <string.h>
#include "sluice/util.h"

enum { TEXT, ID, PARENT_IDS, PARTS };
enum { TOO_FEW_PARTS, TOO_LONG };

typedef struct config {
    uint32_t separator;
    int64_t min_parts;
    const char *parts_as;
} config;
typedef struct state {
    sl_str separator;
    uint32_t min_parts;
} state;
typedef struct local {
    uint32_t row; /* rows below are done: remembered over calls for one batch */
} local;

/* Live rows with one parent: places [from, to) of the selection. */
typedef struct family {
    uint32_t from, to;
    uint64_t bytes; /* of the joined text */
} family;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    static const char *const separator[] = { "\n", "\n\n", " ", "" };
    const config *o = cfg;
    (void)c;
    const char *text = separator[o->separator];
    *(state *)g =
        (state){ .separator = { .p = text, .n = (uint32_t)strlen(text) }, .min_parts = (uint32_t)o->min_parts };
    return SL_OK;
}

static family family_at(const state *s, const sl_batch *in, uint32_t from)
{
    family f = { .from = from, .to = from };
    const uint64_t parent = in->parent[in->sel[from]];
    for (; f.to < in->n_sel && in->parent[in->sel[f.to]] == parent; f.to++)
        f.bytes += sl_text(in, TEXT)[in->sel[f.to]].n + (f.to > from ? s->separator.n : 0);
    return f;
}

static int join_text(sl_ctx *c, const state *s, const sl_batch *in, const family *f, sl_batch *out, sl_str *text)
{
    const sl_str *part = sl_text(in, TEXT);
    if (f->to == f->from + 1) { /* its only part, where it stands */
        *text = part[in->sel[f->from]];
        return SL_OK;
    }
    char *p = c->host->alloc(c, out, f->bytes, 1);
    if (!p)
        return SL_E_NOMEM;
    *text = (sl_str){ .p = p, .n = (uint32_t)f->bytes };
    for (uint32_t i = f->from; i < f->to; i++) {
        const sl_str one = part[in->sel[i]];
        if (i > f->from && s->separator.n) {
            memcpy(p, s->separator.p, s->separator.n);
            p += s->separator.n;
        }
        if (one.n) {
            memcpy(p, one.p, one.n);
            p += one.n;
        }
    }
    return SL_OK;
}

/* The document's own id, which expand.split noted; where somebody else cut it, the first part's id stays. */
static void restore_id(const sl_batch *in, uint32_t first, sl_batch *out, uint32_t row)
{
    const sl_column *above = in->columns[PARENT_IDS];
    if (!above || !sl_is_valid(above, first))
        return;
    const sl_list ids = ((const sl_list *)above->data)[first];
    if (!ids.n)
        return;
    const sl_str id = ((const sl_str *)ids.p)[ids.n - 1];
    SL_COL(sl_str, out, ID)[row] = id;
    if (id.p)
        sl_set_valid(out->columns[ID], row);
    else
        sl_set_null(out->columns[ID], row);
    SL_COL(sl_list, out, PARENT_IDS)[row] = (sl_list){ .p = ids.p, .n = ids.n - 1 };
    sl_set_valid(out->columns[PARENT_IDS], row);
}

static int join_family(sl_ctx *c, const state *s, sl_batch *in, const family *f, sl_batch *out)
{
    const uint32_t first = in->sel[f->from], n = f->to - f->from;
    uint32_t row;
    if (n < s->min_parts || f->bytes > UINT32_MAX) {
        const uint32_t why = n < s->min_parts ? TOO_FEW_PARTS : TOO_LONG;
        const double value = why == TOO_LONG ? (double)f->bytes : n,
                     limit = why == TOO_LONG ? UINT32_MAX : s->min_parts;
        for (uint32_t i = f->from; i < f->to; i++)
            c->host->reject(c, in, in->sel[i], why, SL_WHY(.value = value, .limit = limit));
        return SL_OK;
    }
    const int added = c->host->add(c, out, in, first, SL_WHOLE_DOC, &row);
    if (added < 0)
        return added;
    const int ret = join_text(c, s, in, f, out, &SL_COL(sl_str, out, TEXT)[row]);
    if (ret < 0)
        return ret;
    restore_id(in, first, out, row);
    if (out->columns[PARTS])
        SL_COL(int64_t, out, PARTS)[row] = n;
    return added;
}

static int reshape(sl_ctx *c, const void *g, void *l, sl_batch *in, sl_batch *out)
{
    local *me = l;
    if (!in)
        return SL_OK; /* families come whole: nothing is held beyond a batch */
    for (uint32_t at = 0; at < in->n_sel;) {
        if (in->sel[at] < me->row) {
            at++;
            continue;
        }
        if (!in->parent || !in->parent[in->sel[at]])
            return c->host->fail(c, SL_E_CONFIG, "this document is no part of another; expand.split must stand above");
        const family f = family_at(g, in, at);
        const int ret = join_family(c, g, in, &f, out);
        if (ret < 0)
            return ret;
        me->row = in->sel[f.to - 1] + 1u;
        at = f.to;
        if (ret == SL_MORE)
            return ret;
    }
    me->row = 0;
    return SL_OK;
}

static const char *const separators[] = { "newline", "blank_line", "space", "none", NULL };
static const sl_option options[] = {
    SL_OPT(config, separator, ENUM, "newline", "what is put between two parts", .choices = separators),
    SL_OPT(config, min_parts, I64, "1", "drop documents of which fewer parts are left", .min = 1, .max = 4294967295.0),
    SL_OPT(config, parts_as, COLUMN, NULL, "column for the number of parts that were joined"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ | SL_WRITE, "the part's text, then the document's" },
    [ID] = { "id", SL_T_STR, SL_READ | SL_WRITE, "the part's id, then the document's" },
    [PARENT_IDS] = { "_parent_ids", SL_LIST_OF(SL_T_STR), SL_READ | SL_WRITE | SL_OPTIONAL | SL_HIDDEN,
                     "ids of what the part was cut from, outermost first" },
    [PARTS] = { "$parts_as", SL_T_I64, SL_WRITE, "how many parts" },
    { 0 },
};
static const sl_metric metrics[] = {
    [TOO_FEW_PARTS] = { "too_few_parts", SL_M_REJECT, 0, "parts", "its document has fewer than min_parts left" },
    [TOO_LONG] = { "too_long", SL_M_ERROR, 0, "bytes", "its document would be longer than a text may be" },
    { 0 },
};

const sl_stage join_parts = {
    SL_STAGE(SL_RESHAPE),
    .flags = SL_F_FAMILIES,
    .name = "join.parts",
    .summary = "the parts of a document back into it",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .open = open_,
    .reshape = reshape,
};
