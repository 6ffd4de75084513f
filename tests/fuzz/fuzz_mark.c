/* layer: io */
/* Any bytes as the outputs of a mark that is to be continued, and as a journal: refused, or outputs that can be written
 * to their end. An @ stands for the folder; a file of four bytes is there as the first shard and as the open file. */
#include <fcntl.h>
#include <string.h>
#include "base/fs.h"
#include "io/journal.h"
#include "io/output_mark.h"
#include "sluice/plugin.h"
#include "fuzz_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char folder[32];

static void leave(void) { (void)fs_remove_tree(folder); }

static void make_file(const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, "a\nb\n", 4) != 4)
        abort();
    close(fd);
}

static void make_files(void)
{
    if (!folder[0]) {
        strcpy(folder, "/tmp/sluice-fuzz-XXXXXX");
        if (!mkdtemp(folder) || atexit(leave))
            abort();
    }
    make_file(".a-00000.jsonl.sluice-f");
    make_file(".b.gz.sluice-f");
}

static output *open_one(outputs *o, output_spec spec, const char *name)
{
    char path[64];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    spec.path = path;
    output *out = outputs_open(o, &spec, NULL);
    if (!out)
        abort();
    return out;
}

static void make_text(const uint8_t *data, size_t size, sbuf *json)
{
    char made_by[64];
    mark_made_by(made_by);
    sbuf_printf(json, "{\"version\":%d,\"made_by\":\"%s\",\"frame\":%d,\"outputs\":", MARK_VERSION, made_by,
                OUTPUT_FRAME);
    for (size_t i = 0; i < size; i++)
        if (data[i] == '@')
            sbuf_puts(json, folder);
        else
            sbuf_putc(json, (char)data[i]);
    sbuf_putc(json, '}');
}

/* A record behind everything that is committed, and the end. */
static void go_on(outputs *o, output *a, output *b)
{
    uint64_t split, chunk;
    outputs_next(o, &split, &chunk);
    sbuf json = { 0 };
    if (outputs_mark(o, false, &json, &split, &chunk, NULL) < 0)
        abort();
    outputs_next(o, &split, &chunk);
    if (output_put(a, 0, "x\n", 2) || output_put(b, 0, "y\n", 2))
        abort();
    int r = outputs_end_chunk(o, 0, split, chunk, NULL);
    if (r == 0)
        r = outputs_end_split(o, split, chunk + 1, NULL);
    if (r == 0)
        r = outputs_finish(o, NULL);
    if (r != 0 && r != SL_E_STATE) /* committed records that did not come */
        abort();
    sbuf_free(&json);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    sbuf json = { 0 }, err = { 0 };
    make_files();
    outputs *o = outputs_new(1, "f", 1 << 20);
    if (!o)
        abort();
    outputs_continue(o);
    output *a = open_one(o, (output_spec){ .shard_records = 2 }, "a-{shard}.jsonl");
    output *b = open_one(o, (output_spec){ .level = 1 }, "b.gz");
    make_text(data, size, &json);
    int r = outputs_resume(o, json.p, json.n, &err);
    if ((r != 0 && r != SL_E_STATE) || (r == 0) != (err.n == 0))
        abort();
    if (r == 0)
        go_on(o, a, b);
    outputs_free(o);
    sbuf_clear(&err);
    sbuf_clear(&json);
    r = journal_read(fuzz_file(data, size), &json, &err);
    if ((r != 0 && r != SL_E_STATE) || (r == 0) != (err.n == 0))
        abort();
    sbuf_free(&json);
    sbuf_free(&err);
    return 0;
}
