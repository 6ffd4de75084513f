/* What went wrong in a YAML text, in words that help: for yaml.c. */
#ifndef SLUICE_YAML_PROBLEM_H
#define SLUICE_YAML_PROBLEM_H
#include <yaml.h>
#include "config/yaml.h"

/* A place in the text. libyaml counts characters, people and editors lines, diag_at bytes; the nodes of a long line
 * come one after the other, so this walks from the last place asked for. */
typedef struct yaml_cursor {
    const diag_source *source;
    size_t base;             /* bytes of the byte order mark, which libyaml does not see */
    size_t byte, character;  /* the same place in both counts; characters from base */
    size_t line, line_start; /* from 0; byte that begins the line */
} yaml_cursor;

void yaml_cursor_init(yaml_cursor *c, const diag_source *source);
/* The byte at which the character stands. */
size_t yaml_cursor_move(yaml_cursor *c, size_t character);
/* A place from byte to byte (to the end of its first line, if it spans several). */
diag_at yaml_at(yaml_cursor *c, size_t begin, size_t end);

/* Refuses what is no text at all, with its place: too large, NUL, UTF-16, not UTF-8, directives. */
bool yaml_precheck(diags *d, const diag_source *source);
/* The error that ended the parse. */
void yaml_problem(diags *d, yaml_cursor *c, const yaml_parser_t *parser);
/* Refuses an alias, anchor or tag that begins at byte; the hint shows the value in quotes. */
void yaml_refuse(diags *d, yaml_cursor *c, size_t begin);
/* The first byte at or behind `from` that is neither blank nor comment. */
size_t yaml_skip_blank(const char *text, size_t n, size_t from);
#endif
