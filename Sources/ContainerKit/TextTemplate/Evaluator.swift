/// Applies the nodes of a template to a value, with the rules and the errors of Go's text/template.
struct Evaluator {
    /// What is known of a value besides the value itself.
    struct Result {
        /// Nil is Go's missing value: what a map has for a key that it does not have.
        var value: Value?
        /// Whether it lies in a container of anything, where errors name no type and null is no pointer.
        var isAny = false
        /// The field that it was, to name a null by.
        var field = ""
    }

    private enum Flow {
        case next
        case `break`
        case `continue`
    }

    let functions: [String: Function]
    /// Whether a key that a map does not have is an error, as it is to `docker inspect`.
    let refusesMissingKeys: Bool
    private(set) var output = ""
    private var variables: [(name: String, result: Result)]
    /// What the next error is about.
    var place: any Located = Pipeline(position: 0)
    private let template: Template

    init(_ template: Template, data: Value, functions: [String: Function], refusesMissingKeys: Bool) {
        self.template = template
        self.functions = functions
        self.refusesMissingKeys = refusesMissingKeys
        variables = [("$", Result(value: data))]
    }

    /// Everything up to an error stays in the output.
    mutating func run() throws(TemplateError) {
        _ = try walk(template.nodes, variables[0].result)
    }

    // MARK: Nodes

    private mutating func walk(_ nodes: [Node], _ dot: Result) throws(TemplateError) -> Flow {
        for node in nodes {
            switch node {
            case .text(let text): output += text
            case .action(let pipeline):
                let result = try evaluate(pipeline, dot)
                if pipeline.variables.isEmpty { output += result.value.map(GoText.plain) ?? "<no value>" }
            case .if(let branch):
                let flow = try walkBranch(branch, dot, setsDot: false)
                if flow != .next { return flow }
            case .with(let branch):
                let flow = try walkBranch(branch, dot, setsDot: true)
                if flow != .next { return flow }
            case .range(let branch):
                let flow = try walkRange(branch, dot)
                if flow != .next { return flow }
            case .break: return .break
            case .continue: return .continue
            }
        }
        return .next
    }

    private mutating func walkBranch(
        _ branch: Branch, _ dot: Result, setsDot: Bool
    ) throws(TemplateError) -> Flow {
        let scope = variables.count
        defer { variables.removeSubrange(scope...) }
        let result = try evaluate(branch.pipeline, dot)
        if result.value?.isTrue ?? false { return try walk(branch.list, setsDot ? result : dot) }
        return try branch.otherwise.map { nodes throws(TemplateError) in try walk(nodes, dot) } ?? .next
    }

    private mutating func walkRange(_ branch: Branch, _ dot: Result) throws(TemplateError) -> Flow {
        let scope = variables.count
        defer { variables.removeSubrange(scope...) }
        let result = try evaluate(branch.pipeline, dot)
        let body = variables.count
        let items = try items(of: result, variables: branch.pipeline.variables.count)
        for (key, item) in items {
            bind(branch.pipeline, key, item)
            let flow = try walk(branch.list, item)
            variables.removeSubrange(body...)
            if flow == .break { break }
        }
        if items.isEmpty, let otherwise = branch.otherwise { return try walk(otherwise, dot) }
        return .next
    }

    private func items(of result: Result, variables count: Int) throws(TemplateError) -> [(Result, Result)] {
        guard let value = result.value else { return [] }
        if case .null = value { return [] }
        if let elements = value.elements {
            let isAny = isAny(elements)
            return elements.enumerated().map { index, element in
                (Result(value: .int(Int64(index))), Result(value: element, isAny: isAny))
            }
        }
        if let entries = value.sortedEntries {
            let isAny = isAny(entries.map(\.1))
            return entries.map { (Result(value: .string($0.0)), Result(value: $0.1, isAny: isAny)) }
        }
        guard case .int(let number) = value else {
            throw failure("range can't iterate over \(GoText.plain(value))")
        }
        guard count < 2 else { throw failure("can't use \(number) to iterate over more than one variable") }
        return (0..<max(0, number)).map { (Result(), Result(value: .int($0))) }
    }

    /// Sets the variables of a range: one is the item, two are the key and the item.
    private mutating func bind(_ pipeline: Pipeline, _ key: Result, _ item: Result) {
        let results = pipeline.variables.count > 1 ? [key, item] : [item]
        for (offset, name) in pipeline.variables.enumerated() {
            let index =
                pipeline.isAssignment
                ? variables.lastIndex { $0.name == name } : variables.count - pipeline.variables.count + offset
            if let index { variables[index].result = results[offset] }
        }
    }

    // MARK: Pipelines

    mutating func evaluate(_ pipeline: Pipeline, _ dot: Result) throws(TemplateError) -> Result {
        place = pipeline
        var result: Result?
        for command in pipeline.commands {
            var next = try evaluate(command, dot, final: result)
            // Null in a container of anything is no value, as soon as it is out of there.
            if next.isAny, case .null? = next.value { next.value = nil }
            next.isAny = false
            result = next
        }
        for name in pipeline.variables {
            guard pipeline.isAssignment else {
                variables.append((name, result ?? Result()))
                continue
            }
            guard let index = variables.lastIndex(where: { $0.name == name }) else {
                throw failure("undefined variable: \(name)")
            }
            variables[index].result = result ?? Result()
        }
        return result ?? Result()
    }

    /// - Parameter final: the result of the command before, which becomes the last argument.
    private mutating func evaluate(
        _ command: Command, _ dot: Result, final: Result?
    ) throws(TemplateError) -> Result {
        let first = command.terms[0]
        let call = Call(terms: command.terms.dropFirst(), final: final)
        switch first.kind {
        case .field, .chain, .variable: return try evaluateFields(first, dot, call)
        case .identifier(let name): return try evaluateFunction(name, first, at: command, dot, call)
        case .pipeline(let pipeline):
            try refuseArguments(of: first, call)
            return try evaluate(pipeline, dot)
        case .dot, .nil, .bool, .number, .string: break
        }
        place = first
        try refuseArguments(of: first, call)
        if case .dot = first.kind { return dot }
        if case .nil = first.kind { throw failure("nil is not a command") }
        return Result(value: try constant(first))
    }

    /// A literal where nothing says what type it should have.
    func constant(_ term: Term) throws(TemplateError) -> Value? {
        switch term.kind {
        case .bool(let value): return .bool(value)
        case .string(_, let text): return .string(text)
        case .number(let number):
            if number.looksLikeDouble { return .double(number.double) }
            guard let int = number.int else { throw failure("\(number.text) overflows int") }
            return .int(int)
        default: return nil
        }
    }

    func refuseArguments(of term: Term, _ call: Call) throws(TemplateError) {
        if call.hasArguments { throw failure("can't give argument to non-function \(term.source)") }
    }

    /// Whether the values of a container are of no one type, as all in a document that was read from JSON, in which
    /// missing keys are refused.
    func isAny(_ values: [Value]) -> Bool { refusesMissingKeys || Value.commonType(values) == Value.anyType }

    func variable(_ name: String) -> Result? { variables.last { $0.name == name }?.result }

    // MARK: Errors

    /// `template: :1:2: executing "" at <.Foo>: …`
    func failure(_ message: String) -> TemplateError {
        let before = template.text.utf8.prefix(place.position)
        let line = before.count { $0 == 0x0A } + 1
        let column = before.reversed().prefix { $0 != 0x0A }.count
        return TemplateError(
            isSyntaxError: false, "template: :\(line):\(column): executing \"\" at <\(place.source)>: \(message)")
    }
}
