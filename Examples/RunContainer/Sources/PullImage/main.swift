import ContainerKit

// PullImage NAME: fetches an image and tells how it goes. It takes two seconds at most when there is a second argument.
let engine = try await ContainerEngine()
let pull = engine.pulling(CommandLine.arguments[1])
let listener = Task {
    for try await event in pull {
        switch event {
        case .layer(let id, let status): print(id, status)
        case .progress(let id, let phase, let done, let total): print(id, phase, done, total)
        }
    }
}
if CommandLine.arguments.count > 2 {
    try await Task.sleep(for: .seconds(2))
    listener.cancel()
}
do {
    try await listener.value
    print(try await pull.value.id)
} catch {
    // The work beneath has ended once its value is there.
    _ = try? await pull.value
    print("no image: \(error)")
}
