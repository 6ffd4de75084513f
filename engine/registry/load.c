#include "registry/load.h"
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif
#include "registry/elf.h"

enum { MAX_STAGES = 256 };

static unsigned float_mode(void)
{
#if defined(__x86_64__)
    return _mm_getcsr() & ~0x3fu; /* without the sticky exception flags */
#else
    return 0;
#endif
}

static void restore_float_mode(unsigned mode)
{
#if defined(__x86_64__)
    _mm_setcsr(mode);
#else
    (void)mode;
#endif
}

/* Copies a struct that may be shorter or longer than ours: the common prefix, the rest zero. */
static void copy_prefix(void *to, size_t to_size, const void *from, size_t from_size)
{
    memset(to, 0, to_size);
    memcpy(to, from, from_size < to_size ? from_size : to_size);
}

static bool row_of(const void *table, size_t stride, size_t i, void *out, size_t size)
{
    if (!table || !stride)
        return (void)memset(out, 0, size), false;
    copy_prefix(out, size, (const char *)table + i * stride, stride);
    return *(const char *const *)out != NULL; /* every row begins with its name; a nameless row ends the table */
}

bool stage_field(const stage_def *d, size_t i, sl_field *out)
{
    return row_of(d->s.fields, d->s.field_stride, i, out, sizeof *out);
}
bool stage_metric(const stage_def *d, size_t i, sl_metric *out)
{
    return row_of(d->s.metrics, d->s.metric_stride, i, out, sizeof *out);
}
bool stage_port(const stage_def *d, size_t i, sl_port *out)
{
    return row_of(d->s.ports, d->s.port_stride, i, out, sizeof *out);
}

const char *stage_kind_name(const stage_def *d)
{
    static const char *const name[] = { "?", "source", "transform", "reshape", "sink" };
    return name[d->s.kind <= SL_SINK ? d->s.kind : 0];
}

/* Does the stage say of itself what cannot be together? */
static const char *contradiction(const stage_def *d)
{
    const sl_stage *s = &d->s;
    const bool source = s->kind == SL_SOURCE;
    sl_port port;
    sl_field f;
    if (source && (s->fit || (s->flags & (SL_F_ORDERED | SL_F_FAMILIES))))
        return "has a source that wants to see documents (fit, ordered, families)";
    if (!s->fit && (stage_port(d, 0, &port) || s->finalize))
        return "has a stage with ports or finalize, but without fit";
    if ((s->flags & SL_F_PORTS_ONLY) && !stage_port(d, 0, &port))
        return "has a stage that looks at its ports only, and has none";
    if (!s->save != !s->load)
        return "has a stage that saves its state and cannot load it, or the other way round";
    for (size_t i = 0; stage_field(d, i, &f); i++)
        if ((f.flags & SL_ORDER) && (source || s->kind == SL_SINK || f.type != SL_T_U64 || !(f.flags & SL_WRITE)))
            return "has a stage whose order is no written u64 column of a transform or reshape";
    return NULL;
}

/* Structs and rows end with pointers, and half a pointer is none. */
static bool is_whole(size_t size) { return size % sizeof(void *) == 0; }

/* What the engine relies on before it looks any closer; everything else is stage_lint's. NULL: sound. */
static const char *broken_stage(const sl_stage *raw, const stage_def *d)
{
    const sl_stage *s = &d->s;
    if (raw->struct_size < offsetof(sl_stage, check) || !is_whole(raw->struct_size))
        return "has a stage whose description is too short";
    if (!s->name || !*s->name || strlen(s->name) > 60)
        return "has a stage without a name";
    if (s->kind < SL_SOURCE || s->kind > SL_SINK)
        return "has a stage of an unknown kind";
    if ((s->kind == SL_SOURCE && (!s->split || !s->read)) || (s->kind == SL_TRANSFORM && !s->process) ||
        (s->kind == SL_RESHAPE && !s->reshape) || (s->kind == SL_SINK && !s->write))
        return "has a stage that lacks the callback of its kind";
    if ((s->options && s->option_stride < offsetof(sl_option, since)) ||
        (s->fields && s->field_stride < sizeof(sl_field)) ||
        (s->metrics && s->metric_stride < offsetof(sl_metric, unit)) || !is_whole(s->option_stride) ||
        !is_whole(s->field_stride) || !is_whole(s->metric_stride) || !is_whole(s->port_stride) ||
        (s->ports && s->port_stride < sizeof(sl_port)))
        return "has a stage with a table whose rows are too short";
    return contradiction(d);
}

const plugin_def *plugin_read(arena *mem, const char *file, const sl_plugin *raw, const char **why)
{
    sl_plugin p;
    plugin_def *out = arena_zalloc(mem, sizeof *out, _Alignof(plugin_def));
    size_t n = 0;
    if (!out)
        return *why = NULL, NULL;
    if (raw->abi_major != SL_ABI_MAJOR || raw->abi_minor > SL_ABI_MINOR)
        return *why = arena_printf(mem, "is built for plugin ABI %u.%u; this engine has %u.%u", raw->abi_major,
                                   raw->abi_minor, SL_ABI_MAJOR, SL_ABI_MINOR),
               NULL;
    if (raw->struct_size < offsetof(sl_plugin, stages) + sizeof raw->stages)
        return *why = "describes itself in too few bytes", NULL;
    copy_prefix(&p, sizeof p, raw, raw->struct_size);
    if (!p.name || !p.version || !p.stages)
        return *why = "describes itself without a name, a version or stages", NULL;
    while (n <= MAX_STAGES && p.stages[n])
        n++;
    if (n > MAX_STAGES)
        return *why = "has more than 256 stages", NULL;
    *out = (plugin_def){ .path = arena_strdup(mem, file),
                         .name = p.name,
                         .version = p.version,
                         .license = p.license ? p.license : "",
                         .url = p.url ? p.url : "",
                         .abi_minor = p.abi_minor,
                         .stages = arena_zalloc(mem, (n + 1) * sizeof *out->stages, _Alignof(stage_def)),
                         .n_stages = n };
    if (!out->path || !out->stages)
        return *why = NULL, NULL;
    for (size_t i = 0; i < n; i++) {
        stage_def *d = &out->stages[i];
        copy_prefix(&d->s, sizeof d->s, p.stages[i], p.stages[i]->struct_size);
        d->options = (option_table){ d->s.options, d->s.option_stride };
        d->plugin = out;
        if ((*why = broken_stage(p.stages[i], d)))
            return NULL;
    }
    return out;
}

/* Objects that changed the mode when they were first loaded. Their constructors do not run again, so a second attempt
 * under another name would not be caught by looking. The handle of an object is the same each time. */
static bool changed_mode(void *so, bool now)
{
    static void *guilty[64];
    static size_t n;
    for (size_t i = 0; i < n; i++)
        if (guilty[i] == so)
            return true;
    if (now && n < 64)
        guilty[n++] = so;
    return now;
}

const plugin_def *plugin_load(arena *mem, const char *file, const char **why)
{
    sbuf text = { 0 };
    if (!elf_check_plugin(file, &text)) {
        *why = text.failed ? NULL : arena_strdup(mem, sbuf_z(&text));
        sbuf_free(&text);
        return NULL;
    }
    sbuf_free(&text);
    const unsigned mode = float_mode();
    void *so =
        dlopen(file, RTLD_NOW | RTLD_LOCAL); /* never closed: threads and thread-local data may outlive any use */
    const bool now = float_mode() != mode;
    restore_float_mode(mode);
    if (!so)
        return *why = arena_printf(mem, "cannot be loaded: %s", dlerror()), NULL;
    if (changed_mode(so, now))
        return *why = "changes the floating-point mode of the process when it is loaded; build it without -ffast-math",
               NULL;
    const sl_plugin *(*entry)(void);
    *(void **)&entry = dlsym(so, "sl_plugin_main");
    const sl_plugin *raw = entry ? entry() : NULL;
    if (!raw)
        return *why = "gives no description of itself", NULL;
    return plugin_read(mem, file, raw, why);
}
