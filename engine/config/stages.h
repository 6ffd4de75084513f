/* The files of a pipeline and the stages in them, for pipeline.c. */
#ifndef SLUICE_STAGES_H
#define SLUICE_STAGES_H
#include "config/pipeline.h"
#include "config/vars.h"

enum { STAGES_MAX = 2000, INCLUDES_MAX = 255, INCLUDES_MAX_DEPTH = 16, INCLUDES_MAX_BYTES = 16 << 20 };

typedef struct loader {
    pipeline *p;
    diags *d;
    vars *vars;
    bool includes;   /* may other files be read? */
    bool full;       /* there are more than STAGES_MAX; said once */
    bool incomplete; /* some file could not be read or parsed: what it would have used is not known */
    size_t bytes;    /* of all files */
    size_t room;     /* allocated p->stages */
} loader;

/* The files that are open, from the innermost to the pipeline file. */
typedef struct include_chain {
    const struct include_chain *outer;
    const char *path; /* NULL: no file (standard input, memory) */
    unsigned long long device, inode;
    unsigned depth;
} include_chain;

/* A source in p->sources with its own copy of name and text. NULL: too many, or out of memory; reported at `at`. */
const diag_source *loader_source(loader *l, diag_at at, const char *name, const char *text, size_t n);
/* Reads path ("-": standard input) as a source. NULL: reported at `at`, or at the file itself if that is no place. */
const diag_source *loader_read(loader *l, diag_at at, const char *path);
void include_chain_init(include_chain *c, const include_chain *outer, const char *path);
/* Appends the stages of a list, with variables replaced already, and of what they include. */
bool loader_stages(loader *l, const yaml_node *list, const include_chain *chain);
#endif
