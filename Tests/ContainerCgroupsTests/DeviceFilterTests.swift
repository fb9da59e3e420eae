import ContainerSystem
import OCISpec
import Testing

@testable import ContainerCgroups

/// Runs the instructions that the filter uses; anything else, a read of a register that was never set or a jump out of
/// the program is a failure, as in the kernel's verifier.
private func run(_ program: [UInt64], character: Bool, _ major: UInt32, _ minor: UInt32, _ access: UInt32) throws
    -> Bool
{
    struct Fault: Error { let at: Int }
    let context = [access << 16 | (character ? 2 : 1), major, minor]
    var registers: [UInt64?] = [nil, 0, nil, nil, nil, nil]
    var at = 0
    while program.indices.contains(at) {
        let word = program[at]
        let target = Int(word >> 8 & 15)
        let source = Int(word >> 12 & 15)
        let offset = Int(Int16(truncatingIfNeeded: word >> 16))
        let immediate = word >> 32
        func value(_ register: Int) throws -> UInt64 {
            guard let value = registers[register] else { throw Fault(at: at) }
            return value & 0xffff_ffff
        }
        switch word & 0xff {
        case 0x61: registers[target] = UInt64(context[offset / 4])
        case 0xbc: registers[target] = try value(source)
        case 0x54: registers[target] = try value(target) & immediate
        case 0x74: registers[target] = try value(target) >> immediate
        case 0x56: if try value(target) != immediate { at += offset }
        case 0x16: if try value(target) == immediate { at += offset }
        case 0xb7: registers[target] = immediate
        case 0x95: return try value(0) == 1
        default: throw Fault(at: at)
        }
        at += 1
    }
    throw Fault(at: at)
}

@Suite struct DeviceFilterTests {
    private let mknod: UInt32 = 1
    private let read: UInt32 = 2
    private let write: UInt32 = 4

    @Test func standardRules() throws {
        let program = try DeviceFilter(DeviceRules.standard).program
        #expect(try run(program, character: true, 1, 3, read | write))
        #expect(try run(program, character: true, 1, 3, read | write | mknod))
        #expect(try run(program, character: true, 136, 77, read | write))
        #expect(try run(program, character: true, 10, 200, read))
        #expect(try !run(program, character: true, 10, 229, read))
        #expect(try run(program, character: true, 10, 229, mknod))
        #expect(try run(program, character: false, 8, 0, mknod))
        #expect(try !run(program, character: false, 8, 0, read))
        #expect(try !run(program, character: false, 8, 0, mknod | read))
        #expect(try !run(program, character: false, 1, 3, read), "a block device with the numbers of null")
        #expect(try !run(program, character: true, 1, 1, read), "/dev/mem")
        #expect(try !run(program, character: true, 1, 4, write), "/dev/port")
    }

    @Test func lastRuleDecidesEachAccess() throws {
        let program = try DeviceFilter([
            .init(allow: true, type: "c", major: 7, access: "r"),
            .init(allow: true, type: "c", major: 7, access: "w"),
            .init(allow: false, type: "c", major: 7, minor: 1, access: "w"),
        ]).program
        #expect(try run(program, character: true, 7, 0, read | write))
        #expect(try !run(program, character: true, 7, 1, read | write))
        #expect(try run(program, character: true, 7, 1, read))
        #expect(try !run(program, character: true, 7, 0, mknod))
        #expect(try !run(program, character: true, 8, 0, read))
    }

    @Test func nothingAfterARuleForEverything() throws {
        #expect(try DeviceFilter(DeviceRules.everything).program.count == 8)
        #expect(try run(DeviceFilter(DeviceRules.everything).program, character: false, 8, 0, 7))
        #expect(try !run(DeviceFilter([]).program, character: true, 1, 3, read))
        let high = try DeviceFilter([.init(allow: true, type: "b", major: 0xffff_fffe)]).program
        #expect(try run(high, character: false, 0xffff_fffe, 0, 7))
    }

    @Test func malformedRules() {
        let rules: [RuntimeSpec.Resources.DeviceRule] = [
            .init(allow: true, type: "x"), .init(allow: true, access: "rx"), .init(allow: true, major: -7),
            .init(allow: true, major: 1 << 40),
        ]
        for rule in rules { #expect(throws: ContainerError.self) { try DeviceFilter([rule]) } }
        let many = [RuntimeSpec.Resources.DeviceRule](repeating: .init(allow: true, type: "c", major: 1), count: 4096)
        #expect(throws: ContainerError.self) { try DeviceFilter(many) }
    }
}
