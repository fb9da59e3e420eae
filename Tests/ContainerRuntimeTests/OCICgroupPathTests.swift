import ContainerRuntime
import ContainerSystem
import Testing

@Suite struct OCICgroupPathTests {
    @Test(
        arguments: [
            (nil, "/containerkit-oci-id"), ("", "/containerkit-oci-id"), ("/docker/id", "/docker/id"),
            ("//a/./b//c/", "/a/b/c"), ("pod/one", "/containerkit-oci/pod/one"), ("./one", "/containerkit-oci/one"),
            ("system.slice:docker:id", "/containerkit-oci/system.slice:docker:id"),
            ("/system.slice:docker:id", "/system.slice:docker:id"), ("/a/..b", "/a/..b"),
        ] as [(String?, String)])
    func places(given: String?, wanted: String) throws {
        #expect(try OCICgroupPath.path(given, id: "id") == wanted)
    }

    @Test(arguments: [
        "/", "//.", ".", "/..", "../a", "/a/../b", "a/..", "/a b", "/a\nb", "/" + String(repeating: "x", count: 256),
        String(repeating: "/abc", count: 300),
    ])
    func pathsThatAreRefused(path: String) {
        let error = #expect(throws: ContainerError.self) { try OCICgroupPath.path(path, id: "id") }
        #expect(error?.code == .invalidArgument)
        #expect(error?.message.hasPrefix("linux.cgroupsPath: ") == true)
    }
}
