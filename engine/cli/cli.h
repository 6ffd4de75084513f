/* The program: what its commands share. Commands are in cmd_<name>.c and return an exit code of run.h. */
#ifndef SLUICE_CLI_H
#define SLUICE_CLI_H
#include "cli/args.h"
#include "run/json_writer.h"
#include "run/run.h"

typedef struct cli {
    args a;
    const command *command;
    arena mem;
    diags d; /* printed by main when the command has ended, unless it did so itself */
    bool color_err, color_out;
    atomic_int *cancel; /* set by SIGINT, SIGTERM and SIGHUP */
    registry *reg;
    pipeline file;
    plan plan;
    bool loaded, planned; /* file, plan are to be freed */
} cli;

extern const command cmd_run, cmd_check, cmd_plan, cmd_inspect, cmd_peek, cmd_stats, cmd_why, cmd_test, cmd_diff,
    cmd_state, cmd_completion;
extern const command *const cli_commands[]; /* NULL-terminated */

/* Makes c->reg. false: out of memory, said in c->d. */
bool cli_registry(cli *c);
/* Reads the pipeline file of operand 0 and binds it. batch_rows: 0, or instead of the file's. false: all mistakes are
 * in c->d, also those that a look at the inputs finds. */
bool cli_plan(cli *c, int64_t batch_rows);
/* The plan opened without its sinks, to be looked at. NULL: mistakes in c->d. */
exec *cli_look(cli *c);
/* A stage of the plan by its name, or by what it uses. false: there is none, said in c->d. */
bool cli_stage(cli *c, const char *name, uint32_t *out);
/* Prints what is in c->d to standard error, and forgets it. Behind errors the line "3 errors; " and then `end`, unless
 * NULL. */
void cli_print_diags(cli *c, const char *end);
/* The same for a pipeline that cannot be run, "nothing was read"; the exit code, which tells mistakes from no memory.
 */
int cli_refuse(cli *c);
/* What is in c->d as the member "diagnostics". */
void cli_diags_json(cli *c, json_writer *w);
/* "error: " and sentences, one a line, to standard error. */
void cli_error(const cli *c, const char *lines);
/* --threads, or the cores that this process may use. */
unsigned cli_threads(const cli *c);
uint64_t cli_memory(const cli *c); /* bytes for what is gathered */

/* Columns of the terminal at fd; 80 where there is none. */
unsigned cli_width(int fd);
/* A text of a document for a terminal, appended: one line of at most `width` columns from *p on, which moves on;
 * control characters and whatever else could steer a terminal are made visible or replaced. false: nothing was left. */
bool cli_wrap(const char **p, const char *end, unsigned width, sbuf *out);
/* The same for a short text of unknown origin: one line of at most `width` columns, "…" where it is cut. */
void cli_safe(const char *p, size_t n, unsigned width, sbuf *out);
#endif
