import ContainerSystem

/// What ps(1) was asked for: columns, order, and whether children stand below their parents.
struct ProcessQuery: Sendable {
    var columns: [ProcessColumn] = []
    var sorting: [(column: ProcessColumn, isDescending: Bool)] = []
    var isForest = false

    /// - Parameter words: as on the command line of ps; none is `-ef`.
    /// - Throws: `invalidArgument` for what is no option, `unsupported` for one that is not ours.
    init(_ words: [String]) throws(ContainerError) {
        var parser = Parser(words: (words.isEmpty ? ["-ef"] : words)[...])
        try parser.run()
        columns = try parser.columns()
        sorting = try parser.sorting()
        isForest = parser.isForest
        // docker looks for it to find the processes of the container.
        guard columns.contains(where: { $0.title == "PID" }) else {
            throw ContainerError(.invalidArgument, "Couldn't find PID field in ps output", hint: "ask for pid, too")
        }
    }

    private struct Parser {
        var words: ArraySlice<String>
        /// The arguments of `-o`.
        private var formats: [String] = []
        private var sorts: [String] = []
        private(set) var isForest = false
        private var isNumeric = false
        private var showsNames = false
        /// The layout that a letter asks for, and whether that letter was BSD's.
        private var layout: Character?
        private var isBSD = false
        /// `-y`: no flags, and resident sizes.
        private var isNewLayout = false

        init(words: ArraySlice<String>) { self.words = words }

        mutating func run() throws(ContainerError) {
            while let word = words.popFirst() {
                if word.isEmpty { continue }
                if word.hasPrefix("--") { try long(word.dropFirst(2)); continue }
                let letters = word.hasPrefix("-") ? word.dropFirst() : word[...]
                // `-aux` has been said for `aux` for as long as there are two kinds of ps.
                let isMeantAsBSD = letters.contains("x") || letters.contains("u")
                if word.hasPrefix("-"), !isMeantAsBSD { try dashed(letters, word) } else { try plain(letters, word) }
            }
        }

        private mutating func dashed(_ letters: Substring, _ word: String) throws(ContainerError) {
            var rest = letters
            while let letter = rest.popFirst() {
                switch letter {
                // All processes of the container are shown, whichever of all there are are asked for.
                case "e", "A", "a", "d": break
                case "f", "F", "l", "j": layout = letter
                case "o":
                    formats.append(try value(&rest, word))
                case "O": formats.append("pid,\(try value(&rest, word)),state,tname,time,command")
                case "w": break
                case "y": isNewLayout = true
                case "H": isForest = true
                case "c": showsNames = true
                default: throw Self.unsupported("-\(letter)")
                }
            }
        }

        private mutating func plain(_ letters: Substring, _ word: String) throws(ContainerError) {
            var rest = letters
            isBSD = true
            while let letter = rest.popFirst() {
                switch letter {
                case "a", "x", "g", "w": break
                case "u", "l", "j", "v": layout = letter
                case "o": formats.append(try value(&rest, word))
                case "k": sorts.append(try value(&rest, word))
                case "f": isForest = true
                case "n": isNumeric = true
                case "c": showsNames = true
                default: throw Self.unsupported(word.hasPrefix("-") ? "-\(letter)" : String(letter))
                }
            }
        }

        private mutating func long(_ option: Substring) throws(ContainerError) {
            let parts = option.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            func value() throws(ContainerError) -> String {
                if parts.count > 1 { return String(parts[1]) }
                guard let next = words.popFirst() else { throw Self.missing("--\(option)") }
                return next
            }
            switch parts[0] {
            case "format": formats.append(try value())
            case "sort": sorts.append(try value())
            case "forest": isForest = true
            default: throw Self.unsupported("--\(parts[0])")
            }
        }

        private mutating func value(_ rest: inout Substring, _ word: String) throws(ContainerError) -> String {
            defer { rest = "" }
            if !rest.isEmpty { return String(rest) }
            guard let next = words.popFirst() else { throw Self.missing(word) }
            return next
        }

        private static func missing(_ option: String) -> ContainerError {
            ContainerError(.invalidArgument, "ps: error: the option \(option.printable) needs a value")
        }

        private static func unsupported(_ option: String) -> ContainerError {
            ContainerError(
                .unsupported, "ps: error: the option \(option.printable) is not supported",
                hint:
                    "ck reads /proc itself: it knows -e -A -a -d -f -F -l -j -y -w -c -H -o -O, a x u l j v w n c f o k, "
                    + "--format, --sort, --forest")
        }

        // MARK: - Columns

        func columns() throws(ContainerError) -> [ProcessColumn] {
            var columns: [ProcessColumn] = []
            for format in formats { columns += try Self.columns(of: format) }
            if formats.isEmpty {
                for word in standard.split(separator: " ") {
                    let parts = word.split(separator: "=")
                    let column = try ProcessColumn.named(replacement(String(parts[0])))
                    columns.append(parts.count > 1 ? column.titled(String(parts[1])) : column)
                }
            }
            return columns
        }

        /// The layouts of ps, each a list of columns with their titles where those are others than usual.
        private var standard: String {
            switch layout {
            case "f": "user=UID pid ppid c stime tname time args=CMD"
            case "F": "user=UID pid ppid c sz rss psr stime tname time args=CMD"
            case "l" where isBSD: "f uid pid ppid priority ni vsz rss wchan stat tname bsdtime args"
            case "l" where isNewLayout: "s uid pid ppid c opri ni rss sz wchan tname time comm=CMD"
            case "l": "f s uid pid ppid c opri ni addr sz wchan tname time comm=CMD"
            case "j" where isBSD: "ppid pid pgid sid tname tpgid stat uid bsdtime args"
            case "j": "pid pgid sid tname time comm=CMD"
            case "u": "user pid %cpu %mem vsz rss tname stat bsdstart bsdtime args"
            case "v": "pid tname stat bsdtime majflt trs drs rss %mem args"
            default: isBSD ? "pid tname stat bsdtime args" : "pid tname time comm=CMD"
            }
        }

        private func replacement(_ name: String) -> String {
            if isNumeric, name == "user" { return "uid" }
            return showsNames && name == "args" ? "comm" : name
        }

        /// `pid,user=OWNER`: what stands behind `=` is a title, up to the end unless it is empty.
        private static func columns(of format: String) throws(ContainerError) -> [ProcessColumn] {
            try check(format)
            var columns: [ProcessColumn] = []
            var rest = format[...]
            while !rest.isEmpty {
                let name = rest.prefix { $0 != "," && $0 != "=" && $0 != " " }
                rest = rest.dropFirst(name.count)
                if !name.isEmpty {
                    var column = try ProcessColumn.named(String(name))
                    if rest.first == "=" {
                        rest = rest.dropFirst()
                        let title = rest.first == "," ? "" : rest
                        rest = rest.dropFirst(title.count)
                        column = column.titled(String(title).printable)
                    }
                    columns.append(column)
                }
                rest = rest.dropFirst()
            }
            if columns.isEmpty { throw ContainerError(.invalidArgument, "ps: error: empty format list") }
            return columns
        }

        /// docker's word on a title that would make it read another column for the processes' ids.
        private static func check(_ format: String) throws(ContainerError) {
            for part in format.split(separator: ",") {
                let sides = part.split(separator: "=", maxSplits: 1)
                guard sides.count == 2, sides[1].hasPrefix("PID"), sides[0] != "pid" else { continue }
                throw ContainerError(
                    .invalidArgument, "specifying \"\(sides[0])=\(sides[1])\" is not allowed")
            }
        }

        func sorting() throws(ContainerError) -> [(column: ProcessColumn, isDescending: Bool)] {
            var keys: [(column: ProcessColumn, isDescending: Bool)] = []
            for key in sorts.flatMap({ $0.split(separator: ",") }) {
                let name = key.first == "-" || key.first == "+" ? key.dropFirst() : key
                keys.append((try ProcessColumn.named(String(name)), key.first == "-"))
            }
            return keys
        }
    }
}
