/* Times primitives of the text library on texts in memory: tools/bench reads what it prints, "NAME BYTES SECONDS" a
 * line. usage: time_text FILE; the file holds each text after its length in bytes, four bytes of the machine's order.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "text/scan.h"
#include "text/simplify.h"
#include "text/words.h"

enum { ROUNDS = 7 };

typedef struct texts {
    sl_str *v;
    size_t n, bytes;
} texts;

/* What a measured call keeps from one text to the next. */
typedef struct work {
    text_buf out, between[2];
    text_spans words;
    text_scan scan;
} work;

static bool simplify(work *w, sl_str t) { return text_simplify(t, &w->out, w->between); }
static bool scan(work *w, sl_str t) { return text_scan_read(&w->scan, t); }
static bool whitespace(work *w, sl_str t) { return text_split(TEXT_WHITESPACE, t, &w->words); }
static bool wordpunct(work *w, sl_str t) { return text_split(TEXT_WORDPUNCT, t, &w->words); }
static bool unicode(work *w, sl_str t) { return text_split(TEXT_UNICODE_WORDS, t, &w->words); }
static bool spacy_en(work *w, sl_str t) { return text_split(TEXT_SPACY_EN, t, &w->words); }

static const struct {
    const char *name;
    bool (*call)(work *, sl_str);
} primitives[] = { { "simplify", simplify },   { "scan", scan },       { "whitespace", whitespace },
                   { "wordpunct", wordpunct }, { "unicode", unicode }, { "spacy_en", spacy_en } };

static char *read_all(const char *path, size_t *n)
{
    enum { SLACK = 64 };
    FILE *f = fopen(path, "rb");
    char *p = NULL;
    long size = -1;
    if (f && !fseek(f, 0, SEEK_END) && (size = ftell(f)) >= 0 && !fseek(f, 0, SEEK_SET))
        p = calloc(1, (size_t)size + SLACK);
    if (p && fread(p, 1, (size_t)size, f) != (size_t)size) {
        free(p);
        p = NULL;
    }
    if (f)
        fclose(f);
    *n = (size_t)size;
    return p;
}

static bool find_texts(const char *p, size_t size, texts *t)
{
    for (size_t at = 0, room = 0; at < size; t->n++) {
        uint32_t n;
        if (t->n == room) {
            sl_str *more = realloc(t->v, (room = room * 2 + 1024) * sizeof *more);
            if (!more)
                return false;
            t->v = more;
        }
        if (size - at < sizeof n)
            return false;
        memcpy(&n, p + at, sizeof n);
        at += sizeof n;
        if (size - at < n)
            return false;
        t->v[t->n] = (sl_str){ p + at, n, 0 };
        t->bytes += n;
        at += n;
    }
    return t->n != 0;
}

static double cpu_seconds(void)
{
    struct timespec t;
    return clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t) ? 0 : (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

/* The fastest of some rounds: what else the machine does only adds. < 0: out of memory. */
static double measure(bool (*call)(work *, sl_str), const texts *t)
{
    work w = { 0 };
    double best = 1e9;
    bool good = true;
    for (int round = 0; round < ROUNDS && good; round++) {
        const double began = cpu_seconds();
        for (size_t i = 0; i < t->n && good; i++)
            good = call(&w, t->v[i]);
        const double took = cpu_seconds() - began;
        best = took < best ? took : best;
    }
    text_buf_free(&w.out);
    text_buf_free(&w.between[0]);
    text_buf_free(&w.between[1]);
    text_spans_free(&w.words);
    text_scan_free(&w.scan);
    return good ? best : -1;
}

int main(int n, char **arguments)
{
    texts t = { 0 };
    size_t size = 0;
    char *p = n == 2 ? read_all(arguments[1], &size) : NULL;
    int code = !p || !find_texts(p, size, &t);
    if (code)
        fprintf(stderr, "usage: time_text FILE\n");
    for (size_t i = 0; !code && i < sizeof primitives / sizeof *primitives; i++) {
        const double seconds = measure(primitives[i].call, &t);
        code = seconds < 0 || printf("%s %zu %.9f\n", primitives[i].name, t.bytes, seconds) < 0;
    }
    free(t.v);
    free(p);
    return code;
}
