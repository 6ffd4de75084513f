/* One pipeline run in many ways that must not show: with documents read again, kept between passes, sorted into the
 * order they had, spilled, on several threads, in batches of other sizes. */
#ifndef STORE_TEST_H
#define STORE_TEST_H
#include "exec_test.h"

/* ---- by chance, but always the same ---- */

static uint64_t dice = 17;
static inline uint32_t roll(uint32_t n)
{
    dice = dice * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(dice >> 33) % n;
}

static inline void add_text(sbuf *out)
{
    static const char *const bits[] = { "word ", "ü",    "\\u00e9", "\\ud83d\\ude00", "\\n",     "\\\"",      "\\\\",
                                        "\\/",   "日本", "a b  c",  "\\t ",           "\\u0000", "x\\ny\\nz", "\\n\\n",
                                        ".",     "1" };
    sbuf_putc(out, '"');
    for (uint32_t n = roll(12); n; n--)
        sbuf_puts(out, bits[roll(sizeof bits / sizeof *bits)]);
    sbuf_putc(out, '"');
}

static inline void add_value(sbuf *out)
{
    static const char *const values[] = { "null",
                                          "true",
                                          "123456789012345678901234567890",
                                          "-0",
                                          "1e400",
                                          "0.1000000000000000055511151231257827",
                                          "18446744073709551615",
                                          "[ 1, {\"a\" :null} ]",
                                          "{ \"url\" : \"http://x/\\u00fc\", \"n\":[] }",
                                          "\"\"" };
    if (roll(3))
        sbuf_puts(out, values[roll(sizeof values / sizeof *values)]);
    else
        add_text(out);
}

/* A record with its fields in any order, some missing, blanks between them; now and then none at all. */
static inline void add_record(sbuf *out)
{
    static const char *const names[] = { "lang", "n", "metadata", "x", "y", "short", "nth" };
    const uint32_t n = roll(5), text = roll(n + 1), id = roll(n + 2);
    bool used[7] = { false };
    if (roll(15) == 0) {
        sbuf_puts(out, roll(2) ? "{\"id\":1}\n" : "{\"text\":\n");
        return;
    }
    sbuf_putc(out, '{');
    for (uint32_t i = 0, k = 0; i <= n; i++) {
        if (i == text) {
            sbuf_puts(out, k++ ? "," : "");
            sbuf_puts(out, "\"text\":");
            add_text(out);
        }
        if (i == id) {
            sbuf_puts(out, k++ ? " ,\"id\": " : "\"id\": ");
            if (roll(4))
                sbuf_printf(out, roll(2) ? "\"d%u\"" : "%u", roll(1000));
            else
                sbuf_puts(out, "null");
        }
        const uint32_t name = roll(7);
        if (i == n || used[name])
            continue;
        used[name] = true;
        sbuf_printf(out, "%s\"%s\"%s", k++ ? ", " : " ", names[name], roll(2) ? ":" : " : ");
        add_value(out);
    }
    sbuf_puts(out, roll(4) ? "}\n" : " }\n");
}

static inline void put_records(const char *path, unsigned n)
{
    sbuf s = { 0 };
    for (unsigned i = 0; i < n; i++)
        add_record(&s);
    put_file(path, sbuf_z(&s), s.n);
    sbuf_free(&s);
}

/* A tar archive of texts. */
static inline void put_archive(const char *path, unsigned n)
{
    sbuf all = { 0 };
    for (unsigned i = 0; i < n; i++) {
        char head[512] = { 0 }, text[600] = { 0 };
        const unsigned size = roll(500);
        unsigned sum = 0;
        for (unsigned k = 0; k < size; k++)
            text[k] = "abc \n\"\\d"[roll(8)];
        snprintf(head, 100, "member-%u.txt", i);
        snprintf(head + 100, 8, "%07o", 0644u);
        snprintf(head + 108, 8, "%07o", 0u);
        snprintf(head + 116, 8, "%07o", 0u);
        snprintf(head + 124, 12, "%011o", size);
        snprintf(head + 136, 12, "%011o", 0u);
        memset(head + 148, ' ', 8);
        head[156] = '0';
        memcpy(head + 257, "ustar\00000", 8);
        for (unsigned k = 0; k < 512; k++)
            sum += (unsigned char)head[k];
        snprintf(head + 148, 8, "%06o", sum);
        sbuf_add(&all, head, sizeof head);
        sbuf_add(&all, text, (size + 511) / 512 * 512);
    }
    char zero[1024] = { 0 };
    sbuf_add(&all, zero, sizeof zero);
    put_file(path, all.p, all.n);
    sbuf_free(&all);
}

/* ---- the ways ---- */

typedef struct way {
    const char *what, *head, *here; /* here: in place of # in the body */
    bool sorts;                     /* pos is numbered anew */
    unsigned threads;
    bool spill;
} way;

static const way ways[] = {
    { "twice", "materialize: never\n", "  - { use: test.fit, rounds: 2 }\n", false, 2, false },
    { "kept", "materialize: always\n", "  - { use: test.fit }\n", false, 1, false },
    { "kept, spilled", "materialize: always\nbatch_rows: 7\n", "  - { use: test.fit, rounds: 2 }\n", false, 3, true },
    { "kept twice", "materialize: always\nbatch_rows: 1\n", "  - { use: test.fit }\n  - { use: test.fit }\n", false, 2,
      false },
    { "once", "materialize: never\n", "  - { use: test.once }\n  - { use: test.fit, once: _probe_once }\n", false, 2,
      false },
    { "sorted", "materialize: auto\n", "  - { use: test.order, by: same }\n", true, 1, false },
    { "sorted, spilled", "batch_rows: 3\n", "  - { use: test.order, by: same }\n", true, 3, true },
    { "sorted, then fitted", "materialize: always\n",
      "  - { use: test.order, by: same }\n  - { use: test.sorted }\n  - { use: test.fit }\n", true, 2, false },
    { "kept, then sorted", "materialize: always\n",
      "  - { use: test.fit }\n  - { use: test.upper, all: false, name: u1 }\n  - { use: test.order, by: same }\n", true,
      2, true },
};
enum { WAYS = sizeof ways / sizeof *ways };

static inline void fill_in(sbuf *out, const char *head, const char *body, const char *here)
{
    sbuf_printf(out, "%ssplit_bytes: 16k\nstages:\n", head);
    for (; *body; body++)
        if (*body == '#')
            sbuf_puts(out, here);
        else
            sbuf_putc(out, *body);
}

static inline int by_line(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

/* As it is, or its lines in alphabetical order without numbers of pos: where the stream is sorted, what was dropped
 * above the sort stands before what was dropped below. */
static inline char *quarantine_lines(char *text, bool keep_pos)
{
    char *line[20000], *rest = NULL;
    size_t n = 0;
    if (keep_pos)
        return text;
    sbuf out = { 0 };
    for (char *k = text; !keep_pos && (k = strstr(k, "\"pos\":"));) {
        const size_t digits = strspn(k += 6, "0123456789");
        memmove(k, k + digits, strlen(k + digits) + 1);
    }
    for (char *l = strtok_r(text, "\n", &rest); l; l = strtok_r(NULL, "\n", &rest)) {
        assert_true(n < sizeof line / sizeof *line);
        line[n++] = l;
    }
    qsort(line, n, sizeof *line, by_line);
    for (size_t i = 0; i < n; i++)
        sbuf_printf(&out, "%s\n", line[i]);
    free(text);
    return out.p ? out.p : strdup("");
}

typedef struct result {
    char *out, *quarantine;
} result;

static inline result run_way(const char *body, const way *w, job *j)
{
    sbuf text = { 0 };
    result r;
    const bool plain = !*w->here; /* stays open, and so keeps its files to itself, while others run */
    char *quarantine = strdup(in(plain ? "@/one.quarantine" : "@/quarantine"));
    const exec_options o = { .threads = w->threads, .quarantine = quarantine, .spill = w->spill };
    fill_in(&text, w->head, body, w->here);
    if (plain)
        memcpy(strstr(text.p, "out.jsonl"), "one", 3);
    unlink(quarantine);
    if (job_run(j, text.p, o) != EXEC_OK)
        fail_msg("%s: ended with %d: %s\n%s", w->what, (int)j->end, exec_error(j->x), text.p);
    r.out = get_file(plain ? "@/one.jsonl" : "@/out.jsonl");
    r.quarantine = access(quarantine, F_OK)
                       ? strdup("")
                       : quarantine_lines(get_file(plain ? "@/one.quarantine" : "@/quarantine"), !w->sorts);
    sbuf_free(&text);
    free(quarantine);
    return r;
}

static inline void result_free(result *r)
{
    free(r->out);
    free(r->quarantine);
}

/* Fails with the first lines that differ. */
static inline void same_lines(const char *what, const char *body, const char *a, const char *b)
{
    const char *line_a = a, *line_b = b;
    if (!strcmp(a, b))
        return;
    for (; *a && *a == *b; a++, b++)
        if (*a == '\n') {
            line_a = a + 1;
            line_b = b + 1;
        }
    fail_msg("%s:\n%.*s\nbecame\n%.*s\nin\n%s", what, (int)strcspn(line_a, "\n"), line_a, (int)strcspn(line_b, "\n"),
             line_b, body);
}

/* Every stage of the plain run counts the same in the other, but what was put in. */
static inline void same_counts(const way *w, const job *a, const job *b)
{
    for (size_t i = 0; i < a->p.n_stages; i++) {
        const exec_stage *x = &exec_stages(a->x)[i], *y = counts(b, a->p.stages[i].name);
        assert_true(y->ran);
        if (x->in != y->in || x->kept != y->kept || x->out != y->out || x->rejected != y->rejected ||
            x->errors != y->errors || x->absorbed != y->absorbed || x->annotated != y->annotated)
            fail_msg("%s: %s counts otherwise", w->what, a->p.stages[i].name);
        for (size_t m = 0; m < x->n_metrics; m++)
            if (x->metrics[m].n != y->metrics[m].n)
                fail_msg("%s: %s counts %llu %s, not %llu", w->what, a->p.stages[i].name,
                         (unsigned long long)y->metrics[m].n, x->metrics[m].name, (unsigned long long)x->metrics[m].n);
    }
}

/* And every piece of input gave as many documents; one that comes to two sinks by two stores counts twice. */
static inline void same_splits(const way *w, const char *body, const job *a, const job *b)
{
    const exec_split *x, *y;
    const size_t n = exec_splits(a->x, &x);
    assert_int_equal(exec_splits(b->x, &y), n);
    for (size_t i = 0; i < n; i++)
        if (x[i].records != y[i].records || x[i].kept != y[i].kept)
            fail_msg("%s: split %zu had %llu records and kept %llu, not %llu and %llu, in\n%s", w->what, i,
                     (unsigned long long)y[i].records, (unsigned long long)y[i].kept, (unsigned long long)x[i].records,
                     (unsigned long long)x[i].kept, body);
}

/* The body in every way; # stands where stages are put in. Writes to @/out.jsonl. */
static inline void all_ways(const char *body)
{
    const way plain = { "plain", "materialize: never\n", "", false, 1, false };
    job first;
    result want = run_way(body, &plain, &first);
    char *without_pos = quarantine_lines(strdup(want.quarantine), false);
    for (size_t i = 0; i < WAYS; i++) {
        job j;
        result got = run_way(body, &ways[i], &j);
        if (!strstr(ways[i].here, "u1")) {
            same_lines(ways[i].what, body, want.out, got.out);
            same_lines(ways[i].what, body, ways[i].sorts ? without_pos : want.quarantine, got.quarantine);
            same_counts(&ways[i], &first, &j);
            if (!strstr(strstr(body, "sink.") + 1, "sink."))
                same_splits(&ways[i], body, &first, &j);
        }
        result_free(&got);
        job_free(&j);
    }
    free(without_pos);
    result_free(&want);
    job_free(&first);
}
#endif
