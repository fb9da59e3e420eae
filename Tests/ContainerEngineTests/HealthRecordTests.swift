import Testing

@testable import ContainerEngine

@Suite struct HealthRecordTests {
    @Test func itHoldsWhatTheSupervisorWrote() throws {
        let text = "unhealthy 3\n1000 2000 1 9\nno answer\n3000 4000 0 0\n\n5000 6000 -1 3\na\nb\n"
        let record = try #require(HealthRecord(Array(text.utf8)))
        #expect(record.status == .unhealthy && record.failingStreak == 3)
        #expect(record.results.map(\.output) == ["no answer", "", "a\nb"])
        #expect(record.results.map(\.exitCode) == [1, 0, -1])
        #expect(record.results[0].start == 1000 && record.results[2].end == 6000)
        #expect(HealthRecord(Array("starting 0\n".utf8))?.results == [])
    }

    @Test(arguments: [
        "", "healthy", "healthy 0", "well 0\n", "healthy x\n", "healthy 0\n1 2 3\n", "healthy 0\n1 2 0 5\nab\n",
        "healthy 0\n1 2 0 99999999999999999999\nab\n", "healthy 0\n1 2 0 -1\nab\n", "healthy 0 0\n",
    ])
    func halfOfOneIsNone(text: String) {
        #expect(HealthRecord(Array(text.utf8)) == nil)
    }
}
