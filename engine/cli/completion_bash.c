#include <string.h>
#include "cli/completion.h"

/* The names that the script has for kinds of words. */
static const char *const kind_name[] = {
    [WORD_ANY] = "any",           [WORD_CHOICES] = "choices", [WORD_FILE] = "file",   [WORD_DIR] = "dir",
    [WORD_PIPELINE] = "pipeline", [WORD_STAGE] = "stage",     [WORD_NAMED] = "named", [WORD_RUN] = "run",
    [WORD_STATE] = "state",       [WORD_COMMAND] = "command",
};

static const char head[] = "# Completion of sluice in bash, made by 'sluice completion bash'.\n"
                           "# shellcheck shell=bash disable=SC2086\n\n";

static const char tail[] =
    "# Lines that begin with WORD. Not compgen -W, which would expand what a file says.\n"
    "_sluice_match() {\n"
    "    local line\n"
    "    while IFS='' read -r line; do [[ $line == \"$1\"* ]] && printf '%s\\n' \"$line\"; done\n"
    "}\n\n"
    "# Names of stages that a pipeline file holds.\n"
    "_sluice_named() {\n"
    "    awk '/^[^ #-]/ { on = /^stages:/ } on' \"$1\" 2>/dev/null |\n"
    "        grep -oE '(^|[ {,-])(use|name): *[\"'\\'']?[A-Za-z0-9_.-]+' | sed -E 's/.*[^A-Za-z0-9_.-]//' | sort -u\n"
    "}\n\n"
    "_sluice_runs() {\n"
    "    local run\n"
    "    for run in runs/*/run.json; do\n"
    "        run=${run%/run.json}\n"
    "        [[ -e $run/run.json ]] && printf '%s\\n' \"${run#runs/}\"\n"
    "    done\n"
    "}\n\n"
    "# KIND[ CHOICE]… WORD FILE PROGRAM: what WORD may become, a line each; FILE is the pipeline on the line.\n"
    "_sluice_reply() {\n"
    "    case $1 in\n"
    "    choices\\ *) printf '%s\\n' ${1#choices } | _sluice_match \"$2\" ;; # split: one a line\n"
    "    file) compgen -f -- \"$2\" ;;\n"
    "    dir) compgen -d -- \"$2\" ;;\n"
    "    pipeline) compgen -f -X '!*.yaml' -- \"$2\"; compgen -f -X '!*.yml' -- \"$2\"; compgen -d -- \"$2\" ;;\n"
    "    stage) \"$4\" inspect 2>/dev/null | sed -nE '/^$/q; s/^([a-z][a-z0-9_.]*)   .*/\\1/p' | _sluice_match \"$2\" "
    ";;\n"
    "    named) _sluice_named \"$3\" | _sluice_match \"$2\" ;;\n"
    "    run)\n"
    "        if [[ $2 != */* ]] && _sluice_runs | _sluice_match \"$2\" | grep .; then return; fi\n"
    "        compgen -f -X '!*/run.json' -- \"$2\"; compgen -d -- \"$2\" ;;\n"
    "    state)\n"
    "        \"$4\" state list --json 2>/dev/null |\n"
    "            sed -nE 's|^ *\"path\": \"([^\"]*/)?([^\"/]+)\\.state\",?$|\\2|p' | _sluice_match \"$2\" ;;\n"
    "    command) printf '%s\\n' $_sluice_commands | _sluice_match \"$2\" ;;\n"
    "    esac\n"
    "}\n\n"
    "_sluice() {\n"
    "    local program=${COMP_WORDS[0]/#\\~/$HOME} current=${COMP_WORDS[COMP_CWORD]} command='' kind='' file='' "
    "prefix='' word\n"
    "    local -i i n=0\n"
    "    COMPREPLY=()\n"
    "    [[ $current == = ]] && current=''\n"
    "    for word in \"${COMP_WORDS[@]}\"; do [[ $word == *.yaml || $word == *.yml ]] && file=$word; done\n"
    "    for ((i = 1; i < COMP_CWORD; i++)); do # bash has --flag=value in three words\n"
    "        word=${COMP_WORDS[i]}\n"
    "        if [[ -z $command ]]; then\n"
    "            [[ $word == -* ]] || command=$word\n"
    "        elif [[ $word == = ]]; then\n"
    "            continue\n"
    "        elif [[ -n $kind ]]; then\n"
    "            kind=''\n"
    "        elif [[ $word == -* ]]; then\n"
    "            [[ $word == *=* ]] || kind=$(_sluice_value \"$command\" \"$word\")\n"
    "        else\n"
    "            n+=1\n"
    "        fi\n"
    "    done\n"
    "    if [[ -z $command ]]; then\n"
    "        kind='command'\n"
    "    elif [[ -z $kind && $current == --*=* ]]; then\n"
    "        kind=$(_sluice_value \"$command\" \"${current%%=*}\") prefix=${current%%=*}= current=${current#*=}\n"
    "    elif [[ -z $kind && $current == -* ]]; then\n"
    "        kind=\"choices $(_sluice_flags \"$command\")\"\n"
    "    elif [[ -z $kind ]]; then\n"
    "        kind=$(_sluice_operand \"$command\" $n)\n"
    "    fi\n"
    "    case $kind in file | dir | pipeline | run) compopt -o filenames 2>/dev/null ;; esac\n"
    "    while IFS='' read -r word; do\n"
    "        COMPREPLY+=(\"$prefix$word\")\n"
    "    done < <(_sluice_reply \"$kind\" \"$current\" \"$file\" \"$program\")\n"
    "}\n\n"
    "complete -F _sluice sluice\n";

static void put_shape(const word_shape *s, sbuf *out)
{
    sbuf_printf(out, "echo '%s%s%s'", kind_name[s->kind], s->kind == WORD_CHOICES ? " " : "", s->choices);
}

static void flags(const command *const *commands, sbuf *out)
{
    sbuf_puts(out, "# COMMAND: its flags\n_sluice_flags() {\n    case $1 in\n");
    for (; *commands; commands++) {
        const char *blank = "";
        sbuf_printf(out, "    %s) echo '", (*commands)->name);
        for (const arg *const *g = (*commands)->groups; *g; g++)
            for (const arg *a = *g; a->name; a++, blank = " ") {
                sbuf_printf(out, "%s--%s", blank, a->name);
                if (a->letter)
                    sbuf_printf(out, " -%c", a->letter);
            }
        sbuf_puts(out, "' ;;\n");
    }
    sbuf_puts(out, "    esac\n}\n\n");
}

static void values(const command *const *commands, sbuf *out)
{
    sbuf_puts(out, "# COMMAND FLAG: what its value is; nothing: it takes none\n_sluice_value() {\n    case $1:$2 in\n");
    for (; *commands; commands++)
        for (const arg *const *g = (*commands)->groups; *g; g++)
            for (const arg *a = *g; a->name; a++) {
                const word_shape s = flag_shape(a);
                if (a->type == ARG_FLAG)
                    continue;
                sbuf_printf(out, "    %s:--%s", (*commands)->name, a->name);
                if (a->letter)
                    sbuf_printf(out, " | %s:-%c", (*commands)->name, a->letter);
                sbuf_puts(out, ") ");
                put_shape(&s, out);
                sbuf_puts(out, " ;;\n");
            }
    sbuf_puts(out, "    esac\n}\n\n");
}

static void operand(const char *name, const char *nth, word_shape s, sbuf *out)
{
    if (s.kind == WORD_ANY)
        return;
    sbuf_printf(out, "    %s:%s) ", name, nth);
    put_shape(&s, out);
    sbuf_puts(out, " ;;\n");
}

static void operands(const command *const *commands, sbuf *out)
{
    sbuf_puts(out, "# COMMAND N: what its operand number N is\n_sluice_operand() {\n    case $1:$2 in\n");
    for (; *commands; commands++) {
        const command *c = *commands;
        const unsigned n = operand_shapes(c);
        for (unsigned i = 0; i < n; i++) {
            char nth[16];
            snprintf(nth, sizeof nth, "%u", i);
            operand(c->name, i + 1 == n && c->max_operands > n ? "*" : nth, operand_shape(c, i), out);
        }
    }
    sbuf_puts(out, "    help:0) echo 'command' ;;\n    esac\n}\n\n");
}

void completion_bash(const command *const *commands, sbuf *out)
{
    sbuf_puts(out, head);
    sbuf_puts(out, "_sluice_commands='");
    for (size_t i = 0; commands[i]; i++)
        sbuf_printf(out, "%s ", commands[i]->name);
    sbuf_puts(out, "help version'\n\n");
    flags(commands, out);
    values(commands, out);
    operands(commands, out);
    sbuf_puts(out, tail);
}
