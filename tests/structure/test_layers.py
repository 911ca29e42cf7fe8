# SPDX-License-Identifier: GPL-2.0-or-later
"""The rules of the house that a compiler does not see.

A library looks down only: the order of the layers is that of src/meson.build. The include path
already keeps a wrong include from compiling; this also catches a wrong line in a meson.build.
"""
import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
SRC = ROOT / "src"


def layers():
    """Directory -> height, from the order of the subdir() lines, felix/ with its own order inside."""
    order = []
    for name in re.findall(r"^subdir\('([^']+)'\)", (SRC / "meson.build").read_text(), re.M):
        if name == "felix":
            inner = (SRC / "felix/meson.build").read_text()
            order += ["felix/" + n for n in re.findall(r"^subdir\('([^']+)'\)", inner, re.M)]
        else:
            order.append(name)
    return {name: height for height, name in enumerate(order)}


def public_prefixes(order):
    """The first part of an include path -> the layer that owns it."""
    prefixes = {}
    for layer in order:
        include = SRC / layer / "include"
        if include.is_dir():
            for entry in include.iterdir():
                prefixes[entry.name] = layer
    return prefixes


def sources(layer):
    return [p for p in (SRC / layer).rglob("*.[ch]")]


def test_includes_look_down():
    order = layers()
    owner = public_prefixes(order)
    wrong = []
    for layer, height in order.items():
        for path in sources(layer):
            for name in re.findall(r'^#include "([^"/]+)/', path.read_text(), re.M):
                target = owner.get(name)
                if target and target != layer and order[target] > height:
                    wrong.append(f"{path.relative_to(ROOT)} includes {name}/ of {target}")
    assert not wrong, "\n".join(wrong)


def test_base_includes_nothing_of_ours():
    for path in sources("base"):
        for name in re.findall(r'^#include "([^"]+)"', path.read_text(), re.M):
            assert name.startswith("base/") or "/" not in name, f"{path}: {name}"


def test_every_source_names_its_licence():
    bare = [
        str(p.relative_to(ROOT))
        for p in SRC.rglob("*")
        if p.suffix in (".c", ".h") and "SPDX-License-Identifier: GPL-2.0-or-later" not in
        p.read_text().split("\n", 1)[0]
    ]
    assert not bare, bare


def test_no_file_grows_past_its_role():
    """Split by role before a file is too long to read; tables and tests may be longer."""
    long = [
        f"{p.relative_to(ROOT)}: {n} lines"
        for p in SRC.rglob("*.c")
        if not p.name.endswith("_test.c") and (n := len(p.read_text().splitlines())) > 700
    ]
    assert not long, "\n".join(long)


def test_nothing_marks_itself_unfinished():
    marks = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b")
    found = [
        f"{p.relative_to(ROOT)}:{i}"
        for p in SRC.rglob("*.[ch]")
        for i, line in enumerate(p.read_text().splitlines(), 1)
        if marks.search(line)
    ]
    assert not found, found
