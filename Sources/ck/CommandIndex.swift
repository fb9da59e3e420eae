/// Finds the one command that a command line names, so that ArgumentParser only ever sees that one's definition.
enum CommandIndex {
    enum Target {
        case help(String)
        case command(path: String, any Command.Type)
    }

    /// Takes the command's name, of one or two words.
    static func resolve(_ arguments: inout ArraySlice<String>) throws(CommandFailure) -> Target {
        let name = arguments.removeFirst()
        if let type = command(name) { return .command(path: name, type) }
        guard let group = groups.first(where: { $0.name == name }) else {
            if name == "help" { return try helpTarget(arguments) }
            if name == "oci" { throw CommandFailure("ck: flags of 'ck oci' stand behind 'oci'", status: 1) }
            if refused.contains(name) { throw refusal(of: name) }
            throw CommandFailure("ck: unknown command: ck \(name)\nSee 'ck --help'.", status: 1)
        }
        guard let second = arguments.popFirst(), second != "--help", second != "-h" else { return .help(group.help) }
        let path = "\(name) \(second)"
        if let type = group.command(second) { return .command(path: path, type) }
        if group.refused.contains(second) { throw refusal(of: path) }
        throw CommandFailure("ck: unknown command: ck \(path)\nSee 'ck \(name) --help'.", status: 1)
    }

    private static func refusal(of path: String) -> CommandFailure {
        let reason = reasons[path].map { " (\($0))" } ?? ""
        return CommandFailure("ck: ck \(path) is not supported yet\(reason)", status: 1)
    }

    /// Why a command of docker's is not there yet.
    static let reasons = [
        "build": "Dockerfiles are read, but not carried out",
        "image build": "Dockerfiles are read, but not carried out",
    ]

    private static func helpTarget(_ arguments: ArraySlice<String>) throws(CommandFailure) -> Target {
        guard let first = arguments.first else { return .help(help) }
        if first == "oci" { return .help(OCIHelp.text("ck oci")) }
        var rest = arguments
        guard case .command(_, let type) = try resolve(&rest) else { return .help(help) }
        return .help(type.helpText)
    }

    static func command(_ name: String) -> (any Command.Type)? {
        switch name {
        case "run": Run.self
        case "create": Create.self
        case "exec": Exec.self
        case "attach": Attach.self
        case "ps": ListContainers.self
        case "logs": Logs.self
        case "stats": Stats.self
        case "stop": Stop.self
        case "top": Top.self
        case "start": StartContainers.self
        case "restart": RestartContainers.self
        case "kill": Kill.self
        case "pause": Pause.self
        case "unpause": Unpause.self
        case "wait": Wait.self
        case "rename": Rename.self
        case "update": UpdateContainers.self
        case "port": ShowPorts.self
        case "events": ShowEvents.self
        case "rm": RemoveContainers.self
        case "commit": Commit.self
        case "cp": Copy.self
        case "diff": DiffContainer.self
        case "images": ListImages.self
        case "pull": Pull.self
        case "push": Push.self
        case "tag": Tag.self
        case "rmi": RemoveImages.self
        case "import": ImportImage.self
        case "save": SaveImages.self
        case "load": LoadImages.self
        case "history": ShowHistory.self
        case "inspect": Inspect.self
        case "export": ExportContainer.self
        case "init": InitImage.self
        case "login": Login.self
        case "logout": Logout.self
        case "search": Search.self
        case "info": Info.self
        case "version": ShowVersion.self
        default: nil
        }
    }

    static let names = [
        "run", "create", "exec", "attach", "ps", "logs", "start", "stop", "restart", "kill", "pause", "unpause", "wait",
        "rename", "update", "rm", "cp", "diff", "port", "stats", "top", "events", "commit", "pull", "push", "images",
        "tag", "rmi", "history",
        "inspect", "export", "save", "load", "import", "init", "login", "logout", "search", "info",
        "version",
    ]

    struct Group {
        let name: String
        let abstract: String
        let names: [String]
        let refused: [String]
        let command: @Sendable (String) -> (any Command.Type)?

        var help: String {
            "Usage:  ck \(name) COMMAND\n\n\(abstract)\n\nCommands:\n"
                + CommandIndex.list(names.compactMap { name in command(name).map { (name, $0) } })
                + "\n\nSee 'ck \(name) COMMAND --help' for more on a command."
        }
    }

    static let groups = [
        Group(
            name: "image", abstract: "Manage images",
            names: [
                "diff", "history", "import", "inspect", "load", "ls", "prune", "pull", "push", "rm", "save", "tag",
                "tree",
            ],
            refused: ["build"]
        ) {
            switch $0 {
            case "ls", "list": ListImages.self
            case "rm", "remove": RemoveImages.self
            case "inspect": InspectImages.self
            case "prune": PruneImages.self
            case "tree": ShowImageTree.self
            case "diff": DiffImages.self
            case "pull", "push", "tag", "import", "save", "load", "history": CommandIndex.command($0)
            default: nil
            }
        },
        Group(
            name: "container", abstract: "Manage containers",
            names: [
                "attach", "commit", "cp", "create", "diff", "exec", "export", "inspect", "kill", "logs", "ls", "pause",
                "port", "prune", "rename", "restart", "rm", "run", "start", "stats", "stop", "top", "unpause", "update",
                "wait",
            ],
            refused: []
        ) {
            switch $0 {
            case "ls", "list", "ps": ListContainers.self
            case "rm", "remove": RemoveContainers.self
            case "inspect": InspectContainers.self
            case "prune": PruneContainers.self
            case "attach", "commit", "cp", "create", "diff", "exec", "export", "logs", "run", "stop":
                CommandIndex.command($0)
            case "kill", "pause", "port", "rename", "restart", "start", "stats", "top", "unpause", "update", "wait":
                CommandIndex.command($0)
            default: nil
            }
        },
        Group(
            name: "network", abstract: "Manage networks",
            names: ["connect", "create", "disconnect", "inspect", "ls", "prune", "rm"], refused: []
        ) {
            switch $0 {
            case "connect": ConnectNetwork.self
            case "create": CreateNetwork.self
            case "disconnect": DisconnectNetwork.self
            case "inspect": InspectNetworks.self
            case "ls", "list": ListNetworks.self
            case "prune": PruneNetworks.self
            case "rm", "remove": RemoveNetworks.self
            default: nil
            }
        },
        Group(
            name: "volume", abstract: "Manage volumes", names: ["create", "inspect", "ls", "prune", "rm"],
            refused: ["update"]
        ) {
            switch $0 {
            case "create": CreateVolume.self
            case "inspect": InspectVolumes.self
            case "ls", "list": ListVolumes.self
            case "prune": PruneVolumes.self
            case "rm", "remove": RemoveVolumes.self
            default: nil
            }
        },
        Group(name: "registry", abstract: "Look into registries", names: ["search", "tags"], refused: []) {
            switch $0 {
            case "search": CommandIndex.command($0)
            case "tags": ListRegistryTags.self
            default: nil
            }
        },
        Group(
            name: "system", abstract: "Manage ck", names: ["events", "info", "reset"],
            refused: ["df", "dial-stdio", "prune"]
        ) {
            switch $0 {
            case "events": CommandIndex.command($0)
            case "info": Info.self
            case "reset": ResetState.self
            default: nil
            }
        },
    ]

    /// docker's commands that we do not have.
    static let refused = [
        "build", "builder", "buildx", "checkpoint", "compose", "config", "context", "manifest", "node",
        "plugin", "secret", "service", "stack", "swarm", "trust",
    ]

    static var help: String {
        """
        Usage:  ck [OPTIONS] COMMAND

        Linux containers without a daemon

        Commands:
        \(list(names.compactMap { name in command(name).map { (name, $0) } }))

        Management Commands:
        \((groups.map { ($0.name, $0.abstract) } + [("oci", OCITool.abstract)])
            .map { "  " + $0.padded(to: 12) + $1 }.joined(separator: "\n"))

        Global Options:
              --root DIR       Where images and containers are kept (CK_ROOT; default /var/lib/containerkit)
              --run-root DIR   What is gone with a reboot (CK_RUN_ROOT; default /run/containerkit)
          -v, --version        Print the version and quit

        See 'ck COMMAND --help' for more on a command.
        """
    }

    private static func list(_ commands: [(String, any Command.Type)]) -> String {
        commands.map { "  " + $0.padded(to: 12) + $1.synopsis.abstract }.joined(separator: "\n")
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String { self + String(repeating: " ", count: max(1, width - count)) }
}
