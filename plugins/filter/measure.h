/* Lengths of texts. Texts are UTF-8; nothing is read beyond n, and bad bytes do no harm. */
#ifndef FILTER_MEASURE_H
#define FILTER_MEASURE_H
#include <stddef.h>
#include <stdint.h>

/* Code points: bytes that do not continue one. */
uint64_t count_chars(const char *text, size_t n);

/* What Python's len(text.split()) gives: runs of characters that are no white space, as of Unicode 14. */
uint64_t count_words(const char *text, size_t n);

#endif
