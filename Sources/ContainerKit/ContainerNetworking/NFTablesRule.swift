/// A rule of ours. Its comment, which `nft list` shows, tells it from any other: sets that belong to a rule cannot be
/// changed without it, so that a rule that is there is whole.
struct NFTablesRule: Sendable {
    var chain: NFTablesChain
    var comment: String
    var expressions: @Sendable (inout NFTablesRuleBody) -> Void

    /// The comment in the form that the nft command stores it in.
    var userData: [UInt8] { Self.userData(comment) }

    /// Type 0, length, text with NUL.
    static func userData(_ comment: String) -> [UInt8] {
        let text = comment.utf8.prefix(250) + [0]
        return [0, UInt8(text.count)] + text
    }

    /// The comment in user data; nil when it holds none.
    static func comment(_ userData: ArraySlice<UInt8>) -> String? {
        guard userData.count >= 2, userData.first == 0 else { return nil }
        return userData.dropFirst(2).text
    }

    /// What identifies a rule in a listing: chain and user data.
    struct Identity: Hashable, Sendable {
        var chain: String
        var userData: [UInt8]
    }

    var identity: Identity { Identity(chain: chain.name, userData: userData) }

    /// The messages that make the rule and the sets that it looks into.
    /// - Parameter setID: the last number given to a set of this transaction.
    func messages(in table: String, setID: inout UInt32) -> [NetlinkMessage] {
        var body = NFTablesRuleBody(lastSetID: setID)
        expressions(&body)
        setID = body.lastSetID
        let sets = body.sets.flatMap { set in
            [NFTablesMessage.newSet(set, in: table)]
                + NFTablesMessage.elements(set.elements, of: set.name, id: set.id, in: table, .add)
        }
        return sets + [NFTablesMessage.newRule(self, body.attributes, in: table)]
    }
}

extension NFTablesRule.Identity {
    /// Decodes an NFT_MSG_NEWRULE; nil for another type.
    init?(_ message: NetlinkMessage) {
        guard message.type == NFTablesMessage.newRuleType, message.payload.count >= 4 else { return nil }
        chain = ""
        userData = []
        for (type, value) in message.attributes(after: 4) {
            if type == 2 { chain = value.text }
            if type == 7 { userData = Array(value) }
        }
    }
}
