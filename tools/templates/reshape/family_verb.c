/* family.verb — cut documents into pieces, each a document of its own that shares all other fields with the whole. */
#include <string.h>
#include "sluice/util.h"

enum { TEXT };  /* rows of `fields`: the places of the columns in a batch */
enum { EMPTY }; /* rows of `metrics` */

typedef struct config { /* filled by the engine from `options`, and there until close */
    const char *at;
} config;
typedef struct state { /* one for all threads; nobody changes it while documents flow */
    const char *at;
    uint32_t n;
} state;
typedef struct local { /* one for each thread: where it stands in a batch, for `out` may fill up at any piece */
    uint32_t row, from;
    uint64_t pieces; /* of this document so far */
} local;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    const config *o = cfg;
    (void)c;
    *(state *)g = (state){ .at = o->at, .n = (uint32_t)strlen(o->at) };
    return SL_OK;
}

/* Where the mark stands in [p, end), or end. */
static const char *find(const state *s, const char *p, const char *end)
{
    while (p < end && (p = memchr(p, s->at[0], (size_t)(end - p))) && s->n <= (size_t)(end - p)) {
        if (memcmp(p, s->at, s->n) == 0)
            return p;
        p++;
    }
    return end;
}

/* The next piece that is not empty; moves *from behind it. p NULL: there is none. A view: no byte is copied. */
static sl_str next_piece(const state *s, sl_str text, uint32_t *from)
{
    while (*from < text.n) {
        const char *p = text.p + *from, *end = text.p + text.n, *cut = find(s, p, end);
        *from = cut == end ? text.n : (uint32_t)(cut - text.p) + s->n;
        if (cut > p)
            return (sl_str){ .p = p, .n = (uint32_t)(cut - p) };
    }
    return (sl_str){ 0 };
}

static int reshape(sl_ctx *c, const void *g, void *l, sl_batch *in, sl_batch *out)
{
    local *me = l;
    if (!in) /* the end of a split: nothing is held back */
        return SL_OK;
    for (; me->row < in->n_sel; me->row++, me->from = 0, me->pieces = 0) {
        const uint32_t row = in->sel[me->row];
        for (sl_str piece; (piece = next_piece(g, sl_text(in, TEXT)[row], &me->from)).p;) {
            uint32_t child;
            const int ret = c->host->add(c, out, in, row, me->pieces++, &child);
            if (ret < 0)
                return ret;
            SL_COL(sl_str, out, TEXT)[child] = piece;
            if (ret == SL_MORE) /* the row is there, and out is full: go on from here with the next */
                return SL_MORE;
        }
        if (!me->pieces)
            c->host->reject(c, in, row, EMPTY, NULL);
    }
    *me = (local){ 0 };
    return SL_OK;
}

static const sl_option options[] = {
    SL_OPT(config, at, STR, "\n\n", "where to cut; a blank line if not given"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ | SL_WRITE, "document text; the piece" },
    { 0 },
};
static const sl_metric metrics[] = {
    [EMPTY] = { "empty", SL_M_REJECT, 0, NULL, "no piece with anything in it" },
    { 0 },
};
static const sl_stage stage = {
    SL_STAGE(SL_RESHAPE),
    .name = "family.verb",
    .summary = "cut documents into pieces",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .open = open_,
    .reshape = reshape,
};
SL_PLUGIN("family_verb", "0.1.0", &stage)
