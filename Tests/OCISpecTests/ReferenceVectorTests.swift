import ContainerSystem
import Testing

@testable import OCISpec

@Suite struct ReferenceVectorTests {
    @Test func everyAcceptedNameIsNormalisedAsDockerDoes() throws {
        for (name, full) in ReferenceVectors.accepted {
            let reference = try ImageReference(parsing: name, defaultTag: nil)
            #expect(reference.description == full, "\(name)")
            // Docker prints the familiar form, and people type it back.
            // (But for a name that looks like an id, which needs its registry.)
            if reference.path != "library/" + reference.familiar || reference.familiar.utf8.count != 64 {
                #expect(try ImageReference(parsing: reference.familiar, defaultTag: nil) == reference, "\(name)")
            }
            #expect(try ImageReference(parsing: full, defaultTag: nil) == reference, "\(name)")
            let tagged = try ImageReference(parsing: name)
            let isPinned = reference.tag != nil || reference.digest != nil
            #expect(tagged.description == (isPinned ? full : full + ":latest"), "\(name)")
        }
    }

    @Test func everyOtherNameIsRefusedInDockersWords() {
        for (name, words) in ReferenceVectors.refused {
            let error = #expect(throws: ContainerError.self) { try ImageReference(parsing: name) }
            #expect(error?.description.hasPrefix(words) == true, "\(name): \(error?.description ?? "")")
        }
    }

    @Test(arguments: [
        ("localhost/fooo", "localhost/fooo"), ("LOCALDOMAIN/fooo/bar", "LOCALDOMAIN/fooo/bar"),
        ("index.docker.io/fooo/bar", "fooo/bar"), ("library/ubuntu", "ubuntu"),
        ("nonlibrary/ubuntu", "nonlibrary/ubuntu"), ("other/library", "other/library"),
        ("127.0.0.1:8000/private/moonbase", "127.0.0.1:8000/private/moonbase"),
        ("index.docker.io/library/ubuntu-12.04-base", "ubuntu-12.04-base"), ("docker.io/foo", "foo"),
        ("library/foo/bar", "library/foo/bar"), ("docker.io/store/foo/bar", "store/foo/bar"), ("FOO/bar", "FOO/bar"),
    ])
    func theFamiliarNameIsDockers(name: String, familiar: String) throws {
        #expect(try ImageReference(parsing: name).familiarRepository == familiar)
    }

    /// Names made by a fixed sequence of the letters that matter: whatever is accepted comes back from both its forms.
    @Test func whatIsAcceptedComesBack() throws {
        var random = SplitMix(seed: 7)
        let letters = Array("aA0._-/:@[]sha256:docker.iolocalhost\u{e9}% ")
        var accepted = 0
        for _ in 0..<20_000 {
            let text = String((0..<random.below(24)).map { _ in letters[random.below(letters.count)] })
            guard let reference = try? ImageReference(parsing: text) else { continue }
            accepted += 1
            #expect(try ImageReference(parsing: reference.description) == reference, "\(text)")
            #expect(try ImageReference(parsing: reference.familiar) == reference, "\(text)")
            #expect(!reference.path.contains(".."), "\(text)")
        }
        #expect(accepted > 100)
    }
}

/// Steele, Lea and Flood's generator: the same numbers each time.
struct SplitMix {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var z = state
        z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
        z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
        return z ^ (z >> 31)
    }

    /// From 0 on, less than `limit`.
    mutating func below(_ limit: Int) -> Int { limit < 1 ? 0 : Int(next() % UInt64(limit)) }
}
