/* Addresses in a text, as the regular expressions of datatrove's PIIFormatter find them in Python 3.11; and telephone
 * numbers. Linear in the length of the text, whatever stands in it. */
#ifndef ADDRESSES_H
#define ADDRESSES_H
#include "text/buf.h"

/* The first span that begins at byte `from` or behind it; false: there is none. As re.finditer, if `from` is the end of
 * the span before, and 0 at first. */
bool find_email(sl_str t, uint32_t from, sl_span *out);
bool find_ipv4(sl_str t, uint32_t from, sl_span *out);
/*     (?<![\w+])\+[1-9](?:[ .()/-]{0,2}[0-9]){7,14}+(?![0-9])
 *   | (?<![\w.+-])(?:1[ .-])?(?:\([2-9][0-9]{2}\) ?|[2-9][0-9]{2}[ .-])[2-9][0-9]{2}[ .-][0-9]{4}(?!\w|[.-][0-9]) */
bool find_phone(sl_str t, uint32_t from, sl_span *out);

/* What Python 3.11.7's ipaddress says of a span of find_ipv4: a number with a zero in front makes it no address. */
enum { IPV4_NONE, IPV4_PRIVATE, IPV4_GLOBAL };
int ipv4_kind(sl_str address);
#endif
