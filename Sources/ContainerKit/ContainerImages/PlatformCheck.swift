import ContainerRegistryClient
import ContainerSystem
import OCISpec

/// Whether an image is for the platform that was asked for, by its own configuration: an index is only somebody's word
/// for it.
enum PlatformCheck {
    /// A name that means one image only gets docker's treatment: on the host's own platform it is taken as it is.
    /// - Throws: `notFound` in docker's words.
    static func check(_ config: ImageConfig, of resolved: ResolvedImage, for platform: Platform, name: String)
        throws(ContainerError)
    {
        let own = Platform(os: config.os, architecture: config.architecture, variant: config.variant)
        let isUnknown = config.os.isEmpty || config.architecture.isEmpty
        // Configurations often leave the variant out, so it decides nothing.
        let fits = platform.runs(own) || (platform.os == own.os && platform.architecture == own.architecture)
        guard resolved.index != nil || platform != .current, !isUnknown, !fits else { return }
        throw ContainerError(
            .notFound,
            "image with reference \(name) was found but does not match the specified platform: wanted \(platform), "
                + "actual: \(own)")
    }
}
