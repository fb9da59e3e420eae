/// What a template works on: the document that Go would hold in structs, maps and slices.
public enum Value: Sendable {
    /// Go's nil. In a map or an array it prints as `<no value>`, in an object, where it is a nil pointer, as `<nil>`.
    case null
    case bool(Bool)
    case int(Int64)
    case double(Double)
    /// Go's strings are bytes: `len`, `index`, `slice` and `truncate` count in UTF-8.
    case string(String)
    case array([Value])
    /// A slice that was never made: prints as `[]`, has no elements, and is `null` in JSON.
    case nilArray
    /// Keys are gone through and printed by the order of their bytes, whatever the order here; the first of two equal
    /// ones counts. A key that is missing is no error.
    case map([(String, Value)])
    /// A map that was never made: prints as `map[]`, has no entries, and is `null` in JSON.
    case nilMap
    /// Fields in their order; a field that is not declared is an error.
    case object(Object)
    /// A method with that many arguments, strings as those of all of docker's: `.Label "key"`. It stands for a field of
    /// an object or an entry of a map, and does not show in JSON.
    case function(arguments: Int, @Sendable ([String]) throws -> Value)
}

extension Value: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByFloatLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByArrayLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(integerLiteral value: Int64) { self = .int(value) }
    public init(floatLiteral value: Double) { self = .double(value) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(arrayLiteral elements: Value...) { self = .array(elements) }
}

extension Value {
    /// An array of strings; nil makes a slice that was never made.
    public static func strings(_ list: [String]?) -> Value { list.map { .array($0.map(Value.string)) } ?? .nilArray }

    /// A map of strings, such as labels; nil makes a map that was never made.
    public static func strings(_ entries: [String: String]?) -> Value {
        entries.map { .map($0.map { ($0.key, .string($0.value)) }) } ?? .nilMap
    }

    /// A string, or a nil pointer.
    public static func optional(_ text: String?) -> Value { text.map(Value.string) ?? .null }
}

/// A struct of Go: named fields in their order.
public struct Object: Sendable, ExpressibleByDictionaryLiteral {
    /// A field of an object.
    public struct Field: Sendable {
        /// What templates say after the point.
        public var name: String
        /// What JSON calls it: docker has `.ID` and `"Id"`.
        public var key: String
        /// Whether JSON leaves it out when it is null, false, zero or empty, as Go's `omitempty`.
        public var omitsEmpty: Bool
        public var value: Value

        public init(_ name: String, key: String? = nil, omitsEmpty: Bool = false, _ value: Value) {
            self.name = name
            self.key = key ?? name
            self.omitsEmpty = omitsEmpty
            self.value = value
        }
    }

    /// The name that errors give: `can't evaluate field Foo in type container`.
    public var type: String
    public var fields: [Field]
    /// A row of a list is a set of methods in docker: JSON sorts them, and arguments are counted.
    var isRow = false

    public init(type: String = "object", _ fields: [Field]) {
        self.type = type
        self.fields = fields
    }

    public init(dictionaryLiteral elements: (String, Value)...) {
        self.init(elements.map { Field($0.0, $0.1) })
    }

    func field(_ name: String) -> Value? { fields.first { $0.name.isSame(as: name) }?.value }
}

extension Value {
    /// The type that Go would name in an error.
    var typeName: String {
        switch self {
        case .null: "<nil>"
        case .bool: "bool"
        case .int: "int"
        case .double: "float64"
        case .string: "string"
        case .array(let elements): "[]" + Value.commonType(elements)
        case .nilArray: "[]string"
        case .map(let entries): "map[string]" + Value.commonType(entries.map(\.1))
        case .nilMap: "map[string]string"
        case .object(let object): object.type
        case .function: "func"
        }
    }

    static let anyType = "interface {}"

    /// The element type of a Go container that could hold the values: `interface {}` when they differ. An empty one is
    /// taken for one of strings, which most of docker's are.
    static func commonType(_ values: [Value]) -> String {
        guard let first = values.first else { return "string" }
        if case .null = first { return anyType }
        let name = first.typeName
        return values.dropFirst().allSatisfy { $0.typeName == name } ? name : anyType
    }

    /// What Go's `index` gives for a key that a map does not have: the zero of the element type, nil where that is nil.
    static func zero(ofType name: String) -> Value? {
        switch name {
        case "string": .string("")
        case "int": .int(0)
        case "float64": .double(0)
        case "bool": .bool(false)
        case anyType: nil
        default: name.utf8.starts(with: "[]".utf8) ? .nilArray : name.utf8.starts(with: "map[".utf8) ? .nilMap : .null
        }
    }

    /// The elements of an array that may never have been made; nil for anything else.
    var elements: [Value]? {
        switch self {
        case .array(let elements): elements
        case .nilArray: []
        default: nil
        }
    }

    /// The entries of a map, by key in byte order, without duplicates; nil for anything else.
    var sortedEntries: [(String, Value)]? {
        switch self {
        case .map(let entries): Value.sorted(entries)
        case .nilMap: []
        default: nil
        }
    }

    static func sorted(_ entries: [(String, Value)]) -> [(String, Value)] {
        var result: [(String, Value)] = []
        // The offsets keep the first of two equal keys first: the library's sort promises no stability.
        for (_, entry) in entries.enumerated().sorted(by: {
            $0.element.0.isSame(as: $1.element.0)
                ? $0.offset < $1.offset : $0.element.0.precedes($1.element.0)
        }) where result.last.map({ !$0.0.isSame(as: entry.0) }) ?? true {
            result.append(entry)
        }
        return result
    }

    /// Go's idea of what `if` takes for true.
    var isTrue: Bool {
        switch self {
        case .null, .nilArray, .nilMap: false
        case .bool(let value): value
        case .int(let value): value != 0
        case .double(let value): value != 0
        case .string(let text): !text.utf8.isEmpty
        case .array(let elements): !elements.isEmpty
        case .map(let entries): !entries.isEmpty
        case .object, .function: true
        }
    }
}

extension String {
    // Swift compares by canonical equivalence, Go by bytes.
    func isSame(as other: String) -> Bool { utf8.elementsEqual(other.utf8) }
    func precedes(_ other: String) -> Bool { utf8.lexicographicallyPrecedes(other.utf8) }
}
