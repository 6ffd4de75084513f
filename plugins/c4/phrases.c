#include "phrases.h"
#include <string.h>

/* "{" also finds "[", which differs in bit 5. The Kelvin sign E2 84 AA is the one character beyond ASCII whose lower
 * case is a letter of ours: the cookies of the policies have a k. */
const text_needle phrase_needles[] = {
    { "{", 1 },
    { "psu", 3 } /* lorem ipsum */,
    { "jav", 3 },
    { "oki", 3 } /* cookie */,
    { "f us", 4 } /* terms of use */,
    { "cy p", 4 } /* privacy policy */,
    { "\xE2\x84\xAA", 3 },
};
const uint32_t n_phrase_needles = sizeof phrase_needles / sizeof *phrase_needles;

static const struct {
    const char *p;
    uint32_t bit;
} phrases[] = {
    { "lorem ipsum", PHRASE_LOREM },     { "javascript", PHRASE_JAVASCRIPT }, { "terms of use", PHRASE_POLICY },
    { "privacy policy", PHRASE_POLICY }, { "cookie policy", PHRASE_POLICY },  { "uses cookies", PHRASE_POLICY },
    { "use of cookies", PHRASE_POLICY }, { "use cookies", PHRASE_POLICY },
};

static bool lower(sl_str line, text_buf *out)
{
    out->n = 0;
    if (!text_buf_room(out, line.n))
        return false;
    for (uint32_t i = 0; i < line.n; i++) {
        const unsigned char c = (unsigned char)line.p[i];
        if (c == 0xE2 && line.n - i > 2 && !memcmp(line.p + i, "\xE2\x84\xAA", 3)) {
            out->p[out->n++] = 'k';
            i += 2;
        } else {
            out->p[out->n++] = (char)((unsigned)c - 'A' < 26u ? c | 32 : c);
        }
    }
    return true;
}

bool find_phrases(sl_str line, text_buf *work, uint32_t *found)
{
    *found = 0;
    if (!lower(line, work))
        return false;
    for (size_t i = 0; i < sizeof phrases / sizeof *phrases; i++)
        if (memmem(work->p, work->n, phrases[i].p, strlen(phrases[i].p)))
            *found |= phrases[i].bit;
    return true;
}
