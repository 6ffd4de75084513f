/* The command line. One table of flags a command: parsing, --help and completion come from it. */
#ifndef SLUICE_ARGS_H
#define SLUICE_ARGS_H
#include "config/pipeline.h"

typedef enum { ARG_FLAG, ARG_TEXT, ARG_COUNT, ARG_SEED, ARG_SIZE, ARG_DURATION, ARG_CHOICE, ARG_VAR } arg_type;

typedef struct arg {  /* ends with name == NULL */
    const char *name; /* without the dashes */
    char letter;      /* 0: none */
    arg_type type;
    const char *value; /* what help calls the value: "N" */
    size_t offset;     /* in struct args */
    const char *help;
    const char *const *choices;
    double min, max; /* COUNT */
} arg;

enum { COLOR_AUTO, COLOR_ALWAYS, COLOR_NEVER };
enum { ANY_OPERANDS = 1 << 20 }; /* for max_operands */

typedef struct args { /* fields: uint8_t FLAG; const char * TEXT; uint32_t COUNT and CHOICE; int64_t SEED; uint64_t
                         SIZE; double DURATION */
    uint8_t fresh, help, quiet, json, markdown, schema, kept, dropped, all, whole, fit;
    uint32_t threads, take, sample, color, log_level, spill;
    int64_t seed; /* INT64_MIN: not given */
    uint64_t memory;
    double older; /* seconds; negative: not given */
    const char *run_dir, *state_dir, *plugin_path, *after, *columns, *write_schemas, *tolerance;
    pipeline_var *sets;
    size_t n_sets;
    const char **operands; /* never NULL after parsing */
    unsigned n_operands;
} args;

struct cli;
typedef struct command {
    const char *name, *operands; /* "PIPELINE": for the line of usage */
    unsigned min_operands, max_operands;
    const char *summary;       /* one line */
    const char *text;          /* more, for --help; ends with a newline; may be NULL */
    const arg *const *groups;  /* tables, NULL-terminated */
    int (*run)(struct cli *c); /* exit code */
} command;

/* Tables that several commands share. */
extern const arg args_common[], args_pipeline[], args_machine[], args_states[];

/* Defaults, then what argv says. Mistakes go to d. Strings live in mem or argv. false: errors. */
bool args_parse(args *a, arena *mem, diags *d, const command *c, int argc, char *const *argv);
void args_help(const command *c, sbuf *out);
#endif
