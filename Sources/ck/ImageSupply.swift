import ContainerEngine
import ContainerSystem
import FoundationEssentials

/// The image of a `run` or `create`: pulled when the policy asks for it.
struct ImageSupply {
    enum Policy: String { case always, missing, never }

    let engine: Engine
    let image: String
    let platform: String?
    let policy: Policy
    let report: TransferReport

    /// Makes a container of the image.
    func using<Made>(_ make: (Engine) throws(ContainerError) -> Made) throws(ContainerError) -> Made {
        try prepare()
        do throws(ContainerError) {
            return try make(engine)
        } catch {
            // Looking for the image first would cost every run; so only one that failed looks for it.
            guard error.code == .notFound, policy == .missing, try pullIfMissing() else { throw error }
            return try make(engine)
        }
    }

    /// What has to be done before the container is made.
    private func prepare() throws(ContainerError) {
        switch policy {
        case .always: try pull()
        case .never:
            guard try engine.hasImage(image) else { throw missing }
            if let found = try otherPlatform() { throw mismatch(found) }
        case .missing:
            guard platform != nil, try engine.hasImage(image), try otherPlatform() != nil else { return }
            try pull()
        }
    }

    /// - Returns: false when the image is there, so that something else is at fault.
    private func pullIfMissing() throws(ContainerError) -> Bool {
        if try engine.hasImage(image) { return false }
        report.say("Unable to find image '\(ReferenceText(image).familiar)' locally")
        try pull()
        return true
    }

    private func pull() throws(ContainerError) {
        let reference = ReferenceText(image)
        let outcome = try report.follow(opening: reference.pullOpening) { observer throws(ContainerError) in
            try engine.pullImage(image, platform: platform, progress: observer)
        }
        report.sayOutcome(outcome, of: reference)
    }

    private var missing: ContainerError {
        ContainerError(.notFound, "No such image: \(ReferenceText(image).familiar)", hint: "run without --pull never")
    }

    private func mismatch(_ found: String) -> ContainerError {
        ContainerError(.notFound, "image \(ReferenceText(image).familiar) is for \(found), not for \(platform ?? "")")
    }

    /// The platform of the image that is there, when it is not the one asked for.
    private func otherPlatform() throws(ContainerError) -> String? {
        struct Document: Decodable {
            let Os: String
            let Architecture: String
            let Variant: String?
        }
        guard let platform else { return nil }
        let text = try engine.inspectImage(image)
        guard let document = try? JSONDecoder().decode(Document.self, from: Data(text.utf8)) else {
            throw ContainerError(.corrupted, "read the platform of image \(image)")
        }
        let found = [document.Os, document.Architecture, document.Variant ?? ""]
        let wanted = platform.split(separator: "/").map(String.init)
        let matches =
            wanted.count == 1
            ? found[0] == wanted[0] || found[1] == wanted[0] : zip(wanted, found).allSatisfy { $0 == $1 }
        return matches ? nil : found.filter { !$0.isEmpty }.joined(separator: "/")
    }
}

extension ContainerArguments {
    func imageSupply(_ session: Session) throws -> ImageSupply {
        let pull = words.last("pull") ?? "missing"
        guard let policy = ImageSupply.Policy(rawValue: pull) else {
            throw CommandFailure(
                "ck: invalid pull option: '\(pull)': must be one of \"always\", \"missing\" or \"never\"", status: 125)
        }
        let report = try TransferReport(
            words.last("progress"), quiet: words.isOn("quiet"), console: session.console, toError: true)
        return ImageSupply(
            engine: try session.engine(), image: image, platform: platform, policy: policy, report: report)
    }
}
