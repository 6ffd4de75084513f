#include <string.h>
#include "cli/completion.h"

static const char head[] =
    "#compdef sluice\n"
    "# Completion of sluice in zsh, made by 'sluice completion zsh'.\n\n"
    "_sluice_pipelines() { _files -g '*.(yaml|yml)' }\n\n"
    "_sluice_stages() {\n"
    "    local -a names\n"
    "    names=(${(f)\"$(_call_program stages $_sluice_program inspect 2>/dev/null |\n"
    "        sed -nE '/^$/q; s/^([a-z][a-z0-9_.]*)   .*/\\1/p')\"})\n"
    "    compadd -a names\n"
    "}\n\n"
    "# Stages that the pipeline file on the line holds.\n"
    "_sluice_named() {\n"
    "    local -a names\n"
    "    names=(${(f)\"$(awk '/^[^ #-]/ { on = /^stages:/ } on' ${(M)words:#*.(yaml|yml)} /dev/null 2>/dev/null |\n"
    "        grep -oE '(^|[ {,-])(use|name): *[\"'\\'']?[A-Za-z0-9_.-]+' | sed -E 's/.*[^A-Za-z0-9_.-]//')\"})\n"
    "    compadd -a names\n"
    "}\n\n"
    "_sluice_runs() {\n"
    "    local -a names\n"
    "    names=(runs/*/run.json(N:h:t))\n"
    "    compadd -a names\n"
    "    _files\n"
    "}\n\n"
    "_sluice_states() {\n"
    "    local -a names\n"
    "    names=(${(f)\"$(_call_program states $_sluice_program state list --json 2>/dev/null |\n"
    "        sed -nE 's|^ *\"path\": \"([^\"]*/)?([^\"/]+)\\.state\",?$|\\2|p')\"})\n"
    "    compadd -a names\n"
    "}\n\n";

static const char middle[] = "    )\n"
                             "    if (( CURRENT == 2 )); then\n"
                             "        _describe command commands\n"
                             "        return\n"
                             "    fi\n"
                             "    local _sluice_program=$words[1]\n"
                             "    shift words\n"
                             "    (( CURRENT-- ))\n"
                             "    case $words[1] in\n";

static const char tail[] = "    help) _arguments '1:COMMAND:{_describe command commands}' ;;\n"
                           "    esac\n"
                           "}\n\n"
                           "_sluice \"$@\"\n";

/* A text inside of '…' of zsh; inside of a specification of _arguments, brackets and colons are its own. */
static void quoted(const char *text, bool specification, sbuf *out)
{
    for (; *text; text++) {
        if (specification && strchr("[]:\\", *text))
            sbuf_putc(out, '\\');
        if (*text == '\'')
            sbuf_puts(out, "'\\''");
        else
            sbuf_putc(out, *text);
    }
}

/* The action that completes a word. */
static void action(const word_shape *s, sbuf *out)
{
    static const char *const actions[] = {
        [WORD_FILE] = "_files",
        [WORD_DIR] = "_files -/",
        [WORD_PIPELINE] = "_sluice_pipelines",
        [WORD_STAGE] = "_sluice_stages",
        [WORD_NAMED] = "_sluice_named",
        [WORD_RUN] = "_sluice_runs",
        [WORD_STATE] = "_sluice_states",
        [WORD_COMMAND] = "{_describe command commands}",
        [WORD_ANY] = " ",
    };
    if (s->kind == WORD_CHOICES)
        sbuf_printf(out, "(%s)", s->choices);
    else
        sbuf_puts(out, actions[s->kind]);
}

static void flag(const arg *a, sbuf *out)
{
    const word_shape s = flag_shape(a);
    const bool again = a->type == ARG_VAR, value = a->type != ARG_FLAG;
    sbuf_puts(out, " \\\n            ");
    if (a->letter) {
        if (!again)
            sbuf_printf(out, "'(-%c --%s)'", a->letter, a->name);
        sbuf_printf(out, "%s{-%c%s,--%s%s}'[", again ? "'*'" : "", a->letter, value ? "+" : "", a->name,
                    value ? "=" : "");
    } else {
        sbuf_printf(out, "'%s--%s%s[", again ? "*" : "", a->name, value ? "=" : "");
    }
    quoted(a->help, true, out);
    sbuf_putc(out, ']');
    if (value) {
        sbuf_putc(out, ':');
        quoted(a->value, true, out);
        sbuf_putc(out, ':');
        action(&s, out);
    }
    sbuf_putc(out, '\'');
}

static void operands(const command *c, sbuf *out)
{
    const unsigned n = operand_shapes(c);
    for (unsigned i = 0; i < n; i++) {
        const word_shape s = operand_shape(c, i);
        if (i + 1 == n && c->max_operands > n)
            sbuf_puts(out, " \\\n            '*:operand:");
        else
            sbuf_printf(out, " \\\n            '%u%soperand:", i + 1, i < c->min_operands ? ":" : "::");
        action(&s, out);
        sbuf_putc(out, '\'');
    }
}

void completion_zsh(const command *const *commands, sbuf *out)
{
    sbuf_puts(out, head);
    sbuf_puts(out, "_sluice() {\n    local -a commands=(\n");
    for (size_t i = 0; commands[i]; i++) {
        sbuf_printf(out, "        '%s:", commands[i]->name);
        quoted(commands[i]->summary, false, out);
        sbuf_puts(out, "'\n");
    }
    sbuf_puts(out, "        'help:what there is, or the help of a command'\n        'version:versions'\n");
    sbuf_puts(out, middle);
    for (size_t i = 0; commands[i]; i++) {
        sbuf_printf(out, "    %s)\n        _arguments -s", commands[i]->name);
        for (const arg *const *g = commands[i]->groups; *g; g++)
            for (const arg *a = *g; a->name; a++)
                flag(a, out);
        operands(commands[i], out);
        sbuf_puts(out, " ;;\n");
    }
    sbuf_puts(out, tail);
}
