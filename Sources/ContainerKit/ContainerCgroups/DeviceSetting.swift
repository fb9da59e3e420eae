import ContainerSystem
import OCISpec

/// Device rules as this host takes them: a list for the controller of version 1, where a tree has it, else a program for
/// version 2.
enum DeviceSetting {
    case program(DeviceFilter)
    case list(DeviceList)

    /// - Throws: `invalidArgument` for a malformed rule; `unsupported` for what a list cannot say.
    init(_ rules: [RuntimeSpec.Resources.DeviceRule], on host: CgroupHost) throws(CgroupFailure) {
        guard rules.count <= 4096 else {
            let error = ContainerError(.invalidArgument, "device rules: \(rules.count) rules are too many")
            throw CgroupFailure(error, CgroupField("devices", ""))
        }
        var checked = [DeviceRule]()
        for (index, rule) in rules.enumerated() {
            do throws(ContainerError) { checked.append(try DeviceRule(rule)) } catch {
                throw CgroupFailure(error, CgroupField("devices[\(index)]", ""))
            }
        }
        if host.mountPoint(of: "devices") != nil || host.unified == nil {
            self = .list(try DeviceList(checked))
        } else {
            do throws(ContainerError) { self = .program(try DeviceFilter(checked: checked)) } catch {
                throw CgroupFailure(error, CgroupField("devices", ""))
            }
        }
    }
}

extension Cgroup {
    func apply(_ rules: DeviceSetting) throws(CgroupFailure) {
        let field = CgroupField("devices", "the device list")
        switch rules {
        case .program(let filter):
            guard let folder = directoryForClone else { return }
            do throws(Errno) { try fileSystem.attachDeviceFilter(filter.program, to: folder) } catch {
                throw CgroupFailure(ContainerError(error, "attach the device filter (bpf(2))"), field)
            }
        case .list(let list):
            guard let root = host.mountPoint(of: "devices") else { throw .missing("devices", for: field) }
            for (file, line) in list.lines {
                do throws(Errno) { try fileSystem.write("\(root)\(path)/\(file)", line) } catch {
                    throw CgroupFailure(
                        ContainerError(error, "set the device list: write '\(line)' to \(file)"), field)
                }
            }
        }
    }
}
