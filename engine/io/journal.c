/* "sluice-journal 1 <bytes> <xxh3>", a newline, the line, a newline; and nothing else. */
#include "io/journal.h"
#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "base/fs.h"
#include "base/hash.h"
#include "sluice/plugin.h"

#define MAGIC "sluice-journal 1 "

static int no_memory(sbuf *err)
{
    sbuf_puts(err, "out of memory");
    return SL_E_NOMEM;
}

static void add_head(sbuf *s, const char *json, size_t n)
{
    sbuf_printf(s, MAGIC "%zu %016llx\n", n, (unsigned long long)hash_bytes(json, n));
}

int journal_write(const char *path, const char *json, size_t n, sbuf *err)
{
    sbuf text = { 0 };
    if (memchr(json, '\n', n)) {
        sbuf_printf(err, "internal error: %s is to hold more than one line", path);
        return SL_E_INTERNAL;
    }
    add_head(&text, json, n);
    sbuf_add(&text, json, n);
    sbuf_putc(&text, '\n');
    const int r = text.failed ? -ENOMEM : fs_write_atomic(path, text.p, text.n);
    sbuf_free(&text);
    if (r == -ENOMEM)
        return no_memory(err);
    if (r < 0)
        sbuf_printf(err, "cannot write %s: %s", path, strerror(-r));
    return r < 0 ? SL_E_IO : 0;
}

/* The head is made again from the line and compared: there is one way only to write it. */
static const char *check(const sbuf *text, size_t *from, sbuf *head)
{
    const char *line = text->n ? memchr(text->p, '\n', text->n) : NULL;
    if (!text->n)
        return "it is empty";
    if (text->n < strlen(MAGIC) || memcmp(text->p, MAGIC, strlen(MAGIC)))
        return "it is no such file, or one of another version of sluice";
    if (!line || text->p[text->n - 1] != '\n' || line == text->p + text->n - 1)
        return "it was cut off";
    *from = (size_t)(line + 1 - text->p);
    add_head(head, line + 1, text->n - *from - 1);
    if (head->failed)
        return "out of memory";
    if (head->n != *from || memcmp(head->p, text->p, *from))
        return "its checksum does not fit";
    return memchr(line + 1, '\n', text->n - *from - 1) ? "it holds more than one line" : NULL;
}

int journal_read(const char *path, sbuf *json, sbuf *err)
{
    sbuf text = { 0 }, head = { 0 };
    size_t from = 0;
    const int r = fs_read_file(path, SIZE_MAX, &text);
    const char *why = r < 0 ? NULL : check(&text, &from, &head);
    int code = 0;
    if (r == -ENOENT)
        code = SL_END;
    else if (r == -ENOMEM || head.failed)
        code = no_memory(err);
    else if (r < 0) {
        sbuf_printf(err, "cannot read %s: %s", path, strerror(-r));
        code = SL_E_IO;
    } else if (why) {
        sbuf_printf(err, "%s is damaged: %s", path, why);
        code = SL_E_STATE;
    } else {
        sbuf_add(json, text.p + from, text.n - from - 1);
        if (json->failed)
            code = no_memory(err);
    }
    sbuf_free(&text);
    sbuf_free(&head);
    return code;
}

int journal_remove(const char *path, sbuf *err)
{
    int r = unlink(path) && errno != ENOENT ? -errno : fs_fsync_dir_of(path);
    if (r == -ENOENT)
        r = 0; /* not even the folder is there */
    if (r < 0)
        sbuf_printf(err, "cannot remove %s: %s", path, strerror(-r));
    return r < 0 ? SL_E_IO : 0;
}
