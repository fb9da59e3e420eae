import ContainerSystem
import Foundation

/// What a tool printed with `-j`, for looking into.
struct JSON {
    private let value: Any?

    private init(value: Any?) { self.value = value }

    init(_ text: String) throws {
        do { value = try JSONSerialization.jsonObject(with: Data(text.utf8)) } catch {
            throw ContainerError(.corrupted, "read JSON: \(text)")
        }
    }

    subscript(_ key: String) -> JSON { JSON(value: (value as? [String: Any])?[key]) }
    var all: [JSON] { (value as? [Any] ?? []).map { JSON(value: $0) } }
    var first: JSON { all.first ?? JSON(value: nil) }
    var text: String? { value as? String }
    var texts: [String] { all.compactMap(\.text) }
    var number: Int? { (value as? NSNumber)?.intValue }
    var exists: Bool { value != nil }
}
