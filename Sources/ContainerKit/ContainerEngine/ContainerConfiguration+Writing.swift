import ContainerNamespaces
import OCISpec

extension ContainerConfiguration {
    /// The document that the database keeps.
    var document: [UInt8] {
        var document = ContainerDocument()
        addProcess(&document)
        addRights(&document)
        addLife(&document)
        return Array(document.json.compact.utf8)
    }

    private func addProcess(_ document: inout ContainerDocument) {
        document.add("imageName", imageName)
        document.add("command", command)
        document.add("imageCommand", imageCommand)
        document.add("imageEntrypoint", imageEntrypoint)
        document.add("environment", environment)
        document.add("workingDirectory", workingDirectory)
        document.add("user", user)
        document.add("groups", groups)
        document.add("hostname", hostname)
        document.add("domainname", domainname)
        document.add("volumes", each: volumes) { $0.document }
        document.add("volumesFrom", volumesFrom)
        document.add("labels", labels)
        document.add("annotations", annotations)
        document.add("terminal", terminal)
        document.add("stdinOpen", stdinOpen)
        document.add("attach", attach)
        document.add("detachKeys", detachKeys)
        document.add("exposedPorts", exposedPorts)
        document.add("names", names) { $0.document }
    }

    private func addRights(_ document: inout ContainerDocument) {
        document.add("limits", limits) { $0.document }
        addNetwork(&document)
        document.add("noNewPrivileges", noNewPrivileges)
        document.add("security", security) { $0.document }
        document.add("namespaces", namespaces) { $0.document }
        document.add("devices", devices) { $0.document }
        document.add("sysctls", sysctls)
        document.add("ulimits", each: ulimits) { $0.document }
        document.add("oomScoreAdjustment", oomScoreAdjustment)
        document.add("shmSize", shmSize)
        document.add("readOnlyRoot", readOnlyRoot)
        document.add("cgroupParent", cgroupParent)
        document.add("runtime", runtime)
    }

    private func addLife(_ document: inout ContainerDocument) {
        document.add("autoRemove", autoRemove)
        document.add("stopSignal", stopSignal)
        document.add("stopTimeout", stopTimeout)
        document.add("restart", restart) { policy in
            var document = ContainerDocument()
            document.add("name", policy.name)
            document.add("maximum", policy.maximum)
            return document
        }
        document.add("health", health) { $0.document }
        document.add("usesInit", usesInit)
        document.add("logging", logging) { logging in
            var document = ContainerDocument()
            document.add("driver", logging.driver.rawValue)
            document.add("options", logging.options)
            return document
        }
    }
}

extension HealthCheck {
    fileprivate var document: ContainerDocument {
        var document = ContainerDocument()
        document.add("test", test)
        document.add("interval", interval)
        document.add("timeout", timeout)
        document.add("startPeriod", startPeriod)
        document.add("startInterval", startInterval)
        document.add("retries", retries)
        return document
    }
}

extension VolumeBind {
    fileprivate var document: ContainerDocument {
        var document = ContainerDocument()
        document.add("source", source)
        document.add("target", target)
        document.add("readOnly", readOnly)
        document.add("kind", kind?.rawValue)
        document.add("details", details) { $0.document }
        return document
    }
}

extension VolumeBind.Details {
    fileprivate var document: ContainerDocument {
        var document = ContainerDocument()
        document.add("propagation", propagation)
        document.add("isNotRecursive", isNotRecursive)
        document.add("recursiveReadOnly", recursiveReadOnly)
        document.add("noCopy", noCopy)
        document.add("subpath", subpath)
        document.add("labels", labels)
        document.add("driverOptions", driverOptions)
        document.add("tmpfsOptions", tmpfsOptions)
        document.add("sourceMustExist", sourceMustExist)
        document.add("isAnonymous", isAnonymous)
        document.add("mode", mode)
        return document
    }
}

extension ContainerOptions.NameService {
    fileprivate var document: ContainerDocument {
        var document = ContainerDocument()
        document.add("servers", servers)
        document.add("options", options)
        document.add("search", search)
        document.add("hosts", hosts)
        return document
    }
}

extension ContainerOptions.Limits {
    fileprivate var document: ContainerDocument {
        var document = ContainerDocument()
        document.add("memory", memory)
        document.add("nanoCPUs", nanoCPUs)
        document.add("cpuShares", cpuShares)
        document.add("pids", pids)
        document.add("memoryReservation", memoryReservation)
        document.add("memorySwap", memorySwap)
        document.add("memorySwappiness", memorySwappiness)
        document.add("oomKillDisable", oomKillDisable)
        document.add("cpuPeriod", cpuPeriod)
        document.add("cpuQuota", cpuQuota)
        document.add("cpuRealtimePeriod", cpuRealtimePeriod)
        document.add("cpuRealtimeRuntime", cpuRealtimeRuntime)
        document.add("cpusetCPUs", cpusetCPUs)
        document.add("cpusetMemories", cpusetMemories)
        document.add("blockIOWeight", blockIOWeight.map(UInt64.init))
        document.add("blockIOWeightDevices", each: blockIOWeightDevices) { $0.document }
        document.add("readBytes", each: readBytes) { $0.document }
        document.add("writeBytes", each: writeBytes) { $0.document }
        document.add("readOperations", each: readOperations) { $0.document }
        document.add("writeOperations", each: writeOperations) { $0.document }
        return document
    }
}

extension ContainerOptions.DeviceRate {
    fileprivate var document: ContainerDocument {
        var document = ContainerDocument()
        document.add("path", path)
        document.add("rate", rate)
        return document
    }
}

extension ContainerOptions.Security {
    fileprivate var document: ContainerDocument {
        var document = ContainerDocument()
        document.add("isPrivileged", isPrivileged)
        document.add("addedCapabilities", addedCapabilities)
        document.add("droppedCapabilities", droppedCapabilities)
        document.add("seccomp", seccomp)
        document.add("appArmor", appArmor)
        document.add("labels", labels)
        document.add("unconfinedSystemPaths", unconfinedSystemPaths)
        document.add("writableCgroups", writableCgroups)
        return document
    }
}

extension ContainerOptions.NamespaceModes {
    fileprivate var document: ContainerDocument {
        var document = ContainerDocument()
        document.add("pid", pid)
        document.add("ipc", ipc)
        document.add("uts", uts)
        document.add("user", user)
        document.add("cgroup", cgroup)
        return document
    }
}

extension ContainerOptions.Devices {
    fileprivate var document: ContainerDocument {
        var document = ContainerDocument()
        document.add("mappings", each: mappings) { mapping in
            var document = ContainerDocument()
            document.add("hostPath", mapping.hostPath)
            document.add("path", mapping.path)
            document.add("access", mapping.access)
            return document
        }
        document.add("rules", rules)
        return document
    }
}

extension ContainerOptions.Ulimit {
    fileprivate var document: ContainerDocument {
        var document = ContainerDocument()
        document.add("name", name)
        document.add("soft", soft)
        document.add("hard", hard)
        return document
    }
}
