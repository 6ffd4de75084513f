#include <string.h>
#include "cli/cli.h"
#include "cli/completion.h"

static const arg *const groups[] = { args_common, NULL };

/* ---- what words are ---- */

static word_shape shape_of(const char *word, size_t n)
{
    static const struct {
        const char *word;
        word_kind kind;
        const char *choices;
    } known[] = {
        { "PIPELINE", WORD_PIPELINE, "" },
        { "STAGE", WORD_STAGE, "" },
        { "RUN", WORD_RUN, "" },
        { "STATE", WORD_STATE, "" },
        { "COMMAND", WORD_COMMAND, "" },
        { "DIR", WORD_DIR, "" },
        { "DIRS", WORD_DIR, "" },
        { "FILE", WORD_FILE, "" },
        { "ACTION", WORD_CHOICES, "list verify remove" }, /* of states … */
        { "NAME", WORD_STATE, "" },                       /* … and which of them */
    };
    word_shape s = { .kind = WORD_ANY };
    for (size_t i = 0; i < sizeof known / sizeof *known; i++)
        if (strlen(known[i].word) == n && !memcmp(known[i].word, word, n)) {
            s.kind = known[i].kind;
            strcpy(s.choices, known[i].choices);
        }
    if (s.kind != WORD_ANY || !memchr(word, '|', n) || n >= sizeof s.choices)
        return s;
    s.kind = WORD_CHOICES; /* "bash|zsh" */
    for (size_t i = 0; i < n; i++)
        s.choices[i] = word[i] == '|' ? ' ' : word[i];
    return s;
}

word_shape flag_shape(const arg *a)
{
    word_shape s = { .kind = WORD_CHOICES };
    size_t n = 0;
    for (size_t i = 0; a->choices && a->choices[i]; i++)
        n += (size_t)snprintf(s.choices + n, n < sizeof s.choices ? sizeof s.choices - n : 0, "%s%s", i ? " " : "",
                              a->choices[i]);
    if (n && n < sizeof s.choices)
        return s;
    s = a->value ? shape_of(a->value, strlen(a->value)) : (word_shape){ .kind = WORD_ANY };
    if (s.kind == WORD_STAGE)
        s.kind = WORD_NAMED;
    return s;
}

/* The next word of a line such as "[RUN] ID | FILE:RECORD" or "PIPELINE…". NULL: no more. */
static const char *next_word(const char **line, size_t *n)
{
    static const char around[] = " |[]\xE2\x80\xA6"; /* the last three: an ellipsis */
    *line += strspn(*line, around);
    const char *word = *line;
    *n = strcspn(word, " []\xE2");
    *line += *n;
    return *n ? word : NULL;
}

unsigned operand_shapes(const command *c)
{
    const char *line = c->operands ? c->operands : "";
    unsigned n = 0;
    for (size_t bytes; n < c->max_operands && next_word(&line, &bytes);)
        n++;
    return n;
}

word_shape operand_shape(const command *c, unsigned nth)
{
    const char *line = c->operands, *word = NULL;
    size_t n = 0;
    for (unsigned i = 0; i <= nth; i++)
        word = next_word(&line, &n);
    return word ? shape_of(word, n) : (word_shape){ .kind = WORD_ANY };
}

/* ---- the command ---- */

static int completion(cli *c)
{
    static const char *const shells[] = { "bash", "zsh" };
    const char *shell = c->a.operands[0], *guess;
    sbuf text = { 0 };
    if (!strcmp(shell, "bash")) {
        completion_bash(cli_commands, &text);
    } else if (!strcmp(shell, "zsh")) {
        completion_zsh(cli_commands, &text);
    } else {
        guess = str_suggest(shell, shells, 2);
        diag_error(&c->d, (diag_at){ 0 }, "there is no completion for '%s'%s%s%s", shell,
                   guess ? "; did you mean '" : "", guess ? guess : "", guess ? "'?" : "");
        diag_hint(&c->d, "bash or zsh");
        return EXIT_USAGE;
    }
    fputs(sbuf_z(&text), stdout);
    const int code = text.failed ? EXIT_INTERNAL : 0;
    sbuf_free(&text);
    return code;
}

const command cmd_completion = {
    .name = "completion",
    .operands = "bash|zsh",
    .min_operands = 1,
    .max_operands = 1,
    .summary = "Print a script that completes commands, flags, stages, files and runs in a shell",
    .text = "bash   sluice completion bash >~/.local/share/bash-completion/completions/sluice\n"
            "zsh    sluice completion zsh >DIR/_sluice, where DIR is one of $fpath\n",
    .groups = groups,
    .run = completion,
};
