#include "base/log.h"
#include <time.h>

log_sink log_state = { .level = LOG_INFO };

void log_vline(int level, const char *fmt, va_list ap)
{
    static const char *const name[] = { "error", "warning", "info", "debug" };
    static const char *const color[] = { "\033[1;31m", "\033[1;33m", "\033[36m", "\033[2m" };
    char line[4096];
    vsnprintf(line, sizeof line, fmt, ap);
    if (log_state.file) {
        char when[32];
        const time_t now = time(NULL);
        struct tm tm;
        strftime(when, sizeof when, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&now, &tm));
        fprintf(log_state.file, "%s %-7s %s\n", when, name[level], line);
        fflush(log_state.file);
    }
    if (log_state.to && level <= log_state.level) {
        if (log_state.before)
            log_state.before(log_state.u);
        if (level == LOG_INFO)
            fprintf(log_state.to, "%s\n", line);
        else if (log_state.color)
            fprintf(log_state.to, "%s%s:\033[0m %s\n", color[level], name[level], line);
        else
            fprintf(log_state.to, "%s: %s\n", name[level], line);
        fflush(log_state.to);
    }
}

void log_line(int level, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    log_vline(level, fmt, ap);
    va_end(ap);
}
