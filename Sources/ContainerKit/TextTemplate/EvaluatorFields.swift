/// The arguments of a command as they stand in the template, and the result of the command before.
struct Call {
    var terms: ArraySlice<Term> = []
    var final: Evaluator.Result?

    var hasArguments: Bool { !terms.isEmpty || final != nil }
    var count: Int { terms.count + (final == nil ? 0 : 1) }
}

extension Evaluator {
    /// A chain of fields of the dot, a variable or the result of a pipeline. The last one may be a method.
    mutating func evaluateFields(_ term: Term, _ dot: Result, _ call: Call) throws(TemplateError) -> Result {
        place = term
        switch term.kind {
        case .field(let names): return try follow(names, from: dot, dot, call)
        case .variable(let name, let names):
            guard let result = variable(name) else { throw failure("undefined variable: \(name)") }
            if names.isEmpty { try refuseArguments(of: term, call) }
            return try follow(names, from: result, dot, call)
        case .chain(let start, let names):
            return try follow(names, from: try evaluate(start, as: nil, dot), dot, call)
        default: return Result()
        }
    }

    private mutating func follow(
        _ names: [String], from start: Result, _ dot: Result, _ call: Call
    ) throws(TemplateError) -> Result {
        var result = start
        for (index, name) in names.enumerated() {
            result = try field(name, of: result, dot, index == names.count - 1 ? call : Call())
        }
        return result
    }

    private mutating func field(
        _ name: String, of receiver: Result, _ dot: Result, _ call: Call
    ) throws(TemplateError) -> Result {
        switch receiver.value {
        case nil:
            guard refusesMissingKeys else { return Result() }
            throw failure("nil data; no entry for key \(Quoted.go(name))")
        case .null?:
            let type = receiver.isAny || receiver.field.isEmpty ? Value.anyType : "*" + receiver.field
            throw failure("nil pointer evaluating \(type).\(name)")
        case .object(let object)?:
            guard let value = object.field(name) else {
                throw failure("can't evaluate field \(name) in type \(object.type)")
            }
            if case .function(let count, let body) = value {
                return try self.call(Function(arguments: count, method: body), name, at: place, dot, call)
            }
            if call.hasArguments, object.isRow {
                throw failure("wrong number of args for \(name): want 0 got \(call.count)")
            }
            if call.hasArguments {
                throw failure("\(name) has arguments but cannot be invoked as function")
            }
            return Result(value: value, field: name)
        case let value?:
            guard let entries = value.sortedEntries else {
                let type = receiver.isAny ? Value.anyType : value.typeName
                throw failure("can't evaluate field \(name) in type \(type)")
            }
            return try entry(name, of: entries, dot, call)
        }
    }

    private mutating func entry(
        _ name: String, of entries: [(String, Value)], _ dot: Result, _ call: Call
    ) throws(TemplateError) -> Result {
        let value = entries.first { $0.0.isSame(as: name) }?.1
        if case .function(let count, let body)? = value {
            return try self.call(Function(arguments: count, method: body), name, at: place, dot, call)
        }
        if call.hasArguments { throw failure("\(name) is not a method but has arguments") }
        guard let value else {
            if refusesMissingKeys { throw failure("map has no entry for key \(Quoted.go(name))") }
            return Result()
        }
        return Result(value: value, isAny: isAny(entries.map(\.1)), field: name)
    }
}
