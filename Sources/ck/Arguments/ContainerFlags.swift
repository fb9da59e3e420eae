import ArgumentParser
import ContainerEngine

/// What `run` asks of a container, apart from its process and its limits.
struct ContainerFlags: ParsableArguments {
    @Option(help: "Replace the image's entrypoint")
    var entrypoint: String?

    @Option(name: .shortAndLong, help: "Host name of the container")
    var hostname: String?

    @Option(name: .shortAndLong, help: "Label: NAME or NAME=VALUE")
    var label: [String] = []

    @Option(help: "Name of the container")
    var name: String?

    @Option(help: "Network: bridge, host or none")
    var network: String?

    @Option(help: "Platform of the image, such as linux/arm64")
    var platform: String?

    @Flag(help: "Remove the container when it ends")
    var rm = false

    @Option(help: "Security option: no-new-privileges[=true|false]")
    var securityOpt: [String] = []

    @Option(name: .shortAndLong, help: "Show a folder or file of the host in the container: SOURCE:TARGET[:ro|rw]")
    var volume: [String] = []

    init() {}

    init(_ words: Words) {
        entrypoint = words.last("entrypoint")
        hostname = words.last("hostname")
        label = words.all("label")
        name = words.last("name")
        network = words.last("network")
        platform = words.last("platform")
        rm = words.isOn("rm")
        securityOpt = words.all("security-opt")
        volume = words.all("volume")
    }

    func fill(_ options: inout ContainerOptions) throws {
        // docker: --entrypoint "" takes the image's away.
        options.entrypoint = entrypoint.map { $0.isEmpty ? [] : [$0] }
        options.hostname = hostname
        options.labels = try Labels.parse(label)
        options.name = name
        options.network = try networkMode()
        options.autoRemove = rm
        for option in securityOpt { options.noNewPrivileges = try noNewPrivileges(option) }
        options.volumes = try Volume.parseAll(volume)
    }

    private func networkMode() throws -> ContainerOptions.NetworkMode {
        guard let network, network != "default" else { return .bridge }
        guard !network.isEmpty else { throw FlagError("network", network, "no name set for network") }
        guard let mode = ContainerOptions.NetworkMode(rawValue: network) else {
            throw CommandFailure(unsupported: "--network \(network)", hint: "it can be none, host or bridge")
        }
        return mode
    }

    private func noNewPrivileges(_ option: String) throws -> Bool {
        switch option {
        case "no-new-privileges", "no-new-privileges:true", "no-new-privileges=true": true
        case "no-new-privileges:false", "no-new-privileges=false": false
        default: throw CommandFailure(unsupported: "--security-opt \(option)")
        }
    }
}
