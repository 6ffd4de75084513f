/* check_schema SCHEMA FILE…: does each FILE, YAML or JSON, satisfy the JSON Schema? The part of draft 2020-12 that our
 * schemas use; a keyword that is not known here is an error, so that none goes unchecked. One line a mistake, exit
 * code 1. */
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/fs.h"
#include "config/yaml.h"

static const yaml_node *root;
static bool quiet; /* inside anyOf, oneOf, if */
static const char *const annotations[] = { "$schema", "$defs",      "title", "description",
                                           "default", "deprecated", "then",  NULL };

static bool fail(const yaml_node *v, const char *what, const char *with)
{
    if (!quiet)
        printf("%s:%u:%u: %s%s%s\n", v->at.source->name, v->at.line, v->at.col, what, *with ? " " : "", with);
    return false;
}

static bool number(const yaml_node *v, double *out)
{
    return v->kind == YAML_SCALAR && v->plain && str_to_f64(v->text, v->n, out);
}

static bool is_bool(const yaml_node *v)
{
    return v->kind == YAML_SCALAR && v->plain && (!strcmp(v->text, "true") || !strcmp(v->text, "false"));
}

static bool has_type(const yaml_node *v, const char *type)
{
    double d;
    if (!strcmp(type, "object"))
        return v->kind == YAML_MAP;
    if (!strcmp(type, "array"))
        return v->kind == YAML_LIST;
    if (v->kind != YAML_SCALAR)
        return false;
    if (!strcmp(type, "number"))
        return number(v, &d);
    if (!strcmp(type, "integer"))
        return number(v, &d) && d == (double)(long long)d;
    if (!strcmp(type, "boolean"))
        return is_bool(v);
    if (!strcmp(type, "null"))
        return yaml_is_null(v);
    return !strcmp(type, "string") && !number(v, &d) && !is_bool(v) && !yaml_is_null(v);
}

static bool equal(const yaml_node *a, const yaml_node *b)
{
    return a->kind == YAML_SCALAR && b->kind == YAML_SCALAR && !strcmp(a->text, b->text);
}

static bool matches(const char *pattern, const char *text)
{
    regex_t re;
    if (regcomp(&re, pattern, REG_EXTENDED | REG_NOSUB)) {
        fprintf(stderr, "no regular expression: %s\n", pattern);
        exit(2);
    }
    const bool yes = regexec(&re, text, 0, NULL, 0) == 0;
    regfree(&re);
    return yes;
}

static bool check(const yaml_node *s, const yaml_node *v);

static bool silently(const yaml_node *s, const yaml_node *v)
{
    const bool before = quiet;
    quiet = true;
    const bool good = check(s, v);
    quiet = before;
    return good;
}

static bool check_type(const yaml_node *types, const yaml_node *v)
{
    if (types->kind == YAML_SCALAR)
        return has_type(v, types->text) || fail(v, "is no", types->text);
    for (size_t i = 0; i < types->n; i++)
        if (has_type(v, types->items[i]->text))
            return true;
    return fail(v, "has none of the types allowed", "");
}

static bool check_members(const yaml_node *s, const yaml_node *v)
{
    const yaml_node *properties = yaml_get(s, "properties"), *others = yaml_get(s, "additionalProperties"),
                    *required = yaml_get(s, "required");
    bool good = true;
    if (v->kind != YAML_MAP)
        return true;
    for (size_t i = 0; required && i < required->n; i++)
        if (!yaml_get(v, required->items[i]->text))
            good = fail(v, "lacks", required->items[i]->text);
    for (size_t i = 0; i < v->n; i++) {
        const yaml_node *one = properties ? yaml_get(properties, v->pairs[i].key->text) : NULL;
        if (one)
            good &= check(one, v->pairs[i].value);
        else if (others && others->kind == YAML_SCALAR && !strcmp(others->text, "false"))
            good = fail(v->pairs[i].key, "is not allowed:", v->pairs[i].key->text);
        else if (others)
            good &= check(others, v->pairs[i].value);
    }
    return good;
}

static bool check_items(const yaml_node *s, const yaml_node *v)
{
    const yaml_node *items = yaml_get(s, "items"), *least = yaml_get(s, "minItems");
    bool good = true;
    if (v->kind != YAML_LIST)
        return true;
    if (least && v->n < strtoul(least->text, NULL, 10))
        good = fail(v, "has too few elements", "");
    for (size_t i = 0; items && i < v->n; i++)
        good &= check(items, v->items[i]);
    return good;
}

static bool check_scalar(const char *key, const yaml_node *k, const yaml_node *v)
{
    double bound, value;
    if (!strcmp(key, "pattern"))
        return !has_type(v, "string") || matches(k->text, v->text) || fail(v, "does not match", k->text);
    if (!strcmp(key, "minLength"))
        return !has_type(v, "string") || v->n >= strtoul(k->text, NULL, 10) || fail(v, "is too short", "");
    if (!number(v, &value) || !number(k, &bound))
        return true;
    return (!strcmp(key, "minimum") ? value >= bound : value <= bound) || fail(v, "is outside:", k->text);
}

static bool check_choices(const char *key, const yaml_node *k, const yaml_node *v)
{
    size_t found = 0;
    for (size_t i = 0; i < k->n; i++)
        found += !strcmp(key, "enum")    ? equal(k->items[i], v)
                 : !strcmp(key, "allOf") ? check(k->items[i], v)
                                         : silently(k->items[i], v);
    const bool good = !strcmp(key, "allOf") ? found == k->n : !strcmp(key, "oneOf") ? found == 1 : found > 0;
    return good || fail(v, "does not satisfy", key);
}

static bool check_keyword(const char *key, const yaml_node *k, const yaml_node *s, const yaml_node *v)
{
    for (size_t i = 0; annotations[i]; i++)
        if (!strcmp(key, annotations[i]))
            return true;
    if (!strcmp(key, "$ref")) {
        const yaml_node *to = strncmp(k->text, "#/$defs/", 8) ? NULL : yaml_get(yaml_get(root, "$defs"), k->text + 8);
        return to ? check(to, v) : fail(k, "points nowhere:", k->text);
    }
    if (!strcmp(key, "type"))
        return check_type(k, v);
    if (!strcmp(key, "const"))
        return equal(k, v) || fail(v, "is not", k->text);
    if (!strcmp(key, "properties") || !strcmp(key, "required") || !strcmp(key, "additionalProperties"))
        return true; /* check_members */
    if (!strcmp(key, "items") || !strcmp(key, "minItems"))
        return true; /* check_items */
    if (!strcmp(key, "enum") || !strcmp(key, "anyOf") || !strcmp(key, "oneOf") || !strcmp(key, "allOf"))
        return check_choices(key, k, v);
    if (!strcmp(key, "if"))
        return !silently(k, v) || check(yaml_get(s, "then"), v);
    if (!strcmp(key, "pattern") || !strcmp(key, "minLength") || !strcmp(key, "minimum") || !strcmp(key, "maximum"))
        return check_scalar(key, k, v);
    fprintf(stderr, "keyword '%s' is not known here\n", key);
    exit(2);
}

static bool check(const yaml_node *s, const yaml_node *v)
{
    bool good = true;
    if (!s || s->kind == YAML_SCALAR) /* true, false */
        return !s || !strcmp(s->text, "true") || fail(v, "is not allowed", "");
    for (size_t i = 0; i < s->n; i++)
        good &= check_keyword(s->pairs[i].key->text, s->pairs[i].value, s, v);
    good &= check_members(s, v);
    return check_items(s, v) && good;
}

static const yaml_node *load(arena *mem, const char *path)
{
    sbuf text = { 0 };
    diags d;
    diag_source *source = arena_zalloc(mem, sizeof *source, _Alignof(diag_source));
    diags_init(&d);
    if (!source || fs_read_file(path, YAML_MAX_BYTES, &text)) {
        fprintf(stderr, "cannot read %s\n", path);
        exit(2);
    }
    *source = (diag_source){ .name = path, .text = arena_strndup(mem, sbuf_z(&text), text.n), .n = text.n };
    const yaml_node *node = yaml_parse(mem, &d, source);
    if (!node || d.errors) {
        diags_print(&d, stderr, false);
        exit(2);
    }
    diags_free(&d);
    sbuf_free(&text);
    return node;
}

int main(int argc, char **argv)
{
    arena mem;
    bool good = true;
    arena_init(&mem, 0);
    if (argc < 3)
        return 2;
    root = load(&mem, argv[1]);
    for (int i = 2; i < argc; i++)
        good &= check(root, load(&mem, argv[i]));
    arena_free(&mem);
    return good ? 0 : 1;
}
