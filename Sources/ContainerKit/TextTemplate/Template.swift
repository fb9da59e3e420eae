/// A template as docker's `--format` takes it: Go's text/template with docker's functions.
///
/// There are fields, variables, pipelines, `if`, `with` and `range`, Go's functions but `call`, and docker's `json`,
/// `split`, `join`, `title`, `lower`, `upper`, `pad` and `truncate`. `define`, `block` and `template` are refused.
public struct Template: Sendable {
    /// What the template was made of.
    public let text: String
    let nodes: [Node]

    /// - Throws: `TemplateError` for a text that is no template.
    public init(_ text: String) throws(TemplateError) {
        self.text = text
        nodes = try Parser.nodes(of: text, functions: Set(Function.all.keys))
    }

    /// The text that the template makes of the value.
    ///
    /// - Parameters:
    ///   - data: what `.` and `$` are.
    ///   - refusesMissingKeys: whether a key that a map does not have is an error, and not `<no value>`.
    /// - Throws: `TemplateError` where the template does not fit the value.
    public func text(of data: Value, refusesMissingKeys: Bool = false) throws(TemplateError) -> String {
        var evaluator = Evaluator(self, data: data, functions: Function.all, refusesMissingKeys: refusesMissingKeys)
        try evaluator.run()
        return evaluator.output
    }

    /// Whether a field of that name is asked for anywhere, so that what is costly to find out need not be found out.
    /// A template that takes the whole value, as `{{json .}}`, does not name its fields.
    public func names(_ field: String) -> Bool { nodes.contains { $0.names(field) } }

    /// The header of a table, as far as it goes: docker does not care about what goes wrong in it.
    func header(of data: Value) -> String {
        var evaluator = Evaluator(self, data: data, functions: Function.header, refusesMissingKeys: false)
        try? evaluator.run()
        return evaluator.output
    }
}

extension Node {
    fileprivate func names(_ field: String) -> Bool {
        switch self {
        case .text, .break, .continue: false
        case .action(let pipeline): pipeline.names(field)
        case .if(let branch), .with(let branch), .range(let branch):
            branch.pipeline.names(field) || (branch.list + (branch.otherwise ?? [])).contains { $0.names(field) }
        }
    }
}

extension Pipeline {
    fileprivate func names(_ field: String) -> Bool {
        commands.contains { $0.terms.contains { $0.names(field) } }
    }
}

extension Term {
    fileprivate func names(_ field: String) -> Bool {
        switch kind {
        case .field(let names), .variable(_, let names): names.contains(field)
        case .chain(let term, let names): names.contains(field) || term.names(field)
        case .pipeline(let pipeline): pipeline.names(field)
        case .dot, .nil, .bool, .number, .string, .identifier: false
        }
    }
}
