/* The site of a URL as tldextract 5 has it, which datatrove's URL filter asks. */
#ifndef FILTER_URL_SITE_H
#define FILTER_URL_SITE_H
#include "suffixes.h"
#include "text/buf.h"

typedef struct url_site {
    sl_str full; /* the whole host, dots of other scripts as '.'; p NULL: it has no public suffix, or is no more */
    sl_str registered; /* the label before the public suffix, and that suffix; its end */
} url_site;
typedef struct url_work { /* zeroed: empty; kept from URL to URL */
    text_buf host, lower;
} url_work;

/* Letters stay as they are written; public suffixes are those of the ICANN section of the list, whatever their case.
 * Good until the next call. false: out of memory. */
bool url_site_of(const suffixes *list, sl_str url, url_work *w, url_site *out);
void url_work_free(url_work *w);

#endif
