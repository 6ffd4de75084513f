#include "words.h"
#include <algorithm>
#include <new>
#include <string>
#include <string_view>
#include <unordered_set>

struct words {
    std::unordered_set<std::string> ignored;
};

words *words_new(const char *const *ignored) noexcept
try {
    auto w = new words;
    for (; *ignored; ignored++)
        w->ignored.emplace(*ignored);
    return w;
} catch (const std::bad_alloc &) {
    return nullptr;
}

void words_free(words *w) noexcept { delete w; }

long words_count(const words *w, const char *text, size_t n) noexcept
try {
    std::unordered_set<std::string> seen;
    std::string_view rest(text, n);
    while (!rest.empty()) {
        const size_t end = std::min(rest.find(' '), rest.size());
        std::string word(rest.substr(0, end));
        if (!word.empty() && w->ignored.count(word) == 0)
            seen.insert(std::move(word));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return static_cast<long>(seen.size());
} catch (const std::bad_alloc &) {
    return -1;
}
