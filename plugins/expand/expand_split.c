/* expand.split — a document for each paragraph, line or window of a text. The parts are views into the text. */
#include <string.h>
#include "cut.h"
#include "sluice/util.h"
#include "text/utf8.h"

enum { TEXT, ID, PARENT_IDS, PART, SPAN };
enum { NO_PARTS };
enum { NUMBERED, SAME };
enum { DIGITS = 20, BLOCK = 1024 };

typedef struct config {
    uint32_t by, unit, id;
    int64_t size, overlap, min;
    uint8_t whole_words;
    const char *part_as, *span_as;
} config;
typedef struct state {
    cut_spec cut;
    uint32_t id;
} state;

/* Where we are between two calls for one batch. The row is remembered, not its place in the selection: rejected rows
 * leave the selection. */
typedef struct local {
    uint32_t row; /* rows below are done */
    cut_place place;
    uint64_t made;       /* parts of this row so far */
    uint32_t seen_to;    /* bytes of its text whose characters are counted … */
    uint64_t seen_chars; /* … and how many they are: for span_as */
    /* in the batch that is being filled */
    char *block;     /* for what is small … */
    size_t left;     /* … and its bytes left */
    sl_list parents; /* ids of the row and of what it was cut from; n 0: not there yet */
} local;

static int check(sl_ctx *c, const void *cfg)
{
    const config *o = cfg;
    const bool window = o->by == CUT_WINDOW;
    if (window && o->size == INT64_MIN)
        return c->host->fail(c, SL_E_CONFIG, "by: window needs a size");
    if (!window && (o->size != INT64_MIN || o->overlap || o->whole_words))
        return c->host->fail(c, SL_E_CONFIG, "%s is for by: window",
                             o->size != INT64_MIN ? "size"
                             : o->overlap         ? "overlap"
                                                  : "whole_words");
    if (window && o->overlap >= o->size)
        return c->host->fail(c, SL_E_CONFIG, "overlap (%lld) must be below size (%lld)", (long long)o->overlap,
                             (long long)o->size);
    if (o->part_as && o->span_as && !strcmp(o->part_as, o->span_as))
        return c->host->fail(c, SL_E_CONFIG, "part_as and span_as name one column, '%s'", o->part_as);
    return SL_OK;
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    (void)c;
    const config *o = cfg;
    *(state *)g = (state){
        .cut = { .by = o->by,
                 .unit = o->unit,
                 .whole_words = o->whole_words,
                 .size = o->by == CUT_WINDOW ? (uint64_t)o->size : 0,
                 .overlap = (uint64_t)o->overlap,
                 .min = (uint64_t)o->min },
        .id = o->id,
    };
    return SL_OK;
}

/* ---- what a part carries beside its text ---- */

/* Memory in out, at a multiple of 8. Many small pieces share a block: each has what stands behind it to be read. */
static void *small(sl_ctx *c, const sl_batch *out, local *me, size_t n)
{
    n = (n + 7) & ~(size_t)7;
    if (n > me->left) {
        const size_t size = n > BLOCK ? n : BLOCK;
        me->left = 0;
        me->block = c->host->alloc(c, out, size, 8);
        if (!me->block)
            return NULL;
        me->left = size;
    }
    char *p = me->block;
    me->block += n;
    me->left -= n;
    return p;
}

static uint32_t write_number(char *p, uint64_t v)
{
    char reversed[DIGITS];
    uint32_t n = 0;
    do
        reversed[n++] = (char)('0' + v % 10);
    while (v /= 10);
    for (uint32_t i = 0; i < n; i++)
        p[i] = reversed[n - 1 - i];
    return n;
}

/* "parent#3". A parent without an id has parts without one. */
static int write_id(sl_ctx *c, local *me, const sl_batch *in, uint32_t row, sl_batch *out, uint32_t child,
                    uint64_t number)
{
    if (!sl_is_valid(in->columns[ID], row))
        return SL_OK;
    const sl_str id = sl_text(in, ID)[row];
    char *p = small(c, out, me, (size_t)id.n + 1 + DIGITS);
    if (!p)
        return SL_E_NOMEM;
    if (id.n)
        memcpy(p, id.p, id.n);
    p[id.n] = '#';
    SL_COL(sl_str, out, ID)[child] = (sl_str){ .p = p, .n = id.n + 1 + write_number(p + id.n + 1, number) };
    return SL_OK;
}

/* The ids of the row's own parents and then its own: join.parts gives them back one by one. */
static int list_parents(sl_ctx *c, const sl_batch *in, uint32_t row, const sl_batch *out, local *me)
{
    const sl_column *above = in->columns[PARENT_IDS];
    const sl_list old = above && sl_is_valid(above, row) ? ((const sl_list *)above->data)[row] : (sl_list){ 0 };
    sl_str *ids = small(c, out, me, ((size_t)old.n + 1) * sizeof *ids);
    if (!ids)
        return SL_E_NOMEM;
    if (old.n)
        memcpy(ids, old.p, old.n * sizeof *ids);
    if (sl_is_valid(in->columns[ID], row))
        ids[old.n] = sl_text(in, ID)[row];
    me->parents = (sl_list){ .p = ids, .n = old.n + 1 };
    return SL_OK;
}

/* Begin and end in the parent's text, in characters, or in bytes where that is the unit. */
static int write_span(sl_ctx *c, const state *s, local *me, const char *text, const cut_part *part, sl_batch *out,
                      uint32_t child)
{
    int64_t *span = small(c, out, me, 2 * sizeof *span);
    if (!span)
        return SL_E_NOMEM;
    span[0] = part->begin;
    span[1] = part->end;
    if (s->cut.unit != CUT_BYTES) {
        me->seen_chars +=
            text_chars(text + me->seen_to, part->begin - me->seen_to); /* parts begin one behind the other */
        me->seen_to = part->begin;
        span[0] = (int64_t)me->seen_chars;
        span[1] = span[0] + (int64_t)text_chars(text + part->begin, part->end - part->begin);
    }
    SL_COL(sl_list, out, SPAN)[child] = (sl_list){ .p = span, .n = 2 };
    return SL_OK;
}

/* SL_OK, SL_MORE: the part is there, and `out` is full; < 0. */
static int add_part(sl_ctx *c, const state *s, local *me, const sl_batch *in, uint32_t row, const cut_part *part,
                    sl_batch *out)
{
    const char *text = sl_text(in, TEXT)[row].p;
    uint32_t child;
    const int added = c->host->add(c, out, in, row, part->number - 1, &child);
    if (added < 0)
        return added;
    SL_COL(sl_str, out, TEXT)[child] = (sl_str){ .p = text + part->begin, .n = part->end - part->begin };
    int ret = s->id == NUMBERED ? write_id(c, me, in, row, out, child, part->number) : SL_OK;
    if (ret >= 0 && !me->parents.n)
        ret = list_parents(c, in, row, out, me);
    if (ret < 0)
        return ret;
    SL_COL(sl_list, out, PARENT_IDS)[child] = me->parents;
    sl_set_valid(out->columns[PARENT_IDS], child);
    if (out->columns[PART])
        SL_COL(int64_t, out, PART)[child] = (int64_t)part->number;
    if (out->columns[SPAN])
        ret = write_span(c, s, me, text, part, out, child);
    return ret < 0 ? ret : added;
}

static int split_row(sl_ctx *c, const state *s, local *me, sl_batch *in, uint32_t row, sl_batch *out)
{
    const sl_str text = sl_text(in, TEXT)[row];
    cut_part part;
    me->parents.n = 0;
    while (cut_next(&s->cut, text.p, text.n, &me->place, &part)) {
        const int ret = add_part(c, s, me, in, row, &part, out);
        if (ret < 0)
            return ret;
        me->made++;
        if (ret == SL_MORE)
            return ret;
    }
    if (!me->made)
        c->host->reject(c, in, row, NO_PARTS, SL_WHY(.value = text.n));
    return SL_OK;
}

static int reshape(sl_ctx *c, const void *g, void *l, sl_batch *in, sl_batch *out)
{
    local *me = l;
    if (!in)
        return SL_OK; /* nothing is held beyond a batch */
    me->left = 0;
    SL_EACH(in, row) {
        if (row < me->row)
            continue;
        const int ret = split_row(c, g, me, in, row, out);
        if (ret != SL_OK)
            return ret;
        *me = (local){ .row = row + 1, .block = me->block, .left = me->left };
    }
    *me = (local){ 0 };
    return SL_OK;
}

static const char *const ways[] = { "paragraphs", "lines", "window", NULL };
static const char *const units[] = { "chars", "bytes", "words", NULL };
static const char *const ids[] = { "numbered", "same", NULL };
static const sl_option options[] = {
    SL_OPT(config, by, ENUM, "paragraphs",
           "where to cut: between paragraphs (at blank lines), between lines, or into windows of one size",
           .choices = ways),
    SL_OPT(config, size, I64, NULL, "length of a window; the last one may be shorter", .min = 1, .max = 4294967295.0),
    SL_OPT(config, overlap, I64, "0", "how much of a window the next one repeats, at most", .min = 0,
           .max = 4294967294.0),
    SL_OPT(config, unit, ENUM, "chars",
           "of size, overlap and min: characters (code points), bytes of UTF-8, or words between white space",
           .choices = units),
    SL_OPT(config, whole_words, BOOL, "false",
           "windows of characters or bytes begin and end with words; only a word longer than a window is cut"),
    SL_OPT(config, min, I64, "1", "leave out parts that are shorter", .min = 0, .max = -1),
    SL_OPT(config, id, ENUM, "numbered", "the id of a part: its document's with the part's number, or the same id",
           .choices = ids),
    SL_OPT(config, part_as, COLUMN, NULL, "column for the part's number, from 1"),
    SL_OPT(config, span_as, COLUMN, NULL,
           "column for where the part stood in the text, [begin, end), in characters, or in bytes if that is the unit"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ | SL_WRITE, "document text" },
    [ID] = { "id", SL_T_STR, SL_READ | SL_WRITE, "the document's id, then the part's" },
    [PARENT_IDS] = { "_parent_ids", SL_LIST_OF(SL_T_STR), SL_READ | SL_WRITE | SL_OPTIONAL | SL_HIDDEN,
                     "ids of what the part was cut from, outermost first" },
    [PART] = { "$part_as", SL_T_I64, SL_WRITE, "number of the part" },
    [SPAN] = { "$span_as", SL_LIST_OF(SL_T_I64), SL_WRITE, "where it stood" },
    { 0 },
};
static const sl_metric metrics[] = {
    [NO_PARTS] = { "no_parts", SL_M_REJECT, 0, "bytes", "the text has no part of at least min" },
    { 0 },
};

const sl_stage expand_split = {
    SL_STAGE(SL_RESHAPE),
    .name = "expand.split",
    .summary = "a document for each paragraph, line or window of a text",
    .options = options,
    .fields = fields,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .check = check,
    .open = open_,
    .reshape = reshape,
};
