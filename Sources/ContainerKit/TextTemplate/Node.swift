/// What a template is made of, as its parser leaves it.
enum Node: Sendable {
    case text(String)
    case action(Pipeline)
    case `if`(Branch)
    case with(Branch)
    case range(Branch)
    case `break`
    case `continue`
}

/// The body of `if`, `with` and `range`.
struct Branch: Sendable {
    let pipeline: Pipeline
    let list: [Node]
    let otherwise: [Node]?
}

/// Something that an error can point at.
protocol Located: Sendable {
    /// The byte of the template where it stands; Go puts a chain of fields at the second one.
    var position: Int { get }
    /// The source, as Go writes it again.
    var source: String { get }
}

/// Commands, each of which gets the result of the one before as its last argument.
struct Pipeline: Located {
    let position: Int
    var variables: [String] = []
    /// `=` rather than `:=`.
    var isAssignment = false
    var commands: [Command] = []

    var source: String {
        let declaration = variables.isEmpty ? "" : variables.joined(separator: ", ") + (isAssignment ? " = " : " := ")
        return declaration + commands.map(\.source).joined(separator: " | ")
    }
}

/// A function, a method or a value, and its arguments.
struct Command: Located {
    let position: Int
    var terms: [Term] = []

    var source: String {
        terms.map { if case .pipeline = $0.kind { "(\($0.source))" } else { $0.source } }.joined(separator: " ")
    }
}

/// A word of a command.
struct Term: Located {
    indirect enum Kind: Sendable {
        case dot
        case `nil`
        case bool(Bool)
        case number(Number)
        case string(literal: String, String)
        case identifier(String)
        case field([String])
        /// With its dollar, and the fields behind it.
        case variable(String, [String])
        /// Fields of the result of a pipeline or a function.
        case chain(Term, [String])
        case pipeline(Pipeline)
    }

    let position: Int
    let kind: Kind

    var source: String {
        switch kind {
        case .dot: "."
        case .nil: "nil"
        case .bool(let value): value ? "true" : "false"
        case .number(let number): number.text
        case .string(let literal, _): literal
        case .identifier(let name): name
        case .field(let names): names.reduce("") { $0 + "." + $1 }
        case .variable(let name, let names): names.reduce(name) { $0 + "." + $1 }
        case .chain(let term, let names):
            if case .pipeline = term.kind {
                names.reduce("(\(term.source))") { $0 + "." + $1 }
            } else {
                names.reduce(term.source) { $0 + "." + $1 }
            }
        case .pipeline(let pipeline): pipeline.source
        }
    }

    /// Whether it can stand behind a `|`.
    var isExecutable: Bool {
        switch kind {
        case .dot, .nil, .bool, .number, .string: false
        case .identifier, .field, .variable, .chain, .pipeline: true
        }
    }
}
