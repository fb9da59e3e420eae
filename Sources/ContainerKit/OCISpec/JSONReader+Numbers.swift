import ContainerSystem

extension JSONReader {
    /// A number as it stands in the document.
    struct RawNumber {
        var range: Range<Int>
        var isNegative = false
        /// Without the sign; nil for more than 64 bits.
        var magnitude: UInt64? = 0
        /// Whether there is neither a point nor an exponent: `1.0` and `1e3` are no integers, as to Go.
        var isWhole = true
    }

    package mutating func uint64() throws(ContainerError) -> UInt64? { try integer(UInt64.min, UInt64.max) }
    package mutating func int64() throws(ContainerError) -> Int64? { try integer(Int64.min, Int64.max) }
    package mutating func int() throws(ContainerError) -> Int? { try integer(Int.min, Int.max) }
    package mutating func uint32() throws(ContainerError) -> UInt32? { try integer(UInt32.min, UInt32.max) }
    package mutating func int32() throws(ContainerError) -> Int32? { try integer(Int32.min, Int32.max) }
    package mutating func uint16() throws(ContainerError) -> UInt16? { try integer(UInt16.min, UInt16.max) }

    @inline(__always)
    private mutating func integer<Number: FixedWidthInteger>(
        _ least: Number, _ greatest: Number
    ) throws(ContainerError) -> Number? {
        if try null() { return nil }
        let number = try scanNumber("a number")
        guard number.isWhole else { throw wrong("\(text(number)) is not written as a whole number") }
        if let magnitude = number.magnitude {
            if !number.isNegative, let value = Number(exactly: magnitude) { return value }
            // Negated as bits, which is also right for the least of all, whose magnitude no positive number has.
            if number.isNegative, magnitude <= UInt64(1) << 63,
                let value = Number(exactly: Int64(truncatingIfNeeded: 0 &- magnitude))
            {
                return value
            }
        }
        throw wrong("\(text(number)) is not between \(least) and \(greatest)")
    }

    /// Past a number of the form that JSON has.
    /// - Parameter expected: what belongs here, for the error when it is no number.
    mutating func scanNumber(_ expected: String) throws(ContainerError) -> RawNumber {
        guard let first = peek(), first == UInt8(ascii: "-") || isDigit(index) else { throw mismatch(expected) }
        var number = RawNumber(range: index..<index)
        if first == UInt8(ascii: "-") {
            number.isNegative = true
            index += 1
        }
        let start = index
        while isDigit(index) {
            // No zero in front of other digits.
            if index == start + 1, bytes[start] == UInt8(ascii: "0") { throw malformed("a number that begins with 0") }
            number.magnitude = JSONReader.append(bytes[index] - 0x30, to: number.magnitude)
            index += 1
        }
        if index == start { throw malformed("a '-' without a number") }
        if index < bytes.count, bytes[index] == UInt8(ascii: ".") {
            number.isWhole = false
            index += 1
            try digits()
        }
        if index < bytes.count, bytes[index] | 0x20 == UInt8(ascii: "e") {
            number.isWhole = false
            index += 1
            if index < bytes.count, bytes[index] == UInt8(ascii: "-") || bytes[index] == UInt8(ascii: "+") {
                index += 1
            }
            try digits()
        }
        number.range = number.range.lowerBound..<index
        return number
    }

    private func isDigit(_ index: Int) -> Bool {
        index < bytes.count && (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[index])
    }

    private mutating func digits() throws(ContainerError) {
        let start = index
        while isDigit(index) { index += 1 }
        if index == start { throw malformed("a number without its digits") }
    }

    private static func append(_ digit: UInt8, to magnitude: UInt64?) -> UInt64? {
        guard let magnitude else { return nil }
        let (product, isOver) = magnitude.multipliedReportingOverflow(by: 10)
        let (sum, isOverToo) = product.addingReportingOverflow(UInt64(digit))
        return isOver || isOverToo ? nil : sum
    }

    private func text(_ number: RawNumber) -> String {
        let text = String(decoding: bytes[number.range.prefix(40)], as: UTF8.self)
        return number.range.count > 40 ? text + "..." : text
    }
}
