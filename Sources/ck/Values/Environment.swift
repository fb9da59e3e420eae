import ContainerSystem
import Glibc

/// `-e` and `--env-file`.
enum Environment {
    /// What the files say, then what the flags say: the later one counts.
    static func parse(_ flags: [String], files: [String]) throws -> [String] {
        var result = [String]()
        for file in files { result += try lines(try Files.readText(file, limit: 1 << 20), name: file) }
        for flag in flags {
            guard let first = flag.first, first != "=" else {
                throw FlagError("env", flag, "invalid environment variable: \(flag)")
            }
            result.append(flag)
        }
        return result
    }

    /// One variable a line; `#` starts a comment line; a name alone is passed on when it is set.
    static func lines(_ text: String, name file: String) throws(ContainerError) -> [String] {
        var result = [String]()
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }
            guard let first = line.first, first != "#" else { continue }
            let name = line.prefix { $0 != "=" }
            if name.isEmpty {
                throw ContainerError(.invalidArgument, "no variable name on the line '\(line)' of \(file)")
            }
            if name.contains(where: \.isWhitespace) {
                throw ContainerError(
                    .invalidArgument, "poorly formatted environment in \(file): variable '\(name)' contains whitespaces"
                )
            }
            if line.contains("=") || getenv(String(name)) != nil { result.append(String(line)) }
        }
        return result
    }

    /// Names alone get the caller's own value; one that is not set is left out.
    static func resolved(_ variables: [String]) -> [String] {
        variables.compactMap { variable in
            if variable.contains("=") { return variable }
            return getenv(variable).map { "\(variable)=\(String(cString: $0))" }
        }
    }
}
