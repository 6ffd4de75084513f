/* layer: io */
/* Any bytes as an archive, its members as texts or as files of lines. The first two bytes choose that, the chunk's size
 * and what damage does. */
#include "io/input.h"
#include "fuzz_file.h"
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(input_chunk *c)
{
    input_record r;
    for (int s; (s = input_chunk_next(c, &r)) != INPUT_END;) {
        if ((s != INPUT_OK && s != INPUT_MORE) || !r.member ||
            utf8_valid_prefix(r.member, strlen(r.member)) != strlen(r.member))
            abort();
        volatile char last = r.p[r.n + INPUT_SLACK - 1];
        (void)last;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    const input_limits lim = { .chunk_bytes = 1 + (uint64_t)data[1] * 64,
                               .max_record_bytes = 10000,
                               .damage = data[0] & 1 ? DAMAGE_SKIPS : DAMAGE_STOPS };
    arena mem;
    input_list list;
    sbuf note = { 0 }, err = { 0 };
    const char *paths[] = { fuzz_file(data + 2, size - 2) };
    arena_init(&mem, 0);
    input_chunk *c = input_chunk_new();
    if (!c || input_find(&mem, paths, 1, &list, &note, &err) != INPUT_OK)
        abort();
    const input_piece piece = { .end = list.v->size, .stream = true };
    input_stream *s = NULL;
    int r = input_stream_open(list.v, piece, data[0] & 2 ? MEMBERS_LINES : MEMBERS_TEXT, &lim, &s, &err);
    while (r == INPUT_OK && (r = input_stream_next(s, c, &err)) == INPUT_OK)
        walk(c);
    if (r < 0 && !err.n)
        abort();
    input_stream_close(s);
    input_chunk_free(c);
    sbuf_free(&note);
    sbuf_free(&err);
    arena_free(&mem);
    return 0;
}
