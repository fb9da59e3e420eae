import ContainerKit

// WatchContainer FOLDER: makes an image of a folder, starts a container, and listens to it in every way there is.
let engine = try await ContainerEngine()
try await engine.makeImage(fromDirectory: CommandLine.arguments[1], name: "example")
let containers = engine.containers
let events = containers.events()

let script = "while read line; do test $line = quit && exit 7; echo got $line; done"
var options = ContainerOptions(image: "example", command: ["sh", "-c", script])
options.name = "watched"
options.network = .none
options.stdinOpen = true
let id = try await containers.create(options)
try await containers.start(id)

// Its own streams: what is written into it comes back.
let attached = try await containers.attach(id)
try await attached.write("one\n".utf8)
for try await piece in attached.output {
    print("attached:", String(decoding: piece.bytes, as: UTF8.self), terminator: "")
    break
}

// One more process, with streams of its own.
var cat = ExecOptions(command: ["cat"])
cat.stdinOpen = true
let process = try await containers.exec(id, cat)
try await process.write("through cat\n".utf8)
process.closeInput()
print("exec:", try await process.result())

// What it uses: two samples, then enough.
var count = 0
for try await sample in containers.stats(.named(["watched"])) {
    print("stats:", sample.count, sample.first?.usage?.memoryLimit ?? 0 > 0)
    count += 1
    if count == 2 { break }
}

// A task that is cancelled ends its listening, and changes nothing for the container.
let listener = Task { try await containers.logs(id, .init(follows: true)).collect() }
let waiter = Task { try await containers.wait(id) }
try await Task.sleep(for: .milliseconds(100))
listener.cancel()
waiter.cancel()
do { _ = try await listener.value } catch let error as ContainerError { print("logs:", error.code) }
do { _ = try await waiter.value } catch let error as ContainerError { print("wait:", error.code) }

// Its end, and what it has left.
let end = Task { try await containers.wait(id) }
try await attached.write("quit\n".utf8)
print("status:", try await end.value)
for try await entry in containers.logs(id) {
    print("log:", String(decoding: entry.text, as: UTF8.self), terminator: "")
}
try await containers.remove(id)
for try await event in events where event.kind == .container && event.id == id {
    print("event:", event.action)
    if event.action == "destroy" { break }
}
