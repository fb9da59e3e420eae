import ContainerSystem
import Foundation
import Testing

@testable import ContainerRegistryClient

/// Logins written into docker's configuration, and those that programs keep.
@Suite struct DockerConfigFileTests {
    private let login = RegistryCredential(user: "ann", password: "p:w")

    private func inFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "ck-config-\(UUID().uuidString)"
        try Files.makeDirectory(folder)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    /// A helper that keeps what it is told in a file, or does what the script says.
    private func helper(_ folder: String, _ script: String, patience: Double = 30) throws -> CredentialHelper {
        let name = "t\(UUID().uuidString)"
        try Files.replace("\(folder)/docker-credential-\(name)", with: Array("#!/bin/sh\n\(script)".utf8), mode: 0o755)
        return CredentialHelper(name: name, patience: patience, folder: folder)
    }

    @Test func otherSettingsStay() throws {
        try inFolder { folder in
            let path = folder + "/new/config.json"
            var file = try DockerConfigFile(reading: path)
            #expect(try file.store(login, for: "localhost:5000") == .file(path))
            let text = try Files.readText(path)
            #expect(try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int == 0o600)
            try Files.replace(
                path,
                with: Array(
                    text.replacing("{", with: #"{"proxies": {"n": [1, 2.5, null, true]}, "#, maxReplacements: 1).utf8))
            file = try DockerConfigFile(reading: path)
            _ = try file.store(login, for: "docker.io")
            file = try DockerConfigFile(reading: path)
            #expect(try file.credential(for: "localhost:5000") == login)
            #expect(try file.credential(for: "docker.io") == login)
            try file.erase("localhost:5000")
            let after = try Files.readText(path)
            #expect(after.contains("https://index.docker.io/v1/") && !after.contains("localhost:5000"))
            let document = try #require(
                try JSONSerialization.jsonObject(with: Data(after.utf8)) as? [String: Any])
            #expect((document["proxies"] as? [String: [Any]])?["n"]?.count == 4)
        }
    }

    @Test func anIdentityTokenTakesThePasswordsPlace() throws {
        try inFolder { folder in
            var file = try DockerConfigFile(reading: folder + "/config.json")
            _ = try file.store(RegistryCredential(identityToken: "refresh"), for: "r.example")
            let read = try DockerConfigFile(reading: folder + "/config.json").credential(for: "r.example")
            #expect(read == RegistryCredential(identityToken: "refresh"))
        }
    }

    @Test func helpersKeepLogins() throws {
        try inFolder { folder in
            let helper = try helper(
                folder,
                """
                case $1 in
                store) cat > \(folder)/kept ;;
                get) cat > \(folder)/asked; [ -f \(folder)/kept ] && cat \(folder)/kept && exit
                     echo credentials not found in native keychain; exit 1 ;;
                erase) rm \(folder)/kept ;;
                esac
                """)
            try Files.replace(
                folder + "/config.json", with: Array(#"{"credHelpers": {"r.example": "\#(helper.name)"}}"#.utf8))
            var file = try DockerConfigFile(reading: folder + "/config.json", helperFolder: folder)
            #expect(try file.credential(for: "r.example") == nil)
            #expect(try Files.readText(folder + "/asked") == "r.example")
            #expect(try file.store(login, for: "r.example") == .helper(helper.program))
            #expect(try file.credential(for: "r.example") == login)
            #expect(!(try Files.readText(folder + "/config.json")).contains("\"auth\""))
            try file.erase("r.example")
            #expect(try file.credential(for: "r.example") == nil)
        }
    }

    @Test(arguments: [
        ("exec sleep 100", "did not answer"), ("echo no key ring; exit 1", "no key ring"), ("echo {}", "is no login"),
        ("yes", "no end"), ("kill -9 $$", "get"),
    ])
    func badHelpersAreOneError(_ script: String, _ cause: String) throws {
        try inFolder { folder in
            let helper = try helper(folder, script, patience: script.contains("sleep") ? 0.5 : 30)
            let failure = #expect(throws: ContainerError.self) { try helper.credential(for: "r.example") }
            #expect(failure?.description.contains(cause) == true, "\(String(describing: failure))")
            #expect(failure?.description.contains(helper.program) == true)
        }
    }

    @Test func missingHelpersAreNamed() {
        let failure = #expect(throws: ContainerError.self) {
            try CredentialHelper(name: "nobody-has-this").credential(for: "x")
        }
        #expect(failure?.description.contains("docker-credential-nobody-has-this") == true)
        #expect(failure?.description.contains("not installed") == true)
        #expect(throws: ContainerError.self) { try CredentialHelper(name: "../x").credential(for: "x") }
    }
}
