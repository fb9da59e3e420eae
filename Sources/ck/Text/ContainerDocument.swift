import ContainerEngine
import ContainerSystem
import TextTemplate

/// docker's document about a container, with its names and in its order (moby 28.5, `api/types/container`).
struct ContainerDocument {
    let details: ContainerDetails
    var options: ContainerOptions { details.options }

    init(_ details: ContainerDetails) { self.details = details }

    var value: Value {
        var fields: [Object.Field] = [
            .init("ID", key: "Id", .string(details.id)), .init("Created", .string(Timestamp.format(details.created))),
            .init("Path", .string(options.command.first ?? "")),
            .init("Args", .strings(Array(options.command.dropFirst()))), .init("State", state),
            .init("Image", .string(details.imageID)),
            .init("ResolvConfPath", .string(details.folder + "/resolv.conf")),
            .init("HostnamePath", .string(details.folder + "/hostname")),
            .init("HostsPath", .string(details.folder + "/hosts")), .init("LogPath", .string(logPath)),
            .init("Name", .string("/" + details.name)), .init("RestartCount", .int(Int64(details.restarts))),
            .init("Driver", "overlay"), .init("Platform", "linux"), .init("MountLabel", ""), .init("ProcessLabel", ""),
            .init("AppArmorProfile", .string(options.security.appArmor ?? "")), .init("ExecIDs", .nilArray),
            .init("HostConfig", HostConfigDocument(details).value),
            .init(
                "GraphDriver",
                .object(
                    Object(
                        type: "storage.DriverData",
                        [.init("Data", .strings(details.snapshot)), .init("Name", "overlay")]))),
        ]
        if let size = details.size {
            fields += [.init("SizeRw", .int(size.written)), .init("SizeRootFs", .int(size.total))]
        }
        fields += [
            .init("Mounts", .array(options.volumes.filter { $0.kind != .tmpfs }.map(mount))), .init("Config", config),
            .init("NetworkSettings", NetworkDocument(details).value),
        ]
        return .object(Object(type: "container.InspectResponse", fields))
    }

    private var logPath: String { options.logging?.driver ?? .jsonFile == .jsonFile ? details.logPath : "" }

    // MARK: - State

    private var state: Value {
        let state = details.state
        let exit = lastExit
        let isAlive = state.isAlive
        var fields: [Object.Field] = [
            .init("Status", .string(state.name)), .init("Running", .bool(isAlive)),
            .init("Paused", .bool(state.name == "paused")), .init("Restarting", .bool(state.name == "restarting")),
            .init("OOMKilled", .bool(exit?.ranOutOfMemory ?? false)), .init("Dead", .bool(state == .dead)),
            .init("Pid", .int(isAlive ? Int64(state.process?.process.pid ?? 0) : 0)),
            .init("ExitCode", .int(Int64(exit?.status ?? 0))), .init("Error", ""),
            .init("StartedAt", .string(Self.time(state.process?.started ?? exit?.started ?? details.started))),
            .init("FinishedAt", .string(Self.time(exit?.finished))),
        ]
        if let health = details.health { fields.append(.init("Health", Self.health(health))) }
        return .object(Object(type: "container.State", fields))
    }

    private var lastExit: ContainerState.Exit? {
        switch details.state {
        case .exited(let exit): exit
        case .restarting(let restart): restart.exit
        default: nil
        }
    }

    /// Go's zero time where there is none.
    static func time(_ seconds: Double?) -> String {
        guard let seconds, seconds > 0 else { return "0001-01-01T00:00:00Z" }
        return Timestamp.format(seconds)
    }

    private static func health(_ health: HealthRecord) -> Value {
        let log = health.results.map { result in
            Value.object(
                Object(
                    type: "container.HealthcheckResult",
                    [
                        .init("Start", .string(Timestamp.local(nanoseconds: result.start))),
                        .init("End", .string(Timestamp.local(nanoseconds: result.end))),
                        .init("ExitCode", .int(Int64(result.exitCode))), .init("Output", .string(result.output)),
                    ]))
        }
        return .object(
            Object(
                type: "container.Health",
                [
                    .init("Status", .string(health.status.rawValue)),
                    .init("FailingStreak", .int(Int64(health.failingStreak))), .init("Log", .array(log)),
                ]))
    }

    // MARK: - Mounts and configuration

    private func mount(_ bind: VolumeBind) -> Value {
        let isVolume = bind.kind == .volume
        let kind = bind.kind ?? .bind
        let mode = bind.details?.mode ?? (bind.readOnly ? "ro" : "")
        return .object(
            Object(
                type: "container.MountPoint",
                [
                    .init("Type", omitsEmpty: true, .string(kind.rawValue)),
                    .init("Name", omitsEmpty: true, .string(isVolume ? bind.source : "")),
                    .init("Source", .string(isVolume ? details.volumeFolders[bind.source] ?? "" : bind.source)),
                    .init("Destination", .string(bind.target)),
                    .init("Driver", omitsEmpty: true, .string(isVolume ? "local" : "")),
                    .init("Mode", .string(isVolume && mode.isEmpty ? "z" : mode)), .init("RW", .bool(!bind.readOnly)),
                    .init("Propagation", .string(isVolume ? "" : bind.details?.propagation ?? "rprivate")),
                ]))
    }

    private var config: Value {
        let attached = options.attach ?? []
        func set(_ names: [String]) -> Value { .map(names.map { ($0, .object(Object(type: "struct {}", []))) }) }
        let volumes = options.volumes.filter { $0.details?.isAnonymous == true }.map(\.target)
        return .object(
            Object(
                type: "container.Config",
                [
                    .init("Hostname", .string(options.hostname ?? "")),
                    .init("Domainname", .string(options.domainname ?? "")), .init("User", .string(options.user ?? "")),
                    .init("AttachStdin", .bool(attached.contains("stdin"))),
                    .init("AttachStdout", .bool(attached.contains("stdout"))),
                    .init("AttachStderr", .bool(attached.contains("stderr"))),
                    .init("ExposedPorts", omitsEmpty: true, set(options.exposedPorts)),
                    .init("Tty", .bool(options.terminal)), .init("OpenStdin", .bool(options.stdinOpen)),
                    .init("StdinOnce", .bool(options.stdinOpen && attached.contains("stdin"))),
                    .init("Env", .strings(options.environment)), .init("Cmd", .strings(details.imageCommand)),
                    .init("Healthcheck", omitsEmpty: true, healthcheck), .init("Image", .string(options.image)),
                    .init("Volumes", volumes.isEmpty ? .nilMap : set(volumes)),
                    .init("WorkingDir", .string(options.workingDirectory ?? "")),
                    .init("Entrypoint", .strings(details.imageEntrypoint)), .init("OnBuild", .nilArray),
                    .init("Labels", .strings(options.labels)),
                    .init("StopSignal", omitsEmpty: true, .string(options.stopSignal ?? "")),
                    .init("StopTimeout", omitsEmpty: true, options.stopTimeout.map { .int(Int64($0)) } ?? .null),
                ]))
    }

    private var healthcheck: Value {
        guard let health = options.health else { return .null }
        func number(_ name: String, _ value: Int64) -> Object.Field { .init(name, omitsEmpty: true, .int(value)) }
        return .object(
            Object(
                type: "container.HealthConfig",
                [
                    .init("Test", omitsEmpty: true, .strings(health.test)), number("Interval", health.interval),
                    number("Timeout", health.timeout), number("StartPeriod", health.startPeriod),
                    number("StartInterval", health.startInterval), number("Retries", Int64(health.retries)),
                ]))
    }
}
