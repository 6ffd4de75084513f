#include <stdlib.h>
#include "io/json_internal.h"

bool json_each_key(const char *record, size_t n, bool (*fn)(void *u, const char *key, size_t key_n), void *u)
{
    json_walk w;
    json_member m;
    bool good = true, more = json_walk_begin(&w, record, record + n);
    while (good && more && json_walk_next(&w, &m)) {
        char *plain = m.escaped ? malloc(m.key_n + 1) : NULL;
        if (m.escaped && !plain)
            good = false;
        else
            more = fn(u, plain ? plain : m.key, plain ? json_unescape(m.key, m.key_n, plain) : m.key_n);
        free(plain);
    }
    return good;
}

bool json_valid(const char *p, size_t n) { return json_check(p, n, false) == JSON_OK; }
