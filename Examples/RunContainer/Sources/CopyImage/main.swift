import ContainerImages
import ContainerRegistryClient
import OCISpec

// CopyImage FOLDER SOURCE DESTINATION: fetches an image into a folder and sends it elsewhere. What arrives is byte for byte
// what was fetched, so its digest is the same.
let images = try ImageStore(root: CommandLine.arguments[1])
let source = try ImageReference(parsing: CommandLine.arguments[2])
let destination = try ImageReference(parsing: CommandLine.arguments[3])
let client = try RegistryClient()
let fetched = try images.pull(source, from: client) { event in
    if case .layer(let id, let status) = event { print(id, status) }
}
try images.tag(source.description, as: destination)
let sent = try images.push(destination, to: client) { event in
    if case .layer(let id, let status) = event { print(id, status) }
}
print(fetched.digest == sent.digest ? "same" : "another", sent.digest)
