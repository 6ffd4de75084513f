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
void name_list_sort(name_list *l);
bool name_list_has(const name_list *l, const char *name); /* after name_list_sort */
void name_list_free(name_list *l);

/* path against base (itself absolute), without "//" and "/./". NULL: out of memory. ".." stays: links decide what it
 * means. */
char *name_absolute(arena *mem, const char *base, const char *path);
/* The working directory. NULL: it cannot be told. */
char *name_working_directory(arena *mem);

/* What an earlier run said about itself. */
typedef struct run_record {
    bool ours;             /* a run.json of this program */
    bool finished;         /* state is not "running" */
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
