/* Reading states to their last byte. Large ones take minutes: progress, and a signal ends it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "cli/state.h"

enum { PLAIN_SECONDS = 30 };
static const double REDRAW_SECONDS = 0.2;

typedef struct verifier {
    cli *c;
    const state_list *l;
    char *block;
    size_t at, bad; /* states */
    uint64_t read, total;
    bool terminal, drawn;
    double next; /* when progress is to be told again */
} verifier;

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void erase(verifier *v)
{
    if (v->drawn)
        fputs("\r\033[K", stderr);
    v->drawn = false;
}

static void tell_progress(verifier *v)
{
    char done[32], all[32];
    const double now = now_seconds();
    if (v->c->a.quiet || now < v->next)
        return;
    fprintf(stderr, "%sstate %zu of %zu  %s of %s%s", v->terminal ? "\r" : "", v->at + 1, v->l->n,
            human_bytes(done, (double)v->read), human_bytes(all, (double)v->total), v->terminal ? "\033[K" : "\n");
    v->drawn = v->terminal;
    v->next = now + (v->terminal ? REDRAW_SECONDS : PLAIN_SECONDS);
}

/* 0, SL_E_CANCEL, or why it is bad, in why. */
static int read_all(verifier *v, const char *path, sbuf *why)
{
    int code;
    artifact_reader *r = artifact_open(path, &code, why);
    while (code == 0 && artifact_left(r)) {
        const uint64_t left = artifact_left(r);
        const size_t n = left < ARTIFACT_BLOCK ? (size_t)left : ARTIFACT_BLOCK;
        code = atomic_load(v->c->cancel) ? SL_E_CANCEL : artifact_get(r, v->block, n, why);
        v->read += n;
        tell_progress(v);
    }
    artifact_close(r);
    return code;
}

static int verify_one(verifier *v, const artifact_entry *e)
{
    const state_name s = state_name_of(e);
    sbuf why = { 0 }, line = { 0 };
    char size[32];
    const uint64_t before = v->read;
    int code = read_all(v, e->path, &why);
    v->read = before + e->bytes;
    if (code == 0 && e->problem) { /* what only the folder knows: a wrong name */
        sbuf_puts(&why, e->problem);
        code = SL_E_STATE;
    }
    erase(v);
    if (code < 0 && code != SL_E_CANCEL) {
        diag_error(&v->c->d, (diag_at){ 0 }, "%s", why.failed ? "out of memory" : sbuf_z(&why));
        v->bad++;
    }
    if (code != SL_E_CANCEL && !v->c->a.quiet) {
        cli_safe(s.file, strlen(s.file), 1 << 16, &line);
        printf("%s   %s   %s\n", code ? "BAD " : "good", sbuf_z(&line), human_bytes(size, (double)e->bytes));
        fflush(stdout);
    }
    sbuf_free(&why);
    sbuf_free(&line);
    return code;
}

int state_verify(cli *c, const state_list *l)
{
    verifier v = { .c = c, .l = l, .block = malloc(ARTIFACT_BLOCK), .terminal = isatty(STDERR_FILENO) };
    char size[32];
    int code = v.block ? 0 : SL_E_NOMEM;
    v.next = now_seconds() + (v.terminal ? REDRAW_SECONDS : PLAIN_SECONDS);
    for (size_t i = 0; i < l->n; i++)
        v.total += l->v[i].bytes;
    for (; v.block && v.at < l->n && code != SL_E_CANCEL; v.at++)
        code = verify_one(&v, &l->v[v.at]);
    free(v.block);
    if (!v.block)
        diag_nomem(&c->d);
    else if (code == SL_E_CANCEL)
        diag_error(&c->d, (diag_at){ 0 }, "stopped: %zu of %zu states were read", v.at - 1, l->n);
    else if (!c->a.quiet)
        printf("%zu %s, %s: %zu good, %zu bad\n", STATES(l->n), human_bytes(size, (double)v.total), l->n - v.bad,
               v.bad);
    return !v.block ? EXIT_INTERNAL : v.bad ? EXIT_IO : code == SL_E_CANCEL ? EXIT_AGAIN : 0;
}
