/// The `--format` of docker's inspect commands: nothing for indented JSON, `json` for JSON on one line, or a template.
public struct InspectFormat: Sendable {
    private enum Kind {
        case json(pretty: Bool)
        case template(Template)
    }

    private let kind: Kind

    /// - Throws: `TemplateError` for a text that is no template; docker then exits with 64.
    public init(_ format: String) throws(TemplateError) {
        kind = format.isEmpty || format == "json" ? .json(pretty: format.isEmpty) : .template(try Template(format))
    }

    /// What docker prints on standard output for the elements that were found, and the errors of the templates that did
    /// not fit one. JSON is one array of all; a template makes a line of each, and an empty one if there is no other.
    public func text(of elements: [Value]) -> (output: String, failures: [TemplateError]) {
        switch kind {
        case .json(let pretty): return (Value.array(elements).json(pretty: pretty) + "\n", [])
        case .template(let template):
            var output = ""
            var failures: [TemplateError] = []
            for element in elements {
                do { output += try Self.text(of: element, by: template) + "\n" } catch { failures.append(error) }
            }
            return (output.isEmpty ? "\n" : output, failures)
        }
    }

    /// What does not fit the object is tried on its JSON, where fields have the names of JSON, every object is a map,
    /// and a key that is not there is an error: docker does so for what its own structs do not know.
    private static func text(of element: Value, by template: Template) throws(TemplateError) -> String {
        do { return try template.text(of: element) } catch {
            return try template.text(of: element.document, refusesMissingKeys: true)
        }
    }
}

extension Value {
    /// The value as it would be read from its own JSON.
    var document: Value {
        switch self {
        case .array(let elements): return .array(elements.map(\.document))
        case .map(let entries): return .map(entries.map { ($0.0, $0.1.document) })
        case .nilArray, .nilMap: return .null
        case .object(let object):
            let kept = object.data.filter { $0.isInJSON }
            return .map(kept.map { ($0.key, $0.value.document) })
        case .null, .bool, .int, .double, .string, .function: return self
        }
    }
}
