import Testing
import TextTemplate

/// A template and what docker 28.2.2 (Go 1.24) makes of it, applied to the document. The line and byte of errors are
/// docker's too.
struct Vector: CustomTestStringConvertible {
    let template: String
    var output: String?
    var failure: String?

    init(_ template: String, prints output: String) {
        self.template = template
        self.output = output
    }

    init(_ template: String, fails failure: String) {
        self.template = template
        self.failure = failure
    }

    var testDescription: String { template }

    /// What docker reads of JSON: a map of anything, whose numbers are floating point.
    static let document: Value = .map([
        ("a", 1.5), ("n", .null), ("e", []), ("em", .map([])), ("s", ["x", 2.5, true, .null]), ("l", ["p", "q"]),
        ("m", .map([("q", "<&>"), ("b", "x"), ("u", 0.5)])), ("str", "h\u{E9}llo"), ("t", true), ("x5", 100000.0),
        ("x6", 1_000_000.0), ("x20", 1e20), ("d4", 0.0001), ("d5", 0.00001), ("d7", 1e-7), ("d9", 1.5e-9),
        ("big", 1e21), ("neg", -2.5), ("e17", 123_456_789_012_345_680.0),
        ("l2", ["p", 1.0, ["z", 2.0]]), ("deep", .map([("a", .map([("b", [.map([("c", "d")])])]))])),
    ])

    func check() {
        do throws(TemplateError) {
            let text = try Template(template).text(of: Self.document)
            #expect(text == output, "instead of \(failure ?? "")")
        } catch {
            #expect(error.description == failure.map { "template parsing error: \($0)" })
        }
    }
}

@Suite struct VectorTests {
    @Test(arguments: Vector.actions) func actionsAreDockers(_ vector: Vector) { vector.check() }
    @Test(arguments: Vector.literals) func literalsAreGos(_ vector: Vector) { vector.check() }
    @Test(arguments: Vector.functions) func functionsAreDockers(_ vector: Vector) { vector.check() }
    @Test(arguments: Vector.printf) func printfIsGos(_ vector: Vector) { vector.check() }
    @Test(arguments: Vector.errors) func errorsAreDockers(_ vector: Vector) { vector.check() }
}
