/* test.families, test.whole — see the children of test.reshape, all that are left of a parent in one batch; test.whole
 * makes their documents of them again. */
#include <string.h>
#include "watch.h"

enum { TEXT, PARENT_KEY };
enum { FAMILIES, CHILDREN, KEYS };

typedef struct state {
    watch watch;
} state;
typedef struct local {
    watch_local watch;
    uint64_t split, parent; /* the last family */
    uint32_t row;           /* test.whole: rows below are done */
    uint64_t in_pos;        /* the first pos of the batch that is not done yet; 0: none */
    uint64_t last_pos;      /* of a document that was restored */
} local;

static int open_as(sl_ctx *c, void *g, uint32_t flags)
{
    state *s = g;
    return watch_open(c, &s->watch, s, sizeof *s, flags, 0);
}

static int open_families(sl_ctx *c, const void *cfg, void *g)
{
    (void)cfg;
    return open_as(c, g, 0);
}

static int open_whole(sl_ctx *c, const void *cfg, void *g)
{
    (void)cfg;
    return open_as(c, g, WATCH_RESHAPE);
}

static int open_local(sl_ctx *c, const void *g, void *l)
{
    return watch_open_local(c, &((const state *)g)->watch, &((local *)l)->watch, l, sizeof(local));
}

static uint64_t parent_of(const sl_batch *b, uint32_t row) { return b->parent ? b->parent[row] : 0; }

/* Parents ascend as their children do, so a family that is torn shows as one that comes again, or goes on in the next
 * batch. A document that nobody cut has parent 0 and is no family. */
static int check_families(sl_ctx *c, local *me, const sl_batch *b)
{
    if (me->split != sl_split_of(b))
        me->parent = 0;
    me->split = sl_split_of(b);
    const uint64_t before = me->parent;
    uint64_t last = 0;
    SL_EACH(b, row) {
        const uint64_t parent = parent_of(b, row);
        if (parent) {
            PROMISE(parent > before, "a family comes in one batch");
            PROMISE(parent > me->parent || (parent == me->parent && last == parent),
                    "the rows of a family stand next to each other");
            c->host->count(c, FAMILIES, parent != me->parent);
            c->host->count(c, CHILDREN, 1);
            me->parent = parent;
        }
        last = parent;
    }
    return SL_OK;
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    const state *s = g;
    local *me = l;
    TRY(watch_batch(c, &s->watch, &me->watch, 0, b, TEXT));
    TRY(check_families(c, me, b));
    watch_leave(&s->watch, &me->watch);
    return SL_OK;
}

static int restore(sl_ctx *c, local *me, const sl_batch *in, uint32_t row, sl_batch *out)
{
    const uint32_t before = out->n_rows;
    uint32_t whole;
    const int added = c->host->add(c, out, in, row, SL_WHOLE_DOC, &whole);
    if (added < 0)
        return added;
    PROMISE(whole == before && out->n_rows == before + 1, "add gives the next row of out");
    PROMISE(out->pos[whole] == in->parent[row], "SL_WHOLE_DOC has the pos of the document that the row was cut from");
    PROMISE(out->key[whole] == SL_COL(uint64_t, in, PARENT_KEY)[row],
            "SL_WHOLE_DOC has the key of the document that the row was cut from");
    PROMISE(out->pos[whole] > me->last_pos, "documents that are restored ascend in pos");
    PROMISE(sl_text(out, TEXT)[whole].p == sl_text(in, TEXT)[row].p, "SL_WHOLE_DOC shares the columns of the row");
    me->last_pos = out->pos[whole];
    c->host->count(c, KEYS, out->key[whole] >> 40);
    return added;
}

static int reshape(sl_ctx *c, const void *g, void *l, sl_batch *in, sl_batch *out)
{
    const state *s = g;
    local *me = l;
    PROMISE(out && out->n_rows == 0, "every call has a fresh out");
    if (!in) {
        me->last_pos = 0;
        return SL_OK;
    }
    if (!me->in_pos) {
        TRY(watch_batch(c, &s->watch, &me->watch, 0, in, TEXT));
        TRY(check_families(c, me, in));
    }
    me->in_pos = in->pos[0];
    uint64_t parent = 0;
    SL_EACH(in, row) {
        const bool first = parent_of(in, row) != parent;
        parent = parent_of(in, row);
        if (row < me->row || !first || !parent)
            continue;
        const int added = restore(c, me, in, row, out);
        if (added < 0)
            return added;
        me->row = row + 1;
        if (added == SL_MORE)
            return SL_MORE;
    }
    me->row = 0;
    me->in_pos = 0;
    watch_leave(&s->watch, &me->watch);
    return SL_OK;
}

static int combine(sl_ctx *c, void *g, void *l) { return watch_combine(c, &((state *)g)->watch, &((local *)l)->watch); }

static int finish(sl_ctx *c, void *g) { return watch_finish(c, &((state *)g)->watch); }

static void close_local(sl_ctx *c, const void *g, void *l)
{
    (void)c;
    watch_close_local(&((const state *)g)->watch, &((local *)l)->watch);
}

static void close_(sl_ctx *c, void *g)
{
    (void)c;
    watch_close(&((state *)g)->watch);
}

static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "the text" },
    [PARENT_KEY] = { "_probe_parent_key", SL_T_U64, SL_READ, "key of what the row was cut from" },
    { 0 },
};
static const sl_metric metrics[] = {
    [FAMILIES] = { "families", SL_M_COUNT, 0, NULL, "documents with parts" },
    [CHILDREN] = { "children", SL_M_COUNT, 0, NULL, "parts" },
    [KEYS] = { "keys", SL_M_COUNT, 0, NULL, "a sum over the keys of the documents" },
    { 0 },
};

#define FAMILY_STAGE                                                                                                   \
    .flags = SL_F_FAMILIES, .fields = fields, .metrics = metrics, .state_size = sizeof(state),                         \
    .local_size = sizeof(local), .open_local = open_local, .combine = combine, .finish = finish,                       \
    .close_local = close_local, .close = close_

const sl_stage test_families = {
    SL_STAGE(SL_TRANSFORM), .name = "test.families", .summary = "look at families",
    .open = open_families,  .process = process,      FAMILY_STAGE,
};
const sl_stage test_whole = {
    SL_STAGE(SL_RESHAPE), .name = "test.whole", .summary = "children back into their documents",
    .open = open_whole,   .reshape = reshape,   FAMILY_STAGE,
};
