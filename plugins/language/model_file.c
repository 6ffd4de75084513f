#include "model_file.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "sluice/service_report.h"
#define XXH_INLINE_ALL
#include <xxhash.h>

enum { INFO = 2 };

static int fail_errno(sl_ctx *c, const char *verb, const char *path)
{
    return c->host->fail(c, errno == ENOENT ? SL_E_CONFIG : SL_E_IO, "cannot %s %s: %s", verb, path, strerror(errno));
}

static int hold(sl_ctx *c, const char *path, uint64_t bytes)
{
    const int ret = c->host->reserve(c, bytes);
    return ret == SL_MORE ? c->host->fail(c, SL_E_CONFIG, "%s takes about %" PRIu64 " MiB, more than this run may hold",
                                          path, (bytes >> 20) + 1)
                          : ret;
}

static int read_whole(sl_ctx *c, int fd, const char *path, void **bytes, size_t *size)
{
    struct stat st;
    if (fstat(fd, &st))
        return fail_errno(c, "read", path);
    if (!S_ISREG(st.st_mode))
        return c->host->fail(c, SL_E_CONFIG, "%s is no file", path);
    const size_t n = (size_t)st.st_size;
    const int ret = hold(c, path, n);
    if (ret < 0)
        return ret;
    char *const p = malloc(n + 1);
    if (!p)
        return c->host->fail(c, SL_E_NOMEM, "%s needs %zu bytes to be read: out of memory", path, n);
    *bytes = p;
    for (size_t at = 0; at < n;) {
        const ssize_t got = read(fd, p + at, n - at < 1 << 30 ? n - at : 1 << 30);
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return fail_errno(c, "read", path);
        if (got == 0)
            return c->host->fail(c, SL_E_IO, "%s became shorter while it was read", path);
        at += (size_t)got;
    }
    *size = n;
    return SL_OK;
}

static int read_and_check(sl_ctx *c, int fd, const char *path, model_facts *facts, void **bytes)
{
    char why[MODEL_WHY];
    size_t n = 0;
    int ret = read_whole(c, fd, path, bytes, &n);
    if (ret < 0)
        return ret;
    if (!model_check(*bytes, n, facts, why))
        return c->host->fail(c, SL_E_CONFIG, "%s is no fastText model that can be used: %s", path, why);
    facts->bytes = n;
    facts->hash = XXH3_64bits(*bytes, n);
    ret = hold(c, path, facts->bytes + facts->memory);
    if (ret < 0)
        return ret;
    c->host->log(c, INFO, "%s: %" PRId32 " labels, %" PRId32 " words, %" PRId32 " dimensions, xxh3 %016" PRIx64, path,
                 facts->labels, facts->words, facts->dim, facts->hash);
    return SL_OK;
}

int model_open(sl_ctx *c, const char *path, model_facts *facts, ft_model **out)
{
    void *bytes = NULL;
    char why[FT_WHY];
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* a pipe is refused, not waited for */
    if (fd < 0)
        return fail_errno(c, "open", path);
    int ret = read_and_check(c, fd, path, facts, &bytes);
    close(fd);
    if (ret >= 0) {
        ret = ft_load(bytes, facts->bytes, out, why);
        if (ret < 0)
            c->host->fail(c, ret, "%s: %s", path, why);
    }
    free(bytes);
    return ret < 0 ? ret : hold(c, path, facts->memory); /* the file's bytes are gone */
}

int model_label(sl_ctx *c, const sl_batch *b, const ft_model *m, int32_t label, sl_str *out)
{
    size_t n;
    const char *const name = ft_label(m, label, &n);
    char *const p = c->host->alloc(c, b, n, 1);
    if (!p)
        return SL_E_NOMEM;
    memcpy(p, name, n);
    *out = (sl_str){ .p = p, .n = (uint32_t)n };
    return SL_OK;
}

int model_report(sl_ctx *c, const model_facts *facts)
{
    const sl_report_api *report = c->host->service(c, "report", 1);
    char rows[160];
    snprintf(rows, sizeof(rows),
             "[{\"labels\":%" PRId32 ",\"words\":%" PRId32 ",\"bytes\":%" PRIu64 ",\"xxh3\":\"%016" PRIx64 "\"}]",
             facts->labels, facts->words, facts->bytes, facts->hash);
    return report ? report->table(c, "model", rows) : SL_OK;
}
