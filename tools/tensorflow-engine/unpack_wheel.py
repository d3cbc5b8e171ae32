"""Takes libtensorflow and the C headers out of a tensorflow wheel: unpack_wheel.py WHEEL FOLDER."""

import pathlib
import shutil
import sys
import zipfile

LIBRARIES = ("tensorflow/libtensorflow_cc.so.2", "tensorflow/libtensorflow_framework.so.2")
HEADERS = (
    "tensorflow/include/tensorflow/c/",
    "tensorflow/include/tensorflow/core/platform/ctstring",
    "tensorflow/include/tsl/platform/ctstring",
    "tensorflow/include/xla/tsl/c/",
)


def destination(name: str, folder: pathlib.Path) -> pathlib.Path | None:
    """Where a file of the wheel goes, or None if it isn't wanted."""
    if name in LIBRARIES:
        return folder / "lib" / pathlib.PurePosixPath(name).name
    if name.startswith(HEADERS) and not name.endswith("/") and ".." not in name:
        return folder / "include" / name.removeprefix("tensorflow/include/")
    return None


def main(wheel: str, folder: str) -> None:
    with zipfile.ZipFile(wheel) as archive:
        for name in archive.namelist():
            target = destination(name, pathlib.Path(folder))
            if target is None:
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            with archive.open(name) as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy, 1 << 20)


main(*sys.argv[1:])
