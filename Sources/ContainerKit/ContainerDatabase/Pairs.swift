import FoundationEssentials

/// Names with values, as the database keeps them: a JSON object. Most are empty, and cost no decoder.
enum Pairs {
    static func text(_ pairs: [String: String]) throws -> String {
        if pairs.isEmpty { return "{}" }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return String(decoding: try encoder.encode(pairs), as: UTF8.self)
    }

    static func pairs(_ text: String) throws -> [String: String] {
        text == "{}" ? [:] : try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
    }
}
