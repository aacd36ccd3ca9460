#!/usr/bin/env python3
"""Packs a built tollgate binary as a Python wheel: `wheel.py --binary target/release/tollgate --out dist`.

Nothing is compiled. The platform tag is read from the binary itself, since an installer believes it: a binary that asks for
more than a tag promises would be installed where it cannot start. The same binary gives the same bytes.
"""

import argparse
import base64
import hashlib
import os
import re
import struct
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# `tollgate` is the name of another project on PyPI: a wheel of that name would be replaced by it at the next upgrade.
NAME = "tollgate-cli"
ELF_MACHINES = {62: "x86_64", 183: "aarch64"}
MACH_MACHINES = {0x01000007: "x86_64", 0x0100000C: "arm64"}
# What every glibc system of a manylinux tag has (PEP 600).
GLIBC_LIBRARIES = {
    "libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1", "libgcc_s.so.1",
    "ld-linux-x86-64.so.2", "ld-linux-aarch64.so.1",
}  # fmt: skip


class Refused(Exception):
    """A binary of which no tag can be told."""


class Elf:
    """A 64-bit little-endian ELF file, as far as its dynamic section."""

    def __init__(self, data):
        if len(data) < 64 or data[4] != 2 or data[5] != 1:
            raise Refused("it is no 64-bit little-endian ELF file")
        self.data = data
        machine = struct.unpack_from("<H", data, 18)[0]
        if machine not in ELF_MACHINES:
            raise Refused(f"its machine is {machine}, of which there is no wheel")
        self.machine = ELF_MACHINES[machine]
        start = struct.unpack_from("<Q", data, 32)[0]
        size, count = struct.unpack_from("<HH", data, 54)
        headers = [struct.unpack_from("<IIQQQQQQ", data, start + n * size) for n in range(count)]
        self.loads = [(h[3], h[2], h[5]) for h in headers if h[0] == 1]
        self.interpreter = next((data[h[2] : h[2] + h[5]].rstrip(b"\0").decode() for h in headers if h[0] == 3), None)
        self.dynamic = []
        for header in headers:
            if header[0] == 2:
                self.dynamic = [struct.unpack_from("<QQ", data, header[2] + at) for at in range(0, header[5], 16)]

    def entry(self, tag):
        return next((value for found, value in self.dynamic if found == tag), None)

    def offset(self, address):
        for start, offset, size in self.loads:
            if start <= address < start + size:
                return address - start + offset
        raise Refused(f"address {address:#x} lies in no part of the file")

    def text(self, at):
        table = self.entry(5)
        if table is None:
            raise Refused("it names libraries and has no table of names")
        start = self.offset(table) + at
        return self.data[start : self.data.index(b"\0", start)].decode()

    def libraries(self):
        return {self.text(value) for tag, value in self.dynamic if tag == 1}

    def versions(self):
        """The versions of symbols that it needs, such as `GLIBC_2.34`."""
        at, count = self.entry(0x6FFFFFFE), self.entry(0x6FFFFFFF) or 0
        if at is None:
            return set()
        found, at = set(), self.offset(at)
        for _ in range(count):
            _, parts, _, part, following = struct.unpack_from("<HHIII", self.data, at)
            part += at
            for _ in range(parts):
                _, _, _, name, step = struct.unpack_from("<IHHII", self.data, part)
                found.add(self.text(name))
                part += step
            at += following
        return found


def linux_tags(data):
    elf = Elf(data)
    needed = elf.libraries()
    if elf.interpreter is None:
        if needed:
            raise Refused(f"it has no interpreter, and needs {', '.join(sorted(needed))}")
        # A static binary asks for a kernel alone, so it runs on systems of either C library.
        return [f"{tag}_{elf.machine}" for tag in ("manylinux_2_17", "manylinux2014", "musllinux_1_1")]
    strange = needed - GLIBC_LIBRARIES
    if strange:
        raise Refused(f"it needs {', '.join(sorted(strange))}, which a glibc system need not have")
    least = 17
    for version in elf.versions():
        if not version.startswith("GLIBC_"):
            continue
        match = re.fullmatch(r"GLIBC_2\.(\d+)(\.\d+)*", version)
        if match:
            least = max(least, int(match[1]))
        elif version == "GLIBC_ABI_DT_RELR":
            least = max(least, 36)
        else:
            raise Refused(f"it needs {version}, which no tag promises")
    return [f"manylinux_2_{least}_{elf.machine}"]


def mac_tags(data):
    machine = MACH_MACHINES.get(struct.unpack_from("<I", data, 4)[0])
    if machine is None:
        raise Refused("its machine is none of which there is a wheel")
    count, at = struct.unpack_from("<I", data, 16)[0], 32
    for _ in range(count):
        command, size = struct.unpack_from("<II", data, at)
        # LC_BUILD_VERSION and LC_VERSION_MIN_MACOSX.
        if command in (0x32, 0x24):
            least = struct.unpack_from("<I", data, at + (12 if command == 0x32 else 8))[0]
            major, minor = least >> 16, least >> 8 & 0xFF
            # From 11 on installers know whole versions alone.
            if major >= 11 and minor > 0:
                major += 1
            if major >= 11:
                minor = 0
            return [f"macosx_{major}_{minor}_{machine}"]
        at += size
    raise Refused("it does not say from which macOS on it runs")


def tags(data):
    if data[:4] == b"\x7fELF":
        return linux_tags(data)
    if data[:4] == b"\xcf\xfa\xed\xfe":
        return mac_tags(data)
    raise Refused("it is neither a 64-bit ELF nor a 64-bit Mach-O file")


def manifest(key):
    match = re.search(rf'^{key} = "(.*)"$', (ROOT / "Cargo.toml").read_text(), re.MULTILINE)
    if not match:
        raise Refused(f"Cargo.toml has no {key}")
    return match[1]


def version():
    """The version of Cargo.toml as PEP 440 spells it."""
    found = manifest("version")
    match = re.fullmatch(r"(\d+\.\d+\.\d+)(?:-(alpha|beta|rc)\.?(\d+))?", found)
    if not match:
        raise Refused(f"the version {found} has no spelling in Python")
    return match[1] + ({"alpha": "a", "beta": "b", "rc": "rc"}[match[2]] + match[3] if match[2] else "")


def metadata(name):
    licences = sorted(path.name for path in ROOT.glob("LICENSE-*"))
    lines = [
        "Metadata-Version: 2.4",
        f"Name: {name}",
        f"Version: {version()}",
        f"Summary: {manifest('description')}",
        f"License-Expression: {manifest('license')}",
        *(f"License-File: {licence}" for licence in licences),
        "Requires-Python: >=3.8",
        "Description-Content-Type: text/markdown",
        "",
        (ROOT / "README.md").read_text(encoding="utf-8"),
    ]
    return "\n".join(lines), licences


def entries(name, binary, platform):
    stem = f"{name.replace('-', '_')}-{version()}"
    info = f"{stem}.dist-info"
    said, licences = metadata(name)
    wheel = ["Wheel-Version: 1.0", "Generator: tollgate", "Root-Is-Purelib: false"]
    wheel += [f"Tag: py3-none-{tag}" for tag in platform]
    yield f"{stem}.data/scripts/tollgate", binary, 0o755
    yield f"{info}/METADATA", said.encode(), 0o644
    yield f"{info}/WHEEL", ("\n".join(wheel) + "\n").encode(), 0o644
    for licence in licences:
        yield f"{info}/licenses/{licence}", (ROOT / licence).read_bytes(), 0o644


def write(path, files):
    record = path.name.split("-py3-")[0] + ".dist-info/RECORD"
    lines, part = [], path.with_suffix(".part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:

        def put(name, data, mode):
            # The first moment that a zip file can name: two builds of one binary are the same file.
            entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            entry.external_attr = (0o100000 | mode) << 16
            entry.create_system = 3
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, data)

        for name, data, mode in files:
            put(name, data, mode)
            digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            lines.append(f"{name},sha256={digest},{len(data)}")
        put(record, ("\n".join([*lines, f"{record},,"]) + "\n").encode(), 0o644)
    os.replace(part, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--binary", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True, help="folder that the wheel is written into")
    parser.add_argument("--name", default=NAME, help=f"name of the distribution (default: {NAME}); the command stays tollgate")
    given = parser.parse_args()
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", given.name):
        parser.error(f"{given.name!r} is no normal name of a distribution")
    try:
        binary = given.binary.read_bytes()
        platform = tags(binary)
        given.out.mkdir(parents=True, exist_ok=True)
        path = given.out / f"{given.name.replace('-', '_')}-{version()}-py3-none-{'.'.join(platform)}.whl"
        write(path, entries(given.name, binary, platform))
    except (Refused, OSError, struct.error, ValueError) as e:
        sys.exit(f"{given.binary}: {e}")
    print(path)


if __name__ == "__main__":
    main()
