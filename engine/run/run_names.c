#include "run/run_names.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/fs.h"
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

static int by_bytes(const void *a, const void *b) { return strcmp(*(const char *const *)a, *(const char *const *)b); }

void name_list_sort(name_list *l)
{
    if (l->n)
        qsort(l->v, l->n, sizeof *l->v, by_bytes);
}

bool name_list_has(const name_list *l, const char *name)
{
    return l->n && bsearch(&name, l->v, l->n, sizeof *l->v, by_bytes);
}

void name_list_free(name_list *l)
{
    free(l->v);
    *l = (name_list){ 0 };
}

char *name_absolute(arena *mem, const char *base, const char *path)
{
    sbuf full = { 0 };
    char *out = NULL;
    if (path[0] != '/')
        sbuf_printf(&full, "%s/", base);
    sbuf_puts(&full, path);
    if (!full.failed && (out = arena_strndup(mem, sbuf_z(&full), full.n))) {
        char *to = out;
        for (const char *at = out; *at;) {
            if (at[0] == '/' && (at[1] == '/' || (at[1] == '.' && (at[2] == '/' || !at[2]))))
                at += at[1] == '/' ? 1 : 2;
            else
                *to++ = *at++;
        }
        *to = 0;
    }
    sbuf_free(&full);
    return out;
}

char *name_working_directory(arena *mem)
{
    char *here = getcwd(NULL, 0), *out = here ? arena_strdup(mem, here) : NULL;
    free(here);
    return out;
}

/* ---- run.json of an earlier run ---- */

enum { FORMAT, STATE, CLAIMS, TAG, PATTERNS, DIRECTORY, N_FIELDS };
static const json_field fields[N_FIELDS] = {
    [FORMAT] = { "sluice_run", SL_T_I64 },
    [STATE] = { "state", SL_T_STR },
    [CLAIMS] = { "claims", SL_LIST_OF(SL_T_STR) },
    [TAG] = { "temporary.tag", SL_T_STR },
    [PATTERNS] = { "temporary.outputs", SL_LIST_OF(SL_T_STR) },
    [DIRECTORY] = { "working_directory", SL_T_STR },
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

static int understand(arena *mem, sbuf *text, run_record *out)
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
        out->tag = take_text(mem, &cell[TAG]);
        out->directory = take_text(mem, &cell[DIRECTORY]);
        if (!take_list(mem, &cell[CLAIMS], &out->claims) || !take_list(mem, &cell[PATTERNS], &out->patterns))
            r = -ENOMEM;
    }
    json_parser_free(parser);
    return r;
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
        r = understand(mem, to, out);
    sbuf_free(&path);
    sbuf_free(&own);
    return r;
}

void run_record_free(run_record *r)
{
    name_list_free(&r->claims);
    name_list_free(&r->patterns);
}
