"""Makes an OCI layout of layers that no honest tool would write.

    oci-layout.py FOLDER NAME IMAGE

IMAGE is JSON: {"layers": [[ENTRY...]...], "config": {...}, "diff_ids": [...], "plain": false} where an entry is {"name", "type"
("file", "dir", "symlink", "hardlink", "char", "fifo"), "content", "link", "mode", "uid", "size"} and "diff_ids", where
given, replaces what the layers hash to. "plain" layers are not compressed.
"""
import gzip, hashlib, io, json, os, sys, tarfile

folder, name, image = sys.argv[1], sys.argv[2], json.load(open(sys.argv[3]))
TYPES = {"file": tarfile.REGTYPE, "dir": tarfile.DIRTYPE, "symlink": tarfile.SYMTYPE, "hardlink": tarfile.LNKTYPE,
         "char": tarfile.CHRTYPE, "fifo": tarfile.FIFOTYPE}
os.makedirs(folder + "/blobs/sha256", exist_ok=True)


def store(data, media_type):
    digest = hashlib.sha256(data).hexdigest()
    open(f"{folder}/blobs/sha256/{digest}", "wb").write(data)
    return {"mediaType": media_type, "digest": "sha256:" + digest, "size": len(data)}


layers, diff_ids = [], []
for entries in image["layers"]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for entry in entries:
            info = tarfile.TarInfo()
            info.name, info.type = entry["name"], TYPES[entry.get("type", "file")]
            info.mode, info.uid, info.linkname = entry.get("mode", 0o755), entry.get("uid", 0), entry.get("link", "")
            content = entry.get("content", "").encode()
            if "path" in entry:
                content = open(entry["path"], "rb").read()
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    tar = buffer.getvalue()
    diff_ids.append("sha256:" + hashlib.sha256(tar).hexdigest())
    kind = "application/vnd.oci.image.layer.v1.tar"
    layers.append(store(tar, kind) if image.get("plain") else store(gzip.compress(tar, mtime=0), kind + "+gzip"))
config = {"architecture": "amd64", "os": "linux", "config": image.get("config", {"Cmd": ["/bin/true"]}),
          "rootfs": {"type": "layers", "diff_ids": image.get("diff_ids", diff_ids)}}
manifest = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.manifest.v1+json",
            "config": store(json.dumps(config).encode(), "application/vnd.oci.image.config.v1+json"), "layers": layers}
descriptor = store(json.dumps(manifest).encode(), manifest["mediaType"])
descriptor["annotations"] = {"org.opencontainers.image.ref.name": name}
index = {"schemaVersion": 2, "manifests": [descriptor]}
open(folder + "/oci-layout", "w").write('{"imageLayoutVersion": "1.0.0"}')
open(folder + "/index.json", "w").write(json.dumps(index))
