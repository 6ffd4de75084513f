/* A growing byte string, and small helpers over text. */
#ifndef SLUICE_STR_H
#define SLUICE_STR_H
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct sbuf {
    char *p; /* NUL behind the last byte, or NULL while empty */
    size_t n, cap;
    bool failed; /* out of memory: later additions do nothing */
} sbuf;

void sbuf_add(sbuf *s, const void *p, size_t n);
void sbuf_puts(sbuf *s, const char *z);
void sbuf_putc(sbuf *s, char c);
void sbuf_printf(sbuf *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sbuf_vprintf(sbuf *s, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
/* p as a JSON string with its quotes. Bytes that are no UTF-8 become U+FFFD. */
void sbuf_json(sbuf *s, const char *p, size_t n);
void sbuf_json_z(sbuf *s, const char *z); /* NULL: null */
/* Shortest decimal that reads back as the same double; null for NaN and infinities. Locale-free. */
void sbuf_json_double(sbuf *s, double v);
bool sbuf_room(sbuf *s, size_t extra); /* makes room for `extra` more bytes */
void sbuf_clear(sbuf *s);              /* n = 0, keeps the memory */
void sbuf_free(sbuf *s);
const char *sbuf_z(const sbuf *s); /* never NULL */

/* Whole-string parsers, locale-free; false: no number, trailing characters, or out of the type's range. */
bool str_to_i64(const char *s, size_t n, int64_t *out);
bool str_to_u64(const char *s, size_t n, uint64_t *out);
bool str_to_f64(const char *s, size_t n, double *out);

/* Bytes of the longest valid UTF-8 prefix: n if all is valid. */
size_t utf8_valid_prefix(const char *p, size_t n);
/* Characters of the first line, valid UTF-8: what it takes on a terminal, or nearly. */
size_t str_columns(const char *s);

/* Restricted Damerau-Levenshtein distance, at most `limit` + 1. */
unsigned str_distance(const char *a, const char *b, unsigned limit);
/* The candidate nearest to `word`, or NULL if none is near enough to be a slip of the pen. */
const char *str_suggest(const char *word, const char *const *candidates, size_t n);

/* "1.4 GB", "11,204", "1 h 02 min": for people. buf is returned. */
const char *human_bytes(char buf[32], double bytes);
const char *human_count(char buf[32], uint64_t n);
const char *human_seconds(char buf[32], double seconds);
#endif
