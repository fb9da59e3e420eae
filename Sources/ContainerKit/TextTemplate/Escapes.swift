/// `html`, `js` and `urlquery`.
enum Escapes {
    static func html(_ text: String) -> String {
        escaped(text) { scalar in
            switch scalar {
            case "\"": "&#34;"
            case "'": "&#39;"
            case "&": "&amp;"
            case "<": "&lt;"
            case ">": "&gt;"
            default: nil
            }
        }
    }

    static func javaScript(_ text: String) -> String {
        escaped(text) { scalar in
            switch scalar {
            case "\\", "'", "\"": return "\\\(scalar)"
            case "<", ">", "&", "=": break
            default: if scalar.value >= 0x20, scalar.isASCII || Quoted.isPrintable(scalar) { return nil }
            }
            return "\\u" + Digits.hexadecimal(UInt64(scalar.value), width: 4).uppercased()
        }
    }

    static func query(_ text: String) -> String {
        text.utf8.reduce(into: "") { result, byte in
            switch byte {
            case 0x20: result += "+"
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), 0x30...0x39,
                UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."), UInt8(ascii: "~"):
                result.unicodeScalars.append(Unicode.Scalar(byte))
            default: result += "%" + Digits.hexadecimal(UInt64(byte), width: 2).uppercased()
            }
        }
    }

    private static func escaped(_ text: String, _ escape: (Unicode.Scalar) -> String?) -> String {
        text.unicodeScalars.reduce(into: "") { result, scalar in
            if let escaped = escape(scalar) { result += escaped } else { result.unicodeScalars.append(scalar) }
        }
    }
}
