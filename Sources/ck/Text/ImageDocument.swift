import ContainerSystem
import FoundationEssentials
import TextTemplate

/// What `image inspect --format` works on: docker's struct, whose fields are there whether the image sets them or not.
enum ImageDocument {
    /// - Parameter json: the engine's document about an image of that name.
    static func of(_ name: String, _ json: String) throws(ContainerError) -> Value {
        do { return try value(json) } catch {
            throw ContainerError(.corrupted, "inspect \(name)", cause: "\(error)")
        }
    }

    /// - Parameter json: the engine's document about an image.
    static func value(_ json: String) throws -> Value {
        let document = try JSONDecoder().decode(Value.self, from: Data(json.utf8))
        guard case .map(let entries) = document else { return document }
        return object(
            "image.InspectResponse",
            entries.map { key, value in
                guard case .map(let inner) = value else { return (key, value) }
                return (key, object(types[key] ?? key, inner, unset: key == "Config" ? unsetConfig : []))
            }, unset: [("DockerVersion", ""), ("Parent", ""), ("Variant", "")])
    }

    private static let types = ["Config": "dockerspec.DockerOCIImageConfig", "GraphDriver": "*storage.DriverData"]

    private static let unsetConfig: [(String, Value)] = [
        ("Cmd", .nilArray), ("Entrypoint", .nilArray), ("Env", .nilArray), ("ExposedPorts", .nilMap),
        ("Labels", .nilMap), ("OnBuild", .nilArray), ("StopSignal", ""), ("User", ""), ("Volumes", .nilMap),
        ("WorkingDir", ""),
    ]

    private static func object(_ type: String, _ entries: [(String, Value)], unset: [(String, Value)]) -> Value {
        let isSet = Set(entries.map(\.0))
        // Go spells its field ID; the document spells it Id.
        let fields =
            entries.map { Object.Field($0 == "Id" ? "ID" : $0, key: $0, $1) }
            + unset.filter { !isSet.contains($0.0) }.map { Object.Field($0, omitsEmpty: true, $1) }
        return .object(Object(type: type, fields.sorted { $0.key < $1.key }))
    }
}
