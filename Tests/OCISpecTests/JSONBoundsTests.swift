import ContainerSystem
import Testing

@testable import OCISpec

@Suite struct JSONBoundsTests {
    private func complaint(_ text: String) -> String? {
        do throws(ContainerError) {
            try JSONBounds.check(Array(text.utf8), name: "it")
            return nil
        } catch { return error.description }
    }

    @Test func honestDocumentsPass() {
        #expect(complaint("") == nil)
        #expect(complaint(#"{"a":[1,2,{"b":"[[[,,,\"[["}]}"#) == nil)
        // What stands in text counts for nothing, an escaped quote does not end it, and nor does the end of the bytes.
        #expect(complaint("\"" + String(repeating: "[,{:", count: 100_000) + "\"") == nil)
        #expect(complaint("\"\\\"" + String(repeating: "[", count: 1000)) == nil)
        #expect(complaint("\"\\") == nil)
        #expect(complaint(String(repeating: "[", count: 64) + String(repeating: "]", count: 64)) == nil)
    }

    @Test func depthAndNumberAreBounded() {
        #expect(complaint(String(repeating: "[", count: 65)) == "it is nested more than 64 deep")
        #expect(complaint(String(repeating: "{\"a\":", count: 65)) == "it is nested more than 64 deep")
        #expect(complaint("[" + String(repeating: "0,", count: 200_000) + "0]") == "it has more than 200000 values")
        #expect(complaint(String(repeating: "[]", count: 200_000)) == "it has more than 200000 values")
    }
}
