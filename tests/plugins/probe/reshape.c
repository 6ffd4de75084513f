/* test.reshape, test.reshape_ordered — take documents apart, drop, keep and repeat them by their keys, hold some back
 * for the end, and look closely at the rows that `add` gives. */
#include <stdio.h>
#include <string.h>
#include "watch.h"

enum { TEXT, ID, PARENT_KEY, NTH };
enum { DROPPED, MADE, HELD, KEYS };
enum { SLACK = 64, TEXT_SIZE = 96 };

typedef struct config {
    int64_t batch_rows;
} config;
typedef struct state {
    watch watch;
    const config *cfg;
} state;
typedef struct local {
    watch_local watch;
    uint64_t split;       /* whose end has not come yet; 0: none */
    uint64_t in_pos;      /* the first pos of the batch that is not done yet; 0: none */
    uint32_t row;         /* rows below are done */
    uint32_t made;        /* of the next one */
    uint64_t last_pos;    /* of a row that was made */
    uint64_t held, given; /* documents for the end of the split */
    bool again, ended;    /* the last call answered SL_MORE; the stream of an ordered stage ended */
    uint64_t keys[4];     /* of the children so far */
} local;

static int open_as(sl_ctx *c, const void *cfg, void *g, uint32_t flags)
{
    state *s = g;
    TRY(watch_open(c, &s->watch, s, sizeof *s, flags | WATCH_RESHAPE, 0));
    s->cfg = cfg;
    return SL_OK;
}

static int open_each(sl_ctx *c, const void *cfg, void *g) { return open_as(c, cfg, g, 0); }
static int open_ordered(sl_ctx *c, const void *cfg, void *g) { return open_as(c, cfg, g, WATCH_ORDERED); }

static int open_local(sl_ctx *c, const void *g, void *l)
{
    return watch_open_local(c, &((const state *)g)->watch, &((local *)l)->watch, l, sizeof(local));
}

static bool ordered(const state *s) { return (s->watch.flags & WATCH_ORDERED) != 0; }

/* ---- rows that are made ---- */

/* Is the row that add gave the next one of a batch that is being filled? */
static int check_added(sl_ctx *c, const state *s, local *me, const sl_batch *out, uint32_t before, uint32_t row,
                       int added)
{
    PROMISE(added == SL_OK || added == SL_MORE, "add answers SL_OK or SL_MORE");
    PROMISE(row == before && out->n_rows == before + 1 && out->n_sel == before + 1 && out->sel[row] == row,
            "add gives the next row of out, live");
    PROMISE(s->cfg->batch_rows == INT64_MIN || (added == SL_MORE) == (out->n_rows == (uint64_t)s->cfg->batch_rows),
            "add answers SL_MORE when out is full, and only then");
    PROMISE(out->pos[row] > me->last_pos && (uint32_t)out->pos[row] >= 1, "rows that are added ascend in pos");
    me->last_pos = out->pos[row];
    return SL_OK;
}

static int check_child(sl_ctx *c, local *me, const sl_batch *in, uint32_t row, const sl_batch *out, uint32_t child)
{
    PROMISE(out->parent && out->parent[child] == in->pos[row],
            "a child's parent is the pos of the row it was cut from");
    PROMISE(out->key[child] != in->key[row], "a child has a key of its own");
    for (uint32_t i = 0; i < me->made; i++)
        PROMISE(out->key[child] != me->keys[i], "children of one row have different keys");
    me->keys[me->made] = out->key[child];
    PROMISE(sl_text(out, TEXT)[child].p == sl_text(in, TEXT)[row].p &&
                sl_text(out, TEXT)[child].n == sl_text(in, TEXT)[row].n,
            "a child shares the columns of its row until they are written");
    PROMISE(sl_text(out, ID)[child].n == sl_text(in, ID)[row].n,
            "a child shares the columns of its row until they are written");
    return SL_OK;
}

static int write_text(sl_ctx *c, const sl_batch *out, uint32_t row, const char *text)
{
    const size_t n = strlen(text);
    char *p = c->host->alloc(c, out, n + SLACK, 1);
    if (!p)
        return SL_E_NOMEM;
    memcpy(p, text, n);
    SL_COL(sl_str, out, TEXT)[row] = (sl_str){ p, (uint32_t)n, 0 };
    return SL_OK;
}

static int add_child(sl_ctx *c, const state *s, local *me, const sl_batch *in, uint32_t row, sl_batch *out)
{
    const uint32_t before = out->n_rows;
    uint32_t child;
    char text[TEXT_SIZE];
    const int added = c->host->add(c, out, in, row, me->made, &child);
    if (added < 0)
        return added;
    TRY(check_added(c, s, me, out, before, child, added));
    TRY(check_child(c, me, in, row, out, child));
    c->host->count(c, KEYS, out->key[child] >> 40); /* a sum that no cut of the input may change */
    SL_COL(uint64_t, out, PARENT_KEY)[child] = in->key[row];
    SL_COL(int64_t, out, NTH)[child] = me->made;
    snprintf(text, sizeof text, "part %u of %u bytes", me->made, sl_text(in, TEXT)[row].n);
    TRY(write_text(c, out, child, text));
    c->host->count(c, MADE, 1);
    me->made++;
    return added;
}

/* What a row becomes: nothing, itself absorbed and held back, or one to three children. */
static int take_row(sl_ctx *c, const state *s, local *me, sl_batch *in, uint32_t row, sl_batch *out)
{
    const uint32_t kind = (uint32_t)(in->key[row] % 5);
    if (kind == 0) {
        c->host->reject(c, in, row, DROPPED, SL_WHY(.value = 0));
        return SL_OK;
    }
    if (kind == 1) {
        me->held++;
        return SL_OK;
    }
    while (me->made < kind - 1) {
        const int added = add_child(c, s, me, in, row, out);
        if (added != SL_OK)
            return added;
    }
    return SL_OK;
}

/* A new document for each that was held back; it is named by its number in the split, or in the stream. */
static int give_held(sl_ctx *c, const state *s, local *me, sl_batch *out)
{
    while (me->given < me->held) {
        const uint32_t before = out->n_rows;
        uint32_t row;
        char text[TEXT_SIZE];
        const int added = c->host->add(c, out, NULL, 0, me->given, &row);
        if (added < 0)
            return added;
        TRY(check_added(c, s, me, out, before, row, added));
        PROMISE(!out->parent || out->parent[row] == 0, "a new document has no parent");
        snprintf(text, sizeof text, "held %llu", (unsigned long long)me->given++);
        TRY(write_text(c, out, row, text));
        c->host->count(c, KEYS, out->key[row] >> 40);
        c->host->count(c, HELD, 1);
        if (added == SL_MORE)
            return SL_MORE;
    }
    return SL_OK;
}

/* ---- calls ---- */

static int check_out(sl_ctx *c, const sl_batch *in, const sl_batch *out)
{
    PROMISE(out && out->n_rows == 0 && out->n_sel == 0, "every call has a fresh out");
    PROMISE(!in || in != out, "in and out are two batches");
    PROMISE(out->n_columns == 4 && out->columns[TEXT] && out->columns[PARENT_KEY],
            "out has the columns of the field table");
    return SL_OK;
}

static int end(sl_ctx *c, const state *s, local *me, sl_batch *out)
{
    PROMISE(me->again || !ordered(s) || !me->ended, "in is NULL once at the end of the stream of an ordered stage");
    PROMISE(me->in_pos == 0, "after SL_MORE comes the same in");
    me->split = 0;
    me->ended = true;
    const int ret = give_held(c, s, me, out);
    me->again = ret == SL_MORE;
    if (ret == SL_OK)
        me->held = me->given = me->last_pos = 0;
    return ret;
}

static int take(sl_ctx *c, const state *s, local *me, sl_batch *in, sl_batch *out)
{
    const uint64_t split = sl_split_of(in);
    PROMISE(!me->ended || !ordered(s), "nothing comes behind the end of the stream");
    PROMISE(ordered(s) || me->split == 0 || me->split == split, "in is NULL at the end of each split");
    PROMISE(me->in_pos == 0 || me->in_pos == in->pos[0], "after SL_MORE comes the same in");
    me->split = split;
    if (!me->in_pos)
        TRY(watch_batch(c, &s->watch, &me->watch, 0, in, TEXT));
    me->in_pos = in->pos[0];
    SL_EACH(in, row) {
        if (row < me->row)
            continue;
        const int ret = take_row(c, s, me, in, row, out);
        me->again = ret == SL_MORE;
        if (ret != SL_OK)
            return ret;
        me->row = row + 1;
        me->made = 0;
    }
    me->row = 0;
    me->in_pos = 0;
    watch_leave(&s->watch, &me->watch);
    return SL_OK;
}

static int reshape(sl_ctx *c, const void *g, void *l, sl_batch *in, sl_batch *out)
{
    TRY(check_out(c, in, out));
    return in ? take(c, g, l, in, out) : end(c, g, l, out);
}

static int combine(sl_ctx *c, void *g, void *l)
{
    state *s = g;
    local *me = l;
    PROMISE(me->split == 0 && !me->again, "in is NULL at the end of the last split, as often as it answers SL_MORE");
    return watch_combine(c, &s->watch, &me->watch);
}

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

/* ---- tables ---- */

static const sl_option options[] = {
    SL_OPT(config, batch_rows, I64, NULL, "how many rows make a batch full, if that is known", .min = 1, .max = 65535),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ | SL_WRITE, "the text" },
    [ID] = { "id", SL_T_STR, SL_READ, "an id" },
    [PARENT_KEY] = { "_probe_parent_key", SL_T_U64, SL_WRITE | SL_HIDDEN, "key of what the row was cut from" },
    [NTH] = { "nth", SL_T_I64, SL_WRITE, "which of its children" },
    { 0 },
};
static const sl_metric metrics[] = {
    [DROPPED] = { "dropped", SL_M_REJECT, 0, NULL, "as its key says" },
    [MADE] = { "made", SL_M_COUNT, 0, NULL, "children" },
    [HELD] = { "held", SL_M_COUNT, 0, NULL, "documents that came at the end" },
    [KEYS] = { "keys", SL_M_COUNT, 0, NULL, "a sum over the keys of all rows that were made" },
    { 0 },
};

#define RESHAPE_STAGE                                                                                                  \
    .options = options, .fields = fields, .metrics = metrics, .config_size = sizeof(config),                           \
    .state_size = sizeof(state), .local_size = sizeof(local), .open_local = open_local, .reshape = reshape,            \
    .combine = combine, .finish = finish, .close_local = close_local, .close = close_

const sl_stage test_reshape = {
    SL_STAGE(SL_RESHAPE), .name = "test.reshape", .summary = "split, drop and hold back",
    .open = open_each,    RESHAPE_STAGE,
};
const sl_stage test_reshape_ordered = {
    SL_STAGE(SL_RESHAPE),  .name = "test.reshape_ordered", .summary = "split, drop and hold back, in stream order",
    .flags = SL_F_ORDERED, .open = open_ordered,           RESHAPE_STAGE,
};
