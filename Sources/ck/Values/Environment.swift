import ContainerSystem
import Glibc

/// `-e` and `--env-file`.
enum Environment {
    /// What the files say, then what the flags say: the later one counts.
    static func parse(_ flags: [String], files: [String]) throws -> [String] {
        var result = [String]()
        for file in files { result += try lines(try read(file), name: file) }
        for flag in flags {
            guard let first = flag.first, first != "=" else {
                throw FlagError("env", flag, "invalid environment variable: \(flag)")
            }
            result.append(flag)
        }
        return result
    }

    /// - Throws: in docker's words.
    static func read(_ file: String) throws(ContainerError) -> String {
        do throws(ContainerError) { return try Files.readText(file, limit: 1 << 20) } catch {
            guard error.code == .notFound else { throw error }
            throw ContainerError(.notFound, "open \(file): no such file or directory")
        }
    }

    /// One variable a line; `#` starts a comment line; a name alone is passed on when it is set.
    /// - Parameter passesOn: false takes a name alone as it is.
    static func lines(_ text: String, name file: String, passesOn: Bool = true) throws(ContainerError) -> [String] {
        var result = [String]()
        for line in text.split(whereSeparator: \.isNewline) {
            let line = line.drop { $0 == " " || $0 == "\t" || $0 == "\u{FEFF}" }
            guard let first = line.first, first != "#" else { continue }
            let name = line.prefix { $0 != "=" }
            if name.isEmpty {
                throw ContainerError(.invalidArgument, "invalid env file (\(file)): no variable name on line '\(line)'")
            }
            if name.contains(where: \.isWhitespace) {
                throw ContainerError(
                    .invalidArgument, "invalid env file (\(file)): variable '\(name)' contains whitespaces")
            }
            if !passesOn || line.contains("=") || getenv(String(name)) != nil { result.append(String(line)) }
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
