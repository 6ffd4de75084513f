/* Finding documents in the input, and which records of their files they are. A source is read by itself, nothing else
 * of the pipeline runs. By id or key that means all of the input; by pos only the piece where it lies, and the pieces
 * that a run read stand in its splits.jsonl. */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include "base/fs.h"
#include "cli/progress.h"
#include "cli/why.h"

enum { SPLITS_MOST = 1 << 30 };

typedef struct seat { /* of a thread: the records of a piece come to one thread, in order */
    struct seat *next;
    uint64_t number, records;
} seat;

typedef struct finder {
    why *w;
    uint32_t source;
    const char *id; /* JSON; NULL: not asked for */
    uint64_t key;
    bool by_key;
    const char *file; /* record `nth` of it, on one thread; NULL: not asked for */
    uint64_t nth, n;
    const uint64_t *places; /* ascending; NULL: all is read */
    size_t n_places;
    why_doc *docs; /* ascending by pos, at most `most` */
    size_t n_docs, most;
    uint64_t n_found;
    uint64_t near_pos;    /* of why.near, if it comes from here; else 0 */
    unsigned turn;        /* which finder this is: seats are told apart by it */
    pthread_mutex_t lock; /* guards docs, seats, why.chunks, why.near and the memory that they are in */
    seat *seats;
} finder;

bool why_is_main(const plan *p, uint32_t stage) { return p->stages[stage].owner == PLAN_NONE; }

/* ---- counting the records of chunks ---- */

static void note_chunk(finder *f, const seat *s)
{
    why *w = f->w;
    why_chunk *v = s->records ? arena_grow(&w->c->mem, w->chunks, w->n_chunks, sizeof *v) : NULL;
    w->failed |= s->records && !v;
    if (!v)
        return;
    w->chunks = v;
    v[w->n_chunks++] = (why_chunk){ f->source, s->number, s->records };
}

/* Out of memory, on any thread. */
static void fail(finder *f)
{
    pthread_mutex_lock(&f->lock);
    f->w->failed = true;
    pthread_mutex_unlock(&f->lock);
}

static seat *my_seat(finder *f)
{
    static _Thread_local struct {
        unsigned turn;
        seat *at;
    } mine;
    if (mine.turn == f->turn)
        return mine.at;
    seat *s = calloc(1, sizeof *s);
    if (!s) {
        fail(f);
        return NULL;
    }
    pthread_mutex_lock(&f->lock);
    s->next = f->seats;
    f->seats = s;
    pthread_mutex_unlock(&f->lock);
    mine.turn = f->turn;
    mine.at = s;
    return s;
}

static void count(finder *f, uint64_t pos)
{
    seat *s = my_seat(f);
    if (!s)
        return;
    if (s->number != pos >> 32) {
        pthread_mutex_lock(&f->lock);
        note_chunk(f, s);
        pthread_mutex_unlock(&f->lock);
        s->number = pos >> 32;
    }
    s->records = pos & UINT32_MAX;
}

/* ---- the documents ---- */

static int by_number(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The nearest one; of equals, the first in the order of the stream. */
static void note_near(finder *f, uint64_t pos, const char *id, unsigned rank)
{
    why *w = f->w;
    pthread_mutex_lock(&f->lock);
    if (!w->near || rank < w->near_rank || (rank == w->near_rank && f->near_pos && pos < f->near_pos)) {
        w->near = arena_strdup(&w->c->mem, id);
        w->failed |= !w->near;
        w->near_rank = rank;
        f->near_pos = pos;
    }
    pthread_mutex_unlock(&f->lock);
}

static bool pick(void *u, const exec_row *row)
{
    finder *f = u;
    count(f, row->pos);
    if (f->file)
        return row->file && !strcmp(row->file, f->file) && ++f->n == f->nth;
    if (f->n_places)
        return bsearch(&row->pos, f->places, f->n_places, sizeof *f->places, by_number) != NULL;
    if (f->by_key && row->key == f->key)
        return true;
    if (!f->id)
        return false;
    static _Thread_local sbuf id; /* kept for the life of the thread */
    sbuf_clear(&id);
    exec_row_column(row, "id", &id);
    if (id.failed) {
        fail(f);
        sbuf_free(&id);
        return false;
    }
    if (!strcmp(sbuf_z(&id), f->id))
        return true;
    const unsigned rank = why_near(f->id, sbuf_z(&id));
    if (rank)
        note_near(f, row->pos, sbuf_z(&id), rank);
    return false;
}

/* The first ones in the order of the stream stay. */
static void take_locked(finder *f, const exec_row *row)
{
    arena *mem = &f->w->c->mem;
    size_t at = f->n_docs;
    f->n_found++;
    while (at && f->docs[at - 1].pos > row->pos)
        at--;
    if (at == f->most)
        return;
    if (f->n_docs == f->most)
        f->n_docs--;
    memmove(&f->docs[at + 1], &f->docs[at], (f->n_docs - at) * sizeof *f->docs);
    sbuf id = { 0 };
    if (row->fate != ROW_REJECTED) /* the columns of a broken record mean nothing */
        exec_row_column(row, "id", &id);
    const bool named = id.n && strcmp(id.p, "null");
    f->docs[at] = (why_doc){ .source = f->source,
                             .pos = row->pos,
                             .key = row->key,
                             .id = named ? arena_strndup(mem, id.p, id.n) : NULL,
                             .file = row->file ? arena_strdup(mem, row->file) : NULL };
    f->w->failed |= id.failed || (named && !f->docs[at].id) || (row->file && !f->docs[at].file);
    f->n_docs++;
    sbuf_free(&id);
}

/* A picked record. Other threads are counting meanwhile, and the memory is the same. */
static bool take(void *u, const exec_row *row)
{
    finder *f = u;
    pthread_mutex_lock(&f->lock);
    take_locked(f, row);
    pthread_mutex_unlock(&f->lock);
    return !f->file; /* there is but one */
}

/* ---- pieces ---- */

static int by_first(const void *a, const void *b)
{
    const why_piece *x = a, *y = b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    return (x->first > y->first) - (x->first < y->first);
}

static uint32_t source_named(const plan *p, const char *name)
{
    for (uint32_t i = 0; i < p->n_stages; i++)
        if (!strcmp(p->stages[i].name, name))
            return i;
    return PLAN_NONE;
}

static bool add_piece(why *w, why_piece piece)
{
    why_piece *v = arena_grow(&w->c->mem, w->pieces, w->n_pieces, sizeof *v);
    w->failed |= !v;
    if (!v)
        return false;
    w->pieces = v;
    v[w->n_pieces++] = piece;
    return true;
}

bool why_read_splits(why *w)
{
    const char *path = arena_printf(&w->c->mem, "%s/splits.jsonl", w->dir);
    sbuf text = { 0 };
    bool good = path && w->same_plan && w->same_inputs && fs_read_file(path, SPLITS_MOST, &text) == 0;
    const char *p = sbuf_z(&text), *last = "";
    while (good && *p) {
        const size_t n = strcspn(p, "\n");
        json_tree line;
        arena mem;
        arena_init(&mem, 4096);
        good = json_tree_parse(&mem, p, n, &line) == JSON_OK;
        const uint32_t source = good ? source_named(&w->c->plan, report_str(&line, "source")) : PLAN_NONE;
        if (good && source != PLAN_NONE) {
            if (strcmp(last, report_str(&line, "path"))) /* many pieces of one file follow one another */
                last = arena_strdup(&w->c->mem, report_str(&line, "path"));
            good = last && add_piece(w, (why_piece){ .source = source,
                                                     .first = report_u64(&line, "first"),
                                                     .chunks = report_u64(&line, "chunks"),
                                                     .records = report_u64(&line, "records"),
                                                     .path = last,
                                                     .known = true });
            last = last ? last : "";
        }
        arena_free(&mem);
        p += n + (p[n] == '\n');
    }
    if (!good)
        w->n_pieces = 0;
    if (w->n_pieces)
        qsort(w->pieces, w->n_pieces, sizeof *w->pieces, by_first);
    sbuf_free(&text);
    return good;
}

/* What was read of the source just now. all: every piece of it. */
static void learn_pieces(why *w, const exec *x, uint32_t source, bool all)
{
    const exec_split *v;
    const exec_file *files;
    const size_t n = exec_splits(x, &v), n_files = exec_files(x, &files), before = w->n_pieces;
    const char *last = "";
    for (size_t i = 0; i < n; i++) {
        const why_piece like = { .source = source, .first = v[i].first };
        why_piece *known = before ? bsearch(&like, w->pieces, before, sizeof like, by_first) : NULL;
        if (v[i].source != source || v[i].file >= n_files || (known && known->known))
            continue;
        if (strcmp(last, files[v[i].file].path)) /* many pieces of one file follow one another */
            last = arena_strdup(&w->c->mem, files[v[i].file].path);
        w->failed |= !last;
        const why_piece piece = { source, v[i].first, v[i].chunks, v[i].records, last, all };
        if (known && last)
            *known = piece;
        else if (last)
            (void)add_piece(w, piece);
        last = last ? last : "";
    }
    if (w->n_pieces)
        qsort(w->pieces, w->n_pieces, sizeof *w->pieces, by_first);
}

static int by_chunk(const void *a, const void *b)
{
    const why_chunk *x = a, *y = b;
    if (x->source != y->source)
        return x->source < y->source ? -1 : 1;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return (x->records > y->records) - (x->records < y->records);
}

/* Records of the chunks of a stream before `number`, which were all read. */
static uint64_t in_chunks(const why *w, uint32_t source, uint64_t first, uint64_t number)
{
    uint64_t n = 0;
    for (size_t i = 0; i < w->n_chunks; i++) {
        const why_chunk *k = &w->chunks[i], *next = i + 1 < w->n_chunks ? k + 1 : NULL;
        if (k->source != source || k->number < first || k->number >= number)
            continue;
        if (!next || next->source != source || next->number != k->number) /* read more than once: the last has most */
            n += k->records;
    }
    return n;
}

/* The number of a record in its file, from 1; 0: not known. */
static uint64_t record_of(const why *w, const why_doc *d)
{
    const uint64_t number = d->pos >> 32;
    const why_piece *mine = NULL;
    uint64_t before = 0;
    for (size_t i = 0; i < w->n_pieces; i++)
        if (w->pieces[i].source == d->source && w->pieces[i].first <= number)
            mine = &w->pieces[i];
    if (!mine || !d->file || !mine->path || strcmp(mine->path, d->file))
        return 0;
    for (const why_piece *p = mine; p-- > w->pieces && p->source == d->source && !strcmp(p->path, d->file);) {
        if (!p->known)
            return 0;
        before += p->records;
    }
    return before + in_chunks(w, d->source, mine->first, number) + (d->pos & UINT32_MAX);
}

/* ---- reading ---- */

/* The id as a column, which else is one only where a stage reads it. Only while documents are looked for: what is kept
 * or sorted must be what the run kept and sorted. */
static bool want_id(why *w, uint32_t source, bool want)
{
    plan *p = &w->c->plan;
    plan_stage *s = &p->stages[source];
    static bool added;
    if (!want) {
        s->n_wanted -= added;
        added = false;
        return true;
    }
    for (size_t i = 0; i < s->n_wanted; i++)
        if (s->wanted[i] == p->id)
            return true;
    if (!s->whole_row)
        return true;
    uint32_t *wanted = arena_grow(&p->mem, s->wanted, s->n_wanted, sizeof *wanted);
    const char **by = arena_grow(&p->mem, s->asked_by, s->n_wanted, sizeof *by);
    diag_at *at = arena_grow(&p->mem, s->asked_at, s->n_wanted, sizeof *at);
    if (!wanted || !by || !at)
        return false;
    s->wanted = wanted;
    s->asked_by = by;
    s->asked_at = at;
    wanted[s->n_wanted] = p->id;
    by[s->n_wanted] = NULL;
    at[s->n_wanted++] = (diag_at){ 0 };
    added = true;
    return true;
}

static int run_finder(finder *f)
{
    why *w = f->w;
    cli *c = w->c;
    static unsigned turns;
    exec_options o = why_options(w);
    o.goal = f->source + 1;
    o.explain = false;
    o.tap = take;
    o.pick = pick;
    o.tap_u = f;
    o.places = f->places;
    o.n_places = f->n_places;
    if (f->file)
        o.threads = 1;
    f->turn = ++turns;
    if (!want_id(w, f->source, true))
        return why_no_memory(w);
    int code = SL_OK;
    o.open_code = &code;
    exec *x = exec_open(&c->plan, &o, &c->d);
    pthread_mutex_init(&f->lock, NULL);
    progress *shown = x && !f->n_places && !c->a.quiet ? progress_start(x, "looking", 0) : NULL;
    const exec_end end = x ? exec_run(x) : EXEC_FAILED;
    progress_stop(shown);
    for (seat *s = f->seats, *next; s; s = next) {
        next = s->next;
        note_chunk(f, s);
        free(s);
    }
    pthread_mutex_destroy(&f->lock);
    if (w->n_chunks)
        qsort(w->chunks, w->n_chunks, sizeof *w->chunks, by_chunk);
    code = x ? why_ended(w, x, end) : run_refused_code(&c->d, code);
    if (!code) {
        w->n_looked += exec_stages(x)[f->source].in;
        learn_pieces(w, x, f->source, !f->n_places && !f->file);
    }
    exec_free(x);
    want_id(w, f->source, false);
    return code;
}

/* ---- what is asked for ---- */

static bool is_hex_key(const char *s, uint64_t *key)
{
    if (strlen(s) != 16 || strspn(s, "0123456789abcdef") != 16)
        return false;
    *key = strtoull(s, NULL, 16);
    return true;
}

/* Of FILE:RECORD, where the run says how many records each piece has: its pos, or (in_stream) the end of the piece of
 * which it is record `nth`. */
static bool place_of(const why *w, uint64_t *place, uint64_t *nth, bool *in_stream)
{
    uint64_t left = w->record;
    for (size_t i = 0; i < w->n_pieces; i++) {
        const why_piece *p = &w->pieces[i];
        if (p->source != w->file_source || strcmp(p->path, w->file))
            continue;
        if (left > p->records) {
            left -= p->records;
            continue;
        }
        *nth = left;
        *in_stream = p->chunks > 1;
        *place = *in_stream ? (p->first + p->chunks - 1) << 32 | 1 : p->first << 32 | left;
        return left > 0;
    }
    return false;
}

static int find_record(why *w)
{
    uint64_t place = 0, nth = w->record;
    bool in_stream = false;
    const bool known = place_of(w, &place, &nth, &in_stream);
    finder f = { .w = w, .source = w->file_source, .docs = w->docs, .most = WHY_MOST_DOCUMENTS };
    if (w->n_pieces && !known)
        return 0; /* the file has fewer */
    if (known) {
        f.places = &place;
        f.n_places = 1;
    }
    if (!known || in_stream) {
        f.file = w->file;
        f.nth = nth;
    }
    const int code = run_finder(&f);
    w->n_docs = f.n_docs;
    w->n_found = f.n_found;
    for (size_t i = 0; i < w->n_docs; i++)
        w->docs[i].record = w->record;
    return code;
}

int why_find(why *w)
{
    const plan *p = &w->c->plan;
    sbuf id = { 0 };
    int code = 0;
    w->docs = arena_zalloc(&w->c->mem, (WHY_MOST_DOCUMENTS + 1) * sizeof *w->docs, _Alignof(why_doc));
    if (!w->docs)
        return why_no_memory(w);
    if (w->file)
        return find_record(w);
    sbuf_json_z(&id, w->what);
    if (id.failed)
        return why_no_memory(w);
    for (size_t i = 0; i < p->n_sources && !code; i++) {
        finder f = { .w = w,
                     .source = p->sources[i],
                     .id = sbuf_z(&id),
                     .docs = w->docs + w->n_docs,
                     .most = WHY_MOST_DOCUMENTS - w->n_docs };
        f.by_key = is_hex_key(w->what, &f.key);
        if (!why_is_main(p, f.source))
            continue;
        code = run_finder(&f);
        w->n_docs += f.n_docs;
        w->n_found += f.n_found;
    }
    for (size_t i = 0; i < w->n_docs; i++)
        w->docs[i].record = record_of(w, &w->docs[i]);
    sbuf_free(&id);
    return code;
}

static bool same_stream(const plan *p, uint32_t a, uint32_t b)
{
    return p->stages[a].owner == p->stages[b].owner &&
           (p->stages[a].owner == PLAN_NONE || p->stages[a].owner_port == p->stages[b].owner_port);
}

int why_find_places(why *w, uint32_t source, const uint64_t *places, size_t n, why_doc *docs, size_t *found)
{
    const plan *p = &w->c->plan;
    const uint64_t looked = w->n_looked;
    int code = 0;
    *found = 0;
    for (size_t i = 0; i < p->n_sources && !code && *found < n; i++) {
        finder f = {
            .w = w, .source = p->sources[i], .places = places, .n_places = n, .docs = docs + *found, .most = n - *found
        };
        if (!same_stream(p, p->sources[i], source))
            continue;
        code = run_finder(&f);
        for (size_t k = 0; k < f.n_docs; k++)
            f.docs[k].record = record_of(w, &f.docs[k]);
        *found += f.n_docs;
    }
    w->n_looked = looked;
    return code;
}
