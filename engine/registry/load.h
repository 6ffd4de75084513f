/* One plugin file: checked, opened, read through its own sizes. */
#ifndef SLUICE_LOAD_H
#define SLUICE_LOAD_H
#include "registry/registry.h"

/* NULL: *why says, as the rest of a sentence that begins with the file, why it was not loaded;
 * *why NULL: for want of memory. All in mem. */
const plugin_def *plugin_load(arena *mem, const char *file, const char **why);
/* The same of what the plugin says of itself, which it need not be right about. */
const plugin_def *plugin_read(arena *mem, const char *file, const sl_plugin *raw, const char **why);
#endif
