/* layer: io */
/* Any bytes as an input file of lines, read piece by piece: no crash, no hang; and where nothing is damaged, the same
 * records however it is cut. The first four bytes choose split, chunk and record bounds and what damage does. */
#include "base/hash.h"
#include "io/input.h"
#include "fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct total {
    uint64_t sum, n, damage;
    int result;
} total;

static void walk(input_chunk *c, total *t)
{
    input_record r;
    for (int s; (s = input_chunk_next(c, &r)) != INPUT_END; t->n++) {
        if (s != INPUT_OK && s != INPUT_MORE)
            abort();
        t->sum = hash_two(t->sum, hash_two(r.nth, hash_bytes(r.p, r.n)));
        volatile char last = r.p[r.n + INPUT_SLACK - 1];
        (void)last;
    }
    t->damage += input_chunk_damage(c, NULL);
}

static total read_all(const input_file *f, uint64_t split, const input_limits *lim, input_chunk *c)
{
    total t = { 0 };
    arena mem;
    sbuf err = { 0 };
    input_pieces pieces = { 0 };
    arena_init(&mem, 0);
    t.result = input_cut(&mem, f, split, false, &pieces, &err);
    for (size_t i = 0; i < pieces.n && t.result >= 0; i++) {
        input_stream *s = NULL;
        if (!pieces.v[i].stream) {
            if ((t.result = input_load(f, pieces.v[i], lim, c, &err)) == INPUT_OK)
                walk(c, &t);
            continue;
        }
        t.result = input_stream_open(f, pieces.v[i], MEMBERS_NONE, lim, &s, &err);
        while (t.result == INPUT_OK && (t.result = input_stream_next(s, c, &err)) == INPUT_OK)
            walk(c, &t);
        input_stream_close(s);
    }
    if (t.result < 0 && !err.n)
        abort();
    sbuf_free(&err);
    arena_free(&mem);
    return t;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 4)
        return 0;
    const uint64_t split = 1 + (uint64_t)data[0] * data[0];
    const input_limits lim = { .chunk_bytes = 1 + (uint64_t)data[1] * 16,
                               .max_record_bytes = (uint64_t)data[2] * data[2] + 1,
                               .damage = data[3] & 1 ? DAMAGE_SKIPS : DAMAGE_STOPS };
    arena mem;
    input_list list;
    sbuf note = { 0 }, err = { 0 };
    const char *paths[] = { fuzz_file(data + 4, size - 4) };
    arena_init(&mem, 0);
    input_chunk *c = input_chunk_new();
    if (!c || input_find(&mem, paths, 1, &list, &note, &err) != INPUT_OK)
        abort();
    const total a = read_all(list.v, split, &lim, c), b = read_all(list.v, UINT64_MAX, &lim, c);
    if (a.result >= 0 && b.result >= 0 && !a.damage && !b.damage && (a.n != b.n || a.sum != b.sum))
        abort();
    input_chunk_free(c);
    sbuf_free(&note);
    sbuf_free(&err);
    arena_free(&mem);
    return 0;
}
