/// `len`, `index` and `slice`.
enum Collections {
    static func length(_ value: Value?) throws -> Value {
        switch value {
        case .string(let text)?: return .int(Int64(text.utf8.count))
        case .null?: throw Function.Failure("len of nil pointer")
        case nil: throw Function.Failure("len of untyped nil")
        case let value?:
            if let count = value.elements?.count ?? value.sortedEntries?.count { return .int(Int64(count)) }
            throw Function.Failure("len of type \(value.typeName)")
        }
    }

    /// The item that the keys lead to, one after the other.
    static func index(_ value: Value?, by keys: some Sequence<Value?>) throws -> Value? {
        var item = value
        for key in keys { item = try element(of: item, at: key) }
        return item
    }

    private static func element(of item: Value?, at key: Value?) throws -> Value? {
        guard let item else { throw Function.Failure("index of untyped nil") }
        if case .null = item { throw Function.Failure("index of untyped nil") }
        if case .string(let text) = item {
            let bytes = Array(text.utf8)
            return .int(Int64(bytes[try offset(key, below: bytes.count)]))
        }
        if let elements = item.elements {
            let element = elements[try offset(key, below: elements.count)]
            return known(element, in: Value.commonType(elements))
        }
        guard let entries = item.sortedEntries else {
            throw Function.Failure("can't index item of type \(item.typeName)")
        }
        switch key {
        case .string(let name)?:
            let type = Value.commonType(entries.map(\.1))
            guard let entry = entries.first(where: { $0.0.isSame(as: name) }) else { return Value.zero(ofType: type) }
            return known(entry.1, in: type)
        case nil, .null?: throw Function.Failure("value is nil; should be of type string")
        case let key?: throw Function.Failure("value has type \(key.typeName); should be string")
        }
    }

    /// Null in a container of anything is no value; in one of pointers it is one of them.
    private static func known(_ value: Value, in type: String) -> Value? {
        if case .null = value, type == Value.anyType { nil } else { value }
    }

    private static func offset(_ key: Value?, below count: Int) throws -> Int {
        let offset = try offset(key, upTo: count)
        guard offset < count else { throw Function.Failure("index out of range: \(offset)") }
        return offset
    }

    private static func offset(_ key: Value?, upTo count: Int) throws -> Int {
        switch key {
        case .int(let number)?:
            guard let offset = Int(exactly: number), (0...count).contains(offset) else {
                throw Function.Failure("index out of range: \(number)")
            }
            return offset
        case nil, .null?: throw Function.Failure("cannot index slice/array with nil")
        case let key?: throw Function.Failure("cannot index slice/array with type \(key.typeName)")
        }
    }

    /// The elements or bytes from the first number to below the second; a third one, Go's capacity, is only checked.
    static func slice(_ value: Value?, by keys: ArraySlice<Value?>) throws -> Value {
        guard keys.count <= 3 else { throw Function.Failure("too many slice indexes: \(keys.count)") }
        switch value {
        case nil, .null?: throw Function.Failure("slice of untyped nil")
        case .string(let text)?:
            guard keys.count < 3 else { throw Function.Failure("cannot 3-index slice a string") }
            let bytes = Array(text.utf8)
            return .string(String(decoding: bytes[try bounds(keys, of: bytes.count)], as: UTF8.self))
        case let value?:
            guard let elements = value.elements else {
                throw Function.Failure("can't slice item of type \(value.typeName)")
            }
            return .array(Array(elements[try bounds(keys, of: elements.count)]))
        }
    }

    private static func bounds(_ keys: ArraySlice<Value?>, of count: Int) throws -> Range<Int> {
        let offsets = try keys.map { try offset($0, upTo: count) }
        let lower = offsets.first ?? 0
        let upper = offsets.count > 1 ? offsets[1] : count
        guard lower <= upper else { throw Function.Failure("invalid slice index: \(lower) > \(upper)") }
        if offsets.count > 2, upper > offsets[2] {
            throw Function.Failure("invalid slice index: \(upper) > \(offsets[2])")
        }
        return lower..<upper
    }
}
