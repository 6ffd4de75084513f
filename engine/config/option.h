/* Option tables (sl_option of plugin.h): the single source for parsing, defaults, ranges, help, documentation and
 * schema. Tables of plugins may have shorter rows than ours: always walk them with their stride. */
#ifndef SLUICE_OPTION_H
#define SLUICE_OPTION_H
#include "base/str.h"
#include "config/yaml.h"
#include "sluice/plugin.h"

typedef struct option_table {
    const sl_option *rows; /* may be NULL */
    size_t stride;
} option_table;

/* Row i as of this engine's header, missing fields zeroed. false: past the last. */
bool option_row(option_table t, size_t i, sl_option *out);

/* A flag of the engine's own rows: where other_names has the name too, the key is theirs. Any other row goes before
 * them. */
#define OPTION_YIELDS 0x80000000u

/* What option_read is told about keys that are not the table's own. */
typedef struct option_scope {
    const char *owner; /* "filter.length", for messages */
    const char *const
        *other_names; /* keys that somebody else reads: skipped, and offered as suggestions; NULL-terminated */
} option_scope;

/* Sets the defaults of all rows in cfg (zeroed by the caller), then what `map` says (NULL: nothing). Strings and lists
 * live in mem. Every mistake is added to d: unknown key with a did-you-mean and the list of names, wrong type, outside
 * the range with unit and default, missing REQUIRED, deprecated (a warning). true: no error.
 *
 * Values, as people write them:
 *   BOOL       true false (yes no on off), in any case
 *   I64        42, -1, 1_000, 10k 10M 10B (powers of 1000), 1e6
 *   F64        0.5, .5, 1e-3, 20% (0.2), inf
 *   SIZE       4096, 64 KiB, 512M: K M G T P and KiB MiB are powers of 1024, KB MB GB TB of 1000
 *   DURATION   10s, 5 min, 2h, 1d, 250ms; a bare number is seconds
 *   AMOUNT     20% (SHARE), all (SHARE 1), 1000 or 10k (ROWS; "docs", "documents", "rows" allowed), 10B tokens, 4 GiB;
 *              here B is a thousand million, as in I64, so bytes are KiB MiB, KB MB or "bytes"
 *   ENUM       one of choices
 *   STR PATH COLUMN MODEL   text; must not be empty
 *   TABLE      a map
 *   MANY       a list; one element may stand without brackets
 * Quotes make no difference: the row knows the type. 017 is refused (decimal to some, octal to others), and so is 1.5
 * where a whole number is wanted. A value that is empty, null or ~ means unset where there is no default, else it is a
 * mistake. The default of a list is written as in a file: "[a, b]". A row bounds its numbers by min..max unless both
 * are 0, an AMOUNT only where it is no share. A key that stands both in the table and in other_names is the table's
 * (but see OPTION_YIELDS). */
bool option_read(diags *d, arena *mem, option_table t, option_scope scope, const yaml_node *map, void *cfg);

/* One value of the type of `row` (without MANY and TABLE) from text into *out. false: error added to d at `at`. */
bool option_value(diags *d, arena *mem, const sl_option *row, diag_at at, const char *text, void *out);

/* The effective configuration as one line of canonical JSON, in table order: for the plan hash, run.json and `plan`.
 * SECRET values are "***". Unset ones are left out, and so are rows with a flag of `skip`. */
void option_dump(option_table t, const void *cfg, uint32_t skip, sbuf *json);
/* A hash of the same with secrets as they are, which no text for people may hold, and (file not NULL) with what
 * file(path) says of the content of each file that is named. 0: out of memory. */
uint64_t option_identity(option_table t, const void *cfg, uint32_t skip, uint64_t (*file)(const char *path));

/* The names of COLUMN options and $field names: the strings that option `name` holds, whatever its shape;
 * "rules.column" walks into tables. Returns how many; fills at most `max`. 0 if unset. -1: no such option. */
int option_strings(option_table t, const void *cfg, const char *name, const char **out, size_t max);

/* "integer", "size", "list of tables" …; range as "0..1e9 bytes" or "". */
const char *option_type_name(const sl_option *row);
void option_range(const sl_option *row, sbuf *out);

/* JSON Schema (draft 2020-12) of a table: properties, as the members of an object without braces; required names in
 * `required` as a JSON list. */
void option_schema(option_table t, sbuf *properties, sbuf *required);
/* Help as aligned text, or as a Markdown table. */
void option_help_text(option_table t, sbuf *out);
void option_help_markdown(option_table t, sbuf *out);
#endif
