import ContainerKit

// RunContainer FOLDER COMMAND...: makes an image of a folder and runs a command in a container of it.
let folder = CommandLine.arguments[1]
let engine = try await ContainerEngine()
try await engine.makeImage(fromDirectory: folder, name: "example")
var options = ContainerOptions(image: "example", command: Array(CommandLine.arguments.dropFirst(2)))
options.limits.memory = 64 << 20
let result = try await engine.run(options)
print("status \(result.status)\n\(result.output)\(result.errors)", terminator: "")
