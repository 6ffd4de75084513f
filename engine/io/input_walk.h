/* Paths as people give them into files: globs, ** across folders, whole folders. Inner header of io. */
#ifndef SLUICE_INPUT_WALK_H
#define SLUICE_INPUT_WALK_H
#include "base/str.h"

typedef struct walk_names {
    char **v; /* malloc'ed, each and the list */
    size_t n, cap;
} walk_names;
void walk_names_free(walk_names *w);

/* Appends the files of one path, sorted bytewise. 0, or INPUT_E_* with a sentence in err. What was left out (folders
 * that a glob meets, sockets and the like) goes to note, a sentence a line. */
int walk_path(const char *path, walk_names *out, sbuf *note, sbuf *err); /* "-" stays as it is */
void walk_note(sbuf *note, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
#endif
