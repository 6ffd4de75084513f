/* simdjson's DOM behind C. The one C++ file of the engine: no exceptions, no RTTI, nothing but error codes.
 *
 * simdjson unescapes all strings of a document into document::string_buf. For the time of a parse that pointer leads
 * into the caller's arena, so that the texts which are wanted lie where they shall stay and nobody copies them; the
 * arena then keeps the bytes up to the last of them. Where nothing textual is wanted, the document's own buffer takes
 * the strings.
 *
 * Road not taken: On-Demand. It costs the same here and lets errors in skipped fields through. */
#define SIMDJSON_EXCEPTIONS 0
#include <simdjson.h>
#include <cstring>
#include <memory>
#include <new>
extern "C" {
#include "io/json_internal.h"
}

namespace dom = simdjson::dom;

namespace
{

constexpr size_t MIN_CAPACITY = 64 << 10; /* bytes of record that a parser is ready for */
constexpr size_t KEEP_CAPACITY =
    16 << 20; /* and the most that it stays ready for: 12 bytes of memory a byte, where touched */
constexpr size_t KEEP_KEYS = 64 << 10;
constexpr size_t PADDING = 64; /* readable bytes behind every text */

struct slot {
    dom::element full, head;
    bool has_full, has_head;
};

} // namespace

struct json_parser {
    dom::parser parser;
    dom::document doc;
    size_t capacity = 0;
    json_want *want = nullptr;
    slot *slots = nullptr;
    size_t n = 0;
    bool texts = false, raw = false; /* some field is STR or a list of it; some field is raw */
    arena own, scratch;
    json_keys keys = {};
    json_parser() noexcept
    {
        arena_init(&own, 4 << 10);
        arena_init(&scratch, 0);
    }
    ~json_parser() noexcept
    {
        delete[] slots;
        arena_free(&own);
        arena_free(&scratch);
        json_keys_free(&keys);
    }
    json_parser(const json_parser &) = delete;
    json_parser &operator=(const json_parser &) = delete;
};

static bool is_list(uint32_t type) noexcept { return type & SL_LIST_OF(0); }

static bool parser_init(json_parser *p, const json_field *fields, size_t n) noexcept
{
    p->n = n;
    p->want = static_cast<json_want *>(arena_zalloc(&p->own, (n ? n : 1) * sizeof *p->want, alignof(json_want)));
    p->slots = new (std::nothrow) slot[n ? n : 1];
    if (!p->want || !p->slots)
        return false;
    for (size_t i = 0; i < n; i++) {
        json_want *w = &p->want[i];
        const uint32_t element = fields[i].type & 0xFF;
        w->name = arena_strdup(&p->own, fields[i].name);
        if (!w->name)
            return false;
        w->name_n = strlen(w->name);
        w->head_n = strcspn(w->name, ".");
        w->type = fields[i].type;
        w->raw = element == SL_T_JSON;
        p->raw = p->raw || w->raw;
        p->texts = p->texts || element == SL_T_STR;
    }
    return true;
}

/* ---- one record ---- */

/* Room in parser and document for n bytes; grows twofold, so that growing costs little over a stream. */
static bool ensure(json_parser *p, size_t n) noexcept
{
    if (p->capacity && n <= p->capacity)
        return true;
    size_t cap = 2 * p->capacity < KEEP_CAPACITY ? 2 * p->capacity : KEEP_CAPACITY;
    if (cap < MIN_CAPACITY)
        cap = MIN_CAPACITY;
    if (cap < n)
        cap = n;
    p->capacity = 0;
    if (p->parser.allocate(cap, JSON_MAX_DEPTH + 1) || p->doc.allocate(cap))
        return false;
    p->capacity = cap;
    return true;
}

/* Gives back what a giant record needed. */
static void shrink(json_parser *p) noexcept
{
    if (p->keys.cap > KEEP_KEYS)
        json_keys_free(&p->keys);
    if (p->capacity <= KEEP_CAPACITY)
        return;
    p->capacity = 0;
    if (!p->doc.allocate(0) && !p->parser.allocate(MIN_CAPACITY, JSON_MAX_DEPTH + 1))
        (void)ensure(p, 1); /* a failure comes back with the next record */
}

/* Bytes that simdjson may write for the strings of n bytes: `""` makes five of three, and its vectors write past the
 * end. */
static size_t string_room(size_t n) noexcept { return 5 * n / 3 + simdjson::SIMDJSON_PADDING + 2 * PADDING; }

namespace
{

/* For as long as it lives, the document's strings are in the arena's room instead of its own buffer. A null room: they
 * stay. The document must have the capacity before, or simdjson would free the room to make a larger one. */
struct borrowed_strings {
    dom::document &doc;
    std::unique_ptr<uint8_t[]> own;
    const bool active;
    borrowed_strings(dom::document &d, uint8_t *room) noexcept : doc(d), active(room != nullptr)
    {
        if (!active)
            return;
        own = std::move(doc.string_buf);
        doc.string_buf.reset(room);
    }
    ~borrowed_strings() noexcept
    {
        if (!active)
            return;
        (void)doc.string_buf.release();
        doc.string_buf = std::move(own);
    }
    borrowed_strings(const borrowed_strings &) = delete;
    borrowed_strings &operator=(const borrowed_strings &) = delete;
};

/* Where the wanted strings of a record end. */
struct string_end {
    const char *at = nullptr;
    void see(std::string_view s) noexcept
    {
        if (!at || s.data() + s.size() > at)
            at = s.data() + s.size();
    }
};

} // namespace

static bool key_equals(std::string_view key, const char *name, size_t n) noexcept
{
    return key.size() == n && !memcmp(key.data(), name, n);
}

/* Notes for each field where its value is, or the head of its path. */
static json_error find_fields(json_parser *p, const dom::object &root) noexcept
{
    for (size_t i = 0; i < p->n; i++)
        p->slots[i].has_full = p->slots[i].has_head = false;
    p->keys.n = 0;
    const auto end = root.end();
    for (auto it = root.begin(); it != end; ++it) {
        const std::string_view key = it.key();
        if (!json_keys_add(&p->keys, key.data(), key.size()))
            return JSON_NOMEM;
        for (size_t i = 0; i < p->n; i++) {
            const json_want &w = p->want[i];
            slot &s = p->slots[i];
            if (key_equals(key, w.name, w.name_n)) {
                s.full = it.value();
                s.has_full = true;
            } else if (key_equals(key, w.name, w.head_n)) {
                s.head = it.value();
                s.has_head = true;
            }
        }
    }
    return json_keys_repeat(&p->keys) ? JSON_DUPLICATE_KEY : JSON_OK;
}

/* Follows the dots of a field below its head; makes it the slot's full value if the path leads anywhere. */
static json_error follow_path(json_parser *p, const json_want &w, slot &s) noexcept
{
    dom::element at = s.head;
    const char *name = w.name + w.head_n, *const name_end = w.name + w.name_n;
    while (name < name_end) {
        const char *part = name + 1;
        const void *dot = memchr(part, '.', static_cast<size_t>(name_end - part));
        const size_t part_n = static_cast<size_t>((dot ? static_cast<const char *>(dot) : name_end) - part);
        dom::object object;
        bool found = false;
        if (at.get_object().get(object))
            return JSON_OK;
        p->keys.n = 0;
        const auto end = object.end();
        for (auto it = object.begin(); it != end; ++it) {
            const std::string_view key = it.key();
            if (!json_keys_add(&p->keys, key.data(), key.size()))
                return JSON_NOMEM;
            if (key_equals(key, part, part_n)) {
                at = it.value();
                found = true;
            }
        }
        if (json_keys_repeat(&p->keys))
            return JSON_DUPLICATE_KEY;
        if (!found)
            return JSON_OK;
        name = part + part_n;
    }
    s.full = at;
    s.has_full = true;
    return JSON_OK;
}

/* Stores a scalar at dst; false: it is not of that type. */
static bool put_scalar(const dom::element &e, uint32_t type, void *dst, string_end *end) noexcept
{
    json_number x = {};
    switch (e.type()) {
    case dom::element_type::STRING: {
        std::string_view s;
        if (type != SL_T_STR || e.get_string().get(s))
            return false;
        end->see(s);
        sl_str *out = static_cast<sl_str *>(dst);
        out->p = s.data();
        out->n = static_cast<uint32_t>(s.size());
        out->reserved = 0;
        return true;
    }
    case dom::element_type::BOOL: {
        bool b;
        if (type != SL_T_BOOL || e.get_bool().get(b))
            return false;
        *static_cast<uint8_t *>(dst) = b;
        return true;
    }
    case dom::element_type::INT64: x.kind = JSON_INT; return !e.get_int64().get(x.i) && json_number_put(&x, type, dst);
    case dom::element_type::UINT64:
        x.kind = JSON_UINT;
        return !e.get_uint64().get(x.u) && json_number_put(&x, type, dst);
    case dom::element_type::DOUBLE:
        x.kind = JSON_REAL;
        return !e.get_double().get(x.d) && json_number_put(&x, type, dst);
    default: return false;
    }
}

/* Notes how far the strings of a list reach: they must be the arena's before the list itself can be. */
static void see_list(const dom::element &e, string_end *end) noexcept
{
    dom::array list;
    std::string_view s;
    if (e.get_array().get(list))
        return;
    for (const dom::element x : list)
        if (!x.get_string().get(s))
            end->see(s);
}

static json_error put_list(const dom::element &e, uint32_t type, arena *mem, json_cell *cell) noexcept
{
    dom::array list;
    string_end unused;
    const size_t size = json_type_size(type);
    size_t n = 0;
    cell->state = CELL_WRONG_TYPE;
    if (!size || e.get_array().get(list))
        return JSON_OK;
    for (const dom::element x : list) {
        (void)x;
        n++;
    }
    char *at = static_cast<char *>(arena_alloc(mem, n * size, 8));
    if (!at)
        return JSON_NOMEM;
    cell->v.list.p = at;
    cell->v.list.n = static_cast<uint32_t>(n);
    cell->v.list.reserved = 0;
    for (const dom::element x : list) {
        if (!put_scalar(x, type, at, &unused))
            return JSON_OK;
        at += size;
    }
    cell->state = CELL_OK;
    return JSON_OK;
}

/* All cells but the raw ones. room: where the strings are in mem, reserved; null: no field is a text. */
static json_error fill_cells(json_parser *p, arena *mem, const uint8_t *room, json_cell *cells) noexcept
{
    string_end end;
    for (size_t i = 0; i < p->n; i++) {
        slot &s = p->slots[i];
        const json_want &w = p->want[i];
        if (w.raw)
            continue;
        if (!s.has_full && s.has_head) {
            const json_error e = follow_path(p, w, s);
            if (e)
                return e;
        }
        if (!s.has_full)
            continue;
        if (s.full.is_null())
            cells[i].state = CELL_NULL;
        else if (!is_list(w.type))
            cells[i].state = put_scalar(s.full, w.type, &cells[i].v, &end) ? CELL_OK : CELL_WRONG_TYPE;
        else if ((w.type & 0xFF) == SL_T_STR)
            see_list(s.full, &end);
    }
    if (room && end.at)
        arena_commit(mem, room, static_cast<size_t>(end.at - reinterpret_cast<const char *>(room)) + PADDING);
    for (size_t i = 0; i < p->n; i++) {
        const slot &s = p->slots[i];
        const json_want &w = p->want[i];
        if (w.raw || !is_list(w.type) || !s.has_full || cells[i].state == CELL_NULL)
            continue;
        const json_error e = put_list(s.full, w.type & 0xFF, mem, &cells[i]);
        if (e)
            return e;
    }
    return JSON_OK;
}

/* simdjson's view of a record; *refused: it stopped somewhere, and the strict path has the word. */
static json_error parse_fast(json_parser *p, const char *record, size_t n, arena *mem, json_cell *cells,
                             bool *refused) noexcept
{
    uint8_t *room = nullptr;
    dom::element root;
    dom::object object;
    if (!ensure(p, n))
        return JSON_NOMEM;
    if (p->texts && !(room = static_cast<uint8_t *>(arena_reserve(mem, string_room(n), 8))))
        return JSON_NOMEM;
    const borrowed_strings strings(p->doc, room);
    const simdjson::error_code error = p->parser.parse_into_document(p->doc, record, n, false).get(root);
    if (error == simdjson::MEMALLOC || error == simdjson::CAPACITY)
        return JSON_NOMEM;
    *refused = error != simdjson::SUCCESS;
    if (*refused)
        return JSON_OK;
    if (root.get_object().get(object))
        return JSON_NOT_OBJECT;
    const json_error e = find_fields(p, object);
    return e ? e : fill_cells(p, mem, room, cells);
}

static void clear_cells(json_parser *p, json_cell *cells) noexcept
{
    for (size_t i = 0; i < p->n; i++)
        cells[i].state = CELL_MISSING;
}

/* ---- the interface: no noexcept, for the C declarations have none; -fno-exceptions says it for the whole file ---- */

extern "C" json_parser *json_parser_new(const json_field *fields, size_t n)
{
    json_parser *p = new (std::nothrow) json_parser;
    if (p && !parser_init(p, fields, n)) {
        delete p;
        return nullptr;
    }
    return p;
}

extern "C" void json_parser_free(json_parser *p) { delete p; }

extern "C" json_error json_parse_strict(json_parser *p, const char *record, size_t n, arena *mem, json_cell *cells)
{
    clear_cells(p, cells);
    const json_error e = json_check(record, n, true);
    return e ? e : json_fill(p->want, p->n, false, record, n, mem, &p->scratch, &p->keys, cells);
}

extern "C" json_error json_parse(json_parser *p, const char *record, size_t n, arena *mem, json_cell *cells)
{
    /* Newer releases of simdjson step over a byte order mark; here it is a syntax error with all of them. */
    bool refused = n >= 3 && !memcmp(record, "\xEF\xBB\xBF", 3);
    json_error e = n > UINT32_MAX ? JSON_NOMEM : JSON_OK;
    clear_cells(p, cells);
    if (!e && !refused)
        e = parse_fast(p, record, n, mem, cells, &refused);
    if (!e && refused)
        e = json_parse_strict(p, record, n, mem, cells);
    else if (!e && p->raw)
        e = json_fill(p->want, p->n, true, record, n, mem, &p->scratch, &p->keys, cells);
    shrink(p);
    return e;
}
