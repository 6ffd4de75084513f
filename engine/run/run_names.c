#include "run/run_names.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/fs.h"
#include "base/hash.h"
#include "io/json.h"

enum { MAX_RUN_JSON = 1 << 30, JSON_SLACK = 64 /* json_parse reads on behind the record */ };

bool name_list_add(arena *mem, name_list *l, const char *name)
{
    if (l->n == l->cap) {
        const size_t cap = l->cap ? l->cap * 2 : 16;
        const char **v = realloc(l->v, cap * sizeof *v);
        if (!v)
            return false;
        l->v = v;
        l->cap = cap;
    }
    l->v[l->n] = arena_strdup(mem, name);
    return l->v[l->n] && ++l->n;
}

void name_list_free(name_list *l)
{
    free(l->v);
    *l = (name_list){ 0 };
}

/* ---- sets: open addressing, at most half full ---- */

static size_t place_of(const name_set *s, const char *name)
{
    size_t i = (size_t)hash_bytes(name, strlen(name)) & (s->cap - 1);
    while (s->slot[i] && strcmp(s->slot[i], name))
        i = (i + 1) & (s->cap - 1);
    return i;
}

static bool set_grow(name_set *s)
{
    name_set more = { .cap = s->cap ? s->cap * 2 : 64, .n = s->n };
    more.slot = calloc(more.cap, sizeof *more.slot);
    if (!more.slot)
        return false;
    for (size_t i = 0; i < s->cap; i++)
        if (s->slot[i])
            more.slot[place_of(&more, s->slot[i])] = s->slot[i];
    free(s->slot);
    *s = more;
    return true;
}

bool name_set_add(arena *mem, name_set *s, const char *name)
{
    if (s->n * 2 >= s->cap && !set_grow(s))
        return false;
    const size_t i = place_of(s, name);
    if (s->slot[i])
        return true;
    s->slot[i] = arena_strdup(mem, name);
    return s->slot[i] && ++s->n;
}

bool name_set_has(const name_set *s, const char *name) { return s->n && s->slot[place_of(s, name)]; }

void name_set_free(name_set *s)
{
    free(s->slot);
    *s = (name_set){ 0 };
}

/* ---- names that can be compared ---- */

const char *name_resolve(name_resolver *r, const char *base, const char *path)
{
    const char *file = fs_basename(path);
    sbuf folder = { 0 };
    sbuf_printf(&folder, "%s%s%.*s", path[0] == '/' ? "" : base, path[0] == '/' ? "" : "/", (int)(file - path), path);
    if (!r->real.n || strcmp(sbuf_z(&folder), sbuf_z(&r->folder))) {
        char *real = folder.failed ? NULL : realpath(sbuf_z(&folder), NULL);
        sbuf_clear(&r->folder);
        sbuf_clear(&r->real);
        sbuf_puts(&r->folder, sbuf_z(&folder));
        sbuf_puts(&r->real, real ? real : sbuf_z(&folder));
        free(real);
    }
    sbuf_clear(&r->name);
    sbuf_printf(&r->name, "%s%s%s", sbuf_z(&r->real), r->real.n && r->real.p[r->real.n - 1] == '/' ? "" : "/", file);
    const bool failed = folder.failed || r->folder.failed || r->real.failed || r->name.failed;
    sbuf_free(&folder);
    return failed ? NULL : r->name.p;
}

void name_resolver_free(name_resolver *r)
{
    sbuf_free(&r->folder);
    sbuf_free(&r->real);
    sbuf_free(&r->name);
}

char *name_working_directory(arena *mem)
{
    char *here = getcwd(NULL, 0), *out = here ? arena_strdup(mem, here) : NULL;
    free(here);
    return out;
}

/* ---- run.json of an earlier run ---- */

enum { FORMAT, STATE, CLAIMS, TAG, PATTERNS, DIRECTORY, PLAN, N_FIELDS };
static const json_field fields[N_FIELDS] = {
    [FORMAT] = { "sluice_run", SL_T_I64 },
    [STATE] = { "state", SL_T_STR },
    [CLAIMS] = { "claims", SL_LIST_OF(SL_T_STR) },
    [TAG] = { "temporary.tag", SL_T_STR },
    [PATTERNS] = { "temporary.outputs", SL_LIST_OF(SL_T_STR) },
    [DIRECTORY] = { "working_directory", SL_T_STR },
    [PLAN] = { "plan_hash", SL_T_STR },
};

static bool take_list(arena *mem, const json_cell *c, name_list *out)
{
    if (c->state != CELL_OK)
        return true;
    const sl_str *v = c->v.list.p;
    for (uint32_t i = 0; i < c->v.list.n; i++) {
        const char *z = arena_strndup(mem, v[i].p, v[i].n);
        if (!z || !name_list_add(mem, out, z))
            return false;
    }
    return true;
}

static const char *take_text(arena *mem, const json_cell *c)
{
    return c->state == CELL_OK ? arena_strndup(mem, c->v.str.p, c->v.str.n) : NULL;
}

static int understand(arena *mem, sbuf *text, bool progress, run_record *out)
{
    json_cell cell[N_FIELDS];
    if (!sbuf_room(text, JSON_SLACK))
        return -ENOMEM;
    json_parser *parser = json_parser_new(fields, N_FIELDS);
    if (!parser)
        return -ENOMEM;
    const json_error e = json_parse(parser, text->p, text->n, mem, cell);
    int r = e == JSON_NOMEM ? -ENOMEM : 0;
    if (e == JSON_OK && cell[FORMAT].state == CELL_OK) {
        const char *state = take_text(mem, &cell[STATE]);
        out->ours = true;
        out->finished = state && strcmp(state, "running");
        out->left_off = state && strcmp(state, "done") && progress;
        out->finished = out->finished && !out->left_off;
        out->plan = take_text(mem, &cell[PLAN]);
        out->tag = take_text(mem, &cell[TAG]);
        out->directory = take_text(mem, &cell[DIRECTORY]);
        if (!take_list(mem, &cell[CLAIMS], &out->claims) || !take_list(mem, &cell[PATTERNS], &out->patterns))
            r = -ENOMEM;
    }
    json_parser_free(parser);
    return r;
}

static bool has(const char *dir, const char *file)
{
    sbuf path = { 0 };
    sbuf_printf(&path, "%s/%s", dir, file);
    const bool there = !path.failed && fs_exists(path.p);
    sbuf_free(&path);
    return there;
}

int run_record_read(arena *mem, const char *dir, run_record *out, sbuf *text)
{
    sbuf path = { 0 }, own = { 0 };
    sbuf *to = text ? text : &own;
    *out = (run_record){ 0 };
    sbuf_printf(&path, "%s/run.json", dir);
    int r = path.failed ? -ENOMEM : fs_read_file(path.p, MAX_RUN_JSON, to);
    if (r == -ENOENT || r == -ENOTDIR)
        r = 0;
    else if (r == 0 && to->n)
        r = understand(mem, to, has(dir, "progress") || has(dir, "kept.index"), out);
    static const char *const notes[] = { "progress", "splits.part", "scratch",
                                         "kept",     "kept.index",  ".quarantine.jsonl.zst.sluice-lock" };
    for (size_t i = 0; out->finished && i < sizeof notes / sizeof *notes; i++)
        out->left_behind |= has(dir, notes[i]);
    sbuf_free(&path);
    sbuf_free(&own);
    return r;
}

void run_record_free(run_record *r)
{
    name_list_free(&r->claims);
    name_list_free(&r->patterns);
}
