"""tools/check-abi against headers that were changed in one place each: what it must accept, what it must refuse, and in which words."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
FIRST = {"plugin_1_0.h": "plugin.h", "service_input_1.h": "service_input.h", "service_json_1.h": "service_json.h",
         "service_output_1.h": "service_output.h"}


class CheckAbi(unittest.TestCase):
    """The headers are those of the first day, so that these tests do not change when the contract grows."""

    @classmethod
    def setUpClass(cls):
        cls.first = tempfile.mkdtemp(prefix="sluice-abi-")
        for folder in ("headers", "schemas", "frozen"):
            os.mkdir(f"{cls.first}/{folder}")
        for frozen, name in FIRST.items():
            shutil.copy(f"{HERE}/{frozen}", f"{cls.first}/headers/{name}")
        cls.run_tool(cls.first, "--update").check_returncode()

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.first)

    def setUp(self):
        self.work = tempfile.mkdtemp(prefix="sluice-abi-")
        shutil.copytree(self.first, self.work, dirs_exist_ok=True)

    def tearDown(self):
        shutil.rmtree(self.work)

    @staticmethod
    def run_tool(folder, *options):
        return subprocess.run([sys.executable, "-B", f"{SOURCE}/tools/check-abi", "--headers", f"{folder}/headers", "--schemas",
                               f"{folder}/schemas", "--frozen", f"{folder}/frozen", *options],
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)

    def check(self, *options, code):
        r = self.run_tool(self.work, *options)
        self.assertEqual(r.returncode, code, r.stdout)
        return r.stdout

    def edit(self, old, new, name="plugin.h"):
        path = f"{self.work}/headers/{name}"
        with open(path, encoding="utf-8") as f:
            text = f.read()
        self.assertEqual(text.count(old), 1, old)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text.replace(old, new))

    def freeze(self):
        for frozen in FIRST:
            shutil.copy(f"{HERE}/{frozen}", f"{self.work}/frozen/{frozen}")

    def refused(self, said):
        """Neither checked nor updated."""
        self.assertIn(f"broken: {said}\n", self.check(code=1))
        self.assertIn(f"broken: {said}\n", self.check("--update", code=1))

    def grown(self, said):
        """Found, and accepted when asked to."""
        out = self.check(code=1)
        self.assertIn(f"grown: {said}\n", out)
        self.assertNotIn("broken", out)
        self.check("--update", code=0)
        self.check(code=0)

    def test_nothing_changed(self):
        self.assertEqual(self.check(code=0), "abi 1.0: 24 structs, 180 fields\n")

    def test_comments_and_layout_do_not_matter(self):
        self.edit("typedef struct sl_list { const void *p; uint32_t n, reserved; } sl_list;", "typedef struct sl_list {\n"
                  "    /* other words */\n    const void  *p;\n    uint32_t n;\n    uint32_t reserved;\n} sl_list;")
        self.edit("int (*check)(sl_ctx *, const void *cfg);", "int (*check)(sl_ctx *ctx, const void *config);")
        self.check(code=0)

    def test_moved(self):
        self.edit("uint32_t n_rows, n_sel;", "uint32_t n_sel, n_rows;")
        self.refused("sl_batch.n_rows: n_sel stands in its place")

    def test_inserted(self):
        self.edit("    int (*open_local)(sl_ctx *, const void *g, void *l);\n",
                  "    int (*early)(sl_ctx *);\n    int (*open_local)(sl_ctx *, const void *g, void *l);\n")
        self.refused("sl_stage.open_local: early stands in its place")

    def test_removed(self):
        self.edit("    void (*close)(sl_ctx *, void *g);\n", "")
        self.refused("sl_stage.close is gone")

    def test_type_of_the_same_size(self):
        self.edit("double   value, limit;", "int64_t  value, limit;")
        self.refused("sl_why.value: type was double, is int64_t")

    def test_parameter(self):
        self.edit("int (*progress)(sl_ctx *, uint64_t done, uint64_t total);", "int (*progress)(sl_ctx *, uint64_t done);")
        self.refused("sl_host.progress: type was int (*)(sl_ctx *, uint64_t, uint64_t), is int (*)(sl_ctx *, uint64_t)")

    def test_wider(self):
        self.edit("uint32_t kind, flags;\n    uint32_t state_version;", "uint32_t kind, flags;\n    uint64_t state_version;")
        self.refused("sl_stage.state_version: size was 4, is 8")

    def test_value(self):
        self.edit("SL_E_CONFIG = -2", "SL_E_CONFIG = -12")
        self.refused("SL_E_CONFIG was -2, is -12")

    def test_values_behind_a_new_one(self):
        self.edit("SL_T_F32, SL_T_F64", "SL_T_F16, SL_T_F32, SL_T_F64")
        self.refused("SL_T_F32 was 5, is 6")

    def test_value_gone(self):
        self.edit("    SL_REMOVE = 256,", "    ")
        self.refused("SL_REMOVE is gone")

    def test_macro(self):
        self.edit("#define SL_LIST_OF(t) (0x100u | (t))", "#define SL_LIST_OF(t) (0x200u | (t))")
        self.refused("SL_LIST_OF(t) was (0x100u | (t)), is (0x200u | (t))")

    def test_the_symbol(self):
        self.edit("SL_EXPORT const sl_plugin *sl_plugin_main(void);", "SL_EXPORT const sl_plugin *sl_plugin_main(int);")
        self.refused("sl_plugin_main was const sl_plugin *(void), is const sl_plugin *(int)")

    def test_renamed(self):
        self.edit("uint64_t offset; /* of its first byte", "uint64_t at; /* of its first byte", "service_input.h")
        self.refused("sl_record.offset: at stands in its place")

    def test_struct_without_a_size_cannot_grow(self):
        self.edit("    sl_str   member; /* archives: name of the member; else n == 0 */\n",
                  "    sl_str   member;\n    uint64_t line;\n", "service_input.h")
        self.refused("sl_record.line is new; sl_record has no size in it, so it cannot grow")

    def test_header_gone(self):
        os.remove(f"{self.work}/headers/service_json.h")
        self.refused("service_json.h is gone")

    def test_field_at_the_end(self):
        self.edit("    void (*close)(sl_ctx *, void *g);\n", "    void (*close)(sl_ctx *, void *g);\n    int (*later)(sl_ctx *, int n);\n")
        self.grown("sl_stage.later is new")

    def test_reserved_field_gets_a_name(self):
        self.edit("    uint32_t reserved;\n};\nenum { SL_FIT", "    uint32_t detail;\n};\nenum { SL_FIT")
        self.grown("sl_ctx.reserved is detail now")

    def test_new_value_struct_and_header(self):
        self.edit("SL_REMOVE = 256,", "SL_REMOVE = 256, SL_NEW = 512,")
        with open(f"{self.work}/headers/service_tea.h", "w", encoding="utf-8") as f:
            f.write("#ifndef T\n#define T\n#include \"sluice/plugin.h\"\ntypedef struct sl_tea { uint32_t size, sugar[3]; } sl_tea;\n#endif\n")
        self.grown("SL_NEW is new")
        with open(f"{self.work}/schemas/abi-1.json", encoding="utf-8") as f:
            tea = json.load(f)["headers"]["service_tea.h"]["structs"]["sl_tea"]
        self.assertEqual(tea, {"size": 16, "fields": [{"name": "size", "offset": 0, "size": 4, "type": "uint32_t"},
                                                      {"name": "sugar", "offset": 4, "size": 12, "type": "uint32_t[3]"}]})

    def test_growth_beyond_a_frozen_header_wants_a_minor(self):
        self.freeze()
        self.check(code=0)
        self.edit("SL_REMOVE = 256,", "SL_REMOVE = 256, SL_NEW = 512,")
        self.assertIn("raise SL_ABI_MINOR", self.check("--update", code=1))
        self.edit("#define SL_ABI_MINOR 0u", "#define SL_ABI_MINOR 1u")
        self.grown("SL_ABI_MINOR was 0, is 1")

    def test_frozen_header_counts_even_if_the_file_was_written_anew(self):
        self.freeze()
        self.edit("SL_E_CONFIG = -2", "SL_E_CONFIG = -12")
        os.remove(f"{self.work}/schemas/abi-1.json")
        self.assertIn("plugin_1_0.h: SL_E_CONFIG was -2, is -12", self.check("--update", code=1))

    def test_frozen_service(self):
        self.freeze()
        self.edit("SL_JSON_OK, SL_JSON_BAD", "SL_JSON_BAD, SL_JSON_OK", "service_json.h")
        os.remove(f"{self.work}/schemas/abi-1.json")
        self.assertIn("service_json_1.h: SL_JSON_OK was 0, is 1", self.check("--update", code=1))

    def test_no_file_yet(self):
        os.remove(f"{self.work}/schemas/abi-1.json")
        self.assertIn("--update writes it", self.check(code=1))

    def test_what_is_not_understood_is_an_error(self):
        self.edit("typedef struct sl_span { uint32_t begin, end; } sl_span;", "typedef struct sl_span { uint32_t begin : 16, end : 16; } sl_span;")
        self.assertIn("does not understand 'uint32_t begin : 16, end : 16'", self.check(code=1))

    def test_what_does_not_compile(self):
        self.edit("typedef struct sl_span { uint32_t begin, end; } sl_span;", "typedef struct sl_span { uint33_t begin, end; } sl_span;")
        self.assertIn("the headers do not compile", self.check(code=1))

    def test_print(self):
        out = self.check("--print", code=0)
        self.assertIn("SL_E_STATE = -5\n", out)
        self.assertIn("sl_span                 8 bytes\n                          0   4  begin: uint32_t\n"
                      "                          4   4  end: uint32_t\n", out)


if __name__ == "__main__":
    unittest.main()
