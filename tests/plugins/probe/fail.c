/* test.fail, test.fail_sink — fail in the callback that the options name. */
#include <stdlib.h>
#include <unistd.h>
#include "probe.h"

enum { NEVER, IN_CHECK, IN_OPEN, IN_OPEN_LOCAL, IN_PROCESS, IN_COMBINE, IN_FINISH };
enum { SAYS, SILENT, SAYS_OK /* leaves a message, but answers SL_OK */ };

typedef struct config {
    uint32_t in, code, how;
    int64_t split, least;
    uint8_t slow;
} config;
typedef struct state {
    const config *cfg;
    char *owned;
} state;
typedef struct local {
    char *owned;
} local;

static const int code_of[] = { SL_E_NOMEM, SL_E_CONFIG, SL_E_IO, SL_E_DATA, SL_E_STATE, SL_E_CANCEL, SL_E_INTERNAL };

static int maybe(sl_ctx *c, const config *o, uint32_t where, unsigned long long split)
{
    static const char *const name[] = { "", "check", "open", "open_local", "process", "combine", "finish" };
    if (o->in != where)
        return SL_OK;
    if (o->how == SILENT)
        return code_of[o->code];
    c->host->fail(c, code_of[o->code], "failed in %s, split %llu", name[where], split);
    c->host->fail(c, SL_E_INTERNAL, "a second message that nobody should see");
    return o->how == SAYS_OK ? SL_OK : code_of[o->code];
}

static int check(sl_ctx *c, const void *cfg) { return maybe(c, cfg, IN_CHECK, 0); }

static int open_(sl_ctx *c, const void *cfg, void *g)
{
    state *s = g;
    s->cfg = cfg;
    s->owned = malloc(100); /* leaked where close is not called */
    return maybe(c, cfg, IN_OPEN, 0);
}

static int open_local(sl_ctx *c, const void *g, void *l)
{
    ((local *)l)->owned = malloc(100);
    return maybe(c, ((const state *)g)->cfg, IN_OPEN_LOCAL, 0);
}

static int look(sl_ctx *c, const void *g, const sl_batch *b)
{
    const config *o = ((const state *)g)->cfg;
    const uint64_t split = sl_split_of(b);
    if (o->slow) /* what comes first in the stream takes longest */
        usleep(split < 30 ? (unsigned)(30 - split) * 1000 : 0);
    if ((o->split != INT64_MIN && split != (uint64_t)o->split) || (o->least != INT64_MIN && split < (uint64_t)o->least))
        return SL_OK;
    return maybe(c, o, IN_PROCESS, split);
}

static int process(sl_ctx *c, const void *g, void *l, sl_batch *b)
{
    (void)l;
    return look(c, g, b);
}

static int write_(sl_ctx *c, const void *g, void *l, const sl_batch *b)
{
    (void)l;
    return look(c, g, b);
}

static int combine(sl_ctx *c, void *g, void *l)
{
    (void)l;
    return maybe(c, ((const state *)g)->cfg, IN_COMBINE, 0);
}

static int finish(sl_ctx *c, void *g) { return maybe(c, ((const state *)g)->cfg, IN_FINISH, 0); }

static void close_local(sl_ctx *c, const void *g, void *l)
{
    (void)c, (void)g;
    free(((local *)l)->owned);
}

static void close_(sl_ctx *c, void *g)
{
    (void)c;
    free(((state *)g)->owned);
}

static const char *const places[] = { "never", "check", "open", "open_local", "process", "combine", "finish", NULL };
static const char *const codes[] = { "nomem", "config", "io", "data", "state", "cancel", "internal", NULL };
static const char *const hows[] = { "says", "silent", "says_ok", NULL };
static const sl_option options[] = {
    SL_OPT(config, in, ENUM, "never", "the callback that fails; process stands for write too", .choices = places),
    SL_OPT(config, code, ENUM, "internal", "what it answers", .choices = codes),
    SL_OPT(config, how, ENUM, "says", "with a message, without, or with one and SL_OK", .choices = hows),
    SL_OPT(config, split, I64, NULL, "process fails in this split only"),
    SL_OPT(config, least, I64, NULL, "process fails from this split on"),
    SL_OPT(config, slow, BOOL, "false", "take longer for what comes first"),
    { 0 },
};

#define FAIL_STAGE                                                                                                     \
    .options = options, .config_size = sizeof(config), .state_size = sizeof(state), .local_size = sizeof(local),       \
    .check = check, .open = open_, .open_local = open_local, .combine = combine, .finish = finish,                     \
    .close_local = close_local, .close = close_

const sl_stage test_fail = {
    SL_STAGE(SL_TRANSFORM), .name = "test.fail", .summary = "fail where it is told to", .process = process, FAIL_STAGE,
};
const sl_stage test_fail_sink = {
    SL_STAGE(SL_SINK), .name = "test.fail_sink", .summary = "a sink that fails where it is told to", .write = write_,
    FAIL_STAGE,
};
