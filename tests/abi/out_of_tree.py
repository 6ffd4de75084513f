"""A person outside the project: the package installed to a folder of its own and moved, then plugins written, built, tested, used and
shipped with nothing but what lies there. usage: out_of_tree.py BUILD_FOLDER CMAKE CTEST"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.realpath(__file__))
SOURCE = os.path.dirname(os.path.dirname(HERE))
BUILD, CMAKE, CTEST = (os.path.realpath(sys.argv[1]), *sys.argv[2:4])
KINDS = {  # the name tells the kind, or the option does
    "filter.mine": [],
    "map.mine": [],
    "source.mine": [],
    "sink.mine": [],
    "expand.mine": ["--kind", "reshape"],
    "trim.mine": ["--kind=fit"],
}


class Outside(unittest.TestCase):
    """One installed package for all tests, a folder of its own for each."""

    @classmethod
    def setUpClass(cls):
        cls.root = tempfile.mkdtemp(prefix="sluice-outside-")
        first = os.path.join(cls.root, "first")
        subprocess.run([CMAKE, "--install", BUILD, "--prefix", first], check=True, stdout=subprocess.DEVNULL)
        cls.package = os.path.join(cls.root, "package")
        os.rename(first, cls.package)
        keep = ("ASAN_OPTIONS", "UBSAN_OPTIONS", "TSAN_OPTIONS", "CC", "CXX")
        cls.env = {k: os.environ[k] for k in keep if k in os.environ}
        cls.env |= {"PATH": f"{cls.package}/bin:{os.environ['PATH']}", "HOME": cls.root, "LC_ALL": "C.UTF-8"}

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.root)

    def setUp(self):
        self.work = tempfile.mkdtemp(dir=self.root)

    def run_it(self, *words, cwd=None, code=0, **env):
        """Standard output and error together. None for code: anything."""
        r = subprocess.run(words, cwd=cwd or self.work, env={**self.env, **env}, stdin=subprocess.DEVNULL,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        if code is not None:
            self.assertEqual(r.returncode, code, f"{' '.join(words)}\n{r.stdout}")
        return r.stdout

    def new_plugin(self, name, *options):
        self.run_it("sluice-new-plugin", name, *options)
        return os.path.join(self.work, name.replace(".", "_"))

    def build(self, folder, *options):
        self.run_it(CMAKE, "-B", "build", *options, cwd=folder)
        self.run_it(CMAKE, "--build", "build", cwd=folder)

    def exported(self, so):
        return self.run_it("nm", "-D", "--defined-only", so).split()[2::3]

    # ---- what is installed ----

    def test_package_knows_no_other_place(self):
        found = subprocess.run(["grep", "-rIlF", "-e", SOURCE, "-e", BUILD, "-e", f"{self.root}/first", self.package],
                               stdout=subprocess.PIPE, text=True, check=False).stdout
        self.assertEqual(found, "")

    def test_plugins_are_ours_alone(self):
        ours = {f"{p}.so" for p in os.listdir(f"{SOURCE}/plugins") if os.path.isfile(f"{SOURCE}/plugins/{p}/CMakeLists.txt")}
        self.assertEqual(set(os.listdir(self.variable("pluginsdir"))), ours)
        listed = self.run_it("sluice", "inspect")
        self.assertIn("source.jsonl", listed)
        self.assertNotIn("not loaded", listed)
        self.assertNotIn(BUILD, listed)

    def test_shipped_pipelines_run(self):
        for name in os.listdir(f"{self.package}/share/sluice/pipelines"):
            if name.endswith(".yaml"):
                self.run_it("sluice", "check", f"pipelines/{name}", cwd=f"{self.package}/share/sluice")
                self.run_it("sluice", "run", "--quiet", f"{self.package}/share/sluice/pipelines/{name}",
                            "--set", f"samples={self.package}/share/sluice/pipelines/samples")

    # ---- plugins from new-plugin ----

    def one_kind(self, name, options, how):
        folder = self.new_plugin(name, *options)
        self.build(folder, *how)
        self.run_it(CTEST, "--test-dir", "build", "--output-on-failure", "--no-tests=error", cwd=folder)
        path = {"SLUICE_PLUGIN_PATH": "build"}
        self.assertIn(name, self.run_it("sluice", "inspect", name, cwd=folder, **path))
        made = []
        for _ in range(2):  # the second time, a fit finds its state
            self.run_it("sluice", "run", "--quiet", "example.yaml", cwd=folder, **path)
            (file,) = os.listdir(f"{folder}/out")
            with open(f"{folder}/out/{file}", "rb") as f:
                made.append(f.read())
        self.assertNotEqual(made[0], b"")
        self.assertEqual(made[0], made[1])
        return folder

    def test_each_kind(self):
        for name, options in KINDS.items():
            with self.subTest(name):
                folder = self.one_kind(name, options, [])
                made = subprocess.run(["grep", "-rlF", "-e", SOURCE, "-e", BUILD, folder], stdout=subprocess.PIPE, text=True, check=False)
                self.assertEqual(made.stdout, "", "the source or build tree is named in what was made")

    def test_case_that_does_not_hold_fails(self):
        folder = self.new_plugin("filter.mine")
        case = f"{folder}/cases/filter.mine.case"
        with open(case, encoding="utf-8") as f:
            text = f.read()
        with open(case, "w", encoding="utf-8") as f:
            f.write(text.replace("rejects: { too_many_digits: 1 }", "rejects: { too_many_digits: 2 }"))
        self.build(folder)
        self.assertIn("too_many_digits", self.run_it(CTEST, "--test-dir", "build", "--output-on-failure", cwd=folder, code=8))

    def test_build_folder_serves_as_well(self):
        self.one_kind("filter.mine", [], [f"-Dsluice_DIR={BUILD}"])

    def test_ship(self):
        folder = self.new_plugin("filter.mine")
        self.build(folder)
        site = f"{self.work}/site"
        self.run_it(CMAKE, "--install", "build", "--prefix", site, cwd=folder)
        self.assertEqual([f for _, _, files in os.walk(site) for f in files], ["filter_mine.so"])
        own = shutil.copytree(self.package, f"{self.work}/own")
        self.run_it(CMAKE, "--install", "build", "--prefix", own, cwd=folder)
        self.assertIn("filter.mine", self.run_it(f"{own}/bin/sluice", "inspect"))

    def test_refusals(self):
        for words, said, code in [
            (["Filter.mine"], "family.verb", 64),
            (["filter"], "family.verb", 64),
            (["filter.my-own"], "family.verb", 64),
            (["filter.mine.own"], "family.verb", 64),
            (["../filter.mine"], "family.verb", 64),
            ([], "a name is wanted", 64),
            (["filter.a", "filter.b"], "one name at a time", 64),
            (["filter.mine", "--kind", "sieve"], "only: filter transform source sink reshape fit", 64),
            (["filter.mine", "--kind"], "--kind wants one of", 64),
            (["filter.mine", "--kind", "source"], "a source is named source.verb", 64),
            (["source.mine", "--kind", "filter"], "is a source", 64),
            (["filter." + "m" * 60], "60 is the most", 64),
            (["--force", "filter.mine"], "there is no --force", 64),
        ]:
            with self.subTest(" ".join(words)):
                self.assertIn(said, self.run_it("sluice-new-plugin", *words, code=code))
        self.assertEqual(os.listdir(self.work), [])
        folder = self.new_plugin("filter.mine")
        with open(f"{folder}/filter_mine.c", "w", encoding="utf-8") as f:
            f.write("mine\n")
        self.assertIn("is here already", self.run_it("sluice-new-plugin", "filter.mine", code=73))
        with open(f"{folder}/filter_mine.c", encoding="utf-8") as f:
            self.assertEqual(f.read(), "mine\n")

    # ---- what sl_add_plugin and the package promise ----

    def test_contract_version(self):
        folder = self.new_plugin("filter.mine")
        for wanted, code in [("1", 0), ("1.0", 0), ("2", 1), ("1.99", 1), ("0", 1)]:
            with open(f"{folder}/CMakeLists.txt", encoding="utf-8") as f:
                text = re.sub(r"sluice [\d.]+ REQUIRED", f"sluice {wanted} REQUIRED", f.read())
            with open(f"{folder}/CMakeLists.txt", "w", encoding="utf-8") as f:
                f.write(text)
            self.run_it(CMAKE, "-B", f"build-{wanted}", cwd=folder, code=code)

    def test_bad_plugins_are_not_built(self):
        folder = self.new_plugin("filter.mine")
        with open(f"{folder}/CMakeLists.txt", "a", encoding="utf-8") as f:
            f.write("target_link_options(filter_mine PRIVATE ${BAD})\ntarget_compile_definitions(filter_mine PRIVATE ${DEFINED})\n")
        with open(f"{folder}/filter_mine.c", "a", encoding="utf-8") as f:
            f.write("#ifdef RUNS\n__attribute__((constructor)) static void begin(void) { static volatile int ran; ran++; }\n#endif\n"
                    "#ifdef WANTS\nint nowhere(void);\nSL_EXPORT int helper(void);\nint helper(void) { return nowhere(); }\n#endif\n")
        for option, said in [("-DBAD=-ffast-math", "-ffast-math"), ("-DDEFINED=RUNS", "has constructors"), ("-DDEFINED=WANTS", "nowhere")]:
            with self.subTest(option):
                shutil.rmtree(f"{folder}/build", ignore_errors=True)
                self.run_it(CMAKE, "-B", "build", option, cwd=folder)
                said_all = self.run_it(CMAKE, "--build", "build", cwd=folder, code=None)
                self.assertIn(said, said_all)
                self.assertIn("rror", said_all)

    def test_missing_cases_are_an_error(self):
        folder = self.new_plugin("filter.mine")
        os.remove(f"{folder}/cases/filter.mine.case")
        self.assertIn("no case files in", self.run_it(CMAKE, "-B", "build", cwd=folder, code=1))

    def test_cxx(self):
        folder = shutil.copytree(f"{HERE}/cxx", f"{self.work}/cxx")
        self.build(folder)
        self.run_it(CTEST, "--test-dir", "build", "--output-on-failure", "--no-tests=error", cwd=folder)
        self.assertEqual(self.exported(f"{folder}/build/filter_words.so"), ["sl_plugin_main"])

    def test_folder_with_a_blank(self):
        own = shutil.copytree(self.package, f"{self.work}/a folder")
        folder = self.new_plugin("filter.mine")
        self.build(folder, f"-Dsluice_DIR={self.cmake_dir(own)}")
        self.assertIn("100% tests passed", self.run_it(CTEST, "--test-dir", "build", "--no-tests=error", cwd=folder))

    # ---- without CMake ----

    def cmake_dir(self, package):
        return next(d for d, _, files in os.walk(package) if "sluiceConfig.cmake" in files)

    def pc(self):
        return {"PKG_CONFIG_PATH": next(d for d, _, files in os.walk(self.package) if "sluice-plugin.pc" in files)}

    def variable(self, name):
        return self.run_it("pkg-config", f"--variable={name}", "sluice-plugin", **self.pc()).strip()

    def compile(self, source, folder, compiler="cc"):
        flags = self.run_it("pkg-config", "--cflags", "--libs", "sluice-plugin", **self.pc()).split()
        self.run_it(compiler, "-O2", "-Wall", "-Wextra", "-Werror", *source, "-o", "made.so", *flags, cwd=folder)

    def test_pkg_config(self):
        folder = self.new_plugin("filter.mine")
        self.compile(["filter_mine.c"], folder)
        self.run_it(self.variable("checkso"), "made.so", cwd=folder)
        self.assertEqual(self.exported(f"{folder}/made.so"), ["sl_plugin_main"])
        self.run_it(self.variable("runcase"), f"{self.package}/bin/sluice", "cases/filter.mine.case", cwd=folder, SLUICE_PLUGIN_PATH=folder)
        self.assertEqual(self.variable("abi"), self.run_it("pkg-config", "--modversion", "sluice-plugin", **self.pc()).strip())

    def test_map_hides_what_cxx_brings(self):
        """Without the map, hidden visibility is not enough, and check-so says so."""
        flags = ["-I", f"{self.package}/include", "-fPIC", "-fvisibility=hidden", "-shared"]
        self.run_it("cc", "-c", f"{HERE}/cxx/filter_words.c", "-o", "table.o", *flags[:-1])
        self.run_it("c++", "-std=c++17", "table.o", f"{HERE}/cxx/words.cpp", "-o", "made.so", *flags)
        self.assertIn("a plugin exports sl_plugin_main and nothing else", self.run_it(self.variable("checkso"), "made.so", code=1))

    # ---- what the READMEs say ----

    def blocks(self, path, language):
        with open(path, encoding="utf-8") as f:
            return re.findall(rf"^```{language}\n(.*?)^```$", f.read(), re.M | re.S)

    def follow(self, readme, folder):
        """Runs the commands of a README, all in one shell, in a folder where somebody might sit."""
        commands = "".join(self.blocks(readme, "sh"))
        self.assertNotEqual(commands, "")
        return self.run_it("bash", "-euo", "pipefail", "-c", commands, cwd=folder, HOME=self.work)

    def test_readme_of_a_plugin(self):
        folder = self.new_plugin("filter.mine")
        said = self.follow(f"{folder}/README.md", folder)
        self.assertIn("100% tests passed", said)
        self.assertIn("too_many_digits 1", said)

    def test_readme_for_authors(self):
        place = f"{self.work}/sluice-source"
        os.makedirs(f"{place}/build")
        os.symlink(BUILD, f"{place}/build/release")
        said = self.follow(f"{self.package}/share/doc/sluice/plugins/README.md", place)
        self.assertIn("100% tests passed", said)
        self.assertIn("3 passed, 0 failed", said)

    def test_code_in_readmes_is_code_that_runs(self):
        known = ""
        for top in ("tools/templates", "tests/abi", "tests/plugins", "plugins", "engine/include"):
            for folder, _, files in os.walk(f"{SOURCE}/{top}"):
                for file in files:
                    if file.endswith((".c", ".h", ".case")):
                        with open(f"{folder}/{file}", encoding="utf-8") as f:
                            known += f.read()
        found = 0
        for readme in ("plugins/README.md", "engine/include/sluice/README.md"):
            for block in self.blocks(f"{SOURCE}/{readme}", "(?:c|yaml)"):
                with self.subTest(block):
                    self.assertTrue(block.replace("filter.mine", "family.verb") in known)
                found += 1
        self.assertGreater(found, 5)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1] + sys.argv[4:], verbosity=2)
