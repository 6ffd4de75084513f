/* The host of a URL. */
#ifndef FILTER_URL_HOST_H
#define FILTER_URL_HOST_H
#include <stdbool.h>
#include <stddef.h>

enum { HOST_MAX = 255 }; /* bytes; names in the DNS have at most 253 */

/* The host of a URL or of what a URL would be without its scheme ("example.com/x", "//example.com", "example.com"): in
 * lower case (ASCII), without user, port and dots at the end; strip_www: also without "www." where a name with a dot is
 * left. Nothing is decoded. Its length; 0: there is none. */
size_t url_host(const char *p, size_t n, bool strip_www, char out[HOST_MAX]);

/* The name above it: where it begins in `host`, or n if there is none: numeric addresses have none. */
size_t host_parent(const char *host, size_t n, size_t begin);

#endif
