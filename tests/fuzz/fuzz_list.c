/* layer: text, plugin: filter list_file.c list_table.c url_host.c */
/* The first byte picks a match, the rest is a list. Every line of a list that was read must be found in it again, and
 * the host of a URL must be its own host. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "../../plugins/filter/list_file.h"
#include "../../plugins/filter/url_host.h"
#include "fuzz_file.h"
#include "text/lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool said; /* a message was left */

static void must(bool what)
{
    if (!what)
        abort();
}

static int leave(sl_ctx *c, int code, const char *fmt, ...)
{
    char text[256];
    va_list ap;
    (void)c;
    va_start(ap, fmt);
    must(vsnprintf(text, sizeof(text), fmt, ap) > 0);
    va_end(ap);
    said = true;
    return code;
}

static void check_host(const char *p, size_t n, bool strip)
{
    char host[HOST_MAX], again[HOST_MAX];
    const size_t length = url_host(p, n, strip, host);
    must(length <= HOST_MAX);
    if (length) {
        must(host[0] != '.' && host[length - 1] != '.');
        must(url_host(host, length, false, again) == length && !memcmp(host, again, length));
    }
    size_t at = 0, steps = 0;
    while (length && (at = host_parent(host, length, at)) < length)
        must(++steps < HOST_MAX && host[at - 1] == '.');
}

static void check_lines(const list_table *t, const list_spec *spec, const char *p, const char *end)
{
    if (end - p >= 3 && !memcmp(p, "\xEF\xBB\xBF", 3))
        p += 3;
    for (const char *next; p < end; p = next + 1) {
        const char *newline = memchr(p, '\n', (size_t)(end - p));
        next = newline ? newline : end;
        size_t n = (size_t)(next - p);
        n -= n > 0 && p[n - 1] == '\r';
        if (spec->comments && n && *p == '#')
            continue;
        sl_str entry;
        const sl_str stripped = text_strip((sl_str){ .p = p, .n = (uint32_t)n });
        char host[HOST_MAX];
        const size_t length = spec->match == LIST_HOST ? url_host(p, n, spec->strip_www, host) : 0;
        if (n && spec->match == LIST_EXACT)
            must(list_find(t, list_ask(t, p, n), p, n, &entry) && entry.n == n && !memcmp(entry.p, p, n));
        else if (stripped.n && spec->match == LIST_STRIPPED)
            must(list_find(t, list_ask(t, stripped.p, stripped.n), stripped.p, stripped.n, &entry));
        else if (n && spec->match == LIST_HOST)
            must(length && list_find(t, list_ask(t, host, length), host, length, &entry));
    }
}

static bool is_word(sl_str entry)
{
    for (uint32_t i = 0; i < entry.n; i++)
        if (!entry.p[i] || !strchr("0123456789abcdefghijklmnopqrstuvwxyz", entry.p[i]))
            return false;
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const sl_host host = { .struct_size = sizeof(host), .fail = leave };
    sl_ctx c = { .host = &host };
    list_table t = { 0 };
    uint64_t hash;
    if (!size)
        return 0;
    const char *text = (const char *)data + 1;
    const list_spec spec = {
        .path = fuzz_file(data + 1, size - 1), .match = *data % 5, .strip_www = *data & 8, .comments = *data & 16
    };
    check_host(text, size - 1, spec.strip_www);
    said = false;
    const int ret = list_read(&c, &spec, &t, &hash);
    must((ret < 0) == said);
    must(ret < 0 || list_seal(&t));
    if (ret == SL_OK)
        check_lines(&t, &spec, text, text + size - 1);
    uint64_t at = 0, entries = 0;
    for (sl_str entry; ret == SL_OK && list_next(&t, &at, &entry); entries++)
        must(entry.n > 0 && entry.n <= LIST_ENTRY_MAX && (spec.match != LIST_WORD || is_word(entry)));
    must(ret < 0 || entries == t.entries);
    list_free(&t);
    return 0;
}
