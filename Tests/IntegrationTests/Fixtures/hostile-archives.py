"""Makes archives for `load` that mean harm, one file each.

    hostile-archives.py FOLDER

Nothing here takes more memory than a few megabytes: compressed pieces are made once and repeated, since members of gzip
and streams of xz may follow each other.
"""
import gzip, hashlib, io, json, lzma, os, sys, tarfile

folder = sys.argv[1]
GIB = 1 << 30


def tar(entries):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.GNU_FORMAT) as archive:
        for name, data in entries:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def header(name, size):
    info = tarfile.TarInfo(name)
    info.size = size
    return info.tobuf(tarfile.GNU_FORMAT)


def docker(name, layer, config=None):
    """An archive of docker's with one layer."""
    config = config if config is not None else json.dumps(
        {"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": ["sha256:" + "0" * 64]}}).encode()
    manifest = json.dumps([{"Config": "config.json", "RepoTags": ["evil:1"], "Layers": ["layer.tar"]}]).encode()
    data = tar([("layer.tar", layer), ("config.json", config), ("manifest.json", manifest)])
    open(f"{folder}/{name}.tar", "wb").write(data)


def links(entries):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for name, kind, target in entries:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, target
            archive.addfile(info)
    return buffer.getvalue()


zeros = bytes(64 << 20)
docker("gzip-bomb", gzip.compress(header("zeros", 10 * GIB)) + gzip.compress(zeros) * 160)
stream = lzma.compress(zeros, preset=1)
open(f"{folder}/xz-bomb.tar", "wb").write(lzma.compress(header("zeros", 10 * GIB)) + stream * 160)
docker("traversal", tar([("../../../../evil", b"x")]))
docker("through-a-link", links([("a", tarfile.SYMTYPE, "/tmp"), ("a/evil", tarfile.REGTYPE, "")]))
docker("hard-link", links([("a", tarfile.LNKTYPE, "../../../../etc/shadow")]))
docker("not-a-tar", os.urandom(1 << 20))
docker("deep-config", tar([]), b'{"rootfs":' + b"[" * 100000)
docker("wide-config", tar([]), b'{"x":[' + b"0," * (3 << 20) + b'0],"rootfs":{}}')
docker("many-layers", tar([]), json.dumps(
    {"architecture": "amd64", "os": "linux", "rootfs": {"diff_ids": ["sha256:" + "0" * 64] * 40000}}).encode())
open(f"{folder}/wide-manifest.tar", "wb").write(tar([("manifest.json", b"[" + b"{}," * (1 << 20) + b"{}]")]))

# An index of an index of an index ...
blobs = []
inner = {"schemaVersion": 2, "manifests": []}
for depth in range(100):
    data = json.dumps(inner).encode()
    digest = hashlib.sha256(data).hexdigest()
    blobs.append(("blobs/sha256/" + digest, data))
    inner = {"schemaVersion": 2, "manifests": [
        {"mediaType": "application/vnd.oci.image.index.v1+json", "digest": "sha256:" + digest, "size": len(data)}]}
open(f"{folder}/nested.tar", "wb").write(
    tar(blobs + [("oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ("index.json", json.dumps(inner).encode())]))
