import ContainerEngine
import FoundationEssentials

/// A line of `--progress json`: an object with the keys that apply.
struct ProgressRecord: Codable, Equatable {
    /// The first 12 digits of a layer's digest.
    var id: String?
    /// docker's words for what a layer, or in the end the transfer, has come to.
    var status: String?
    /// `downloading`, `extracting` or `pushing`: then `current` and `total` are there too.
    var phase: String?
    /// Bytes.
    var current: Int64?
    var total: Int64?

    // The outcome, in the last line.

    /// The image's whole name.
    var reference: String?
    /// Of the manifest or the index in the registry.
    var digest: String?
    /// The image's id.
    var image: String?
    /// Bytes of the manifest that was pushed.
    var size: Int64?
    /// Why there is no outcome.
    var error: String?
    /// What kind of error it is: `notFound`, `unavailable`, ...
    var code: String?

    init() {}

    init(_ event: TransferEvent) {
        switch event {
        case .layer(let id, let status):
            self.id = id
            self.status = status
        case .progress(let id, let phase, let done, let total):
            self.id = id
            self.phase = phase.rawValue
            status = phase.rawValue.prefix(1).uppercased() + phase.rawValue.dropFirst()
            current = done
            self.total = total
        }
    }

    var line: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}

/// A line of JSON for each status, and for the progress of each layer a few in a second.
struct JSONDisplay: TransferDisplay {
    let line: @Sendable (String) -> Void

    var interval: Int32 { 250 }

    func show(_ events: [TransferEvent], at time: Double) {
        for event in events { line(ProgressRecord(event).line) }
    }
}
