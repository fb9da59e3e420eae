/// A command line as `ArgumentWalker` has read it: the values of flags by their docker names, and the operands.
struct Words {
    var values = [String: [String]]()
    var switches = [String: Bool]()
    var operands = [String]()

    func all(_ flag: String) -> [String] { values[flag] ?? [] }

    func last(_ flag: String) -> String? { values[flag]?.last }

    func isOn(_ flag: String, default isOn: Bool = false) -> Bool { switches[flag] ?? isOn }
}

/// A command whose start is on the way of every container. ArgumentParser writes its help, but does not bind its
/// options: finding out at run time what they are costs it 4 ms, as much as the kernel needs for the container.
protocol DirectlyBound: Command {
    init(_ words: Words)
}
