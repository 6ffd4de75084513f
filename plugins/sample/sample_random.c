/* sample.random — keep a share or a number of the documents, each by a draw of its own. The draw depends on the seed,
 * the stage's name in the pipeline and the document's key: neither on its neighbours nor on threads. A share keeps the
 * draws below it and needs no look at the stream beforehand; a number keeps the least draws, which a fit finds. Smaller
 * samples are therefore parts of larger ones. */
#include "draws.h"
#include "sluice/util.h"

enum { NOT_DRAWN };

typedef struct config {
    sl_amount keep;
} config;
typedef struct state {
    bool counted; /* a number of documents, not a share */
    double share;
    search search;
    draws seen;
} state;
typedef struct local {
    draws seen; /* bounded, and small: no budget is asked for it */
} local;

static int check(sl_ctx *c, const void *cfg)
{
    const sl_amount keep = ((const config *)cfg)->keep;
    if (keep.unit != SL_SHARE && keep.unit != SL_ROWS)
        return c->host->fail(c, SL_E_CONFIG, "keep takes a share such as 10%%, or a number of documents such as 1000");
    if (keep.unit == SL_ROWS && keep.value > 0x1p53)
        return c->host->fail(c, SL_E_CONFIG, "keep is more documents than can be counted");
    return SL_OK;
}

static int fits(sl_ctx *c, const void *cfg)
{
    (void)c;
    return ((const config *)cfg)->keep.unit == SL_ROWS;
}

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    const sl_amount keep = ((const config *)cfg)->keep;
    s->counted = fits(c, cfg);
    if (s->counted)
        search_begin(&s->search, (uint64_t)keep.value);
    else
        s->share = keep.value;
    return SL_OK;
}

static drawn draw_of(const sl_ctx *c, const sl_batch *b, uint32_t row)
{
    return (drawn){ sl_random(c->seed, b->key[row], 0), b->pos[row] };
}

/* ---- fit: the last draw that is kept ---- */

static int no_memory(sl_ctx *c) { return c->host->fail(c, SL_E_NOMEM, "out of memory"); }

static int open_local(sl_ctx *c, const void *g, void *l)
{
    const state *s = g;
    const bool looks = c->phase == SL_FIT && s->counted;
    return !looks || draws_open(&((local *)l)->seen, &s->search) ? SL_OK : no_memory(c);
}

static int fit(sl_ctx *c, const void *g, void *l, uint32_t port, const sl_batch *b)
{
    const state *s = g;
    local *me = l;
    (void)port;
    if (!s->counted)
        return SL_OK;
    SL_EACH(b, row) {
        if (!draws_add(&me->seen, &s->search, draw_of(c, b, row)))
            return no_memory(c);
    }
    return SL_OK;
}

static int combine(sl_ctx *c, void *g, void *l)
{
    state *s = g;
    return c->phase != SL_FIT || draws_merge(&s->seen, &((const local *)l)->seen, &s->search) ? SL_OK : no_memory(c);
}

static int finalize(sl_ctx *c, void *g)
{
    state *s = g;
    if (!s->counted || s->search.found)
        return SL_OK;
    if (!search_step(&s->search, &s->seen))
        return c->host->fail(c, SL_E_STATE, "a document was counted twice: a part was loaded twice");
    return s->search.found ? SL_OK : SL_MORE;
}

/* ---- apply ---- */

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)l;
    const state *s = g;
    const double limit = s->counted ? sl_unit(s->search.bound.number) : s->share;
    SL_EACH(b, row) {
        const drawn d = draw_of(c, b, row);
        const double value = sl_unit(d.number);
        if (s->counted ? !search_keeps(&s->search, d) : !(value < s->share))
            c->host->reject(c, b, row, NOT_DRAWN, SL_WHY(.value = value, .limit = limit));
    }
    return SL_OK;
}

/* ---- states ---- */

/* How far the search is: five numbers. Before what a pass has seen they say which pass that was. */
enum { SEARCH_WORDS = 5 };

static void search_words(const search *s, uint64_t out[SEARCH_WORDS])
{
    const uint64_t v[SEARCH_WORDS] = { s->wanted, s->settled, s->found, s->bound.number, s->bound.pos };
    for (int i = 0; i < SEARCH_WORDS; i++)
        out[i] = sl_big(v[i]);
}

static int put_draws(sl_ctx *c, const draws *d, sl_io *io)
{
    const uint64_t n = sl_big(d->n);
    int ret = c->host->put(c, io, &n, sizeof n);
    for (size_t i = 0; ret >= 0 && i < d->n; i++) {
        const uint64_t one[] = { sl_big(d->list[i].number), sl_big(d->list[i].pos) };
        ret = c->host->put(c, io, one, sizeof one);
    }
    return ret;
}

static int put_bins(sl_ctx *c, const draws *d, sl_io *io)
{
    int ret = SL_OK;
    for (uint32_t i = 0; ret >= 0 && i < DRAWS_BINS; i++) {
        const uint64_t n = sl_big(d->bins ? d->bins[i] : 0);
        ret = c->host->put(c, io, &n, sizeof n);
    }
    return ret;
}

static int save(sl_ctx *c, const void *g, uint32_t what, sl_io *io)
{
    const state *s = g;
    uint64_t words[SEARCH_WORDS];
    search_words(&s->search, words);
    int ret = c->host->put(c, io, words, sizeof words);
    if (ret < 0 || what == SL_WHOLE)
        return ret;
    if (!search_lists(&s->search))
        return put_bins(c, &s->seen, io);
    draws sorted = { 0 };
    if (!draws_merge(&sorted, &s->seen, &s->search)) {
        draws_free(&sorted);
        return no_memory(c);
    }
    draws_sort(&sorted, &s->search);
    ret = put_draws(c, &sorted, io);
    draws_free(&sorted);
    return ret;
}

static int get(sl_ctx *c, sl_io *io, uint64_t *words, size_t n)
{
    const int ret = c->host->get(c, io, words, n * sizeof *words);
    if (ret == SL_END)
        return c->host->fail(c, SL_E_STATE, "the saved sample ends too early");
    for (size_t i = 0; ret == SL_OK && i < n; i++)
        words[i] = sl_big(words[i]);
    return ret;
}

static int load_draws(sl_ctx *c, state *s, sl_io *io)
{
    uint64_t n, word[2];
    drawn last = { 0 };
    int ret = get(c, io, &n, 1);
    if (ret == SL_OK && n > s->search.wanted)
        return c->host->fail(c, SL_E_STATE, "the saved sample has more draws than are wanted");
    for (uint64_t i = 0; ret == SL_OK && i < n; i++) {
        ret = get(c, io, word, 2);
        const drawn one = { word[0], word[1] };
        if (ret == SL_OK && (!search_concerns(&s->search, one) || one.pos == 0 || (i && !draw_before(last, one))))
            return c->host->fail(c, SL_E_STATE, "the saved sample is no list of draws in order");
        if (ret == SL_OK && !draws_add(&s->seen, &s->search, one))
            return no_memory(c);
        last = one;
    }
    return ret;
}

static int load_bins(sl_ctx *c, state *s, sl_io *io)
{
    int ret = draws_open(&s->seen, &s->search) ? SL_OK : no_memory(c);
    for (uint32_t i = 0; ret == SL_OK && i < DRAWS_BINS; i++) {
        uint64_t n;
        ret = get(c, io, &n, 1);
        if (ret == SL_OK && __builtin_add_overflow(s->seen.bins[i], n, &s->seen.bins[i]))
            return c->host->fail(c, SL_E_STATE, "the saved sample counts more documents than there can be");
    }
    return ret;
}

static int load(sl_ctx *c, void *g, uint32_t what, sl_io *io)
{
    state *s = g;
    uint64_t words[SEARCH_WORDS], mine[SEARCH_WORDS];
    const int ret = get(c, io, words, SEARCH_WORDS);
    if (ret < 0)
        return ret;
    if (what == SL_WHOLE) {
        const search loaded = { words[0], (uint32_t)words[1], words[2] == 1, { words[3], words[4] } };
        if (!search_possible(&loaded) || words[1] != loaded.settled || words[2] > 1)
            return c->host->fail(c, SL_E_STATE, "the saved sample does not say what it keeps");
        s->search = loaded;
        return SL_OK;
    }
    search_words(&s->search, mine);
    for (int i = 0; i < SEARCH_WORDS; i++)
        if (words[i] != sl_big(mine[i]))
            return c->host->fail(c, SL_E_STATE, "the saved part is of another round of the search");
    return search_lists(&s->search) ? load_draws(c, s, io) : load_bins(c, s, io);
}

static void close_local(sl_ctx *c, const void *g, void *l)
{
    (void)c, (void)g;
    draws_free(&((local *)l)->seen);
}

static void close_(sl_ctx *c, void *g)
{
    (void)c;
    draws_free(&((state *)g)->seen);
}

static const sl_option options[] = {
    SL_OPT(config, keep, AMOUNT, NULL,
           "how many documents to keep: about a share of them, 10%, or exactly a number, 1000 or 10k",
           .flags = SL_OPT_REQUIRED),
    { 0 },
};
static const sl_metric metrics[] = {
    [NOT_DRAWN] = { "not_drawn", SL_M_REJECT, 0, NULL,
                    "its draw, between 0 and 1, is not below the limit: the share, or the draw of the last that is "
                    "kept" },
    { 0 },
};

const sl_stage sample_random = {
    SL_STAGE(SL_TRANSFORM),
    .state_version = 1,
    .name = "sample.random",
    .summary = "keep a random share or number of the documents, the same ones each time",
    .options = options,
    .metrics = metrics,
    .config_size = sizeof(config),
    .state_size = sizeof(state),
    .local_size = sizeof(local),
    .check = check,
    .open = open_,
    .open_local = open_local,
    .fit = fit,
    .combine = combine,
    .finalize = finalize,
    .process = process,
    .save = save,
    .load = load,
    .close_local = close_local,
    .close = close_,
    .fits = fits,
};
