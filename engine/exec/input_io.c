/* Service "input": the engine has loaded the worker's chunk before `read` is called; here its records are handed out.
 */
#include <string.h>
#include "exec/engine.h"

static stage_thread *of(sl_ctx *c) { return c->engine; }
static stage_state *state_of(sl_ctx *c) { return &of(c)->w->x->st[of(c)->stage]; }

static int find(sl_ctx *c, sl_many paths, uint32_t what)
{
    exec *x = of(c)->w->x;
    stage_state *s = state_of(c);
    sbuf err = { 0 };
    const int r = input_find(&x->mem, paths.v, paths.n, &s->files, &x->notes, &err);
    s->members = what;
    s->uses_input = true;
    s->first_file = (uint32_t)x->n_files;
    if (r < 0)
        c->host->fail(c, r, "%s", sbuf_z(&err));
    for (size_t i = 0; r >= 0 && i < s->files.n; i++) {
        input_file *f = &s->files.v[i];
        f->cancel = x->o.cancel;
        exec_file *v = arena_grow(&x->mem, x->files, x->n_files, sizeof *v);
        if (!v) {
            sbuf_free(&err);
            return c->host->fail(c, SL_E_NOMEM, "out of memory");
        }
        x->files = v;
        v[x->n_files++] = (exec_file){ .path = f->path,
                                       .codec = input_codec_name(f->codec),
                                       .source = of(c)->stage,
                                       .size = f->size,
                                       .fingerprint = f->fingerprint,
                                       .mtime_ns = f->mtime_ns };
    }
    sbuf_free(&err);
    return r < 0 ? r : SL_OK;
}

/* Piece i of all files in a row. The engine asks for 0, 1, 2 …, so the cut of the file at hand waits in the state. */
static int split(sl_ctx *c, uint64_t i, sl_split *out)
{
    exec *x = of(c)->w->x;
    stage_state *s = state_of(c);
    for (;;) {
        if (s->cut_file == s->files.n)
            return SL_END;
        const input_file *f = &s->files.v[s->cut_file];
        if (!s->cut.n) {
            sbuf err = { 0 };
            const int r = input_cut(&x->mem, f, x->p->file->head.split_bytes, s->members != SL_LINES, &s->cut, &err);
            if (r < 0)
                c->host->fail(c, r, "%s", sbuf_z(&err));
            sbuf_free(&err);
            if (r < 0)
                return r;
            if (x->p->file->head.on_error == ON_ERROR_SKIP_FILE && s->cut.n > 1) {
                /* Nothing behind damage may be read, so nobody may read ahead of it: the file is one stream. */
                s->cut.v[0] = (input_piece){ .begin = 0, .end = f->size, .stream = true };
                s->cut.n = 1;
            }
            x->files[s->first_file + s->cut_file].splits = s->cut.n;
        }
        if (i - s->cut_first < s->cut.n) {
            const input_piece p = s->cut.v[i - s->cut_first];
            *out = (sl_split){ .path = f->path,
                               .label = f->path,
                               .begin = p.begin,
                               .end = p.end,
                               .bytes = p.end - p.begin,
                               .fingerprint = f->fingerprint,
                               .stream = p.stream };
            return SL_OK;
        }
        s->cut_first += s->cut.n;
        s->cut_file++;
        s->cut.n = 0;
    }
}

static int open_(sl_ctx *c, const sl_split *s, sl_input **out)
{
    worker *w = of(c)->w;
    (void)s;
    w->input.w = w;
    *out = &w->input;
    return SL_OK;
}

static int record(sl_ctx *c, sl_input *in, sl_record *out)
{
    input_record r;
    const int what = input_chunk_next(in->w->chunk, &r);
    (void)c;
    if (what == INPUT_END)
        return SL_END;
    *out = (sl_record){ .bytes = { r.p, (uint32_t)r.n, 0 },
                        .nth = r.nth,
                        .offset = r.offset,
                        .member = { r.member ? r.member : "", r.member ? (uint32_t)strlen(r.member) : 0, 0 } };
    in->w->r->bytes += r.n;
    in->w->head = what == INPUT_MORE ? out->bytes : (sl_str){ NULL, 0, 0 };
    return what == INPUT_MORE ? SL_MORE : SL_OK;
}

static void close_(sl_ctx *c, sl_input *in) { (void)c, (void)in; }

const sl_input_api exec_input_api = { sizeof exec_input_api, 1, find, split, open_, record, close_ };
