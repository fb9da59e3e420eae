/// Words of Go's strconv, by which docker reads flags.
enum GoWords {
    /// ParseBool; nil for what is neither.
    static func truth(_ text: String) -> Bool? {
        switch text {
        case "1", "t", "T", "true", "TRUE", "True": true
        case "0", "f", "F", "false", "FALSE", "False": false
        default: nil
        }
    }
}
