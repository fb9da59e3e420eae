/// A decimal fraction: 0.d₁d₂d₃… × 10^point, without trailing zeros; zero has no digits.
struct Decimal {
    var digits: [UInt8]
    var point: Int

    /// The fewest digits that read back as the same number.
    static func shortest(_ value: Double) -> Decimal {
        var digits: [UInt8] = []
        var point: Int?
        var exponent = 0
        let text = Array(value.magnitude.description.utf8)
        for (index, byte) in text.enumerated() {
            switch byte {
            case UInt8(ascii: "."): point = digits.count
            case UInt8(ascii: "e"):
                exponent = Int(String(decoding: text[(index + 1)...], as: UTF8.self)) ?? 0
            default:
                if exponent == 0, !text[..<index].contains(UInt8(ascii: "e")) { digits.append(byte & 15) }
            }
        }
        return Decimal(digits: digits, point: (point ?? digits.count) + exponent).normalized
    }

    /// Every digit of the number: a double is a whole number times a power of two.
    static func exact(_ value: Double) -> Decimal {
        guard value.isFinite, value != 0 else { return Decimal(digits: [], point: 0) }
        let scale = Int(value.exponent) - 52
        var whole = Digits.base10(UInt64(value.magnitude.significand * 0x1p52))
        // m × 2^-k is m × 5^k / 10^k.
        for _ in 0..<scale.magnitude { Digits.multiply(&whole, by: scale < 0 ? 5 : 2) }
        return Decimal(digits: whole.reversed(), point: whole.count + min(0, scale)).normalized
    }

    /// The nearest with at most `count` digits, an exact half going to the even one.
    func rounded(toSignificant count: Int) -> Decimal {
        guard count < digits.count else { return self }
        guard count >= 0 else { return Decimal(digits: [], point: point) }
        var kept = Array(digits[..<count])
        let isHalf = digits[count] == 5 && digits.count == count + 1
        guard isHalf ? (kept.last ?? 0) % 2 == 1 : digits[count] >= 5 else {
            return Decimal(digits: kept, point: point).normalized
        }
        while kept.last == 9 { kept.removeLast() }
        if kept.isEmpty { return Decimal(digits: [1], point: point + 1) }
        kept[kept.count - 1] += 1
        return Decimal(digits: kept, point: point)
    }

    /// The digits at the places, zeros where there are none.
    func text(_ places: Range<Int>) -> String {
        String(
            decoding: places.map { digits.indices.contains($0) ? digits[$0] | 0x30 : UInt8(ascii: "0") }, as: UTF8.self)
    }

    private var normalized: Decimal {
        let leading = digits.prefix { $0 == 0 }.count
        var copy = Decimal(digits: Array(digits.dropFirst(leading)), point: point - leading)
        while copy.digits.last == 0 { copy.digits.removeLast() }
        if copy.digits.isEmpty { copy.point = 0 }
        return copy
    }
}

/// Digits of whole numbers.
enum Digits {
    static func decimal(_ value: UInt64, width: Int) -> String { padded(String(value), to: width) }

    static func hexadecimal(_ value: UInt64, width: Int) -> String { padded(String(value, radix: 16), to: width) }

    /// Least significant digit first.
    static func base10(_ value: UInt64) -> [UInt8] { String(value).utf8.reversed().map { $0 & 15 } }

    static func multiply(_ digits: inout [UInt8], by factor: UInt8) {
        var carry: UInt8 = 0
        for index in digits.indices {
            let product = digits[index] * factor + carry
            digits[index] = product % 10
            carry = product / 10
        }
        if carry > 0 { digits.append(carry) }
    }

    private static func padded(_ text: String, to width: Int) -> String {
        String(repeating: "0", count: max(0, width - text.utf8.count)) + text
    }
}
