@testable import ContainerNamespaces

/// What a filter answers to a system call.
enum Verdict: Equatable, CustomStringConvertible {
    case allow
    case errno(UInt32)
    case killProcess
    case other(UInt32)

    init(_ value: UInt32) {
        switch value {
        case 0x7fff_0000: self = .allow
        case 0x8000_0000: self = .killProcess
        case _ where value & 0xffff_0000 == 0x0005_0000: self = .errno(value & 0xffff)
        default: self = .other(value)
        }
    }

    var description: String {
        switch self {
        case .allow: "allow"
        case .errno(let number): "errno \(number)"
        case .killProcess: "kill"
        case .other(let value): "0x" + String(value, radix: 16)
        }
    }
}

/// Runs a program of classic BPF over `struct seccomp_data`, as strict as the kernel's check: an instruction that
/// seccomp(2) would not take, or a jump out of the program, is a fault.
struct SeccompInterpreter {
    struct Fault: Error {
        let at: Int
    }

    static let x86_64: UInt32 = 0xc000_003e
    static let i386: UInt32 = 0x4000_0003
    static let arm64: UInt32 = 0xc000_00b7
    static let x32: UInt32 = 0x4000_0000

    let filter: SeccompFilter

    func callAsFunction(
        _ number: UInt32, _ arguments: UInt64..., architecture: UInt32 = SeccompInterpreter.x86_64
    ) throws -> Verdict {
        try run(number, arguments, architecture)
    }

    func run(_ number: UInt32, _ arguments: [UInt64], _ architecture: UInt32) throws -> Verdict {
        var data = withUnsafeBytes(of: number, Array.init) + withUnsafeBytes(of: architecture, Array.init)
        data += [UInt8](repeating: 0, count: 8)
        for index in 0..<6 {
            data += withUnsafeBytes(of: index < arguments.count ? arguments[index] : 0, Array.init)
        }
        let program = filter.program
        var accumulator: UInt32 = 0
        var scratch: UInt32 = 0
        var memory = [UInt32](repeating: 0, count: 16)
        var at = 0
        while at < filter.instructionCount {
            let (code, ifTrue, ifFalse, value) = program.withUnsafeBytes {
                (
                    $0.loadUnaligned(fromByteOffset: at * 8, as: UInt16.self), Int($0[at * 8 + 2]),
                    Int($0[at * 8 + 3]), $0.loadUnaligned(fromByteOffset: at * 8 + 4, as: UInt32.self)
                )
            }
            at += 1
            switch code {
            case 0x20:
                guard value % 4 == 0, value + 4 <= 64 else { throw Fault(at: at) }
                accumulator = data.withUnsafeBytes { $0.loadUnaligned(fromByteOffset: Int(value), as: UInt32.self) }
            case 0x54: accumulator &= value
            case 0x02: memory[Int(value)] = accumulator
            case 0x60: accumulator = memory[Int(value)]
            case 0x07: scratch = accumulator
            case 0x87: accumulator = scratch
            case 0x05: at += Int(value)
            case 0x15: at += accumulator == value ? ifTrue : ifFalse
            case 0x25: at += accumulator > value ? ifTrue : ifFalse
            case 0x35: at += accumulator >= value ? ifTrue : ifFalse
            case 0x45: at += accumulator & value != 0 ? ifTrue : ifFalse
            case 0x06: return Verdict(value)
            default: throw Fault(at: at - 1)
            }
        }
        throw Fault(at: at)
    }
}
