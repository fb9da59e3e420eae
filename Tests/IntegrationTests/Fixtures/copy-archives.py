"""Archives that mean harm to a container's host, for `cp -`: copy-archives.py FOLDER CANARY"""
import gzip, io, os, sys, tarfile

folder, canary = sys.argv[1:]
KINDS = {"s": tarfile.SYMTYPE, "h": tarfile.LNKTYPE, "d": tarfile.DIRTYPE, "c": tarfile.CHRTYPE, "b": tarfile.BLKTYPE}


def write(name, *entries):
    with tarfile.open(f"{folder}/{name}.tar", "w", format=tarfile.PAX_FORMAT) as archive:
        for path, kind, value in entries:
            info = tarfile.TarInfo(path)
            info.mode = 0o755 if kind == "d" else 0o644
            if kind == "f":
                info.size = len(value)
                archive.addfile(info, io.BytesIO(value))
                continue
            info.type = KINDS[kind]
            if kind in "sh":
                info.linkname = value
            if kind in "cb":
                info.devmajor, info.devminor = value
            if kind == "d" and value:
                info.uid = value
            archive.addfile(info)


evil = b"evil\n"
write("dots", ("../../evil", "f", evil))
write("absolute", ("/abs", "f", evil))
write("through", ("l", "s", "/etc"), ("l/through", "f", evil), ("m", "s", canary), ("m2", "s", canary + "/file"), ("m2", "f", evil))
write("through-own", ("out", "s", canary), ("sub/out", "s", canary), ("sub/out", "f", evil))
write("relative", ("l2", "s", "../../../etc"))
write("hard", ("h", "h", "../../etc/passwd"))
write("hard-absolute", ("f", "f", evil), ("h", "h", "/f"), ("h", "f", evil))
write("hard-missing", ("h", "h", canary + "/file"))
write("device", ("null", "c", (1, 3)), ("disk", "b", (8, 0)))
write("over-folder", ("sub", "f", evil))
write("over-file", ("a", "d", 0))
write("whiteout", (".wh.passwd", "f", evil), (".wh..wh..opq", "f", b""))
write("owner", ("d2", "d", 1 << 33))
write("root-file", (".", "f", evil))
write("cut", ("big", "f", b"x" * 100000))
with open(f"{folder}/cut.tar", "r+b") as file:
    file.truncate(20000)
# What follows the end of an archive is read as well: nothing of it has to reach a disk.
zeros = gzip.compress(bytes(16 << 20))
with open(f"{folder}/bomb.tar", "wb") as file:
    file.write(gzip.compress(bytes(1024)) + zeros * 80)
