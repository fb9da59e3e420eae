import ContainerSystem
import Glibc
import OCISpec
import Testing

@testable import ContainerStorage

/// The rules of the image specification (layer.md) in memory: what a stack of layers shows.
private final class Model {
    indirect enum Node {
        case folder([String: Node])
        case file(String)
    }

    enum Change: CustomStringConvertible {
        case file(String, String), folder(String), whiteout(String), opaque(String)

        var path: String {
            switch self {
            case .file(let path, _), .folder(let path), .whiteout(let path), .opaque(let path): path
            }
        }

        var description: String {
            switch self {
            case .file(let path, _): "file \(path)"
            case .folder(let path): "folder \(path)"
            case .whiteout(let path): "whiteout \(path)"
            case .opaque(let path): "opaque \(path)"
            }
        }
    }

    private var root: [String: Node] = [:]
    /// What this layer put somewhere that is no folder: nothing goes below it.
    private var files = Set<String>()

    /// Whiteouts are for the layers below, wherever they stand in the archive; then the entries come in their order.
    /// - Returns: false when the layer puts something below a file of its own.
    func apply(_ layer: [Change]) -> Bool {
        files = []
        for change in layer {
            switch change {
            case .whiteout(let path): edit(path) { $0 = nil }
            case .opaque(let path): edit(path) { if case .folder? = $0 { $0 = .folder([:]) } }
            default: break
            }
        }
        for change in layer {
            guard makeParents(of: change) else { return false }
            switch change {
            case .file(let path, let text):
                files.insert(path)
                files = files.filter { !$0.hasPrefix(path + "/") }
                edit(path) { $0 = .file(text) }
            case .folder(let path):
                files.remove(path)
                edit(path) { if case .folder? = $0 {} else { $0 = .folder([:]) } }
            case .whiteout, .opaque: break
            }
        }
        return true
    }

    private func makeParents(of change: Change) -> Bool {
        var parts = change.path.split(separator: "/")
        if case .opaque = change {} else { parts = parts.dropLast() }
        for count in parts.indices {
            let path = parts[...count].joined(separator: "/")
            if files.contains(path) { return false }
            edit(path) { if case .folder? = $0 {} else { $0 = .folder([:]) } }
        }
        return true
    }

    private func edit(_ path: String, _ body: (inout Node?) -> Void) {
        if path.isEmpty {
            var node: Node? = .folder(root)
            body(&node)
            if case .folder(let names)? = node { root = names }
            return
        }
        func descend(_ names: inout [String: Node], _ parts: ArraySlice<Substring>) {
            let name = String(parts.first!)
            if parts.count == 1 { return body(&names[name]) }
            guard case .folder(var inner)? = names[name] else { return }
            descend(&inner, parts.dropFirst())
            names[name] = .folder(inner)
        }
        descend(&root, path.split(separator: "/")[...])
    }

    var lines: [String] {
        func list(_ names: [String: Node], _ prefix: String) -> [String] {
            names.flatMap { name, node -> [String] in
                switch node {
                case .file(let text): ["\(prefix)\(name) \(text)"]
                case .folder(let inner): ["\(prefix)\(name)/"] + list(inner, "\(prefix)\(name)/")
                }
            }
        }
        return list(root, "").sorted()
    }
}

/// The same lines of a real folder.
private func lines(of folder: String) throws -> [String] {
    var walk = try TreeWalk(folder)
    var result: [String] = []
    while let entry = try walk.next() {
        if entry.status.type == S_IFDIR {
            result.append(entry.text + "/")
        } else {
            result.append("\(entry.text) \(text("\(folder)/\(entry.text)") ?? "?")")
        }
    }
    return result.sorted()
}

@Suite struct WhiteoutModelTests {
    private static func layer(_ random: inout SplitMix) -> [Model.Change] {
        let names = ["a", "b", "c"]
        return (0..<random.below(9)).map { _ in
            let path = (0...random.below(3)).map { _ in names[random.below(3)] }.joined(separator: "/")
            switch random.below(8) {
            case 0, 1: return .folder(path)
            case 2, 3: return .whiteout(path)
            case 4: return .opaque(random.below(4) == 0 ? "" : path)
            default: return .file(path, String(random.below(1000)))
            }
        }
    }

    private static func tar(_ layer: [Model.Change]) -> Tar {
        var tar = Tar()
        for change in layer {
            var parts = change.path.split(separator: "/").map(String.init)
            switch change {
            case .file(let path, let text): tar.file(path, text)
            case .folder(let path): tar.folder(path)
            case .opaque: tar.file((parts + [".wh..wh..opq"]).joined(separator: "/"))
            case .whiteout:
                parts[parts.count - 1] = ".wh." + parts[parts.count - 1]
                tar.file(parts.joined(separator: "/"))
            }
        }
        return tar
    }

    /// Layers of a fixed random sequence: what a real overlay shows of them, and what is read without a mount, is what the
    /// rules say; and what the rules do not allow is refused.
    @Test func anOverlayShowsWhatTheRulesSay() throws {
        var random = SplitMix(seed: 20)
        var (shown, refused) = (0, 0)
        for round in 0..<100 {
            let scratch = try Scratch()
            let model = Model()
            let layers = (0..<3).map { _ in Self.layer(&random) }
            var chain: [ChainID] = []
            var isAllowed = true
            for layer in layers where isAllowed {
                isAllowed = model.apply(layer)
                do {
                    chain.append(try scratch.unpack(Self.tar(layer), on: chain).layer.chainID)
                    #expect(isAllowed, "round \(round): \(layer) was taken")
                } catch {
                    #expect(!isAllowed, "round \(round): \(layer): \(error)")
                    isAllowed = false
                }
            }
            guard isAllowed else {
                refused += 1
                continue
            }
            shown += 1
            let snapshotter = try scratch.snapshotter()
            let seen = try withMounted(try snapshotter.prepare("x", layers: chain)) { try lines(of: $0) }
            #expect(seen == model.lines, "round \(round): \(layers)")
            let view = try snapshotter.view("x", layers: chain)
            for path in ["a", "b/a", "c/b/a", "a/a", "a/b/c"] {
                let line = model.lines.first { $0 == path + "/" || $0.hasPrefix(path + " ") }
                let status = try view.status(path)
                #expect((line == nil) == (status == nil), "round \(round): \(path) in \(layers)")
                #expect((line?.hasSuffix("/") ?? false) == (status?.type == S_IFDIR), "round \(round): \(path)")
            }
        }
        #expect(shown > 30 && refused > 5, "\(shown) stacks were compared, \(refused) refused")
    }
}
