extension Evaluator {
    mutating func evaluateFunction(
        _ name: String, _ term: Term, at node: any Located, _ dot: Result, _ call: Call
    ) throws(TemplateError) -> Result {
        place = term
        guard let function = functions[name] else { throw failure("\(Quoted.go(name)) is not a defined function") }
        return try self.call(function, name, at: node, dot, call)
    }

    /// - Parameter node: what an error of the function itself is about.
    mutating func call(
        _ function: Function, _ name: String, at node: any Located, _ dot: Result, _ call: Call
    ) throws(TemplateError) -> Result {
        let fixed = function.parameters.count
        if function.rest != nil, call.count < fixed {
            throw failure("wrong number of args for \(name): want at least \(fixed) got \(call.terms.count)")
        }
        if function.rest == nil, call.count != fixed {
            throw failure("wrong number of args for \(name): want \(fixed) got \(call.count)")
        }
        var arguments: [Value?] = []
        for (index, term) in call.terms.enumerated() {
            let argument = try evaluate(term, as: function.parameter(index), dot).value
            arguments.append(argument)
            // The arguments behind the one that decides are not evaluated.
            if name == "and" || name == "or", (argument?.isTrue ?? false) == (name == "or") {
                return Result(value: argument)
            }
        }
        if let final = call.final {
            arguments.append(try checked(final, as: function.parameter(arguments.count)).value)
        }
        do {
            return Result(value: try function.body(arguments))
        } catch {
            place = node
            let message = (error as? Function.Failure)?.message ?? "\(error)"
            throw failure("error calling \(name): \(message)")
        }
    }

    /// - Parameter parameter: nil when anything will do, even what is missing.
    mutating func evaluate(
        _ term: Term, as parameter: Function.Parameter?, _ dot: Result
    ) throws(TemplateError) -> Result {
        place = term
        // What is checked is what the last thing evaluated in it came to, so errors point there.
        let result: Result
        switch term.kind {
        case .dot: result = dot
        case .nil:
            guard parameter == .string || parameter == .integer else { return Result() }
            throw failure("cannot assign nil to \(parameter?.rawValue ?? Value.anyType)")
        case .field, .variable, .chain: result = try evaluateFields(term, dot, Call())
        case .pipeline(let pipeline): result = try evaluate(pipeline, dot)
        case .identifier(let name): result = try evaluateFunction(name, term, at: term, dot, Call())
        case .bool, .number, .string: return Result(value: try literal(term, as: parameter ?? .any))
        }
        return try checked(result, as: parameter)
    }

    private func literal(_ term: Term, as parameter: Function.Parameter) throws(TemplateError) -> Value? {
        switch (parameter, term.kind) {
        case (.any, _): return try constant(term)
        case (.string, .string(_, let text)): return .string(text)
        case (.string, _): throw failure("expected string; found \(term.source)")
        case (.integer, .number(let number)) where number.int != nil: return number.int.map(Value.int)
        case (.integer, _): throw failure("expected integer; found \(term.source)")
        case (.strings, _): throw failure("can't handle \(term.source) for arg of type []string")
        }
    }

    private func checked(_ result: Result, as parameter: Function.Parameter?) throws(TemplateError) -> Result {
        guard let parameter else { return result }
        switch (parameter, result.value) {
        case (.any, _), (.strings, nil), (.strings, .null?), (.string, .string?), (.integer, .int?): return result
        case (_, nil): throw failure("invalid value; expected \(parameter.rawValue)")
        case (.strings, let value?) where value.elements != nil && value.typeName == "[]string": return result
        case (_, let value?):
            let isPointer = if case .null = value { true } else { false }
            let type = isPointer ? Value.anyType : value.typeName
            throw failure("wrong type for value; expected \(parameter.rawValue); got \(type)")
        }
    }
}
