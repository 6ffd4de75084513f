/* layer: io */
/* Any bytes as a saved state: opened, read in pieces, mapped. The first byte says how: as they are; with checksums that
 * hold; or as the head of a file that is otherwise in order. */
#include "io/artifact.h"
#include "fuzz_file.h"
#include "../unit/io/artifact_seal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { AS_THEY_ARE, SEALED, A_HEAD, WAYS };

/* A file in memory from the input; n is its size. To be freed. */
static char *build(int way, const uint8_t *data, size_t size, size_t *n)
{
    static const char magic[] = "\x93SLstate\x01", end[] = "SLstend\n";
    const size_t payload = 5, head = 64 + payload + 8;
    *n = way == A_HEAD ? head + size + 16 : size;
    char *p = calloc(1, *n + 1);
    if (!p)
        abort();
    if (way == A_HEAD) {
        memcpy(p, magic, sizeof magic);
        put_number(p + 16, payload, 8);
        put_number(p + 24, size, 8);
        memcpy(p + *n - 8, end, 8);
    }
    if (size)
        memcpy(p + (way == A_HEAD ? head : 0), data, size);
    if (way != AS_THEY_ARE)
        seal(p, *n);
    return p;
}

static void expect(bool good)
{
    if (!good)
        abort();
}

/* Reads to the end or to the damage, in pieces of `step`, with get and map in turn if both. 0 or < 0. */
static int walk(const char *path, size_t step, bool get, bool map, uint64_t *bytes)
{
    static char buf[70000];
    sbuf err = { 0 };
    int code = 1;
    artifact_reader *r = artifact_open(path, &code, &err);
    expect((r != NULL) == (code == 0));
    *bytes = r ? artifact_left(r) : 0;
    for (bool turn = get; code == 0 && artifact_left(r); turn = get && (!map || !turn)) {
        const uint64_t left = artifact_left(r);
        const size_t n = left < step ? (size_t)left : step;
        const void *p = buf;
        code = turn ? artifact_get(r, buf, n, &err) : artifact_map(r, n, &p, &err);
        expect(artifact_left(r) == (code ? left : left - n));
        if (code == 0)
            (void)hash_bytes(p, n); /* all of it can be read */
    }
    expect((code < 0) == (err.n > 0));
    artifact_close(r);
    sbuf_free(&err);
    return code;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t n;
    uint64_t bytes[3];
    if (size < 2)
        return 0;
    const int way = data[0] % WAYS;
    const size_t step = 1 + (size_t)data[1] * 256;
    char *p = build(way, data + 2, size - 2, &n);
    const char *path = fuzz_file((const uint8_t *)p, n);
    const int code = artifact_verify(path, NULL);
    expect(code <= 0);
    expect(walk(path, step, true, false, &bytes[0]) == code);
    expect(walk(path, step, false, true, &bytes[1]) == code);
    expect(walk(path, step, true, true, &bytes[2]) == code);
    expect(bytes[0] == bytes[1] && bytes[0] == bytes[2]);
    free(p);
    return 0;
}
