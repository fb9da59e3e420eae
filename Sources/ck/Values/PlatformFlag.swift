import ContainerEngine
import ContainerSystem

/// `--platform OS/ARCH[/VARIANT]`.
enum PlatformFlag {
    static func parse(_ text: String?) throws(FlagError) -> Platform? {
        guard let text, !text.isEmpty else { return nil }
        do throws(ContainerError) { return try Platform(parsing: text) } catch {
            throw FlagError("platform", text, "invalid platform: \(error.hint ?? error.message)")
        }
    }

    /// A list of docker's that may have one element here: an image is kept for one platform.
    static func one(_ texts: [String]) throws -> Platform? {
        let texts = texts.flatMap { $0.split(separator: ",").map(String.init) }
        guard texts.count < 2 else {
            throw CommandFailure("ck: multiple platforms are not supported (an image is kept for one)", status: 1)
        }
        return try parse(texts.first)
    }
}
