/* What `sluice state` does with the states of a folder. */
#ifndef SLUICE_CLI_STATE_H
#define SLUICE_CLI_STATE_H
#include "cli/cli.h"
#include "io/artifact.h"

typedef struct state_list { /* of one folder, by path */
    const char *dir;
    artifact_entry *v;
    size_t n;
} state_list;

/* "3 states" */
#define STATES(n) n, (n) == 1 ? "state" : "states"

/* What the name of a file says, also where the file cannot be read. */
typedef struct state_name {
    const char *file;   /* "dedup.exact-3f9c1a2b00112233.port1.state" */
    size_t stage_n;     /* bytes of the stage; 0: not named as a state is */
    const char *digits; /* 16 of them, in file */
    const char *what;   /* "port1.state" */
} state_name;
state_name state_name_of(const artifact_entry *e);

/* Keeps those of *l that the words name. false: words that name none, or more than one; said in c->d. */
bool state_choose(cli *c, state_list *l, const char *const *words, size_t n);

/* To standard output. false: out of memory. */
bool state_show_table(const state_list *l);
bool state_show_json(const state_list *l);
/* What made it, in a few words: "2 files (12.4 MB); keep = first; below filter.length". Nothing where made_by is
 * empty.
 */
void state_words(const char *made_by, sbuf *out);

/* Reads every byte. Exit code. */
int state_verify(cli *c, const state_list *l);
#endif
