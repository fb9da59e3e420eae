/// A document as a decoder reads it: objects become maps, whose keys templates name as the document does.
extension Value: Decodable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }

        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    public init(from decoder: any Decoder) throws {
        if let object = try? decoder.container(keyedBy: Key.self) {
            self = .map(try object.allKeys.map { ($0.stringValue, try object.decode(Value.self, forKey: $0)) })
        } else if var list = try? decoder.unkeyedContainer() {
            var elements = [Value]()
            while !list.isAtEnd { elements.append(try list.decode(Value.self)) }
            self = .array(elements)
        } else {
            self = try Value(scalar: try decoder.singleValueContainer())
        }
    }

    private init(scalar: any SingleValueDecodingContainer) throws {
        if scalar.decodeNil() {
            self = .null
        } else if let value = try? scalar.decode(Bool.self) {
            self = .bool(value)
        } else if let value = try? scalar.decode(Int64.self) {
            self = .int(value)
        } else if let value = try? scalar.decode(Double.self) {
            self = .double(value)
        } else {
            self = .string(try scalar.decode(String.self))
        }
    }
}
