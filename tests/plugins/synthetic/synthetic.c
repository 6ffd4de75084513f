/* test.synthetic — many short documents, some of them twice, made in the batch and not read. Document i is the same
 * whatever the splits are, and how many repeat an earlier one is counted exactly: what dedup must find. */
#include <stdio.h>
#include <string.h>
#include "sluice/util.h"

enum { TEXT, ID };
enum { DUPLICATES };
enum { LEAST = 16 /* bytes of a text: all 64 bits of what it says */, BLOCK = 64 /* texts in one piece of memory */ };

typedef struct config {
    int64_t splits, count, bytes;
    double duplicates;
    const char *id;
} config;
typedef struct state {
    const config *cfg;
    char label[32]; /* of the split asked for last: the engine copies it */
} state;
typedef struct local {
    uint64_t split; /* split->index; 0: none yet */
    uint64_t next;  /* number of the next document */
    uint64_t duplicates;
} local;
typedef struct block {
    char *p;
    uint32_t left;
} block;

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    ((state *)g)->cfg = cfg;
    return SL_OK;
}

static int split(sl_ctx *c, void *g, uint64_t i, sl_split *out)
{
    state *s = g;
    const uint64_t count = (uint64_t)s->cfg->count;
    (void)c;
    if (i >= (uint64_t)s->cfg->splits)
        return SL_END;
    snprintf(s->label, sizeof s->label, "synthetic-%llu", (unsigned long long)i);
    *out = (sl_split){
        .path = s->label,
        .label = s->label,
        .begin = i * count,
        .end = (i + 1) * count,
        .bytes = count * (uint64_t)s->cfg->bytes,
        .fingerprint = 0x73796E7468657469u, /* one file: a document's key is its number */
    };
    return SL_OK;
}

static int is_duplicate(const sl_ctx *c, double share, uint64_t i)
{
    return i > 0 && sl_unit(sl_random(c->seed, i, 0)) < share;
}

/* What document i says: its own number, or that of an earlier one that says its own. */
static uint64_t content(const sl_ctx *c, double share, uint64_t i)
{
    while (is_duplicate(c, share, i))
        i = sl_random(c->seed, i, 1) % i;
    return i;
}

/* Letters from a to p, four bits each; behind the first sixteen of them a blank in every eight bytes. */
static void write_text(char *p, size_t n, uint64_t seed, uint64_t says)
{
    const uint64_t low = 0x0F0F0F0F0F0F0F0Fu, a = 0x6161616161616161u, blank = 0x20;
    uint64_t bits = sl_random(seed, says, 2); /* one to one */
    for (size_t at = 0; at < n; at += 2 * sizeof bits) {
        uint64_t words[] = { (bits & low) + a, (bits >> 4 & low) + a };
        if (at) {
            words[0] = (words[0] & ~0xffull) | blank;
            words[1] = (words[1] & ~0xffull) | blank;
        }
        memcpy(p + at, words, n - at < sizeof words ? n - at : sizeof words);
        bits = bits * 0x9E3779B97F4A7C15u + 1;
    }
}

static int write_id(sl_ctx *c, sl_batch *out, uint32_t row, uint64_t i)
{
    char *p = c->host->alloc(c, out, 24, 1);
    if (!p)
        return SL_E_NOMEM;
    const int n = snprintf(p, 24, "%llu", (unsigned long long)i);
    SL_COL(sl_str, out, ID)[row] = (sl_str){ p, (uint32_t)n, 0 };
    return SL_OK;
}

static int add(sl_ctx *c, const config *o, local *me, block *memory, sl_batch *out)
{
    const uint32_t bytes = (uint32_t)o->bytes;
    uint32_t row;
    if (!memory->left) {
        memory->p = c->host->alloc(c, out, (size_t)bytes * BLOCK, 8);
        memory->left = BLOCK;
        if (!memory->p)
            return SL_E_NOMEM;
    }
    const int added = c->host->add(c, out, NULL, 0, me->next, &row);
    if (added < 0)
        return added;
    write_text(memory->p, bytes, c->seed, content(c, o->duplicates, me->next));
    SL_COL(sl_str, out, TEXT)[row] = (sl_str){ memory->p, bytes, 0 };
    memory->p += bytes;
    memory->left--;
    me->duplicates += (uint64_t)is_duplicate(c, o->duplicates, me->next);
    const int ret = out->columns[ID] ? write_id(c, out, row, me->next) : SL_OK;
    me->next++;
    return ret < 0 ? ret : added;
}

static int read_(sl_ctx *c, const void *g, void *l, const sl_split *sp, sl_batch *out)
{
    local *me = l;
    block memory = { 0 };
    int ret = SL_OK;
    if (me->split != sp->index)
        *me = (local){ .split = sp->index, .next = sp->begin };
    while (ret == SL_OK && me->next < sp->end)
        ret = add(c, ((const state *)g)->cfg, me, &memory, out);
    if (ret < 0)
        return ret;
    c->host->count(c, DUPLICATES, me->duplicates);
    me->duplicates = 0;
    return me->next < sp->end ? SL_MORE : SL_END;
}

static const sl_option options[] = {
    SL_OPT(config, splits, I64, "16", "how many splits", .min = 0, .max = 1e6),
    SL_OPT(config, count, I64, "1000", "documents in each", .min = 0, .max = 4e9),
    SL_OPT(config, bytes, I64, "64", "length of a text", .min = LEAST, .max = 1e6),
    SL_OPT(config, duplicates, F64, "0", "share of documents that say what an earlier one said", .min = 0, .max = 0.99),
    SL_OPT(config, id, COLUMN, NULL, "column for the document's number; not given: there is none"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_WRITE, "letters" },
    [ID] = { "$id", SL_T_STR, SL_WRITE, "the document's number" },
    { 0 },
};
static const sl_metric metrics[] = {
    [DUPLICATES] = { "duplicates", SL_M_COUNT, 0, NULL, "documents that say what an earlier one said" },
    { 0 },
};

static const sl_stage synthetic = {
    SL_STAGE(SL_SOURCE),
    .name = "test.synthetic",
    .summary = "make many short documents",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .open = open_,
    .split = split,
    .read = read_,
};

SL_PLUGIN("test-synthetic", "1.0", &synthetic)
