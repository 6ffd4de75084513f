#include "normalize.h"
#include <string.h>
#include "text/space.h"

/* Above the bytes: white space, nothing at all, or white space if the bytes behind it say so. */
enum { SPACE = 0x100, DROP = 0x200, ASK = 0x300 };

void normal_form_init(normal_form *f, uint32_t level)
{
    static const char spaces[] = "\t\n\v\f\r\x1C\x1D\x1E\x1F ", wide[] = "\xC2\xE1\xE2\xE3";
    static const char punctuation[] = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";
    for (unsigned i = 0; i < 256; i++)
        f->of[i] = (uint16_t)(level >= NORMALIZE_WORDS && (i < 0x20 || i == 0x7F) ? DROP : i);
    for (const char *p = spaces; *p; p++)
        f->of[(uint8_t)*p] = SPACE;
    for (const char *p = wide; *p; p++)
        f->of[(uint8_t)*p] = ASK;
    for (unsigned i = 'A'; level >= NORMALIZE_LOWER && i <= 'Z'; i++)
        f->of[i] = (uint16_t)(i + 'a' - 'A');
    for (const char *p = punctuation; level >= NORMALIZE_WORDS && *p; p++)
        f->of[(uint8_t)*p] = DROP;
}

size_t normalize(const normal_form *f, normal_cursor *k, const char *p, size_t n, char *out, size_t cap)
{
    const uint8_t *text = (const uint8_t *)p;
    normal_cursor now = *k; /* `out` may be anything as far as the compiler knows */
    size_t made = 0;
    while (now.at < n && cap - made >= 2) {
        const uint8_t byte = text[now.at];
        uint16_t to = f->of[byte];
        size_t step = 1;
        if (to == ASK) {
            const size_t wide = text_space(p + now.at, p + n);
            to = wide ? SPACE : byte;
            step = wide ? wide : 1;
        }
        now.at += step;
        if (to < SPACE) {
            out[made] = ' ';
            made += now.space;
            out[made++] = (char)to;
            now.wrote = 1;
            now.space = 0;
        } else if (to == SPACE) {
            now.space = now.wrote; /* none in front of the first byte */
        }
    }
    *k = now;
    return made;
}
