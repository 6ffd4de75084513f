#include "stop_words.h"

const char *stop_words_make(stop_words *s, const char *const *words, size_t n)
{
    *s = (stop_words){ 0 };
    if (n > STOP_WORDS_MOST)
        return "there are more than 64";
    for (size_t i = 0; i < n; i++) {
        const size_t length = strlen(words[i]);
        uint64_t key[2] = { 0, 0 };
        if (!length || length > STOP_WORD_BYTES)
            return "one of them is empty or longer than 16 bytes";
        memcpy(key, words[i], length);
        if (stop_words_find(s, key[0], key[1], (uint32_t)length))
            return "one of them stands there twice";
        uint32_t at = stop_words_hash(key[0], key[1]);
        while (s->slot[at & 255])
            at++;
        memcpy(s->key[s->n++], key, sizeof key);
        s->slot[at & 255] = (uint8_t)s->n;
        s->length_of[(unsigned char)words[i][0]] |= 1u << length;
    }
    return NULL;
}
