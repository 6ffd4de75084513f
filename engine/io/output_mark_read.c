/* Reading a mark: whatever stands in the text, it is either a mark that makes sense or it is refused. */
#include <string.h>
#include "io/json.h"
#include "io/output_mark.h"
#include "sluice/plugin.h"

enum { SLACK = 64 }; /* readable behind what json_parse gets */

typedef struct reader {
    arena *mem;
    json_parser *top, *output, *part;
    sbuf *err;
} reader;

static int refuse(reader *r, const char *what)
{
    sbuf_printf(r->err, "the mark cannot be used: %s", what);
    return SL_E_STATE;
}

static int no_memory(reader *r)
{
    sbuf_puts(r->err, "out of memory");
    return SL_E_NOMEM;
}

static int parse(reader *r, json_parser *p, const char *text, size_t n, json_cell *cells)
{
    const json_error e = json_parse(p, text, n, r->mem, cells);
    return e == JSON_OK ? 0 : e == JSON_NOMEM ? no_memory(r) : refuse(r, json_error_text(e));
}

/* ---- one part: a finished shard, or the beginning of one ---- */

enum { PART_RECORDS, PART_BYTES, PART_FILE_BYTES, PART_SHA256, PART_N };
static const json_field part_fields[PART_N] = {
    { "records", SL_T_U64 }, { "bytes", SL_T_U64 }, { "file_bytes", SL_T_U64 }, { "sha256", SL_T_STR }
};

static bool all_ok(const json_cell *cells, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (cells[i].state != CELL_OK)
            return false;
    return true;
}

static int read_part(reader *r, const sl_str *text, mark_part *out)
{
    json_cell c[PART_N];
    const int code = parse(r, r->part, text->p, text->n, c);
    if (code < 0)
        return code;
    if (!all_ok(c, PART_N) || c[PART_SHA256].v.str.n != sizeof out->sha256 - 1)
        return refuse(r, "a shard without its numbers");
    *out = (mark_part){ c[PART_RECORDS].v.u64, c[PART_BYTES].v.u64, c[PART_FILE_BYTES].v.u64, "" };
    memcpy(out->sha256, c[PART_SHA256].v.str.p, sizeof out->sha256 - 1);
    if (strspn(out->sha256, "0123456789abcdef") != sizeof out->sha256 - 1)
        return refuse(r, "a digest that is none");
    if ((out->records | out->bytes | out->file_bytes) >> 62) /* sums and off_t hold */
        return refuse(r, "absurd numbers");
    return 0;
}

/* ---- one output ---- */

enum {
    OUT_PATH,
    OUT_FORMAT,
    OUT_LEVEL,
    OUT_SHARD_BYTES,
    OUT_SHARD_RECORDS,
    OUT_AT,
    OUT_SHARDS,
    OUT_ALWAYS, /* what stands before must be there */
    OUT_OPEN = OUT_ALWAYS,
    OUT_START,
    OUT_TAIL_RECORDS,
    OUT_TAIL_BYTES,
    OUT_TAIL,
    OUT_N
};
static const json_field output_fields[OUT_N] = {
    [OUT_PATH] = { "path", SL_T_STR },
    [OUT_FORMAT] = { "format", SL_T_U64 },
    [OUT_LEVEL] = { "level", SL_T_I64 },
    [OUT_SHARD_BYTES] = { "shard_bytes", SL_T_U64 },
    [OUT_SHARD_RECORDS] = { "shard_records", SL_T_U64 },
    [OUT_AT] = { "at", SL_LIST_OF(SL_T_U64) },
    [OUT_SHARDS] = { "shards", SL_LIST_OF(SL_T_JSON) },
    [OUT_OPEN] = { "open", SL_T_JSON },
    [OUT_START] = { "tail.start", SL_LIST_OF(SL_T_U64) },
    [OUT_TAIL_RECORDS] = { "tail.records", SL_T_U64 },
    [OUT_TAIL_BYTES] = { "tail.bytes", SL_T_U64 },
    [OUT_TAIL] = { "tail.zstd", SL_T_STR },
};

static bool read_at(const json_cell *c, stream_at *out)
{
    const uint64_t *v = c->v.list.p;
    if (c->v.list.n != 3)
        return false;
    *out = (stream_at){ v[0], v[1], v[2] };
    return !((v[0] | v[1] | v[2]) >> 62);
}

static bool not_after(const stream_at *a, const stream_at *b)
{
    return stream_before(a->split, a->chunk, b) || (!stream_before(b->split, b->chunk, a) && a->records <= b->records);
}

static int read_tail(reader *r, const json_cell *c, mark_output *out)
{
    size_t there = 0;
    for (size_t i = OUT_START; i <= OUT_TAIL; i++)
        there += c[i].state == CELL_OK;
    if (!there)
        return 0;
    if (there != OUT_N - OUT_START || !read_at(&c[OUT_START], &out->start))
        return refuse(r, "an open frame without its numbers");
    out->tail = true;
    out->tail_records = c[OUT_TAIL_RECORDS].v.u64;
    out->tail_bytes = c[OUT_TAIL_BYTES].v.u64;
    out->tail_text = c[OUT_TAIL].v.str.p;
    out->tail_n = c[OUT_TAIL].v.str.n;
    if (!out->tail_records || out->tail_records >> 62 || out->tail_bytes > TAIL_MAX ||
        !not_after(&out->start, &out->at))
        return refuse(r, "an open frame that cannot be");
    return 0;
}

static int read_shards(reader *r, const sl_list *list, mark_output *out)
{
    const sl_str *v = list->p;
    out->n_shards = list->n;
    out->shards = arena_alloc(r->mem, (list->n + 1) * sizeof *out->shards, _Alignof(mark_part));
    if (!out->shards)
        return no_memory(r);
    for (size_t i = 0; i < list->n; i++) {
        const int code = read_part(r, &v[i], &out->shards[i]);
        if (code < 0)
            return code;
    }
    return 0;
}

static int read_output(reader *r, const sl_str *text, mark_output *out)
{
    json_cell c[OUT_N];
    int code = parse(r, r->output, text->p, text->n, c);
    if (code < 0)
        return code;
    if (!all_ok(c, OUT_ALWAYS) || !read_at(&c[OUT_AT], &out->at))
        return refuse(r, "an output without its numbers");
    out->format = c[OUT_FORMAT].v.u64;
    out->level = c[OUT_LEVEL].v.i64;
    out->shard_bytes = c[OUT_SHARD_BYTES].v.u64;
    out->shard_records = c[OUT_SHARD_RECORDS].v.u64;
    out->path = arena_strndup(r->mem, c[OUT_PATH].v.str.p, c[OUT_PATH].v.str.n);
    if (!out->path)
        return no_memory(r);
    code = read_shards(r, &c[OUT_SHARDS].v.list, out);
    if (code == 0 && c[OUT_OPEN].state == CELL_OK) {
        out->open = true;
        code = read_part(r, &c[OUT_OPEN].v.str, &out->part);
    }
    return code < 0 ? code : read_tail(r, c, out);
}

/* ---- the whole ---- */

enum { TOP_VERSION, TOP_MADE_BY, TOP_FRAME, TOP_OUTPUTS, TOP_N };
static const json_field top_fields[TOP_N] = {
    { "version", SL_T_U64 }, { "made_by", SL_T_STR }, { "frame", SL_T_U64 }, { "outputs", SL_LIST_OF(SL_T_JSON) }
};

static int read_top(reader *r, const char *json, size_t n, mark *ret)
{
    json_cell c[TOP_N];
    char made_by[64];
    int code = parse(r, r->top, json, n, c);
    if (code < 0)
        return code;
    if (!all_ok(c, TOP_N))
        return refuse(r, "it is no mark of outputs");
    mark_made_by(made_by);
    if (c[TOP_VERSION].v.u64 != MARK_VERSION || c[TOP_FRAME].v.u64 != OUTPUT_FRAME)
        return refuse(r, "another version of sluice made it");
    const sl_str *by = &c[TOP_MADE_BY].v.str;
    if (by->n != strlen(made_by) || memcmp(by->p, made_by, by->n))
        return refuse(r, "it was made with other versions of zstd or zlib, which may compress to other bytes");
    const sl_list *list = &c[TOP_OUTPUTS].v.list;
    ret->n = list->n;
    ret->v = arena_zalloc(r->mem, (list->n + 1) * sizeof *ret->v, _Alignof(mark_output));
    if (!ret->v)
        return no_memory(r);
    for (size_t i = 0; i < list->n && code == 0; i++)
        code = read_output(r, (const sl_str *)list->p + i, &ret->v[i]);
    return code;
}

int mark_read(const char *json, size_t n, arena *mem, mark *ret, sbuf *err)
{
    reader r = { mem, json_parser_new(top_fields, TOP_N), json_parser_new(output_fields, OUT_N),
                 json_parser_new(part_fields, PART_N), err };
    char *padded = n < SIZE_MAX - SLACK ? arena_alloc(mem, n + SLACK, 1) : NULL;
    int code;
    *ret = (mark){ 0 };
    if (r.top && r.output && r.part && padded) {
        memcpy(padded, json, n);
        memset(padded + n, 0, SLACK);
        code = n == 4 && !memcmp(json, "null", 4) ? refuse(&r, "standard output cannot be continued")
                                                  : read_top(&r, padded, n, ret);
    } else {
        code = no_memory(&r);
    }
    json_parser_free(r.top);
    json_parser_free(r.output);
    json_parser_free(r.part);
    return code;
}
