# Thin: once the packages are there, plain `swift build` and `swift test` work as in any Swift package.
PREFIX ?= /usr/local
DESTDIR ?=
RELEASE = .build/release
SOURCES = Package.swift Sources Tests Examples/RunContainer/Package.swift Examples/RunContainer/Sources

.PHONY: all release demo test test-vm bench install uninstall lint format clean

all: release

release:
	Scripts/packages build
	swift build --configuration release --product ck
	swift build --configuration release --product ck-shim
	swift build --configuration release --product ck-dns
	@! readelf -d $(RELEASE)/ck | grep 'NEEDED.*\(sqlite\|stdc++\|gcc_s\)' || { echo "ck is to load nothing but libc: see Scripts/link"; exit 1; }

demo: release
	Scripts/demo $(RELEASE)/ck

test:
	Scripts/packages build test
	swift build --build-tests
	swift test --skip-build

# The integration tests once more, on a pure cgroup v2 host in QEMU.
test-vm:
	Scripts/test-vm

bench: release
	Benchmarks/run

install: release
	install -D --mode 755 $(RELEASE)/ck $(DESTDIR)$(PREFIX)/bin/ck
	ln -sfn ck $(DESTDIR)$(PREFIX)/bin/ck-runtime
	install -D --mode 755 $(RELEASE)/ck-shim $(DESTDIR)$(PREFIX)/libexec/containerkit/ck-shim
	install -D --mode 755 $(RELEASE)/ck-dns $(DESTDIR)$(PREFIX)/libexec/containerkit/ck-dns

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/ck $(DESTDIR)$(PREFIX)/bin/ck-runtime $(DESTDIR)$(PREFIX)/libexec/containerkit/ck-shim
	rm -f $(DESTDIR)$(PREFIX)/libexec/containerkit/ck-dns

lint:
	swift format lint --strict --recursive --parallel $(SOURCES)

format:
	swift format --in-place --recursive --parallel $(SOURCES)

clean:
	rm -rf .build
