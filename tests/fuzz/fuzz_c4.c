/* layer: text, plugin: c4 lines.c phrases.c */
/* Pages by every kernel as by the plain one; lines that stay have nothing that drops a line. */
#include "../../plugins/c4/lines.h"
#include "fuzz_text.h"
#include "text/case.h"

static void clean(const page *p)
{
    static const char *const never[] = { "lorem ipsum",  "javascript",     "{",
                                         "terms of use", "privacy policy", "cookie policy",
                                         "uses cookies", "use of cookies", "use cookies" };
    text_buf lower = { 0 };
    for (uint32_t i = 0; i < p->kept.n; i++) {
        const sl_str line = { p->out.p + p->kept.v[i].begin, p->kept.v[i].end - p->kept.v[i].begin, 0 };
        lower.n = 0;
        must(text_lower(line, &lower));
        for (size_t k = 0; lower.n && k < sizeof never / sizeof *never; k++)
            must(!memmem(lower.p, lower.n, never[k], strlen(never[k])));
    }
    text_buf_free(&lower);
}

static void read_page(sl_str t, line_rules r)
{
    page plain = { 0 }, other = { 0 };
    must(text_use_kernel("plain") && page_read(&plain, &r, t));
    must(plain.out.n <= (size_t)t.n + 1 && plain.counts[LINES_KEPT] == plain.kept.n);
    clean(&plain);
    for (const char *const *name = text_kernels; *name; name++) {
        if (!text_use_kernel(*name))
            continue;
        must(page_read(&other, &r, t));
        must(other.end == plain.end && !memcmp(other.counts, plain.counts, sizeof plain.counts));
        must(other.out.n == plain.out.n && (!plain.out.n || !memcmp(other.out.p, plain.out.p, plain.out.n)));
    }
    page_free(&plain);
    page_free(&other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const sl_str t = fuzz_text(data, size);
    for (unsigned way = 0; way < 4; way++)
        read_page(t, (line_rules){ .max_word_length = way & 1 ? 1000 : 6,
                                   .min_words_per_line = way & 1 ? 3 : 0,
                                   .citations_first = way & 1,
                                   .citations = true,
                                   .end_mark = way & 2,
                                   .lorem = true,
                                   .javascript = true,
                                   .curly = true,
                                   .policy = true,
                                   .single_quote_ends = way & 1 });
    free((char *)t.p);
    return 0;
}
