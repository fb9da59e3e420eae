/// What docker makes of the names in the tests of its own grammar (distribution/reference), and why it refuses the others:
/// facts to hold the parser against, not code.
enum ReferenceVectors {
    /// A name, and its normalised form without a default tag.
    static let accepted: [(name: String, full: String)] = [
        ("docker/docker", "docker.io/docker/docker"),
        ("library/debian", "docker.io/library/debian"),
        ("debian", "docker.io/library/debian"),
        ("localhost/library/debian", "localhost/library/debian"),
        ("localhost/debian", "localhost/debian"),
        ("LOCALDOMAIN/library/debian", "LOCALDOMAIN/library/debian"),
        ("LOCALDOMAIN/debian", "LOCALDOMAIN/debian"),
        ("docker.io/docker/docker", "docker.io/docker/docker"),
        ("docker.io/library/debian", "docker.io/library/debian"),
        ("docker.io/debian", "docker.io/library/debian"),
        ("index.docker.io/docker/docker", "docker.io/docker/docker"),
        ("index.docker.io/library/debian", "docker.io/library/debian"),
        ("index.docker.io/debian", "docker.io/library/debian"),
        ("127.0.0.1:5000/docker/docker", "127.0.0.1:5000/docker/docker"),
        ("127.0.0.1:5000/library/debian", "127.0.0.1:5000/library/debian"),
        ("127.0.0.1:5000/debian", "127.0.0.1:5000/debian"),
        ("192.168.0.1", "docker.io/library/192.168.0.1"),
        ("192.168.0.1:80", "docker.io/library/192.168.0.1:80"),
        ("192.168.0.1:8/debian", "192.168.0.1:8/debian"),
        ("192.168.0.2:25000/debian", "192.168.0.2:25000/debian"),
        (
            "thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev",
            "docker.io/library/thisisthesongthatneverendsitgoesonandonandonthisisthesongthatnev"
        ),
        ("[fc00::1]:5000/docker", "[fc00::1]:5000/docker"),
        ("[fc00::1]:5000/docker/docker", "[fc00::1]:5000/docker/docker"),
        ("[fc00:1:2:3:4:5:6:7]:5000/library/debian", "[fc00:1:2:3:4:5:6:7]:5000/library/debian"),
        (
            "docker.io/1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a",
            "docker.io/library/1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a"
        ),
        ("Docker/docker", "Docker/docker"),
        ("DOCKER/docker", "DOCKER/docker"),
        ("docker-rules/docker", "docker.io/docker-rules/docker"),
        ("docker---rules/docker", "docker.io/docker---rules/docker"),
        ("doc/docker", "docker.io/doc/docker"),
        ("d/docker", "docker.io/d/docker"),
        ("jess/t", "docker.io/jess/t"),
        ("dock__er/docker", "docker.io/dock__er/docker"),
        ("fooo", "docker.io/library/fooo"),
        ("localhost/fooo", "localhost/fooo"),
        ("fooo/bar", "docker.io/fooo/bar"),
        ("localhost/fooo/bar", "localhost/fooo/bar"),
        ("LOCALDOMAIN/fooo", "LOCALDOMAIN/fooo"),
        ("LOCALDOMAIN/fooo/bar", "LOCALDOMAIN/fooo/bar"),
        ("docker.io/fooo/bar", "docker.io/fooo/bar"),
        ("index.docker.io/fooo/bar", "docker.io/fooo/bar"),
        ("library/ubuntu", "docker.io/library/ubuntu"),
        ("ubuntu", "docker.io/library/ubuntu"),
        ("docker.io/library/ubuntu", "docker.io/library/ubuntu"),
        ("nonlibrary/ubuntu", "docker.io/nonlibrary/ubuntu"),
        ("docker.io/nonlibrary/ubuntu", "docker.io/nonlibrary/ubuntu"),
        ("other/library", "docker.io/other/library"),
        ("docker.io/other/library", "docker.io/other/library"),
        ("private/moonbase", "docker.io/private/moonbase"),
        ("127.0.0.1:8000/private/moonbase", "127.0.0.1:8000/private/moonbase"),
        ("privatebase", "docker.io/library/privatebase"),
        ("127.0.0.1:8000/privatebase", "127.0.0.1:8000/privatebase"),
        ("example.com/private/moonbase", "example.com/private/moonbase"),
        ("example.com/privatebase", "example.com/privatebase"),
        ("example.com:8000/private/moonbase", "example.com:8000/private/moonbase"),
        ("privatebasee", "docker.io/library/privatebasee"),
        ("example.com:8000/privatebasee", "example.com:8000/privatebasee"),
        ("library/ubuntu-12.04-base", "docker.io/library/ubuntu-12.04-base"),
        ("ubuntu-12.04-base", "docker.io/library/ubuntu-12.04-base"),
        ("docker.io/library/ubuntu-12.04-base", "docker.io/library/ubuntu-12.04-base"),
        ("index.docker.io/library/ubuntu-12.04-base", "docker.io/library/ubuntu-12.04-base"),
        ("library/foo", "docker.io/library/foo"),
        ("foo", "docker.io/library/foo"),
        ("docker.io/library/foo", "docker.io/library/foo"),
        ("docker.io/foo", "docker.io/library/foo"),
        ("library/foo/bar", "docker.io/library/foo/bar"),
        ("docker.io/library/foo/bar", "docker.io/library/foo/bar"),
        ("store/foo/bar", "docker.io/store/foo/bar"),
        ("docker.io/store/foo/bar", "docker.io/store/foo/bar"),
        ("bar", "docker.io/library/bar"),
        ("Foo/bar", "Foo/bar"),
        ("FOO/bar", "FOO/bar"),
        ("redis", "docker.io/library/redis"),
        ("docker.io/library/redis", "docker.io/library/redis"),
        ("redis:latest", "docker.io/library/redis:latest"),
        ("docker.io/library/redis:latest", "docker.io/library/redis:latest"),
        (
            "redis@sha256:dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c",
            "docker.io/library/redis@sha256:dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c"
        ),
        (
            "docker.io/library/redis@sha256:dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c",
            "docker.io/library/redis@sha256:dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c"
        ),
        ("dmcgowan/myapp", "docker.io/dmcgowan/myapp"),
        ("docker.io/dmcgowan/myapp", "docker.io/dmcgowan/myapp"),
        ("dmcgowan/myapp:latest", "docker.io/dmcgowan/myapp:latest"),
        ("docker.io/dmcgowan/myapp:latest", "docker.io/dmcgowan/myapp:latest"),
        ("docker.io/mcgowan/myapp:latest", "docker.io/mcgowan/myapp:latest"),
        (
            "dmcgowan/myapp@sha256:dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c",
            "docker.io/dmcgowan/myapp@sha256:dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c"
        ),
        (
            "docker.io/dmcgowan/myapp@sha256:dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c",
            "docker.io/dmcgowan/myapp@sha256:dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c"
        ),
        (
            "sha256:dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c",
            "docker.io/library/sha256:dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c"
        ),
        (
            "dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9",
            "docker.io/library/dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9"
        ),
        (
            "docker.io/library/dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9",
            "docker.io/library/dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9"
        ),
        ("dbcc1", "docker.io/library/dbcc1"),
        ("docker.io/library/dbcc1", "docker.io/library/dbcc1"),
        ("test.com/foo", "test.com/foo"),
        ("test_com/foo", "docker.io/test_com/foo"),
        ("docker/migrator", "docker.io/docker/migrator"),
        ("test.com:8080/foo", "test.com:8080/foo"),
        ("test-com:8080/foo", "test-com:8080/foo"),
        ("xn--n3h.com/foo", "xn--n3h.com/foo"),
        ("xn--n3h.com:18080/foo", "xn--n3h.com:18080/foo"),
        ("foo/any/bat", "docker.io/foo/any/bat"),
        ("foo/a/bar", "docker.io/foo/a/bar"),
        ("foo/b/baz", "docker.io/foo/b/baz"),
        ("foo/c/baz:tag", "docker.io/foo/c/baz:tag"),
        ("example.com/foo/c/baz:tag", "example.com/foo/c/baz:tag"),
        ("busybox", "docker.io/library/busybox"),
        ("docker.io/library/busybox:latest", "docker.io/library/busybox:latest"),
        ("busybox:latest", "docker.io/library/busybox:latest"),
        (
            "busybox@sha256:e6693c20186f837fc393390135d8a598a96a833917917789d63766cab6c59582",
            "docker.io/library/busybox@sha256:e6693c20186f837fc393390135d8a598a96a833917917789d63766cab6c59582"
        ),
        (
            "docker.io/library/busybox@sha256:e6693c20186f837fc393390135d8a598a96a833917917789d63766cab6c59582",
            "docker.io/library/busybox@sha256:e6693c20186f837fc393390135d8a598a96a833917917789d63766cab6c59582"
        ),
        ("library/busybox", "docker.io/library/busybox"),
        ("docker.io/busybox", "docker.io/library/busybox"),
        ("docker.io/library/busybox", "docker.io/library/busybox"),
        ("docker.io/busybox:latest", "docker.io/library/busybox:latest"),
        ("library/busybox:latest", "docker.io/library/busybox:latest"),
        ("r.example.com/library/busybox", "r.example.com/library/busybox"),
        ("r.example.com/library/busybox:latest", "r.example.com/library/busybox:latest"),
        (
            "r.example.com/library/busybox:latest@sha256:e6693c20186f837fc393390135d8a598a96a833917917789d63766cab6c59582",
            "r.example.com/library/busybox:latest@sha256:e6693c20186f837fc393390135d8a598a96a833917917789d63766cab6c59582"
        ),
        (
            "r.example.com/library/busybox@sha256:e6693c20186f837fc393390135d8a598a96a833917917789d63766cab6c59582",
            "r.example.com/library/busybox@sha256:e6693c20186f837fc393390135d8a598a96a833917917789d63766cab6c59582"
        ),
        ("test_com", "docker.io/library/test_com"),
        ("test.com:tag", "docker.io/library/test.com:tag"),
        ("test.com:5000", "docker.io/library/test.com:5000"),
        ("test.com/repo:tag", "test.com/repo:tag"),
        ("test:5000/repo", "test:5000/repo"),
        ("test:5000/repo:tag", "test:5000/repo:tag"),
        (
            "test:5000/repo@sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "test:5000/repo@sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        ),
        (
            "test:5000/repo:tag@sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "test:5000/repo:tag@sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        ),
        ("lowercase:Uppercase", "docker.io/library/lowercase:Uppercase"),
        ("sub-dom1.foo.com/bar/baz/quux", "sub-dom1.foo.com/bar/baz/quux"),
        ("sub-dom1.foo.com/bar/baz/quux:some-long-tag", "sub-dom1.foo.com/bar/baz/quux:some-long-tag"),
        (
            "b.r.example.com/test.example.com/my-app:test.example.com",
            "b.r.example.com/test.example.com/my-app:test.example.com"
        ),
        ("xn--n3h.com/myimage:xn--n3h.com", "xn--n3h.com/myimage:xn--n3h.com"),
        (
            "xn--7o8h.com/myimage:xn--7o8h.com@sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "xn--7o8h.com/myimage:xn--7o8h.com@sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        ),
        ("foo_bar.com:8080", "docker.io/library/foo_bar.com:8080"),
        ("foo/foo_bar.com:8080", "docker.io/foo/foo_bar.com:8080"),
        ("192.168.1.1", "docker.io/library/192.168.1.1"),
        ("192.168.1.1:tag", "docker.io/library/192.168.1.1:tag"),
        ("192.168.1.1:5000", "docker.io/library/192.168.1.1:5000"),
        ("192.168.1.1/repo", "192.168.1.1/repo"),
        ("192.168.1.1:5000/repo", "192.168.1.1:5000/repo"),
        ("192.168.1.1:5000/repo:5050", "192.168.1.1:5000/repo:5050"),
        ("[2001:db8::1]/repo", "[2001:db8::1]/repo"),
        ("[2001:db8:1:2:3:4:5:6]/repo:tag", "[2001:db8:1:2:3:4:5:6]/repo:tag"),
        ("[2001:db8::1]:5000/repo", "[2001:db8::1]:5000/repo"),
        ("[2001:db8::1]:5000/repo:tag", "[2001:db8::1]:5000/repo:tag"),
        (
            "[2001:db8::1]:5000/repo@sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "[2001:db8::1]:5000/repo@sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        ),
        (
            "[2001:db8::1]:5000/repo:tag@sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "[2001:db8::1]:5000/repo:tag@sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
        ),
        ("[2001:db8::]:5000/repo", "[2001:db8::]:5000/repo"),
        ("[::1]:5000/repo", "[::1]:5000/repo"),
        ("example.com/repo:tag", "example.com/repo:tag"),
        ("test:8080/foo", "test:8080/foo"),
        ("example.com:8000/named", "example.com:8000/named"),
        ("example.com:8000/named:tagged", "example.com:8000/named:tagged"),
        (
            "other.com/named@sha256:1234567890098765432112345667890098765432112345667890098765432112",
            "other.com/named@sha256:1234567890098765432112345667890098765432112345667890098765432112"
        ),
        ("test.com/foo:tag", "test.com/foo:tag"),
        ("foo:tag2", "docker.io/library/foo:tag2"),
        ("test.com:8000/foo:tag4", "test.com:8000/foo:tag4"),
        ("test.com:8000/foo:TAG5", "test.com:8000/foo:TAG5"),
        ("test.com", "docker.io/library/test.com"),
        ("test.com:10304", "docker.io/library/test.com:10304"),
        ("test.com:http", "docker.io/library/test.com:http"),
        ("localhost", "docker.io/library/localhost"),
        ("localhost:8080", "docker.io/library/localhost:8080"),
        ("a", "docker.io/library/a"),
        ("a.b", "docker.io/library/a.b"),
        ("ab.cd.com", "docker.io/library/ab.cd.com"),
        ("a-b.com", "docker.io/library/a-b.com"),
        ("ab.c-om", "docker.io/library/ab.c-om"),
        ("0101.com", "docker.io/library/0101.com"),
        ("001a.com", "docker.io/library/001a.com"),
        ("b.gbc.io:443", "docker.io/library/b.gbc.io:443"),
        ("b.gbc.io", "docker.io/library/b.gbc.io"),
        ("xn--n3h.com", "docker.io/library/xn--n3h.com"),
        ("192.168.1.1:75050", "docker.io/library/192.168.1.1:75050"),
        ("192.168.1.1:750050", "docker.io/library/192.168.1.1:750050"),
        ("short", "docker.io/library/short"),
        ("simple/name", "docker.io/simple/name"),
        ("docker/stevvooe/app", "docker.io/docker/stevvooe/app"),
        ("aa/aa/aa/aa/aa/aa/aa/aa/aa/bb/bb/bb/bb/bb/bb", "docker.io/aa/aa/aa/aa/aa/aa/aa/aa/aa/bb/bb/bb/bb/bb/bb"),
        ("aa/aa/bb/bb/bb", "docker.io/aa/aa/bb/bb/bb"),
        ("a/a/a/a", "docker.io/a/a/a/a"),
        ("a/aa", "docker.io/a/aa"),
        ("a/aa/a", "docker.io/a/aa/a"),
        ("foo.com", "docker.io/library/foo.com"),
        ("foo.com:8080/bar", "foo.com:8080/bar"),
        ("foo.com/bar", "foo.com/bar"),
        ("foo.com/bar/baz", "foo.com/bar/baz"),
        ("localhost:8080/bar", "localhost:8080/bar"),
        ("blog.foo.com/bar/baz", "blog.foo.com/bar/baz"),
        ("aa-a/a", "docker.io/aa-a/a"),
        ("foo_bar", "docker.io/library/foo_bar"),
        ("foo_bar.com", "docker.io/library/foo_bar.com"),
        ("foo.com/foo_bar", "foo.com/foo_bar"),
        ("b.r.example.com/test.example.com/my-app", "b.r.example.com/test.example.com/my-app"),
        ("xn--n3h.com/myimage", "xn--n3h.com/myimage"),
        ("xn--7o8h.com/myimage", "xn--7o8h.com/myimage"),
        ("example.com/xn--7o8h.com/myimage", "example.com/xn--7o8h.com/myimage"),
        ("example.com/some_separator__underscore/myimage", "example.com/some_separator__underscore/myimage"),
        ("do__cker/docker", "docker.io/do__cker/docker"),
        (
            "registry.io/foo/project--id.module--name.ver---sion--name",
            "registry.io/foo/project--id.module--name.ver---sion--name"
        ),
        ("Asdf.com/foo/bar", "Asdf.com/foo/bar"),
        ("registry.com:8080/myapp:tag", "registry.com:8080/myapp:tag"),
        (
            "registry.com:8080/myapp@sha256:be178c0543eb17f5f3043021c9e5fcf30285e557a4fc309cce97ff9ca6182912",
            "registry.com:8080/myapp@sha256:be178c0543eb17f5f3043021c9e5fcf30285e557a4fc309cce97ff9ca6182912"
        ),
        (
            "registry.com:8080/myapp:tag2@sha256:be178c0543eb17f5f3043021c9e5fcf30285e557a4fc309cce97ff9ca6182912",
            "registry.com:8080/myapp:tag2@sha256:be178c0543eb17f5f3043021c9e5fcf30285e557a4fc309cce97ff9ca6182912"
        ),
        (
            "localhost:8080@sha256:be178c0543eb17f5f3043021c9e5fcf30285e557a4fc309cce97ff9ca6182912",
            "docker.io/library/localhost:8080@sha256:be178c0543eb17f5f3043021c9e5fcf30285e557a4fc309cce97ff9ca6182912"
        ),
        (
            "localhost:8080/name@sha256:be178c0543eb17f5f3043021c9e5fcf30285e557a4fc309cce97ff9ca6182912",
            "localhost:8080/name@sha256:be178c0543eb17f5f3043021c9e5fcf30285e557a4fc309cce97ff9ca6182912"
        ),
        (
            "localhost@sha256:be178c0543eb17f5f3043021c9e5fcf30285e557a4fc309cce97ff9ca6182912",
            "docker.io/library/localhost@sha256:be178c0543eb17f5f3043021c9e5fcf30285e557a4fc309cce97ff9ca6182912"
        ),
        (
            "da304e823d8ca2b9d863a3c897baeb852ba21ea9a9f1414736394ae7fcaf",
            "docker.io/library/da304e823d8ca2b9d863a3c897baeb852ba21ea9a9f1414736394ae7fcaf"
        ),
        (
            "sha256:da304e823d8ca2b9d863a3c897baeb852ba21ea9a9f1414736394ae7fcaf9821",
            "docker.io/library/sha256:da304e823d8ca2b9d863a3c897baeb852ba21ea9a9f1414736394ae7fcaf9821"
        ),
        (
            "da304e823d8ca2b9d863a3c897baeb852ba21ea9a9f1414736394ae7fcaf98218482",
            "docker.io/library/da304e823d8ca2b9d863a3c897baeb852ba21ea9a9f1414736394ae7fcaf98218482"
        ),
    ]

    /// A name, and docker's words.
    static let refused: [(name: String, words: String)] = [
        (
            "validname@sha512:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "unsupported digest algorithm"
        ),
        ("docker///docker", "invalid reference format"),
        ("docker.io/docker///docker", "invalid reference format"),
        ("a//a/a", "invalid reference format"),
        ("https://github.com/docker/docker", "invalid reference format"),
        ("docker/Docker", "invalid reference format: repository name (docker/Docker) must be lowercase"),
        ("-docker", "invalid reference format"),
        ("-docker/docker", "invalid reference format"),
        ("-docker.io/docker/docker", "invalid reference format"),
        ("docker.io/docker/Docker", "invalid reference format: repository name (docker/Docker) must be lowercase"),
        ("[fc00::1]", "invalid reference format"),
        ("[fc00::1]:5000", "invalid reference format"),
        ("fc00::1:5000/debian", "invalid reference format"),
        ("[fe80::1%eth0]:5000/debian", "invalid reference format"),
        ("[2001:db8:3:4::192.0.2.33]:5000/debian", "invalid reference format"),
        (
            "1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a",
            "invalid repository name (1a3f5e7d9c1b3a5f7e9d1c3b5a7f9e1d3c5b7a9f1e3d5d7c9b1a3f5e7d9c1b3a), cannot specify 64-byte hexadecimal strings"
        ),
        ("docker-/docker", "invalid reference format"),
        ("-docker-/docker", "invalid reference format"),
        ("____/____", "invalid reference format"),
        ("_docker/_docker", "invalid reference format"),
        ("dock..er/docker", "invalid reference format"),
        ("dock_.er/docker", "invalid reference format"),
        ("dock-.er/docker", "invalid reference format"),
        ("docker/", "invalid reference format"),
        (
            "this_is_not_a_valid_namespace_because_its_lenth_is_greater_than_255_this_is_not_a_valid_namespace_because_its_lenth_is_greater_than_255_this_is_not_a_valid_namespace_because_its_lenth_is_greater_than_255_this_is_not_a_valid_namespace_because_its_lenth_is_greater_than_255/docker",
            "repository name must not be more than 255 characters"
        ),
        ("", "invalid reference format"),
        (
            "dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c",
            "invalid repository name (dbcc1c35ac38df41fd2f5e4130b32ffdb93ebae8b3dbe638c23575912276fc9c), cannot specify 64-byte hexadecimal strings"
        ),
        (":justtag", "invalid reference format"),
        ("@sha256:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "invalid reference format"),
        ("repo@sha256:ffffffffffffffffffffffffffffffffff", "invalid checksum digest length"),
        (
            "validname@invaliddigest:ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
            "unsupported digest algorithm"
        ),
        ("Uppercase:tag", "invalid reference format: repository name (library/Uppercase) must be lowercase"),
        (
            "test:5000/Uppercase/lowercase:tag",
            "invalid reference format: repository name (Uppercase/lowercase) must be lowercase"
        ),
        ("aa/asdf$$^/aa", "invalid reference format"),
        ("[2001:db8::1]", "invalid reference format"),
        ("[2001:db8::1]:5000", "invalid reference format"),
        ("[2001:db8::1]:tag", "invalid reference format"),
        ("[fe80::1%eth0]:5000/repo", "invalid reference format"),
        ("[fe80::1%@invalidzone]:5000/repo", "invalid reference format"),
        ("test.com:8000/foo:TAG5@sha256:1234567890098765432112345667890098765", "invalid checksum digest length"),
        ("test.com/foo@sha256:1234567890098765432112345667890098765", "invalid checksum digest length"),
        ("foo@sha256:1234567890098765432112345667890098765", "invalid checksum digest length"),
        ("test.com:8000/foo@sha256:1234567890098765432112345667890098765", "invalid checksum digest length"),
        ("test.com:8000/foo:latest@sha256:1234567890098765432112345667890098765", "invalid checksum digest length"),
        ("-ab.com", "invalid reference format"),
        ("ab-.com", "invalid reference format"),
        ("ab.-com", "invalid reference format"),
        ("ab.com-", "invalid reference format"),
        ("Asdf.com", "invalid reference format: repository name (library/Asdf.com) must be lowercase"),
        ("[fd00:1:2::3]:75050", "invalid reference format"),
        ("[fd00:1:2::3]75050", "invalid reference format"),
        ("[fd00:1:2::3]::75050", "invalid reference format"),
        ("[fd00:1:2::3%eth0]:75050", "invalid reference format"),
        ("[fd00123123123]:75050", "invalid reference format"),
        ("[2001:0db8:85a3:0000:0000:8a2e:0370:7334]:75050", "invalid reference format"),
        ("[2001:0db8:85a3:0000:0000:8a2e:0370:7334]:750505", "invalid reference format"),
        ("fd00:1:2::3:75050", "invalid reference format"),
        ("a/a/a/a/", "invalid reference format"),
        ("foo.com/", "invalid reference format"),
        ("foo.com:http/bar", "invalid reference format"),
        ("a^a", "invalid reference format"),
        ("asdf$$^/aa", "invalid reference format"),
        ("a-/a/a/a", "invalid reference format"),
        ("foo.com/a-/a/a", "invalid reference format"),
        ("-foo/bar", "invalid reference format"),
        ("foo/bar-", "invalid reference format"),
        ("foo-/bar", "invalid reference format"),
        ("foo/-bar", "invalid reference format"),
        ("_foo/bar", "invalid reference format"),
        ("foo_bar.com:8080/app", "invalid reference format"),
        ("docker_/docker_", "invalid reference format"),
        ("example.com/__underscore/myimage", "invalid reference format"),
        ("example.com/..dots/myimage", "invalid reference format"),
        ("example.com/.dots/myimage", "invalid reference format"),
        ("example.com/nodouble..dots/myimage", "invalid reference format"),
        ("docker./docker", "invalid reference format"),
        (".docker/docker", "invalid reference format"),
        ("do..cker/docker", "invalid reference format"),
        ("do__cker:8080/docker", "invalid reference format"),
        ("Foo/FarB", "invalid reference format: repository name (FarB) must be lowercase"),
        ("registry.com:8080/myapp@sha256:badbadbadbad", "invalid reference format"),
        ("registry.com:8080/myapp:invalid~tag", "invalid reference format"),
        ("bad_hostname.com:8080/myapp:tag", "invalid reference format"),
        (
            "localhost:http/name@sha256:be178c0543eb17f5f3043021c9e5fcf30285e557a4fc309cce97ff9ca6182912",
            "invalid reference format"
        ),
        ("registry.com:8080/myapp@bad", "invalid reference format"),
        ("registry.com:8080/myapp@2bad", "invalid reference format"),
        (
            "da304e823d8ca2b9d863a3c897baeb852ba21ea9a9f1414736394ae7fcaf9821",
            "invalid repository name (da304e823d8ca2b9d863a3c897baeb852ba21ea9a9f1414736394ae7fcaf9821), cannot specify 64-byte hexadecimal strings"
        ),
        (
            "7EC43B381E5AEFE6E04EFB0B3F0693FF2A4A50652D64AEC573905F2DB5889A1C",
            "invalid reference format: repository name (library/7EC43B381E5AEFE6E04EFB0B3F0693FF2A4A50652D64AEC573905F2DB5889A1C) must be lowercase"
        ),
    ]
}
