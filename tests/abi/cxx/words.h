/* Distinct words of a text. C++ behind C: nothing is thrown through these functions. */
#ifndef WORDS_H
#define WORDS_H
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#define NOTHROW noexcept
#else
#define NOTHROW
#endif

typedef struct words words;
/* Words that do not count; ends with NULL. NULL: out of memory. */
words *words_new(const char *const *ignored) NOTHROW;
void words_free(words *) NOTHROW; /* NULL is fine */
/* How many different words the text has. < 0: out of memory. Any thread. */
long words_count(const words *, const char *text, size_t n) NOTHROW;

#ifdef __cplusplus
}
#endif
#endif
