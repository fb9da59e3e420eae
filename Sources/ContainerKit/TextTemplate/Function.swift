/// A function of templates: what it takes and what it does.
struct Function: Sendable {
    enum Parameter: String {
        case any = "interface {}"
        case string = "string"
        case integer = "int"
        case strings = "[]string"
    }

    /// What a function has against its arguments.
    struct Failure: Error {
        let message: String
        init(_ message: String) { self.message = message }
    }

    let parameters: [Parameter]
    /// The type of any number of further arguments; nil when there are none.
    var rest: Parameter?
    /// Nil stands for Go's missing value in and out.
    let body: @Sendable ([Value?]) throws -> Value?

    init(
        _ parameters: Parameter..., rest: Parameter? = nil, body: @escaping @Sendable ([Value?]) throws -> Value?
    ) {
        self.parameters = parameters
        self.rest = rest
        self.body = body
    }

    /// A method of the value a template is applied to.
    init(arguments: Int, method: @escaping @Sendable ([String]) throws -> Value) {
        parameters = Array(repeating: .string, count: arguments)
        body = { try method($0.map { $0.text }) }
    }

    /// The type that the argument at the index is to have.
    func parameter(_ index: Int) -> Parameter {
        index < parameters.count ? parameters[index] : rest ?? .any
    }
}

extension Function {
    /// Go's own functions, and those that docker adds to them.
    static let all = builtins.merging(docker) { $1 }

    private static let builtins: [String: Function] = [
        // The evaluator itself calls these two, which leave out the arguments that do not matter.
        "and": Function(.any, rest: .any) { $0.last ?? nil },
        "or": Function(.any, rest: .any) { $0.last ?? nil },
        "not": Function(.any) { .bool(!($0[0]?.isTrue ?? false)) },
        "len": Function(.any) { try Collections.length($0[0]) },
        "index": Function(.any, rest: .any) { try Collections.index($0[0], by: $0.dropFirst()) },
        "slice": Function(.any, rest: .any) { try Collections.slice($0[0], by: $0.dropFirst()) },
        "print": Function(rest: .any) { .string(GoText.joined($0.map { $0 ?? .null })) },
        "println": Function(rest: .any) { .string(GoText.line($0.map { $0 ?? .null })) },
        "printf": Function(.string, rest: .any) { arguments in
            .string(Printf.text(arguments[0].text, arguments.dropFirst().map { $0 ?? .null }))
        },
        "html": Function(rest: .any) { .string(Escapes.html(text(of: $0))) },
        "js": Function(rest: .any) { .string(Escapes.javaScript(text(of: $0))) },
        "urlquery": Function(rest: .any) { .string(Escapes.query(text(of: $0))) },
        "eq": Function(.any, rest: .any) { .bool(try Comparison.equal($0[0], to: $0.dropFirst())) },
        "ne": Function(.any, .any) { .bool(try !Comparison.equal($0[0], to: $0[1...])) },
        "lt": Function(.any, .any) { .bool(try Comparison.less($0[0], $0[1])) },
        "le": Function(.any, .any) { .bool(try Comparison.lessOrEqual($0[0], $0[1])) },
        "gt": Function(.any, .any) { .bool(try !Comparison.lessOrEqual($0[0], $0[1])) },
        "ge": Function(.any, .any) { .bool(try !Comparison.less($0[0], $0[1])) },
    ]

    private static let docker: [String: Function] = [
        "json": Function(.any) { .string(($0[0] ?? .null).json()) },
        "split": Function(.string, .string) { .array(Words.split($0[0].text, by: $0[1].text).map(Value.string)) },
        "join": Function(.strings, .string) { arguments in
            .string((arguments[0]?.elements ?? []).map { Optional($0).text }.joined(separator: arguments[1].text))
        },
        "title": Function(.string) { .string(Words.title($0[0].text)) },
        "lower": Function(.string) { .string(Words.lower($0[0].text)) },
        "upper": Function(.string) { .string(Words.upper($0[0].text)) },
        "pad": Function(.string, .integer, .integer) { arguments in
            .string(try Words.pad(arguments[0].text, before: arguments[1].number, after: arguments[2].number))
        },
        "truncate": Function(.string, .integer) { .string(try Words.truncate($0[0].text, to: $0[1].number)) },
    ]

    /// The functions for a table's header: those that would change the name of a column give it back as it is. `pad`
    /// is none of them, so that the header stays above its column.
    static let header = all.merging([
        "json": Function(.string) { $0[0] },
        "split": Function(.string, .string) { $0[0] },
        "join": Function(.string, .string) { $0[0] },
        "title": Function(.string) { $0[0] },
        "lower": Function(.string) { $0[0] },
        "upper": Function(.string) { $0[0] },
        "truncate": Function(.string, .integer) { $0[0] },
    ]) { $1 }

    private static func text(of arguments: [Value?]) -> String {
        GoText.joined(
            arguments.map { value in
                if case .null? = value { return .string("<no value>") }
                return value ?? .string("<no value>")
            })
    }
}

extension Value? {
    /// The evaluator has checked that it is a string.
    fileprivate var text: String { if case .string(let text)? = self { text } else { "" } }

    /// The evaluator has checked that it is a whole number.
    fileprivate var number: Int64 { if case .int(let number)? = self { number } else { 0 } }
}
