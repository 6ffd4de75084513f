#include "text/stop_words.h"

const char *text_stop_words_make(text_stop_words *s, const char *const *words, size_t n)
{
    *s = (text_stop_words){ 0 };
    if (n > TEXT_STOP_WORDS)
        return "there are more than 64";
    for (size_t i = 0; i < n; i++) {
        const sl_str word = { words[i], (uint32_t)strlen(words[i]), 0 };
        text_stop_word *w = &s->v[s->n];
        if (!word.n)
            return "one of them is empty";
        w->all = word;
        memcpy(w->head, word.p, word.n < sizeof w->head ? word.n : sizeof w->head);
        if (text_stop_words_find(s, word, w->head[0], w->head[1]))
            return "one of them stands there twice";
        uint32_t at = text_stop_words_hash(w->head[0], w->head[1]);
        while (s->slot[at & 255])
            at++;
        s->slot[at & 255] = (uint8_t)++s->n;
        s->length_of[(unsigned char)*word.p] |= 1u << (word.n < 31 ? word.n : 31);
    }
    return NULL;
}
