import ContainerEngine
import ContainerSystem
import Glibc

/// The conditions of `ps --filter`: of those of one name one must hold, and of each name that is given; all of the
/// labels must.
struct ContainerFilter {
    /// docker's, but for `is-task` and `isolation`, which are of swarms and of Windows.
    private static let names = [
        "ancestor", "before", "exited", "expose", "health", "id", "label", "name", "network", "publish",
        "restart-policy", "should-start-on-boot", "since", "status", "volume",
    ]

    private var values: [String: [String]] = [:]
    private var labels: [PruneSelection.Label] = []
    private var exited: [Int32] = []
    private var patterns: [NamePattern] = []
    private var ports: [String: [PortRangeText]] = [:]

    init(_ filters: [String]) throws {
        for filter in filters {
            guard let equals = filter.firstIndex(of: "=") else {
                throw FlagError("filter", filter, "bad format of filter (expected name=value)")
            }
            let name = String(filter[..<equals]).lowercased()
            let value = String(filter[filter.index(after: equals)...])
            guard Self.names.contains(name) else {
                throw CommandFailure(
                    "ck: invalid filter '\(name)' (there are \(Self.names.joined(separator: ", ")))", status: 1)
            }
            try add(name, value)
        }
    }

    private mutating func add(_ name: String, _ value: String) throws {
        switch name {
        case "label":
            let parts = value.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            labels.append(.init(String(parts[0]), parts.count == 2 ? String(parts[1]) : nil))
        case "exited":
            guard let code = Int32(value) else { throw Self.invalid(name, value) }
            exited.append(code)
        case "status":
            let states = ["created", "running", "paused", "restarting", "removing", "exited", "dead"]
            guard states.contains(value) else {
                throw CommandFailure(
                    "ck: invalid filter 'status=\(value)' (it is one of \(states.joined(separator: ", ")))", status: 1)
            }
        case "health":
            guard ["starting", "healthy", "unhealthy", "none"].contains(value) else { throw Self.invalid(name, value) }
        case "should-start-on-boot":
            guard ["true", "false"].contains(value) else { throw Self.invalid(name, value) }
        case "name": patterns.append(try NamePattern(value))
        case "expose", "publish":
            guard let range = PortRangeText(value) else { throw Self.invalid(name, value) }
            ports[name, default: []].append(range)
        default: break
        }
        values[name, default: []].append(value)
    }

    private static func invalid(_ name: String, _ value: String) -> CommandFailure {
        CommandFailure("ck: invalid filter '\(name)=\(value)'", status: 1)
    }

    /// Whether one that does not run can fit: docker then looks at all of them.
    var asksForAll: Bool {
        values["status"] != nil || !exited.isEmpty
    }

    /// - Parameters:
    ///   - containers: all of them, the newest first; the order stays.
    ///   - images: the ids of the images that have a name, and of those made from them.
    func apply(
        to containers: [ContainerSummary], images: (String) throws(ContainerError) -> Set<String> = { _ in [] }
    ) throws(ContainerError) -> [ContainerSummary] {
        var ancestors: Set<String>?
        for name in values["ancestor"] ?? [] { ancestors = (ancestors ?? []).union(try images(name)) }
        let before = try limit("before", containers)
        let since = try limit("since", containers)
        return containers.enumerated().filter { index, container in
            if let before, index <= before { return false }
            if let since, index >= since { return false }
            if let ancestors, !ancestors.contains(container.imageID) { return false }
            return fits(container)
        }.map(\.element)
    }

    /// The place in the list of the container that is named.
    private func limit(_ name: String, _ containers: [ContainerSummary]) throws(ContainerError) -> Int? {
        guard let value = values[name]?.last else { return nil }
        let index = containers.firstIndex { $0.name == value } ?? containers.firstIndex { $0.id.hasPrefix(value) }
        guard let index else { throw ContainerError(.notFound, "No such container: \(value)") }
        return index
    }

    private func fits(_ container: ContainerSummary) -> Bool {
        fits("id") { container.id.hasPrefix($0) }
            && (patterns.isEmpty || patterns.contains { $0.matches(container.name) })
            && fits("status") { container.state.name == $0 }
            && (exited.isEmpty || exited.contains { Self.exit(container.state) == $0 })
            && labels.allSatisfy { $0.matches(container.labels) }
            && fits("health") { (container.health?.rawValue ?? "none") == $0 }
            && fits("network") { container.networks.contains($0) }
            && fits("restart-policy") { container.restart.name == $0 }
            && fits("should-start-on-boot") { ($0 == "true") == Self.startsOnBoot(container) }
            && fits("volume") { value in container.mounts.contains { $0.source == value || $0.target == value } }
            && fits("expose", container.exposedPorts) && fits("publish", container.publishedPorts)
    }

    /// docker looks at the container's own ports for both.
    private func fits(_ name: String, _ names: [String]) -> Bool {
        ports[name].map { ranges in names.contains { port in ranges.contains { $0.contains(port) } } } ?? true
    }

    private func fits(_ name: String, _ condition: (String) -> Bool) -> Bool {
        values[name].map { $0.contains(where: condition) } ?? true
    }

    private static func exit(_ state: ContainerState) -> Int32? {
        if case .exited(let exit) = state { exit.status } else { nil }
    }

    /// What docker's daemon would start with the host.
    private static func startsOnBoot(_ container: ContainerSummary) -> Bool {
        switch container.restart {
        case .always: true
        case .unlessStopped: !container.wasStoppedByHand
        case .no, .onFailure: false
        }
    }
}

/// `80`, `8000-8010/tcp`.
struct PortRangeText {
    private let range: ClosedRange<Int>
    private let transport: Substring

    init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count <= 2 else { return nil }
        let ends = parts[0].split(separator: "-", omittingEmptySubsequences: false).map { Int($0) }
        guard ends.count <= 2, let first = ends[0], let last = ends[ends.count - 1], (0...65535).contains(first),
            (first...65535).contains(last)
        else { return nil }
        range = first...last
        transport = parts.count == 2 ? parts[1] : "tcp"
    }

    /// - Parameter port: `80/tcp`
    func contains(_ port: String) -> Bool {
        let parts = port.split(separator: "/")
        guard let first = parts.first, let number = Int(first) else { return false }
        return range.contains(number) && transport == (parts.count == 2 ? parts[1] : "tcp")
    }
}

/// docker matches names by a regular expression that may stand anywhere in them (here one of regex(7)).
struct NamePattern {
    private final class Expression {
        var compiled = regex_t()
        deinit { regfree(&compiled) }
    }

    private let expression = Expression()

    init(_ text: String) throws {
        guard regcomp(&expression.compiled, text, REG_EXTENDED | REG_NOSUB) == 0 else {
            throw CommandFailure("ck: invalid filter 'name=\(text)': it is no regular expression", status: 1)
        }
    }

    /// docker's names start with a slash, and some write it.
    func matches(_ name: String) -> Bool {
        [name, "/" + name].contains { (text: String) in regexec(&expression.compiled, text, 0, nil, 0) == 0 }
    }
}
