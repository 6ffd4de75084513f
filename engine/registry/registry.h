/* Plugins: where they are, whether they may be loaded, what they offer. A registry lives as long as the process:
 * plugins are never unloaded. One thread. */
#ifndef SLUICE_REGISTRY_H
#define SLUICE_REGISTRY_H
#include "base/diag.h"
#include "config/option.h"
#include "sluice/plugin.h"

typedef struct plugin_def plugin_def;

/* A stage of a plugin, read through its own sizes: fields that the plugin's header did not have yet are zero. */
typedef struct stage_def {
    sl_stage s; /* options, fields, metrics, ports: walk them with the functions below */
    option_table options;
    const plugin_def *plugin;
} stage_def;

struct plugin_def {
    const char *path, *name, *version, *license, *url;
    unsigned abi_minor;
    stage_def *stages;
    size_t n_stages;
};

/* A file in the plugin path that was not loaded, and why: "exports 'helper' beside sl_plugin_main", "built for plugin
 * ABI 2.0 …". */
typedef struct plugin_problem {
    const char *path, *why;
} plugin_problem;

typedef struct registry registry;
/* path: folders with ':' between, searched before `builtin` (either may be NULL). Opens nothing yet. NULL: out of
 * memory. */
registry *registry_new(const char *path, const char *builtin);
void registry_free(registry *r);

/* The stage named `use`. Loads the files named after its family (the part before the dot) first, every other one only
 * if those do not have it. NULL: an error with a did-you-mean, or with the reason why a plugin of that family was
 * refused, is in d. */
const stage_def *registry_find(registry *r, const char *use, diags *d, diag_at at);
/* Loads everything in the path. */
void registry_load_all(registry *r);
size_t registry_plugins(const registry *r, const plugin_def *const **out); /* loaded so far, in order of loading */
size_t registry_problems(const registry *r, const plugin_problem **out);
/* All stages loaded so far, sorted by name. */
size_t registry_stages(registry *r, const stage_def *const **out);
const char *registry_path(const registry *r); /* the folders searched, for messages */
/* Loads one file. NULL: why not, in *why (lives as long as r; NULL: for want of memory). */
const plugin_def *registry_load(registry *r, const char *file, const char **why);

/* Row i of a table of the stage, missing fields zeroed; false past the last. */
bool stage_field(const stage_def *d, size_t i, sl_field *out);
bool stage_metric(const stage_def *d, size_t i, sl_metric *out);
bool stage_port(const stage_def *d, size_t i, sl_port *out);
const char *stage_kind_name(const stage_def *d); /* source transform reshape sink */
/* Is the stage's description sound (names, defaults inside their ranges, needed callbacks, help everywhere)? Every flaw
 * into d. */
void stage_lint(const stage_def *def, diags *d);
#endif
