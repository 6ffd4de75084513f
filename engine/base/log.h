/* The log: levels, one line each, to stderr and to the file of the run. Only the command line and the run use it;
 * library code returns errors. Any thread. */
#ifndef SLUICE_LOG_H
#define SLUICE_LOG_H
#include <stdarg.h>
#include <stdio.h>

enum { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };
typedef struct log_sink {
    FILE *to;   /* stderr, or NULL */
    FILE *file; /* log of the run: all levels, with times */
    int level;  /* for `to` */
    int color;
    void (*before)(void *); /* called before a line goes to `to`: clears the progress line */
    void *u;
} log_sink;
extern log_sink log_state;

void log_line(int level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void log_vline(int level, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
#endif
