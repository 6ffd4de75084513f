/* Base64 (RFC 4648, with padding, without line breaks): bytes in a line of JSON. */
#ifndef SLUICE_BASE64_H
#define SLUICE_BASE64_H
#include "base/str.h"

void base64_add(sbuf *s, const void *p, size_t n);
/* Appends the bytes of text to out. false: it is no base64, or out of memory (out->failed). */
bool base64_get(const char *text, size_t n, sbuf *out);
#endif
