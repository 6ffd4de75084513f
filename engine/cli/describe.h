/* Stages as text, Markdown and JSON, from their tables. */
#ifndef SLUICE_DESCRIBE_H
#define SLUICE_DESCRIBE_H
#include "registry/registry.h"
#include "run/json_writer.h"

void describe_text(const stage_def *s, sbuf *out);
void describe_markdown(const stage_def *s, sbuf *out);
void describe_json(const stage_def *s, json_writer *w); /* one object; nothing in it depends on where the plugin lies */
#endif
