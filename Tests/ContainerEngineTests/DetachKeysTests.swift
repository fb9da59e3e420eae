import ContainerSystem
import Testing

@testable import ContainerEngine

@Suite struct DetachKeysTests {
    @Test func dockersWordsAreRead() throws {
        #expect(try DetachKeys.parse(nil) == [16, 17])
        #expect(try DetachKeys.parse("") == [16, 17])
        #expect(try DetachKeys.parse("a") == [97])
        #expect(try DetachKeys.parse("ctrl-x") == [24])
        #expect(try DetachKeys.parse("ctrl-a,b,ctrl-z,DEL") == [1, 98, 26, 127])
        #expect(try DetachKeys.parse("ctrl-@,ctrl-[,ctrl-\\,ctrl-],ctrl-^,ctrl-_") == [0, 27, 28, 29, 30, 31])
    }

    @Test func otherWordsAreRefused() {
        let long = Array(repeating: "a", count: 33).joined(separator: ",")
        for text in ["ab", "ctrl-", "ctrl-A", "ctrl-1", "ctrl-pp", "alt-x", "a,", ",a", "ä", "del", long] {
            let error = #expect(throws: ContainerError.self, "\(text)") { try DetachKeys.parse(text) }
            #expect(error?.code == .invalidArgument && error?.description.contains(text) == true)
        }
    }
}
