#include "registry/elf.h"
#include <elf.h>
#include <errno.h>
#include <string.h>
#include "base/fs.h"

#if defined(__x86_64__)
enum { THIS_MACHINE = EM_X86_64 };
#elif defined(__aarch64__)
enum { THIS_MACHINE = EM_AARCH64 };
#else
enum { THIS_MACHINE = EM_NONE };
#endif

enum { MAX_PLUGIN_BYTES = 1 << 30 };

static bool inside(const sbuf *f, uint64_t offset, uint64_t size) { return offset <= f->n && size <= f->n - offset; }

/* Names that linkers, C runtimes and sanitizers put into every object. */
static bool is_furniture(const char *name)
{
    static const char *const exact[] = { "_init", "_fini", "__bss_start", "_edata", "_end" };
    static const char *const start[] = { "__odr_asan", "___asan", "__asan", "__sanitizer", "__ubsan",
                                         "__tsan",     "__llvm_", "__gcov", "llvm_gcov" };
    for (size_t i = 0; i < sizeof exact / sizeof *exact; i++)
        if (!strcmp(name, exact[i]))
            return true;
    for (size_t i = 0; i < sizeof start / sizeof *start; i++)
        if (!strncmp(name, start[i], strlen(start[i])))
            return true;
    return false;
}

static bool check_symbols(const sbuf *f, const Elf64_Shdr *sym, const Elf64_Shdr *str, sbuf *why)
{
    const char *names = f->p + str->sh_offset;
    bool entry = false;
    if (!inside(f, sym->sh_offset, sym->sh_size) || !inside(f, str->sh_offset, str->sh_size) || !str->sh_size ||
        names[str->sh_size - 1])
        return sbuf_puts(why, "is cut off or damaged"), false;
    for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= sym->sh_size; at += sizeof(Elf64_Sym)) {
        Elf64_Sym s;
        memcpy(&s, f->p + sym->sh_offset + at, sizeof s);
        if (s.st_shndx == SHN_UNDEF || ELF64_ST_BIND(s.st_info) == STB_LOCAL ||
            ELF64_ST_VISIBILITY(s.st_other) == STV_HIDDEN || s.st_name >= str->sh_size)
            continue;
        const char *name = names + s.st_name;
        if (!strcmp(name, "sl_plugin_main"))
            entry = true;
        else if (!is_furniture(name))
            return sbuf_printf(why,
                               "exports '%s'; a plugin exports sl_plugin_main and nothing else (build it with "
                               "-fvisibility=hidden)",
                               name),
                   false;
    }
    if (!entry)
        return sbuf_puts(why, "does not export sl_plugin_main: it is no plugin"), false;
    return true;
}

static bool check_image(const sbuf *f, sbuf *why)
{
    Elf64_Ehdr h;
    if (f->n < sizeof h || memcmp(f->p, ELFMAG, SELFMAG))
        return sbuf_puts(why, "is no shared object"), false;
    memcpy(&h, f->p, sizeof h);
    if (h.e_ident[EI_CLASS] != ELFCLASS64 || h.e_ident[EI_DATA] != ELFDATA2LSB ||
        (THIS_MACHINE != EM_NONE && h.e_machine != THIS_MACHINE))
        return sbuf_puts(why, "is built for another kind of machine"), false;
    if (h.e_type != ET_DYN)
        return sbuf_puts(why, "is no shared object"), false;
    if (h.e_shentsize != sizeof(Elf64_Shdr) || !inside(f, h.e_shoff, (uint64_t)h.e_shnum * sizeof(Elf64_Shdr)))
        return sbuf_puts(why, "is cut off or damaged"), false;
    for (unsigned i = 0; i < h.e_shnum; i++) {
        Elf64_Shdr sym, str;
        memcpy(&sym, f->p + h.e_shoff + i * sizeof sym, sizeof sym);
        if (sym.sh_type != SHT_DYNSYM)
            continue;
        if (sym.sh_link >= h.e_shnum)
            return sbuf_puts(why, "is cut off or damaged"), false;
        memcpy(&str, f->p + h.e_shoff + sym.sh_link * sizeof str, sizeof str);
        return check_symbols(f, &sym, &str, why);
    }
    return sbuf_puts(why, "has no dynamic symbols: it is no plugin"), false;
}

bool elf_check_plugin(const char *path, sbuf *why)
{
    sbuf file = { 0 };
    const int r = fs_read_file(path, MAX_PLUGIN_BYTES, &file);
    why->failed |= r == -ENOMEM;
    const bool good = r < 0 ? (sbuf_printf(why, "cannot be read: %s", strerror(-r)), false) : check_image(&file, why);
    sbuf_free(&file);
    return good;
}
