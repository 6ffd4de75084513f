/* Names of files that runs of this pipeline wrote: what a new run may replace, and the temporary files that dead runs
 * left. All are kept as absolute paths, so that a run started in another folder means the same file. */
#ifndef SLUICE_RUN_NAMES_H
#define SLUICE_RUN_NAMES_H
#include "base/arena.h"
#include "base/str.h"

typedef struct name_list {
    const char **v;
    size_t n, cap;
} name_list; /* the strings live in an arena */

bool name_list_add(arena *mem, name_list *l, const char *name); /* false: out of memory */
void name_list_free(name_list *l);

/* Many names, each once. */
typedef struct name_set {
    const char **slot;
    size_t n, cap;
} name_set;
bool name_set_add(arena *mem, name_set *s, const char *name); /* false: out of memory */
bool name_set_has(const name_set *s, const char *name);
void name_set_free(name_set *s);

/* Makes names comparable: the folder of `path`, taken against `base` (absolute), as the file system sees it; a folder
 * that does not exist stays as written. The answer lives until the next call. NULL: out of memory. Zero it first. */
typedef struct name_resolver {
    sbuf folder, real, name; /* the last folder: names come in runs of one folder */
} name_resolver;
const char *name_resolve(name_resolver *r, const char *base, const char *path);
void name_resolver_free(name_resolver *r);

/* The working directory. NULL: it cannot be told. */
char *name_working_directory(arena *mem);

/* What an earlier run said about itself. */
typedef struct run_record {
    bool ours;             /* a run.json of this program */
    bool finished;         /* state is not "running", and it left nothing to go on with */
    bool left_off;         /* it did not end well, and noted how far it came */
    bool left_behind;      /* it was killed when it had said how it ended, before it could remove such notes */
    const char *plan;      /* hash of its plan, or NULL */
    const char *tag;       /* of its temporary files, or NULL */
    const char *directory; /* it was started in; NULL: not told */
    name_list claims;      /* files that it wrote or took over, as written in its run.json */
    name_list patterns;    /* its outputs, where temporary files may lie */
} run_record;

/* Reads DIR/run.json. A file that is missing, damaged or not ours gives a record with ours = false. text: NULL, or gets
 * the file's bytes. 0 or -errno. run_record_free in any case. */
int run_record_read(arena *mem, const char *dir, run_record *out, sbuf *text);
void run_record_free(run_record *r);
#endif
