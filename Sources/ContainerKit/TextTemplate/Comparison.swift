/// `eq`, `ne`, `lt`, `le`, `gt` and `ge`.
enum Comparison {
    /// Whether the value is any of the others.
    static func equal(_ value: Value?, to others: ArraySlice<Value?>) throws -> Bool {
        guard !others.isEmpty else { throw Function.Failure("missing argument for comparison") }
        for other in others where try equal(value, other) { return true }
        return false
    }

    private static func equal(_ first: Value?, _ second: Value?) throws -> Bool {
        guard let first, let second, !first.isNil, !second.isNil else {
            return (first?.isNil ?? true) == (second?.isNil ?? true)
        }
        switch (first, second) {
        case (.bool(let first), .bool(let second)): return first == second
        case (.int(let first), .int(let second)): return first == second
        case (.double(let first), .double(let second)): return first == second
        case (.string(let first), .string(let second)): return first.isSame(as: second)
        default:
            guard !first.isBasic, !second.isBasic else { throw incompatible }
            throw Function.Failure("non-comparable type \(GoText.plain(second)): \(second.typeName)")
        }
    }

    static func less(_ first: Value?, _ second: Value?) throws -> Bool {
        guard let first, let second, first.isBasic, second.isBasic else { throw invalid }
        switch (first, second) {
        case (.int(let first), .int(let second)): return first < second
        case (.double(let first), .double(let second)): return first < second
        case (.string(let first), .string(let second)): return first.precedes(second)
        case (.bool, .bool): throw invalid
        default: throw incompatible
        }
    }

    static func lessOrEqual(_ first: Value?, _ second: Value?) throws -> Bool {
        try less(first, second) || equal(first, second)
    }

    private static let incompatible = Function.Failure("incompatible types for comparison")
    private static let invalid = Function.Failure("invalid type for comparison")
}

extension Value {
    fileprivate var isNil: Bool {
        switch self {
        case .null, .nilArray, .nilMap: true
        default: false
        }
    }

    fileprivate var isBasic: Bool {
        switch self {
        case .bool, .int, .double, .string: true
        default: false
        }
    }
}
