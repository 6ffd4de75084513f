/* The one thread that the program starts by itself: it only looks at counters and writes to standard error. */
#include "cli/progress.h"
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/log.h"
#include "cli/cli.h"

enum { BAR = 24, PLAIN_SECONDS = 30, REDRAW_MS = 200 };

struct progress {
    const exec *x;
    const char *name;
    size_t sinks;
    bool terminal, drawn, stop;
    pthread_t thread;
    pthread_mutex_t lock; /* guards stop and drawn, and keeps lines on the terminal whole */
    pthread_cond_t wake;
    double began, last_time, speed;
    unsigned pass;
    uint64_t last_bytes;
};

static double now_seconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* ---- the line ---- */

static void bar(double share, sbuf *out)
{
    static const char *const part[] = { " ", "▏", "▎", "▍", "▌", "▋", "▊", "▉" };
    const unsigned eighths = (unsigned)(share * BAR * 8);
    sbuf_puts(out, " ▕");
    for (unsigned i = 0; i < BAR; i++)
        sbuf_puts(out, eighths >= (i + 1) * 8 ? "█" : eighths > i * 8 ? part[eighths - i * 8] : " ");
    sbuf_puts(out, "▏");
}

/* Adds a part to the line unless that would make it too wide. */
static void part(sbuf *out, unsigned width, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static void part(sbuf *out, unsigned width, const char *fmt, ...)
{
    sbuf text = { 0 };
    va_list ap;
    va_start(ap, fmt);
    sbuf_vprintf(&text, fmt, ap);
    va_end(ap);
    if (str_columns(sbuf_z(out)) + str_columns(sbuf_z(&text)) < width)
        sbuf_puts(out, sbuf_z(&text));
    sbuf_free(&text);
}

/* "1.4 of 2.3 TB", or "980 MB of 2.3 TB" where the units differ. */
static void bytes_of(double done, double total, sbuf *out)
{
    char a[32], b[32];
    human_bytes(a, done);
    human_bytes(b, total);
    char *unit_a = strchr(a, ' '), *unit_b = strchr(b, ' ');
    if (unit_a && unit_b && !strcmp(unit_a, unit_b))
        *unit_a = 0;
    sbuf_printf(out, "%s of %s", a, b);
}

void progress_line(const exec_progress *now, const char *name, size_t sinks, double speed, double left, unsigned width,
                   sbuf *out)
{
    char text[32];
    sbuf bytes = { 0 };
    const double share = now->bytes_total ? (double)now->bytes_done / (double)now->bytes_total : 0;
    const double shown = share > 1 ? 1 : share;
    sbuf_puts(out, name);
    if (now->what)
        part(out, width, " %u %s", now->pass, now->what);
    if (now->bytes_total) {
        if (width >= str_columns(name) + BAR + 44)
            bar(shown, out);
        part(out, width, " %d %%", (int)(shown * 100));
        bytes_of((double)now->bytes_done, (double)now->bytes_total, &bytes);
        part(out, width, "  %s", sbuf_z(&bytes));
    } else {
        part(out, width, "  %s", human_bytes(text, (double)now->bytes_done));
    }
    if (speed > 0)
        part(out, width, "  %s/s", human_bytes(text, speed));
    part(out, width, "  %s docs", human_count(text, now->documents));
    if (now->documents && sinks == 1 && now->kept <= now->documents) /* more are parts of them */
        part(out, width, "  kept %.1f %%", 100.0 * (double)now->kept / (double)now->documents);
    else if (now->documents)
        part(out, width, "  written %s", human_count(text, now->kept));
    if (now->errors)
        part(out, width, "  %s bad", human_count(text, now->errors));
    if (left >= 0)
        part(out, width, "  %s left", human_seconds(text, left));
    sbuf_free(&bytes);
}

/* ---- drawing ---- */

static void erase(progress *p)
{
    if (p->drawn)
        fputs("\r\033[K", stderr);
    p->drawn = false;
}

static void draw(progress *p)
{
    exec_progress now = { 0 };
    sbuf line = { 0 };
    const double t = now_seconds(), elapsed = t - p->began;
    exec_progress_now(p->x, &now);
    if (now.pass != p->pass) { /* another sweep, another speed */
        p->pass = now.pass;
        p->began = p->last_time = t;
        p->last_bytes = 0;
        p->speed = 0;
    }
    if (t - p->last_time > 0.1) { /* a moving average over about five seconds */
        const double dt = t - p->last_time, current = (double)(now.bytes_done - p->last_bytes) / dt,
                     weight = dt / (dt + 5);
        p->speed = elapsed < 5 ? (double)now.bytes_done / elapsed : p->speed + (current - p->speed) * weight;
        p->last_time = t;
        p->last_bytes = now.bytes_done;
    }
    const double left = now.bytes_total > now.bytes_done && p->speed > 0 && elapsed > 2
                            ? (double)(now.bytes_total - now.bytes_done) / p->speed
                            : -1;
    progress_line(&now, p->name, p->sinks, p->speed, left, p->terminal ? cli_width(STDERR_FILENO) : 200, &line);
    if (p->terminal) {
        fprintf(stderr, "\r%s\033[K", sbuf_z(&line));
        p->drawn = true;
    } else {
        fprintf(stderr, "%s\n", sbuf_z(&line));
    }
    fflush(stderr);
    sbuf_free(&line);
}

static void *loop(void *u)
{
    progress *p = u;
    pthread_mutex_lock(&p->lock);
    while (!p->stop) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        if (p->terminal)
            until.tv_nsec += REDRAW_MS * 1000000L;
        else
            until.tv_sec += PLAIN_SECONDS;
        if (until.tv_nsec >= 1000000000L) {
            until.tv_sec++;
            until.tv_nsec -= 1000000000L;
        }
        if (pthread_cond_timedwait(&p->wake, &p->lock, &until) != 0 && !p->stop)
            draw(p);
    }
    erase(p);
    fflush(stderr);
    pthread_mutex_unlock(&p->lock);
    return NULL;
}

/* A line of the log is about to be written: by any thread. */
static void make_room(void *u)
{
    progress *p = u;
    pthread_mutex_lock(&p->lock);
    erase(p);
    pthread_mutex_unlock(&p->lock);
}

progress *progress_start(const exec *x, const char *name, size_t sinks)
{
    progress *p = calloc(1, sizeof *p);
    pthread_condattr_t attr;
    sigset_t all, old;
    if (!p)
        return NULL;
    *p = (progress){ .x = x, .name = name, .sinks = sinks, .terminal = isatty(STDERR_FILENO), .began = now_seconds() };
    p->last_time = p->began;
    pthread_mutex_init(&p->lock, NULL);
    pthread_condattr_init(&attr);
    pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    pthread_cond_init(&p->wake, &attr);
    pthread_condattr_destroy(&attr);
    sigfillset(&all); /* signals are for threads that wait for input */
    pthread_sigmask(SIG_SETMASK, &all, &old);
    const int failed = pthread_create(&p->thread, NULL, loop, p);
    pthread_sigmask(SIG_SETMASK, &old, NULL);
    if (failed) {
        free(p);
        return NULL;
    }
    log_state.before = make_room;
    log_state.u = p;
    return p;
}

void progress_stop(progress *p)
{
    if (!p)
        return;
    pthread_mutex_lock(&p->lock);
    p->stop = true;
    pthread_cond_signal(&p->wake);
    pthread_mutex_unlock(&p->lock);
    pthread_join(p->thread, NULL);
    log_state.before = NULL;
    log_state.u = NULL;
    pthread_mutex_destroy(&p->lock);
    pthread_cond_destroy(&p->wake);
    free(p);
}
