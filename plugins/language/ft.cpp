#include "ft.h"
#include <cmath>
#include <cstdio>
#include <cstring>
#include <istream>
#include <memory>
#include <new>
#include <ostream>
#include <streambuf>
#include <string>
#include <vector>
/* The library's header asks for <iostream>, which in libstdc++ brings a constructor into every object that includes it;
 * nothing in it is used. Loading a plugin runs no code. */
#define _GLIBCXX_IOSTREAM 1
#include <fasttext/fasttext.h>

namespace
{

constexpr char prefix[] = "__label__";

/* The istream that the library wants, over bytes that are there already. */
struct bytes_buf final : std::streambuf {
    void set(char *p, size_t n) { setg(p, p, p + n); }
};

struct library final : fasttext::FastText {
    /* loadModel from a stream leaves magic and version to its caller. */
    bool load(std::istream &in)
    {
        if (!checkModel(in))
            return false;
        loadModel(in);
        return true;
    }
};

/* Runs f, which returns a code; what it throws becomes a code too. */
template <typename F>
int guarded(char *why, int code, F f) noexcept
{
    try {
        return f();
    } catch (const std::bad_alloc &) {
        std::snprintf(why, FT_WHY, "out of memory");
        return SL_E_NOMEM;
    } catch (const std::exception &e) {
        std::snprintf(why, FT_WHY, "%s", e.what());
    } catch (...) {
        std::snprintf(why, FT_WHY, "the library failed");
    }
    return code;
}

/* The text as one line: the library reads up to a newline, and wants one at the end. */
void one_line(std::string &line, sl_str text, int newlines)
{
    line.clear();
    if (newlines == FT_SPACE) {
        line.append(text.p, text.n);
        for (char *p = line.data(), *const end = p + line.size();
             (p = static_cast<char *>(std::memchr(p, '\n', static_cast<size_t>(end - p))));)
            *p++ = ' ';
    } else {
        const char *p = text.p, *const end = text.p + text.n;
        while (p < end) {
            const char *newline = static_cast<const char *>(std::memchr(p, '\n', static_cast<size_t>(end - p)));
            line.append(p, newline ? newline : end);
            p = newline ? newline + 1 : end;
        }
    }
    line.push_back('\n');
}

} // namespace

struct ft_model {
    library lib;
    std::shared_ptr<const fasttext::Dictionary> dict;
    std::vector<std::string> labels;
};

struct ft_scratch {
    bytes_buf buf;
    std::istream in{ &buf };
    std::string line;
    std::vector<int32_t> words, labels;
    fasttext::Predictions found;
    std::vector<ft_guess> guesses;
};

int ft_load(const void *bytes, size_t n, ft_model **out, char why[FT_WHY])
{
    *out = nullptr;
    return guarded(why, SL_E_CONFIG, [&] {
        auto m = std::make_unique<ft_model>();
        bytes_buf buf;
        buf.set(static_cast<char *>(const_cast<void *>(bytes)), n); /* only read */
        std::istream in(&buf);
        if (!m->lib.load(in) || !in) {
            std::snprintf(why, FT_WHY, "the library does not take it");
            return static_cast<int>(SL_E_CONFIG);
        }
        m->dict = m->lib.getDictionary();
        for (int32_t i = 0; i < m->dict->nlabels(); i++) {
            std::string label = m->dict->getLabel(i);
            m->labels.push_back(label.compare(0, sizeof(prefix) - 1, prefix) ? label
                                                                             : label.substr(sizeof(prefix) - 1));
        }
        *out = m.release();
        return static_cast<int>(SL_OK);
    });
}

void ft_free(ft_model *m) { delete m; }
int32_t ft_labels(const ft_model *m) { return static_cast<int32_t>(m->labels.size()); }

const char *ft_label(const ft_model *m, int32_t i, size_t *n)
{
    const std::string &label = m->labels[static_cast<size_t>(i)];
    *n = label.size();
    return label.c_str();
}

ft_scratch *ft_scratch_new(void)
{
    char why[FT_WHY];
    ft_scratch *s = nullptr;
    guarded(why, SL_E_NOMEM, [&] {
        s = new ft_scratch;
        return 0;
    });
    return s;
}

void ft_scratch_free(ft_scratch *s) { delete s; }

int ft_predict(const ft_model *m, ft_scratch *s, sl_str text, int newlines, int32_t k, const ft_guess **out, size_t *n,
               char why[FT_WHY])
{
    *n = 0;
    return guarded(why, SL_E_INTERNAL, [&] {
        one_line(s->line, text, newlines);
        s->buf.set(s->line.data(), s->line.size());
        s->in.clear();
        s->found.clear();
        s->guesses.clear();
        m->dict->getLine(s->in, s->words, s->labels);
        m->lib.predict(k, s->words, s->found);
        for (const auto &f : s->found)
            s->guesses.push_back({ static_cast<double>(std::exp(f.first)), f.second });
        *out = s->guesses.data();
        *n = s->guesses.size();
        return static_cast<int>(SL_OK);
    });
}
