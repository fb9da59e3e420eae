import ContainerEngine
import ContainerSystem
import Glibc

/// Our ends of a process's streams.
final class StreamPump: Sendable {
    private let input: Descriptor?
    private let output: Descriptor
    private let errors: Descriptor

    private init(_ input: Descriptor?, _ output: Descriptor, _ errors: Descriptor) {
        self.input = input
        self.output = output
        self.errors = errors
    }

    /// Makes the streams and lets `start` give the other ends to a process; these are closed here then, so that we see
    /// the end.
    static func connect<Value>(
        hasInput: Bool, _ start: (ClientStreams) throws(ContainerError) -> Value
    ) throws(ContainerError) -> (pump: StreamPump, value: Value) {
        let (outputReader, outputWriter) = try Descriptor.pipe()
        let (errorReader, errorWriter) = try Descriptor.pipe()
        // A socket: writing to a pipe that nobody reads any more would be a signal to the whole service.
        let input = hasInput ? try socketPair() : nil
        let pump = StreamPump(input?.ours, outputReader, errorReader)
        let streams = ClientStreams(input: input?.theirs.raw, output: outputWriter.raw, error: errorWriter.raw)
        let value = try withExtendedLifetime((input?.theirs, outputWriter, errorWriter)) { () throws(ContainerError) in
            try start(streams)
        }
        return (pump, value)
    }

    private static func socketPair() throws(ContainerError) -> (ours: Descriptor, theirs: Descriptor) {
        var ends: [CInt] = [-1, -1]
        try system("make a socket pair") {
            socketpair(AF_UNIX, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0, &ends)
        }
        return (Descriptor(owning: ends[0]), Descriptor(owning: ends[1]))
    }

    /// Hands on what the process writes until its end.
    /// - Parameter end: readable once the process has ended and all that it wrote is in the pipes.
    func run(
        end: CInt, _ interruption: Interruption, _ yield: ContainerSequence<ContainerOutput>.Yield
    ) throws(ContainerError) {
        for stream in [output, errors] { _ = fcntl(stream.raw, F_SETFL, O_NONBLOCK) }
        var isOpen = [true, true]
        while true {
            let ready = poll(
                [isOpen[0] ? output.raw : nil, isOpen[1] ? errors.raw : nil, end, interruption.descriptor],
                milliseconds: nil)
            if ready[3] { throw ContainerError(.cancelled, "nobody listens to the process any more") }
            // Both after the end was seen, so that nothing is left.
            if ready[0] || ready[2] {
                isOpen[0] = try take(output) { bytes throws(ContainerError) in try yield(.output(bytes)) }
            }
            if ready[1] || ready[2] {
                isOpen[1] = try take(errors) { bytes throws(ContainerError) in try yield(.error(bytes)) }
            }
            if ready[2] { return }
        }
    }

    /// - Returns: false at its end.
    private func take(_ stream: Descriptor, _ yield: ([UInt8]) throws(ContainerError) -> Void) throws(ContainerError)
        -> Bool
    {
        var chunk = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = read(stream.raw, &chunk, chunk.count)
            if count < 0 && errno == EINTR { continue }
            if count < 0 { return errno == EAGAIN }
            if count == 0 { return false }
            try yield(Array(chunk[..<count]))
        }
    }

    /// Blocks while the process has no room.
    func write(_ bytes: [UInt8], _ interruption: Interruption) throws(ContainerError) {
        guard let input else {
            throw ContainerError(.conflict, "write to the process: its input is not open", hint: "ask for stdinOpen")
        }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                send(
                    input.raw, $0.baseAddress! + done, $0.count - done, CInt(MSG_NOSIGNAL) | CInt(MSG_DONTWAIT)
                )
            }
            if count >= 0 {
                done += count
                continue
            }
            switch errno {
            case EINTR: continue
            case EAGAIN:
                var wait = [
                    pollfd(fd: input.raw, events: Int16(POLLOUT), revents: 0),
                    pollfd(fd: interruption.descriptor, events: Int16(POLLIN), revents: 0),
                ]
                Glibc.poll(&wait, 2, -1)
                if wait[1].revents != 0 { throw ContainerError(.cancelled, "write to the process: given up") }
            case EPIPE, ECONNRESET:
                throw ContainerError(.conflict, "write to the process: it has closed its input")
            default: throw ContainerError(.current, "write to the process")
            }
        }
    }

    func closeInput() { if let input { shutdown(input.raw, CInt(SHUT_WR)) } }
}
