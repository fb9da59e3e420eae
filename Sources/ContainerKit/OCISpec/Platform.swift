import ContainerSystem

/// Operating system and processor of an image (OCI image-index.md, "platform"), in Go's names.
public struct Platform: Hashable, Sendable, Codable, CustomStringConvertible {
    public var os: String
    public var architecture: String
    /// `v8`, `v7` and so on; empty and nil mean the same.
    public var variant: String?
    public var osVersion: String?
    public var osFeatures: [String]?

    enum CodingKeys: String, CodingKey {
        case os, architecture, variant
        case osVersion = "os.version"
        case osFeatures = "os.features"
    }

    public init(os: String = "linux", architecture: String, variant: String? = nil) {
        self.os = os
        self.architecture = architecture
        self.variant = variant
    }

    /// Parses `linux/arm64/v8`, `linux/amd64`, or a bare `arm64`.
    /// - Throws: `invalidArgument`.
    public init(parsing text: String) throws(ContainerError) {
        let fields = text.lowercased().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        let isName = fields.allSatisfy { field in
            !field.isEmpty && field.utf8.count <= 32
                && field.utf8.allSatisfy { (48...57).contains($0) || (97...122).contains($0) || $0 == 95 || $0 == 45 }
        }
        guard isName, fields.count <= 3 else {
            throw ContainerError(
                .invalidArgument, "\"\(text.prefix(64))\" is not a platform", hint: "write it as os/architecture")
        }
        switch fields.count {
        case 1: self = fields[0] == "linux" ? Self.current : Platform(architecture: fields[0])
        case 2: self.init(os: fields[0], architecture: fields[1])
        default: self.init(os: fields[0], architecture: fields[1], variant: fields[2])
        }
        self = normalized
    }

    /// The platform of the machine that runs this code.
    public static var current: Platform {
        #if arch(arm64)
        Platform(architecture: "arm64", variant: "v8")
        #elseif arch(x86_64)
        Platform(architecture: "amd64")
        #elseif arch(arm)
        Platform(architecture: "arm", variant: "v7")
        #elseif arch(i386)
        Platform(architecture: "386")
        #elseif arch(powerpc64le)
        Platform(architecture: "ppc64le")
        #elseif arch(riscv64)
        Platform(architecture: "riscv64")
        #elseif arch(s390x)
        Platform(architecture: "s390x")
        #else
        Platform(architecture: "unknown")
        #endif
    }

    public var description: String { "\(os)/\(architecture)" + (variant.flatMap { $0.isEmpty ? nil : "/" + $0 } ?? "") }

    /// The spelling that comparisons use: the kernel's names for processors become Go's, and the variant that every
    /// processor of a kind has is left out.
    public var normalized: Platform {
        var copy = self
        copy.os = os.lowercased() == "macos" ? "darwin" : os.lowercased()
        let processor = architecture.lowercased()
        let version = variant?.lowercased() ?? ""
        copy.variant = version.isEmpty ? nil : version
        switch processor {
        case "x86_64", "x86-64", "amd64":
            copy.architecture = "amd64"
            if version == "v1" { copy.variant = nil }
        case "aarch64", "arm64":
            copy.architecture = "arm64"
            if version == "8" || version == "v8" { copy.variant = nil }
        case "i386", "386":
            copy.architecture = "386"
            copy.variant = nil
        case "armhf":
            copy.architecture = "arm"
            copy.variant = "v7"
        case "armel":
            copy.architecture = "arm"
            copy.variant = "v6"
        case "arm":
            copy.architecture = "arm"
            copy.variant = version.isEmpty ? "v7" : version.hasPrefix("v") ? version : "v" + version
        default: copy.architecture = processor
        }
        return copy
    }
}

extension Platform {
    /// What runs here, the best first: the platform itself, then lower variants, then the 32-bit elder.
    var runnable: [Platform] {
        let wanted = normalized
        func variants(of architecture: String, below top: Int, through bottom: Int) -> [Platform] {
            stride(from: top, through: bottom, by: -1).map {
                Platform(os: wanted.os, architecture: architecture, variant: "v\($0)").normalized
            }
        }
        let version = wanted.variant.flatMap { Int($0.dropFirst()) }
        switch wanted.architecture {
        case "amd64":
            return [wanted] + variants(of: "amd64", below: min(version ?? 1, 9) - 1, through: 1)
                + [Platform(os: wanted.os, architecture: "386")]
        case "arm": return [wanted] + variants(of: "arm", below: min(version ?? 7, 9) - 1, through: 5)
        case "arm64":
            return [wanted] + variants(of: "arm64", below: min(version ?? 8, 9) - 1, through: 8)
                + variants(of: "arm", below: 8, through: 5)
        default: return [wanted]
        }
    }

    /// How well an image of `other` runs here: 0 is best, nil is not at all.
    public func rank(of other: Platform) -> Int? {
        let candidate = other.normalized
        return runnable.firstIndex {
            $0.os == candidate.os && $0.architecture == candidate.architecture && $0.variant == candidate.variant
        }
    }

    /// Whether an image of `other` runs here.
    public func runs(_ other: Platform) -> Bool { rank(of: other) != nil }
}

extension ImageIndex {
    /// The entry that runs best on `platform`; of equals the first. An entry that names no platform comes last: the
    /// image's configuration decides then. Attestations (`unknown/unknown`) never match.
    public func select(for platform: Platform) -> ContentDescriptor? {
        var best: (rank: Int, entry: ContentDescriptor)?
        for entry in manifests where MediaType.isManifest(entry.mediaType) || MediaType.isIndex(entry.mediaType) {
            let rank = entry.platform.map { platform.rank(of: $0) } ?? Int.max
            guard let rank else { continue }
            if best.map({ rank < $0.rank }) ?? true { best = (rank, entry) }
        }
        return best?.entry
    }
}
