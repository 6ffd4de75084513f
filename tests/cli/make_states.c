/* Writes the saved states that the cases of `sluice state` look at, good ones and broken ones: make_states DIR. What it
 * writes is kept in states/, so that a change of the format cannot go unnoticed. */
#include <stdio.h>
#include <stdlib.h>
#include "base/fs.h"
#include "io/artifact.h"
#include "unit/io/artifact_seal.h"

static const char exact[] =
    "{\"use\":\"dedup.exact\",\"options\":{\"by\":[\"text\"],\"keep\":\"first\",\"normalize\":true},"
    "\"inputs\":[{\"path\":\"a.jsonl.zst\",\"bytes\":120000000,\"fingerprint\":\"00000000000000aa\"},"
    "{\"path\":\"b.jsonl.zst\",\"bytes\":3000000,\"fingerprint\":\"00000000000000bb\"}],"
    "\"above\":[\"filter.length\",{\"use\":\"map.fields\",\"options\":{}}]}";
static const char port[] =
    "{\"use\":\"dedup.exact\",\"options\":{},\"inputs\":[{\"path\":\"known/\\u001b[2Jold.jsonl\","
    "\"bytes\":4096}],\"above\":[]}";
static const char strange[] = "{\"from\":\"a program that is not written yet\",\"inputs\":17}";

static const artifact_head heads[] = {
    { "dedup.exact", "3f9c1a2b00112233", "whole", 1, "dedup 1.0.0", exact, "{\"kept\":3}", 1790000000 },
    { "dedup.exact", "3f9c1a2b00112233", "port 1", 1, "dedup 1.0.0", port, "", 1790000100 },
    { "order.by", "3f9c77aa00112233", "applied", 2, "order 0.3", strange, "", 1790003600 },
    { "shuffle", "0badcafe00112233", "whole", 1, "order 0.3", "no JSON", "", INT64_MAX },
    /* broken below */
    { "mix", "c000000000000000", "whole", 1, "order 0.3", "", "", 1790000000 },
    { "mix", "d000000000000000", "whole", 1, "order 0.3", "", "", 1790000000 },
    { "mix", "f000000000000000", "port 0", 1, "order 0.3", "", "", 1790000000 },
};
enum { HEADS = sizeof heads / sizeof *heads };

static void check(int failed, const char *what)
{
    if (!failed)
        return;
    fprintf(stderr, "make_states: %s\n", what);
    exit(1);
}

static void damage(const char *path, char letter)
{
    sbuf s = { 0 };
    check(fs_read_file(path, 1 << 20, &s), path);
    if (letter == 'c') { /* cut */
        s.n -= 100;
    } else if (letter == 'd') { /* damaged */
        s.p[64 + 7] ^= 1;
    } else { /* format */
        put_number(s.p + 8, 2, 4);
        seal(s.p, s.n);
    }
    check(fs_write_atomic(path, s.p, s.n), path);
    sbuf_free(&s);
}

int main(int argc, char **argv)
{
    sbuf err = { 0 };
    char payload[300];
    arena mem;
    check(argc != 2, "make_states DIR");
    arena_init(&mem, 0);
    for (size_t i = 0; i < sizeof payload; i++)
        payload[i] = (char)(i * 7);
    for (int i = 0; i < HEADS; i++) {
        const artifact_head *h = &heads[i];
        const char *path = artifact_path(&mem, argv[1], h->stage, h->name, h->what);
        artifact_writer *w = path ? artifact_create(path, h, &err) : NULL;
        check(!w || artifact_put(w, payload, sizeof payload - (size_t)i, &err) || artifact_commit(w, &err),
              sbuf_z(&err));
        if (!strcmp(h->stage, "mix"))
            damage(path, h->name[0]);
    }
    const char *other = arena_printf(&mem, "%s/notes.state", argv[1]);
    check(!other || fs_write_atomic(other, "hello\n", 6), "notes.state");
    arena_free(&mem);
    sbuf_free(&err);
    return 0;
}
