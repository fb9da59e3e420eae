import Testing

@testable import ContainerEngine

@Suite struct SignalTests {
    /// signal(7), for every architecture that this runs on.
    private static let numbers: [(String, Int32)] = [
        ("HUP", 1), ("INT", 2), ("QUIT", 3), ("ILL", 4), ("TRAP", 5), ("ABRT", 6), ("IOT", 6), ("BUS", 7), ("FPE", 8),
        ("KILL", 9), ("USR1", 10), ("SEGV", 11), ("USR2", 12), ("PIPE", 13), ("ALRM", 14), ("TERM", 15),
        ("STKFLT", 16), ("CHLD", 17), ("CLD", 17), ("CONT", 18), ("STOP", 19), ("TSTP", 20), ("TTIN", 21),
        ("TTOU", 22), ("URG", 23), ("XCPU", 24), ("XFSZ", 25), ("VTALRM", 26), ("PROF", 27), ("WINCH", 28), ("IO", 29),
        ("POLL", 29), ("PWR", 30), ("SYS", 31), ("RTMIN", 34), ("RTMIN+1", 35), ("RTMIN+15", 49), ("RTMAX-14", 50),
        ("RTMAX-1", 63), ("RTMAX", 64),
    ]

    @Test(arguments: numbers) func everyNameHasItsNumber(name: String, number: Int32) {
        #expect(Signal(name: name)?.number == number)
        #expect(Signal(name: "SIG" + name)?.number == number)
        #expect(Signal(name: "sig" + name.lowercased())?.number == number)
        #expect(Signal(name: String(number))?.number == number)
    }

    @Test(arguments: [
        "", "0", "65", "-1", "-9", "9.0", "2147483649", "99999999999999999999", "NOPE", "SIG", "SIGSIGKILL", "KILL ",
        "RTMIN-1", "RTMIN+31", "RTMIN3", "RTMIN+", "RTMIN+-3", "RTMAX+1", "RTMAX1", "RTMAX-31", "RTMAX-2147483648",
        "RTMAX-99999999999",
    ])
    func whatIsNoSignalIsNone(text: String) {
        #expect(Signal(name: text) == nil)
    }
}
