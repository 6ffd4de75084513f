/* The folder that a case runs in: its inputs, archives among them, and what came out. */
#include <archive.h>
#include <archive_entry.h>
#include <string.h>
#include <zlib.h>
#include <zstd.h>
#include "base/fs.h"
#include "case.h"

/* ---- contents ---- */

static int hex_digit(char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}

/* A scalar is the content itself; { hex: "00 ff" } gives its bytes. false: it is neither. */
static bool content(const yaml_node *node, sbuf *out)
{
    const yaml_node *hex = yaml_get(node, "hex");
    if (node->kind == YAML_SCALAR) {
        sbuf_add(out, node->text, node->n);
        return !out->failed;
    }
    if (!hex || hex->kind != YAML_SCALAR || node->n != 1)
        return false;
    for (const char *p = hex->text; *p; p += 2) {
        while (*p == ' ' || *p == '\n')
            p++;
        if (!*p)
            break;
        const int high = hex_digit(p[0]);
        const int low = high < 0 ? -1 : hex_digit(p[1]);
        if (low < 0)
            return false;
        sbuf_putc(out, (char)(high << 4 | low));
    }
    return !out->failed;
}

/* The records of the case with decoys among them: none, one or two before each line, and one at the end. */
static void mix_decoys(sbuf *out, const char *text)
{
    unsigned n = 0;
    for (unsigned line = 0;; line++) {
        const char *end = strchr(text, '\n');
        for (unsigned i = 0; i < (*text ? line % 3 : 1); i++)
            sbuf_printf(out, "{\"id\":\"decoy%u\",\"text\":\"decoy decoy decoy\",\"_decoy\":true}\n", n++);
        if (!*text)
            return;
        const size_t length = end ? (size_t)(end - text) : strlen(text);
        sbuf_add(out, text, length);
        sbuf_putc(out, '\n');
        text += length + (end != NULL);
    }
}

/* ---- writing ---- */

static bool path_of(sbuf *path, const char *folder, const char *name)
{
    sbuf_clear(path);
    sbuf_printf(path, "%s/%s", folder, name);
    return !path->failed;
}

/* Packs a map of member to content; the file's ending says how: .tar, .tar.gz, .zip, .7z … */
static bool write_archive(const char *path, const yaml_node *members, sbuf *why)
{
    struct archive *a = archive_write_new();
    sbuf bytes = { 0 };
    bool ok = a && archive_write_set_format_filter_by_ext(a, path) == ARCHIVE_OK &&
              archive_write_open_filename(a, path) == ARCHIVE_OK;
    for (size_t i = 0; ok && i < members->n; i++) {
        const char *name = members->pairs[i].key->text;
        const bool folder = name[0] && name[strlen(name) - 1] == '/';
        struct archive_entry *e = archive_entry_new();
        sbuf_clear(&bytes);
        ok = e && (folder || content(members->pairs[i].value, &bytes));
        if (ok) {
            archive_entry_set_pathname(e, name);
            archive_entry_set_size(e, (la_int64_t)bytes.n);
            archive_entry_set_filetype(e, folder ? AE_IFDIR : AE_IFREG);
            archive_entry_set_perm(e, folder ? 0755 : 0644);
            ok = archive_write_header(a, e) == ARCHIVE_OK &&
                 (bytes.n == 0 || archive_write_data(a, bytes.p, bytes.n) == (la_ssize_t)bytes.n);
        }
        archive_entry_free(e);
    }
    ok = ok && archive_write_close(a) == ARCHIVE_OK;
    if (!ok)
        sbuf_printf(why, "cannot pack %s: %s", path,
                    a && archive_error_string(a) ? archive_error_string(a) : "bad member");
    archive_write_free(a);
    sbuf_free(&bytes);
    return ok;
}

static bool write_file(const char *path, const void *p, size_t n, sbuf *why)
{
    const int r = fs_write_atomic(path, p, n);
    if (r < 0)
        sbuf_printf(why, "cannot write %s: %s", path, strerror(-r));
    return r >= 0;
}

static bool write_input(const char *folder, const yaml_pair *file, sbuf *why)
{
    sbuf path = { 0 }, parent = { 0 }, bytes = { 0 };
    bool ok = path_of(&path, folder, file->key->text) && fs_mkdirs(fs_dirname(path.p, &parent)) >= 0;
    if (!ok)
        sbuf_printf(why, "cannot make the folder of %s", file->key->text);
    else if (content(file->value, &bytes))
        ok = write_file(path.p, bytes.n ? bytes.p : "", bytes.n, why);
    else if (file->value->kind == YAML_MAP)
        ok = write_archive(path.p, file->value, why);
    else
        ok = (sbuf_printf(why, "%s is no text, hex or map of members", file->key->text), false);
    sbuf_free(&path);
    sbuf_free(&parent);
    sbuf_free(&bytes);
    return ok;
}

bool folder_fill(const char *folder, const test_case *t, const variant *v, sbuf *why)
{
    static const char nothing[] = "{\"id\":\"a\",\"text\":\"x\"}\n"; /* for cases that end before they read */
    sbuf path = { 0 }, text = { 0 };
    bool ok = true;
    if (!t->has_source) {
        const char *in = t->in ? t->in->text : nothing;
        if (v->decoys)
            mix_decoys(&text, in);
        else
            sbuf_puts(&text, in);
        ok = path_of(&path, folder, "in.jsonl") && !text.failed && write_file(path.p, sbuf_z(&text), text.n, why);
    }
    for (size_t i = 0; ok && t->in_files && i < t->in_files->n; i++)
        ok = write_input(folder, &t->in_files->pairs[i], why);
    sbuf_clear(&text);
    case_pipeline(&text, t, v);
    ok = ok && !text.failed && path_of(&path, folder, "case.yaml") && write_file(path.p, text.p, text.n, why);
    sbuf_free(&path);
    sbuf_free(&text);
    return ok;
}

/* ---- reading ---- */

static bool unpack_zstd(const sbuf *in, sbuf *out)
{
    char piece[1 << 16];
    ZSTD_DCtx *z = ZSTD_createDCtx();
    ZSTD_inBuffer from = { in->p, in->n, 0 };
    size_t left = 1;
    while (z && !out->failed && (from.pos < from.size || left)) {
        ZSTD_outBuffer to = { piece, sizeof(piece), 0 };
        const size_t pos = from.pos;
        left = ZSTD_decompressStream(z, &to, &from);
        if (ZSTD_isError(left) || (pos == from.pos && to.pos == 0))
            break; /* damaged, or cut off */
        sbuf_add(out, piece, to.pos);
    }
    ZSTD_freeDCtx(z);
    return left == 0 && !out->failed;
}

static bool unpack_gzip(const char *path, sbuf *out)
{
    char piece[1 << 16];
    gzFile z = gzopen(path, "rb");
    int n = z ? 1 : -1;
    while (n > 0 && !out->failed) {
        n = gzread(z, piece, sizeof(piece));
        if (n > 0)
            sbuf_add(out, piece, (size_t)n);
    }
    const bool closed = z && gzclose(z) == Z_OK; /* Z_BUF_ERROR: cut off */
    return n == 0 && closed && !out->failed;
}

bool folder_read(const char *folder, const char *name, sbuf *out, sbuf *why)
{
    sbuf path = { 0 }, raw = { 0 };
    const int r = path_of(&path, folder, name) ? fs_read_file(path.p, 64 << 20, &raw) : -1;
    bool ok = r >= 0;
    if (!ok)
        sbuf_printf(why, "there is no %s", name);
    else if (raw.n >= 4 && memcmp(raw.p, "\x28\xB5\x2F\xFD", 4) == 0)
        ok = unpack_zstd(&raw, out);
    else if (raw.n >= 2 && memcmp(raw.p, "\x1F\x8B", 2) == 0)
        ok = unpack_gzip(path.p, out);
    else
        sbuf_add(out, sbuf_z(&raw), raw.n);
    if (r >= 0 && !ok)
        sbuf_printf(why, "%s is no whole compressed file", name);
    sbuf_free(&path);
    sbuf_free(&raw);
    return ok && !out->failed;
}
