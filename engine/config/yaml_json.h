/* A YAML value as JSON: documents that stand in a pipeline file. */
#ifndef SLUICE_YAML_JSON_H
#define SLUICE_YAML_JSON_H
#include "base/str.h"
#include "config/yaml.h"

/* Appends `node` as JSON on one line. What is not quoted is what YAML 1.2 says: true, false and null in their
 * spellings, numbers as JSON writes them, else text. What some readers take for a number and others do not (017, +1,
 * .5, 0x1F, 1_000, .inf) is a mistake. false: a mistake in d, or known already. */
bool yaml_to_json(diags *d, const yaml_node *node, sbuf *out);
#endif
