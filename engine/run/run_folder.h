/* The folder of a run: runs/<name>-<n> or --run-dir, its lock, and what earlier runs left behind. Functions return 0 or
 * an exit code of run.h, with whole sentences in err. One thread. */
#ifndef SLUICE_RUN_FOLDER_H
#define SLUICE_RUN_FOLDER_H
#include "run/run_names.h"

typedef struct run_folder {
    arena mem;
    const char *dir;       /* as messages name it */
    const char *directory; /* the working directory */
    const char *tag;       /* of temporary files; no other run has it */
    bool continues;        /* an earlier run of the same plan left off in this folder */
    bool given;            /* --run-dir */
    bool made;             /* by this run: gone again if nothing comes of it */
    int lock;              /* descriptor; -1: none */
    const char *lock_path;
    sbuf before; /* --run-dir: its run.json as it was */
    name_resolver resolver;
    name_set claims;                    /* resolved; what earlier runs wrote */
    name_list carried;                  /* those of them that this folder's run.json must go on naming */
    name_list dead_tags, dead_patterns; /* of killed runs */
} run_folder;

/* Takes the lock (EXIT_AGAIN where another run holds it), makes the folder, reads what earlier runs said. If the last
 * run was of the same plan (its hash; NULL: never) and left off, its folder and tag are taken over: continues.
 * run_folder_close in any case. */
int run_folder_open(run_folder *f, const char *name, const char *run_dir, const char *hash, sbuf *err);

/* Removes temporary files of killed runs beside the outputs `patterns`, and reports every file in the way that no run
 * of this pipeline wrote (EXIT_CONFIG). Files that are there and ours go to `present`, as their pattern makes them. */
int run_folder_clear(run_folder *f, const char *name, const char *const *patterns, size_t n, name_list *present,
                     sbuf *err);

/* Writes one file of the folder, at once or not at all. */
int run_folder_write(const run_folder *f, const char *file, const sbuf *text, sbuf *err);
/* The path of a file in the folder; lives as long as f. NULL: out of memory. */
const char *run_folder_path(run_folder *f, const char *file);
/* The run came to nothing: the folder as it was before. */
void run_folder_discard(run_folder *f);
void run_folder_close(run_folder *f);
#endif
