"""Makes docker's archives of other ages of an archive that `ck save` wrote.

    docker-archive.py KIND IN OUT

KIND is 1.10 (manifest.json, layers as plain tars in folders, links for those that images share) or 1.0 (repositories,
and a folder with json and layer.tar for each layer).
"""
import gzip, hashlib, io, json, sys, tarfile

kind, source, target = sys.argv[1:]
archive = tarfile.open(source)
read = lambda name: archive.extractfile(name).read()
out = tarfile.open(target, "w", format=tarfile.PAX_FORMAT)


def add(name, data=b"", link=None):
    entry = tarfile.TarInfo(name)
    if link:
        entry.type, entry.linkname = tarfile.SYMTYPE, link
    entry.size = len(data)
    out.addfile(entry, io.BytesIO(data))


def plain(data):
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


manifest, repositories, seen = [], {}, {}
for image in json.loads(read("manifest.json")):
    config = read(image["Config"])
    parsed, parent, layers = json.loads(config), None, []
    for number, path in enumerate(image["Layers"]):
        name = hashlib.sha256((str(parent) + path + str(number) + image["Config"]).encode()).hexdigest()
        version = {"id": name, "created": "2015-01-02T03:04:05Z", "architecture": parsed["architecture"], "os": "linux"}
        if parent:
            version["parent"] = parent
        if number == len(image["Layers"]) - 1:
            version["config"] = parsed.get("config", {})
        add(name + "/VERSION", b"1.0")
        add(name + "/json", json.dumps(version).encode())
        if path in seen:
            add(name + "/layer.tar", link="../%s/layer.tar" % seen[path])
        else:
            add(name + "/layer.tar", plain(read(path)))
            seen[path] = name
        layers.append(name + "/layer.tar")
        parent = name
    digest = hashlib.sha256(config).hexdigest()
    if kind == "1.10":
        add(digest + ".json", config)
    for tag in image.get("RepoTags") or []:
        repository, _, version = tag.rpartition(":")
        repositories.setdefault(repository, {})[version] = parent
    manifest.append({"Config": digest + ".json", "RepoTags": image.get("RepoTags"), "Layers": layers})
if kind == "1.10":
    add("manifest.json", json.dumps(manifest).encode())
add("repositories", json.dumps(repositories).encode())
out.close()
