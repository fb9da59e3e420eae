import ContainerSystem
import FoundationEssentials
import OCISpec

/// Changes to an image's configuration in the words of a Dockerfile, as `commit -c` and `import -c` take them.
public enum ConfigChange {
    /// Applies instructions in their order: CMD, ENTRYPOINT, ENV, EXPOSE, HEALTHCHECK, LABEL, ONBUILD, STOPSIGNAL, USER,
    /// VOLUME, WORKDIR. One text may hold several, a line each.
    /// - Throws: `invalidArgument` with the instruction.
    public static func apply(_ changes: [String], to execution: inout ImageConfig.Execution) throws(ContainerError) {
        var hasCommand = false
        var instructions: [String] = []
        for text in changes { instructions += try lines(text) }
        for change in instructions {
            let parts = change.split(maxSplits: 1, whereSeparator: \.isWhitespace)
            guard let keyword = parts.first, parts.count == 2 else {
                throw ContainerError(
                    .invalidArgument, "change \"\(change)\"", cause: "an instruction and its value are needed",
                    hint: "for example --change 'CMD [\"sh\"]'")
            }
            let name = keyword.uppercased()
            try apply(name, parts[1].trimmed, change, &execution)
            hasCommand = hasCommand || name == "CMD"
            // The command was meant for the entrypoint before.
            if name == "ENTRYPOINT", !hasCommand { execution.cmd = nil }
        }
    }

    /// The ports that a word of `EXPOSE` means, as a configuration lists them; nil when it is none.
    public static func ports(_ word: String) -> [String]? { PortRange(word)?.names }

    /// Lines that say something; a text of none is no change.
    private static func lines(_ text: String) throws(ContainerError) -> [String] {
        guard text.contains(where: \.isNewline) || text.hasPrefix("#") else { return [text] }
        let lines = text.split(whereSeparator: \.isNewline).map(\.trimmed).filter { !$0.isEmpty && !$0.hasPrefix("#") }
        guard !lines.isEmpty else {
            throw ContainerError(.invalidArgument, "change \"\(text)\"", cause: "it has no instructions")
        }
        return lines
    }

    private static func apply(
        _ keyword: String, _ value: String, _ change: String, _ execution: inout ImageConfig.Execution
    ) throws(ContainerError) {
        switch keyword {
        case "CMD": execution.cmd = command(value, execution)
        case "ENTRYPOINT": execution.entrypoint = command(value, execution)
        case "USER": execution.user = value
        case "STOPSIGNAL": execution.stopSignal = value
        case "ONBUILD":
            try checkTrigger(value, change)
            execution.onBuild = (execution.onBuild ?? []) + [value]
        case "HEALTHCHECK": execution.healthcheck = try HealthcheckInstruction.parse(value, change)
        case "WORKDIR": execution.changeWorkingDirectory(to: value)
        case "ENV":
            for (name, value) in try pairs(value, change) {
                let entries = (execution.env ?? []).filter { !$0.hasPrefix(name + "=") }
                execution.env = entries + ["\(name)=\(value)"]
            }
        case "LABEL":
            for (name, value) in try pairs(value, change) {
                execution.labels = (execution.labels ?? [:]).merging([name: value]) { $1 }
            }
        case "EXPOSE":
            for word in words(value) {
                guard let range = PortRange(word) else {
                    throw ContainerError(
                        .invalidArgument, "change \"\(change)\"", cause: "\(word) is no port",
                        hint: "for example 80, 53/udp or 7000-7010")
                }
                let ports = range.names.map { ($0, EmptyObject()) }
                execution.exposedPorts = (execution.exposedPorts ?? [:]).merging(ports) { $1 }
            }
        case "VOLUME":
            for path in array(value) ?? words(value) {
                execution.volumes = (execution.volumes ?? [:]).merging([path: EmptyObject()]) { $1 }
            }
        default:
            throw ContainerError(
                .invalidArgument, "change \"\(change)\"", cause: "\(keyword) is not a valid change command")
        }
    }

    private static func checkTrigger(_ value: String, _ change: String) throws(ContainerError) {
        let cause =
            switch value.prefix(while: { !$0.isWhitespace }).uppercased() {
            case "ONBUILD": "Chaining ONBUILD via `ONBUILD ONBUILD` isn't allowed"
            case let name where name == "FROM" || name == "MAINTAINER":
                "\(name) isn't allowed as an ONBUILD trigger"
            default: ""
            }
        if !cause.isEmpty { throw ContainerError(.invalidArgument, "change \"\(change)\"", cause: cause) }
    }

    /// A JSON array as it is, anything else for a shell.
    private static func command(_ text: String, _ execution: ImageConfig.Execution) -> [String] {
        array(text) ?? (execution.shell ?? ["/bin/sh", "-c"]) + [text]
    }

    static func array(_ text: String) -> [String]? {
        guard text.hasPrefix("[") else { return nil }
        return try? JSONDecoder().decode([String].self, from: Data(text.utf8))
    }

    /// `A=b C="d e"`, or the old form `A rest of the line`.
    private static func pairs(_ text: String, _ change: String) throws(ContainerError) -> [(String, String)] {
        let words = words(text)
        if let first = words.first, !first.contains("=") {
            let rest = text.dropFirst(first.count).drop(while: \.isWhitespace)
            guard !rest.isEmpty else {
                throw ContainerError(
                    .invalidArgument, "change \"\(change)\"", cause: "it must have two arguments")
            }
            return [(first, String(rest))]
        }
        var result: [(String, String)] = []
        for word in words {
            guard let equals = word.firstIndex(of: "="), equals != word.startIndex else {
                throw ContainerError(.invalidArgument, "change \"\(change)\"", cause: "\(word) is not NAME=value")
            }
            result.append((String(word[..<equals]), String(word[word.index(after: equals)...])))
        }
        return result
    }

    /// Words with quotes and backslashes taken away.
    private static func words(_ text: String) -> [String] {
        var result: [String] = []
        var word: String?
        var quote: Character?
        var isEscaped = false
        for character in text {
            if isEscaped {
                // In double quotes a backslash is one, unless there is something for it to do.
                let isKept = quote == "\"" && character != "\"" && character != "$" && character != "\\"
                word = (word ?? "") + (isKept ? "\\" : "") + String(character)
                isEscaped = false
            } else if character == "\\" && quote != "'" {
                isEscaped = true
            } else if let open = quote {
                if character == open { quote = nil } else { word = (word ?? "") + String(character) }
            } else if character == "\"" || character == "'" {
                quote = character
                word = word ?? ""
            } else if character.isWhitespace {
                if let finished = word { result.append(finished) }
                word = nil
            } else {
                word = (word ?? "") + String(character)
            }
        }
        if let word { result.append(word) }
        return result
    }
}

extension Substring {
    var trimmed: String {
        var text = self.drop(while: \.isWhitespace)
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
