/// Makes nodes of a template's text. The grammar, the order of the checks and the words of the errors are those of Go's
/// text/template/parse, so that a template means here what it means to docker.
struct Parser {
    /// Nested blocks and parentheses: no template needs more, and the stack holds them.
    private static let maximumDepth = 100

    private let tokens: [Token]
    private let functions: Set<String>
    private var index = 0
    /// Go's errors name the line of the token that was read last, even if it was put back.
    private var furthest = 0
    private var variables = ["$"]
    private var rangeDepth = 0
    private var depth = 0
    private var actionLine: Int?

    /// - Throws: `TemplateError`.
    static func nodes(of text: String, functions: Set<String>) throws(TemplateError) -> [Node] {
        var parser = Parser(tokens: Lexer.tokens(of: text), functions: functions)
        var nodes: [Node] = []
        while parser.peek().kind != .endOfText {
            switch try parser.item() {
            case .node(let node): nodes.append(node)
            case .end: throw parser.error("unexpected {{end}}")
            case .otherwise: throw parser.error("unexpected {{else}}")
            }
        }
        return nodes
    }

    private init(tokens: [Token], functions: Set<String>) {
        self.tokens = tokens
        self.functions = functions
    }

    // MARK: Blocks

    private enum Item {
        case node(Node)
        case end
        case otherwise
    }

    private mutating func item() throws(TemplateError) -> Item {
        let token = next()
        switch token.kind {
        case .text: return .node(.text(token.text))
        case .leftDelimiter:
            actionLine = token.line
            defer { actionLine = nil }
            return try action()
        default: throw unexpected(token, in: "input")
        }
    }

    private mutating func action() throws(TemplateError) -> Item {
        let start = index
        let token = nextNonSpace()
        guard case .keyword(let keyword) = token.kind else {
            index = start
            return .node(.action(try pipeline("command", until: .rightDelimiter)))
        }
        switch keyword {
        case .if: return .node(.if(try branch("if", orElse: .if)))
        case .with: return .node(.with(try branch("with", orElse: .with)))
        case .range: return .node(.range(try branch("range", orElse: nil)))
        case .end:
            _ = try expect(.rightDelimiter, in: "end")
            return .end
        case .else:
            let next = peekNonSpace().kind
            if next != .keyword(.if), next != .keyword(.with) { _ = try expect(.rightDelimiter, in: "else") }
            return .otherwise
        case .break, .continue:
            let name = "{{\(keyword.rawValue)}}"
            _ = try expect(.rightDelimiter, in: name)
            guard rangeDepth > 0 else { throw error("\(name) outside {{range}}") }
            return .node(keyword == .break ? .break : .continue)
        case .define, .block, .template: throw error("{{\(keyword.rawValue)}} is not supported")
        case .nil:
            index = start
            return .node(.action(try pipeline("command", until: .rightDelimiter)))
        }
    }

    /// - Parameter chained: the keyword that may follow `else` in the same action, as `else if`; one `end` ends both.
    private mutating func branch(_ name: String, orElse chained: Token.Keyword?) throws(TemplateError) -> Branch {
        try descend("block")
        defer { depth -= 1 }
        let scope = variables.count
        defer { variables.removeSubrange(scope...) }
        let pipeline = try pipeline(name, until: .rightDelimiter)
        if name == "range" { rangeDepth += 1 }
        let (list, hasElse) = try list()
        if name == "range" { rangeDepth -= 1 }
        guard hasElse else { return Branch(pipeline: pipeline, list: list, otherwise: nil) }
        if let chained, peek().kind == .space, peekNonSpace().kind == .keyword(chained) {
            _ = nextNonSpace()
            let next = try branch(name, orElse: chained)
            return Branch(pipeline: pipeline, list: list, otherwise: [chained == .if ? .if(next) : .with(next)])
        }
        let (otherwise, hasSecond) = try self.list()
        if hasSecond { throw error("expected end; found {{else}}") }
        return Branch(pipeline: pipeline, list: list, otherwise: otherwise)
    }

    /// Everything up to an `end` or an `else`.
    private mutating func list() throws(TemplateError) -> ([Node], hasElse: Bool) {
        var nodes: [Node] = []
        while peekNonSpace().kind != .endOfText {
            if peek().kind == .space { index += 1 }
            switch try item() {
            case .node(let node): nodes.append(node)
            case .end: return (nodes, false)
            case .otherwise: return (nodes, true)
            }
        }
        throw error("unexpected EOF")
    }

    // MARK: Pipelines

    private mutating func pipeline(_ name: String, until end: Token.Kind) throws(TemplateError) -> Pipeline {
        var pipeline = Pipeline(position: peekNonSpace().position)
        try declarations(of: &pipeline, name)
        while true {
            let start = index
            let token = nextNonSpace()
            if token.kind == end {
                try check(pipeline, name)
                return pipeline
            }
            switch token.kind {
            case .bool, .characterConstant, .dot, .field, .identifier, .number, .keyword(.nil), .rawString, .string,
                .variable, .leftParenthesis:
                index = start
                pipeline.commands.append(try command())
            default: throw unexpected(token, in: name)
            }
        }
    }

    private mutating func declarations(of pipeline: inout Pipeline, _ name: String) throws(TemplateError) {
        while peekNonSpace().kind == .variable {
            let start = index
            let variable = nextNonSpace()
            let mark = peekNonSpace()
            let isComma = mark.kind == .character && mark.text == ","
            guard isComma || mark.kind == .declare || mark.kind == .assign else {
                index = start
                return
            }
            _ = nextNonSpace()
            pipeline.variables.append(variable.text)
            variables.append(variable.text)
            guard isComma else {
                pipeline.isAssignment = mark.kind == .assign
                return
            }
            guard name == "range", pipeline.variables.count < 2 else {
                throw error("too many declarations in \(name)")
            }
            let following = peekNonSpace().kind
            guard following == .variable || following == .rightDelimiter || following == .rightParenthesis else {
                throw error("range can only initialize variables")
            }
        }
    }

    private func check(_ pipeline: Pipeline, _ name: String) throws(TemplateError) {
        if pipeline.commands.isEmpty { throw error("missing value for \(name)") }
        for (index, command) in pipeline.commands.enumerated().dropFirst() where !command.terms[0].isExecutable {
            throw error("non executable command in pipeline stage \(index + 1)")
        }
    }

    private mutating func command() throws(TemplateError) -> Command {
        var command = Command(position: peekNonSpace().position)
        while true {
            if let term = try operand() { command.terms.append(term) }
            let token = next()
            switch token.kind {
            case .space: continue
            case .rightDelimiter, .rightParenthesis: index -= 1
            case .pipe: break
            default: throw unexpected(token, in: "operand")
            }
            if command.terms.isEmpty { throw error("empty command") }
            return command
        }
    }

    private mutating func operand() throws(TemplateError) -> Term? {
        guard let term = try term() else { return nil }
        guard peek().kind == .field else { return term }
        let position = peek().position
        var names: [String] = []
        while peek().kind == .field { names.append(String(next().text.dropFirst())) }
        switch term.kind {
        case .field(let first): return Term(position: position, kind: .field(first + names))
        case .variable(let name, let first): return Term(position: position, kind: .variable(name, first + names))
        case .bool, .string, .number, .nil, .dot:
            throw error("unexpected . after term \(Quoted.go(term.source))")
        case .identifier, .chain, .pipeline: return Term(position: position, kind: .chain(term, names))
        }
    }

    private mutating func term() throws(TemplateError) -> Term? {
        let start = index
        let token = nextNonSpace()
        func term(_ kind: Term.Kind) -> Term { Term(position: token.position, kind: kind) }
        switch token.kind {
        case .identifier:
            guard functions.contains(token.text) else { throw error("function \(Quoted.go(token.text)) not defined") }
            return term(.identifier(token.text))
        case .dot: return term(.dot)
        case .keyword(.nil): return term(.nil)
        case .variable:
            guard variables.contains(token.text) else { throw error("undefined variable \(Quoted.go(token.text))") }
            return term(.variable(token.text, []))
        case .field: return term(.field([String(token.text.dropFirst())]))
        case .bool: return term(.bool(token.text == "true"))
        case .number, .characterConstant:
            do { return term(.number(try Number(token))) } catch {
                guard case .message(let message) = error else { return nil }
                throw self.error(message)
            }
        case .leftParenthesis:
            try descend("expression")
            defer { depth -= 1 }
            return term(.pipeline(try pipeline("parenthesized pipeline", until: .rightParenthesis)))
        case .string, .rawString:
            guard let value = Quoted.value(of: token.text) else { throw error("invalid syntax") }
            return term(.string(literal: token.text, value))
        default:
            index = start
            return nil
        }
    }

    private mutating func descend(_ name: String) throws(TemplateError) {
        guard depth < Self.maximumDepth else { throw error("max \(name) depth exceeded") }
        depth += 1
    }

    // MARK: Tokens

    private mutating func next() -> Token {
        let token = peek()
        // The last token, the end or an error, stays.
        index = min(index + 1, tokens.count - 1)
        return token
    }

    private mutating func peek() -> Token {
        furthest = max(furthest, index)
        return tokens[index]
    }

    private mutating func nextNonSpace() -> Token {
        while peek().kind == .space { index += 1 }
        return next()
    }

    private mutating func peekNonSpace() -> Token {
        let start = index
        while peek().kind == .space { index += 1 }
        defer { index = start }
        return peek()
    }

    private mutating func expect(_ kind: Token.Kind, in name: String) throws(TemplateError) -> Token {
        let token = nextNonSpace()
        guard token.kind == kind else { throw unexpected(token, in: name) }
        return token
    }

    // MARK: Errors

    private func error(_ message: String) -> TemplateError { .syntax(line: tokens[furthest].line, message) }

    private func unexpected(_ token: Token, in name: String) -> TemplateError {
        guard token.kind == .error else { return error("unexpected \(token) in \(name)") }
        guard let actionLine, actionLine != token.line else { return error(token.text) }
        let isAction = token.text.utf8.reversed().starts(with: " action".utf8.reversed())
        return error(token.text + (isAction ? " started at :\(actionLine)" : " in action started at :\(actionLine)"))
    }
}
