#ifndef SOURCE_UTF8_H
#define SOURCE_UTF8_H
#include <stddef.h>

/* Bytes before the first that is no UTF-8 (overlong forms, surrogates and what lies beyond U+10FFFF are none); n if all
 * is. */
size_t utf8_prefix(const char *text, size_t n);

#endif
