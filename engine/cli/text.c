/* Texts of documents on a terminal. They are anybody's bytes: nothing of them may steer it. */
#include "cli/cli.h"
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <wchar.h>

unsigned cli_width(int fd)
{
    struct winsize size;
    int64_t columns;
    const char *said = getenv("COLUMNS");
    if (ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col)
        return size.ws_col;
    if (said && str_to_i64(said, strlen(said), &columns) && columns >= 20 && columns <= 1000)
        return (unsigned)columns;
    return 80;
}

/* One character from valid UTF-8. */
static size_t decode(const unsigned char *p, uint32_t *cp)
{
    if (p[0] < 0x80) {
        *cp = p[0];
        return 1;
    }
    const size_t n = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    *cp = p[0] & (0x7Fu >> n);
    for (size_t i = 1; i < n; i++)
        *cp = *cp << 6 | (p[i] & 0x3F);
    return n;
}

/* Characters that reorder or hide what follows. */
static bool is_bidi_control(uint32_t c)
{
    return (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069) || c == 0x200E || c == 0x200F || c == 0x061C;
}

/* What to show for the character at p, and the columns it takes. Returns its bytes. */
static size_t shown(const char *p, const char *end, char out[8], unsigned *columns)
{
    uint32_t c;
    const size_t left = (size_t)(end - p);
    if (!utf8_valid_prefix(p, left < 4 ? left : 4)) {
        strcpy(out, "\xEF\xBF\xBD");
        *columns = 1;
        return 1;
    }
    const size_t n = decode((const unsigned char *)p, &c);
    *columns = 1;
    if (c == '\t' || c == '\r') {
        strcpy(out, c == '\t' ? " " : "");
        *columns = c == '\t';
    } else if (c < 0x20 || c == 0x7F) { /* control pictures */
        snprintf(out, 8, "\xE2\x90%c", c == 0x7F ? 0xA1 : (int)(0x80 + c));
    } else {
        const int w = is_bidi_control(c) ? -1 : wcwidth((wchar_t)c);
        if (w < 0) {
            strcpy(out, "\xEF\xBF\xBD");
        } else {
            memcpy(out, p, n);
            out[n] = 0;
            *columns = (unsigned)w;
        }
    }
    return n;
}

bool cli_wrap(const char **p, const char *end, unsigned width, sbuf *out)
{
    const char *at = *p, *space = NULL; /* space: behind the last blank, where the line may be cut */
    size_t n_space = 0;
    unsigned used = 0;
    if (at == end)
        return false;
    width = width < 2 ? 2 : width; /* so that any character fits */
    while (at < end && *at != '\n') {
        char one[8];
        unsigned columns;
        const size_t n = shown(at, end, one, &columns);
        if (used + columns > width) {
            if (space) {
                at = space;
                out->n = n_space;
                if (out->p)
                    out->p[out->n] = 0;
            }
            break;
        }
        if (*at == ' ') {
            n_space = out->n;
            space = at + 1;
        }
        sbuf_puts(out, one);
        used += columns;
        at += n;
    }
    if (at < end && *at == '\n')
        at++;
    *p = at;
    return true;
}

void cli_safe(const char *p, size_t n, unsigned width, sbuf *out)
{
    const char *end = p + n;
    unsigned used = 0;
    while (p < end) {
        char one[8];
        unsigned columns;
        if (*p == '\n') {
            strcpy(one, "\xE2\x8F\x8E"); /* return symbol */
            columns = 1;
            p++;
        } else {
            p += shown(p, end, one, &columns);
        }
        if (used + columns > width - (p < end)) {
            sbuf_puts(out, "…");
            return;
        }
        sbuf_puts(out, one);
        used += columns;
    }
}
