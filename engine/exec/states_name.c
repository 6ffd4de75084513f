/* The name of a stage's state is a hash of its plugin and options, of all stages above it with theirs, of the inputs
 * and how they are cut, and of the seed. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/fs.h"
#include "base/hash.h"
#include "exec/states.h"

enum { READ_WHOLE = 64 << 20 };

uint64_t states_file_identity(const char *path)
{
    struct stat st;
    sbuf text = { 0 };
    uint64_t h = 0;
    if (stat(path, &st) || !S_ISREG(st.st_mode))
        return 0;
    if (st.st_size <= READ_WHOLE && fs_read_file(path, READ_WHOLE, &text) == 0)
        h = hash_bytes(sbuf_z(&text), text.n);
    else
        h = hash_two((uint64_t)st.st_size, (uint64_t)st.st_mtim.tv_sec * 1000000000u + (uint64_t)st.st_mtim.tv_nsec);
    sbuf_free(&text);
    return h;
}

uint64_t states_plugin_identity(const plugin_def *p)
{
    static const plugin_def *known[256];
    static uint64_t hash[256];
    static size_t n;
    for (size_t i = 0; i < n; i++)
        if (known[i] == p)
            return hash[i];
    const uint64_t h = states_file_identity(p->path);
    if (n < 256) {
        known[n] = p;
        hash[n++] = h;
    }
    return h;
}

static void add_inputs(const exec *x, uint32_t stage, sbuf *out)
{
    const stage_state *s = &x->st[stage];
    const pipeline_head *h = &x->p->file->head;
    sbuf_printf(out, "split %llu record %llu on_error %u", (unsigned long long)h->split_bytes,
                (unsigned long long)h->max_record_bytes, h->on_error);
    for (size_t i = 0; s->uses_input && i < s->files.n; i++)
        sbuf_printf(out, " %s %llu %016llx", s->files.v[i].path, (unsigned long long)s->files.v[i].size,
                    (unsigned long long)s->files.v[i].fingerprint);
    for (uint32_t i = 0; !s->uses_input && i < s->n_splits; i++) {
        const sl_split *sp = &x->splits[s->first_split + i].s;
        sbuf_printf(out, " %s %llu %llu %016llx", sp->path, (unsigned long long)sp->begin, (unsigned long long)sp->end,
                    (unsigned long long)sp->fingerprint);
    }
}

/* Names in the making. failed: memory ran out, and what was hashed is not all of it. */
typedef struct naming {
    uint64_t *memo; /* of stages; 0: not known yet */
    bool failed;
} naming;

static naming naming_new(const exec *x)
{
    uint64_t *memo = calloc(x->p->n_stages + 1, sizeof *memo);
    return (naming){ memo, !memo };
}

/* What the documents that leave (fit: enter) a stage depend on, as a hash; port as in passes. */
static uint64_t identity(exec *x, uint32_t stage, bool fit, naming *names)
{
    const plan_stage *p = &x->p->stages[stage];
    sbuf text = { 0 };
    if (names->failed || (!fit && names->memo[stage]))
        return names->failed ? 0 : names->memo[stage];
    const uint64_t options = option_identity(p->def->options, p->cfg, fit ? SL_OPT_APPLY : 0,
                                             p->def->s.kind == SL_SINK ? NULL : states_file_identity);
    names->failed |= !options;
    sbuf_printf(&text, "%s %016llx %u seed %016llx mode %u options %016llx", p->common.use,
                (unsigned long long)states_plugin_identity(p->def->plugin), p->def->s.state_version,
                (unsigned long long)plan_stage_seed(x->p, stage), fit ? 0 : p->mode, (unsigned long long)options);
    if (p->def->s.kind == SL_SOURCE) {
        add_inputs(x, stage, &text);
    } else {
        for (size_t k = 0; k < p->n_from && !fit; k++)
            sbuf_printf(&text, " from %016llx", (unsigned long long)identity(x, p->from[k], false, names));
        for (size_t k = 0; k < p->n_ports && !fit; k++)
            sbuf_printf(&text, " port %016llx",
                        (unsigned long long)(p->ports[k].state ? states_file_identity(states_port_path(x, &p->ports[k]))
                                             : p->ports[k].last == PLAN_NONE
                                                 ? 0
                                                 : identity(x, p->ports[k].last, false, names)));
    }
    const uint64_t h = hash_bytes(sbuf_z(&text), text.n);
    names->failed |= text.failed;
    sbuf_free(&text);
    if (!fit)
        names->memo[stage] = h ? h : 1;
    return h;
}

uint64_t states_run_identity(exec *x)
{
    naming names = naming_new(x);
    uint64_t h = hash_bytes(x->p->hash, strlen(x->p->hash));
    for (uint32_t i = 0; i < x->p->n_stages; i++)
        h = hash_two(h, identity(x, i, false, &names));
    free(names.memo);
    return names.failed ? hash_two((uint64_t)getpid(), now_ns()) : h; /* nobody's: it cannot be continued */
}

bool states_name(exec *x, uint32_t stage, uint32_t what, char out[17])
{
    const plan_stage *p = &x->p->stages[stage];
    naming names = naming_new(x);
    uint64_t h = identity(x, stage, true, &names);
    for (size_t k = 0; k < p->n_from && (what == SL_WHOLE || what == 0); k++)
        h = hash_two(h, identity(x, p->from[k], false, &names));
    for (size_t k = 0; k < p->n_ports; k++)
        if (what == SL_WHOLE || what == k + 1)
            h = hash_two(h, p->ports[k].state               ? states_file_identity(states_port_path(x, &p->ports[k]))
                            : p->ports[k].last == PLAN_NONE ? 0
                                                            : identity(x, p->ports[k].last, false, &names));
    snprintf(out, 17, "%016llx", (unsigned long long)h);
    free(names.memo);
    return !names.failed;
}
