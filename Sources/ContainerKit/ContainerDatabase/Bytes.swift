import Foundation

/// SQLite's blobs are Foundation's `Data` in GRDB.
typealias Data = Foundation.Data

extension [UInt8] {
    var data: Data { Data(self) }
}
