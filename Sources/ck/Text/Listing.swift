import ContainerSystem
import TextTemplate

/// What a list of docker's can be asked for with `--format`.
struct Listing {
    /// The table where the user asks for none of his own.
    let table: String
    /// What stands above each column, by field.
    let headers: [String: String]

    /// - Throws: for a template that is none, or does not fit the rows, before anything is printed.
    func show(_ rows: [Object], format: String, on console: Console) throws(CommandFailure) {
        let text: String
        do throws(TemplateError) {
            text = try ListFormat(format, table: table, headers: headers).text(of: rows)
        } catch {
            throw CommandFailure("ck: \(error.description)", status: 1)
        }
        if !text.isEmpty { console.out(String(text.dropLast())) }
    }

    /// `2026-01-02 03:04:05 +0000 UTC`, as docker's CreatedAt.
    static func time(_ seconds: Double) -> String {
        let text = Timestamp.format(seconds.rounded(.down))
        return text.replacing("T", with: " ").replacing("Z", with: " +0000 UTC")
    }

    /// `a=1,b=2`, and one by its name.
    static func labels(_ labels: [String: String]) -> [Object.Field] {
        let text = labels.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ",")
        return [
            .init("Labels", .string(Quoting.safe(text))),
            .init("Label", .function(arguments: 1) { .string(Quoting.safe(labels[$0[0]] ?? "")) }),
        ]
    }
}
