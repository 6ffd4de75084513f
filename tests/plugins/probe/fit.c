/* test.fit, test.ordered, test.ports, test.ports_only — look at the stream, in as many rounds as they are told, and
 * then want to see the same again. What they gather is saved, loaded and merged. */
#include <string.h>
#include "watch.h"

enum { TEXT, FIT_COLUMN, APPLY_COLUMN, ONCE };
enum { ROWS, KEYS };
enum { TARGET = 1, OTHER = 2, PORTS = 2 };
enum { NEVER, IN_FIT, IN_PROCESS, IN_FINALIZE };

typedef struct config {
    int64_t rounds;
    uint32_t fail;
    uint8_t fits;
    const char *fit_column, *apply_column, *once;
} config;
typedef struct sum { /* the same in whatever order it is added up */
    uint64_t rows, keys;
} sum;
typedef struct state {
    watch watch;
    const config *cfg;
    sum gathered[1 + PORTS]; /* in this round, by port */
    sum fitted[1 + PORTS];   /* in the first one */
    sum applied;
} state;
typedef struct local {
    watch_local watch;
    sum seen;
} local;

static int fits(sl_ctx *c, const void *cfg)
{
    (void)c;
    return ((const config *)cfg)->fits;
}

static int open_as(sl_ctx *c, const void *cfg, void *g, uint32_t flags, uint32_t ports)
{
    state *s = g;
    TRY(watch_open(c, &s->watch, s, sizeof *s, flags | (fits(c, cfg) ? WATCH_FIT : 0), ports));
    s->cfg = cfg;
    return SL_OK;
}

static int open_fit(sl_ctx *c, const void *cfg, void *g) { return open_as(c, cfg, g, 0, 0); }
static int open_ordered(sl_ctx *c, const void *cfg, void *g) { return open_as(c, cfg, g, WATCH_ORDERED, 0); }
static int open_ports(sl_ctx *c, const void *cfg, void *g) { return open_as(c, cfg, g, 0, PORTS); }
static int open_ports_only(sl_ctx *c, const void *cfg, void *g) { return open_as(c, cfg, g, WATCH_PORTS_ONLY, PORTS); }

static int open_local(sl_ctx *c, const void *g, void *l)
{
    return watch_open_local(c, &((const state *)g)->watch, &((local *)l)->watch, l, sizeof(local));
}

/* ---- the stream ---- */

/* A column that the options name is there in its pass, and in no other. */
static int check_columns(sl_ctx *c, const state *s, const sl_batch *b)
{
    const bool fit = c->phase == SL_FIT;
    PROMISE(b->n_columns == 4 && b->columns[TEXT] && !strcmp(b->columns[TEXT]->name, "text"),
            "column i is row i of the field table, for ports too");
    PROMISE((b->columns[FIT_COLUMN] != NULL) == (fit && s->cfg->fit_column != NULL),
            "a column with SL_FIT_ONLY is there in fit, and NULL in apply");
    PROMISE((b->columns[APPLY_COLUMN] != NULL) == (!fit && s->cfg->apply_column != NULL),
            "a column with SL_APPLY_ONLY is there in apply, and NULL in fit");
    PROMISE(!b->columns[FIT_COLUMN] || !strcmp(b->columns[FIT_COLUMN]->name, s->cfg->fit_column),
            "a field $option is the column that the option names");
    PROMISE((b->columns[ONCE] != NULL) == (s->cfg->once != NULL), "a column that is read is there in every pass");
    SL_EACH(b, row)
        PROMISE(!s->cfg->once || SL_COL(uint64_t, b, ONCE)[row] == watch_mix(3, b->key[row]),
                "what a stage with SL_F_ONCE wrote is there in every pass");
    return SL_OK;
}

static int look(sl_ctx *c, const state *s, local *me, uint32_t port, const sl_batch *b)
{
    TRY(watch_batch(c, &s->watch, &me->watch, port, b, TEXT));
    TRY(check_columns(c, s, b));
    me->seen.rows += b->n_sel;
    SL_EACH(b, row)
        me->seen.keys += watch_mix(7, b->key[row]);
    watch_leave(&s->watch, &me->watch);
    return SL_OK;
}

static int fail_in(sl_ctx *c, const state *s, local *me, uint32_t where)
{
    if (s->cfg->fail != where)
        return SL_OK;
    return watch_fail(&s->watch, &me->watch, c->host->fail(c, SL_E_DATA, "failed as it was told"));
}

static int fit(sl_ctx *c, const void *g, void *l, uint32_t port, const sl_batch *b)
{
    PROMISE(c->phase == SL_FIT, "fit runs in phase SL_FIT");
    TRY(look(c, g, l, port, b));
    return fail_in(c, g, l, IN_FIT);
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    PROMISE(c->phase == SL_APPLY, "process runs in phase SL_APPLY");
    TRY(look(c, g, l, 0, b));
    c->host->count(c, ROWS, b->n_sel);
    SL_EACH(b, row)
        c->host->count(c, KEYS, b->key[row] >> 40);
    return fail_in(c, g, l, IN_PROCESS);
}

static bool equal(sum a, sum b) { return a.rows == b.rows && a.keys == b.keys; }

static void add(sum *to, sum v)
{
    to->rows += v.rows;
    to->keys += v.keys;
}

static int combine(sl_ctx *c, void *g, void *l)
{
    state *s = g;
    local *me = l;
    TRY(watch_combine(c, &s->watch, &me->watch));
    if (me->watch.phase == SL_APPLY)
        add(&s->applied, me->seen);
    else
        add(&s->gathered[me->watch.port], me->seen);
    return SL_OK;
}

static int add_range(sl_ctx *c, void *u, size_t lo, size_t hi)
{
    PROMISE(lo < hi && hi <= 1000 && hi - lo <= 64, "parallel_for calls with pieces of `grain`");
    PROMISE(c->n_threads >= 1 && c->thread < c->n_threads, "parallel_for hands fn the thread's own c");
    for (size_t i = lo; i < hi; i++)
        ((unsigned char *)u)[i]++;
    return SL_OK;
}

static int check_parallel(sl_ctx *c)
{
    unsigned char seen[1000] = { 0 };
    TRY(c->host->parallel_for(c, sizeof seen, 64, add_range, seen));
    for (size_t i = 0; i < sizeof seen; i++)
        PROMISE(seen[i] == 1, "parallel_for covers [0, n), nothing twice");
    TRY(c->host->progress(c, 1, 2));
    const int granted = c->host->reserve(c, 1 << 20);
    PROMISE(granted == SL_OK || granted == SL_MORE, "reserve answers SL_OK or SL_MORE");
    PROMISE(c->host->reserve(c, 0) == SL_OK, "reserve with less always succeeds");
    return SL_OK;
}

static int finalize(sl_ctx *c, void *g)
{
    state *s = g;
    const bool more = s->watch.round + 1 < (uint64_t)s->cfg->rounds, first = s->watch.round == 0;
    TRY(watch_finalize(c, &s->watch, more));
    PROMISE(first || equal(s->gathered[0], s->fitted[0]), "every round sees the same documents, in however many parts");
    if (first)
        memcpy(s->fitted, s->gathered, sizeof s->fitted);
    memset(s->gathered, 0, sizeof s->gathered);
    TRY(check_parallel(c));
    if (s->cfg->fail == IN_FINALIZE)
        return c->host->fail(c, SL_E_DATA, "failed as it was told");
    return more ? SL_MORE : SL_OK;
}

static int finish(sl_ctx *c, void *g)
{
    state *s = g;
    TRY(watch_finish(c, &s->watch));
    TRY(check_parallel(c));
    const bool fitted = (s->watch.flags & (WATCH_FIT | WATCH_PORTS_ONLY)) == WATCH_FIT;
    PROMISE(!fitted || equal(s->fitted[0], s->applied),
            "apply sees the documents that fit saw, also when their parts were saved and loaded");
    return SL_OK;
}

/* ---- states: a head, the sums, and bytes of a length that no buffer of the engine's is likely to have ---- */

enum { HEAD = 0x50524F42u, FILL = 70001 };

typedef struct saved {
    uint64_t head, what, round, finalized;
    sum fitted[1 + PORTS], applied;
} saved;

/* A part saved from the main stream may come back as a port, so `what` is not compared with what is asked for. */
static saved to_save(const state *s, uint32_t what)
{
    saved v = { .head = HEAD, .what = what };
    if (what == SL_WHOLE) {
        memcpy(v.fitted, s->fitted, sizeof v.fitted);
        v.round = s->watch.round;
        v.finalized = s->watch.finalized;
    } else if (what == SL_APPLIED) {
        v.applied = s->applied;
    } else {
        v.fitted[0] = s->gathered[what];
    }
    return v;
}

static int save(sl_ctx *c, const void *g, uint32_t what, sl_io *io)
{
    const state *s = g;
    PROMISE(what == SL_WHOLE || what == SL_APPLIED || what <= s->watch.n_ports,
            "save is told a port, whole or applied");
    PROMISE(what != SL_WHOLE || s->watch.finalized || s->watch.round || s->watch.loaded,
            "the whole is saved after finalize");
    const saved v = to_save(s, what);
    TRY(c->host->put(c, io, &v, sizeof v));
    for (uint32_t i = 0, n = 1; i < FILL; i += n, n = n % 977 + 1) {
        unsigned char piece[1000];
        n = n < FILL - i ? n : FILL - i;
        for (uint32_t k = 0; k < n; k++)
            piece[k] = (unsigned char)((i + k) * 31);
        TRY(c->host->put(c, io, piece, n));
    }
    return SL_OK;
}

static int check_fill(sl_ctx *c, sl_io *io)
{
    static const char promise[] = "get gives what put wrote, however it was cut";
    unsigned char piece[1024];
    uint32_t at = 0;
    while (at < FILL) {
        const uint32_t n = FILL - at < sizeof piece ? FILL - at : (uint32_t)sizeof piece;
        const int got = c->host->get(c, io, piece, n);
        if (got != SL_OK)
            return got < 0 ? got : c->host->fail(c, SL_E_STATE, "the state ends too early");
        for (uint32_t i = 0; i < n; i++, at++)
            PROMISE(piece[i] == (unsigned char)(at * 31), promise);
    }
    PROMISE(c->host->get(c, io, piece, 1) == SL_END, "get answers SL_END where nothing is left");
    return SL_OK;
}

static int load(sl_ctx *c, void *g, uint32_t what, sl_io *io)
{
    state *s = g;
    saved v;
    TRY(watch_load(c, &s->watch, what));
    const int got = c->host->get(c, io, &v, sizeof v);
    if (got < 0)
        return got;
    if (got == SL_END || v.head != HEAD)
        return c->host->fail(c, SL_E_STATE, "this is no state of a probe");
    TRY(check_fill(c, io));
    if (what == SL_WHOLE || what == SL_APPLIED) {
        PROMISE(v.what == what, "load is told what save was told, but for ports");
        for (uint32_t i = 0; i <= PORTS; i++)
            add(&s->fitted[i], v.fitted[i]);
        add(&s->applied, v.applied);
        s->watch.round = what == SL_WHOLE ? (uint32_t)v.round : s->watch.round;
        s->watch.finalized |= what == SL_WHOLE && v.finalized;
        return SL_OK;
    }
    PROMISE(what <= s->watch.n_ports && v.what <= s->watch.n_ports, "load is told a port, whole or applied");
    add(&s->gathered[what], v.fitted[0]);
    return SL_OK;
}

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

static const char *const places[] = { "never", "fit", "process", "finalize", NULL };
static const sl_option options[] = {
    SL_OPT(config, rounds, I64, "1", "how often fit looks at the main stream", .min = 1, .max = 100),
    SL_OPT(config, fits, BOOL, "true", "whether there is a fit at all"),
    SL_OPT(config, fail, ENUM, "never", "the callback that fails", .choices = places),
    SL_OPT(config, fit_column, COLUMN, NULL, "a column for fit"),
    SL_OPT(config, apply_column, COLUMN, NULL, "a column for apply"),
    SL_OPT(config, once, COLUMN, NULL, "what test.once wrote"),
    { 0 },
};
static const sl_field fields[] = {
    [TEXT] = { "text", SL_T_STR, SL_READ, "the text" },
    [FIT_COLUMN] = { "$fit_column", SL_T_ANY, SL_READ | SL_FIT_ONLY, "in fit" },
    [APPLY_COLUMN] = { "$apply_column", SL_T_ANY, SL_READ | SL_APPLY_ONLY, "in apply" },
    [ONCE] = { "$once", SL_T_U64, SL_READ, "of test.once" },
    { 0 },
};
static const sl_metric metrics[] = {
    [ROWS] = { "rows", SL_M_COUNT, 0, NULL, "live rows processed" },
    [KEYS] = { "keys", SL_M_COUNT, 0, NULL, "a sum over their keys" },
    { 0 },
};
static const sl_port two_ports[] = {
    { "target", SL_PORT_REQUIRED | SL_PORT_STATE, 0, "a second input" },
    { "other", SL_PORT_STATE, 0, "a third" },
    { 0 },
};

#define FIT_STAGE                                                                                                      \
    .options = options, .fields = fields, .metrics = metrics, .config_size = sizeof(config),                           \
    .state_size = sizeof(state), .local_size = sizeof(local), .open_local = open_local, .process = process,            \
    .fit = fit, .combine = combine, .finalize = finalize, .finish = finish, .save = save, .load = load,                \
    .close_local = close_local, .close = close_, .fits = fits

const sl_stage test_fit = {
    SL_STAGE(SL_TRANSFORM), .name = "test.fit", .summary = "fit, then apply", .open = open_fit, FIT_STAGE,
};
const sl_stage test_ordered = {
    SL_STAGE(SL_TRANSFORM), .name = "test.ordered", .summary = "fit and apply in stream order",
    .flags = SL_F_ORDERED,  .open = open_ordered,   FIT_STAGE,
};
const sl_stage test_ports = {
    SL_STAGE(SL_TRANSFORM), .name = "test.ports", .summary = "fit on two further inputs and the main stream",
    .ports = two_ports,     .open = open_ports,   FIT_STAGE,
};
const sl_stage test_ports_only = {
    SL_STAGE(SL_TRANSFORM),
    .name = "test.ports_only",
    .summary = "fit on two further inputs only",
    .flags = SL_F_PORTS_ONLY,
    .ports = two_ports,
    .open = open_ports_only,
    FIT_STAGE,
};
