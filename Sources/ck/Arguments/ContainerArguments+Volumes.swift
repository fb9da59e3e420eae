import ContainerEngine

extension ContainerArguments {
    /// `-v`, `--mount` and `--tmpfs`.
    func volumes() throws -> [VolumeBind] {
        if let driver = words.last("volume-driver"), !driver.isEmpty, driver != "local" {
            throw VolumeDriver.unknown(driver)
        }
        let volumes =
            try VolumeFlag.parseAll(words.all("volume")) + words.all("mount").map(MountFlag.parse)
            + words.all("tmpfs").map(Tmpfs.parse)
        var targets = [String]()
        for volume in volumes {
            if targets.contains(volume.target) {
                throw CommandFailure("ck: Duplicate mount point: \(volume.target)", status: 125)
            }
            targets.append(volume.target)
        }
        return volumes
    }

    /// `CONTAINER[:MODE]`.
    func volumesFrom() throws -> [String] {
        let texts = words.all("volumes-from")
        for text in texts {
            guard !text.isEmpty else {
                throw CommandFailure("ck: volumes-from specification cannot be an empty string", status: 125)
            }
            guard let colon = text.firstIndex(of: ":") else { continue }
            let mode = text[text.index(after: colon)...]
            guard ["ro", "rw", "z", "Z", "ro,z", "ro,Z", "rw,z", "rw,Z"].contains(mode) else {
                throw CommandFailure("ck: invalid mode: \(mode)", status: 125)
            }
        }
        return texts
    }
}
