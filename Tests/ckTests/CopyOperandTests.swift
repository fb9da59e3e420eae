import Testing

@testable import ck

@Suite struct CopyOperandTests {
    @Test(arguments: [
        ("-", CopyOperand.stream), ("web:/a", .container("web", path: "/a")), ("web:", .container("web", path: "")),
        ("web:a:b", .container("web", path: "a:b")), ("/web:/a", .local("/web:/a")), ("./web:a", .local("./web:a")),
        ("../web:a", .local("../web:a")), ("a", .local("a")), ("-x", .local("-x")), (".", .local(".")),
    ])
    func whatAnOperandIs(text: String, operand: CopyOperand) { #expect(CopyOperand(text) == operand) }

    @Test func whichWayItGoes() throws {
        #expect(try CopyOperand.direction("a", "c:/b") == .into(container: "c", path: "/b", source: "a"))
        #expect(try CopyOperand.direction("-", "c:/b") == .into(container: "c", path: "/b", source: nil))
        #expect(try CopyOperand.direction("c:/b", "a") == .out(container: "c", path: "/b", target: "a"))
        #expect(try CopyOperand.direction("c:/b", "-") == .out(container: "c", path: "/b", target: nil))
        for (source, target, complaint) in [
            ("c:/a", "d:/b", "copying between containers is not supported"),
            ("a", "b", "must specify at least one container source"),
            ("-", "-", "must specify at least one container source"), ("", "c:/", "source can not be empty"),
            ("c:/", "", "destination can not be empty"),
        ] {
            let failure = #expect(throws: CommandFailure.self) { try CopyOperand.direction(source, target) }
            #expect(failure == CommandFailure("ck: \(complaint)", status: 1))
        }
    }
}
