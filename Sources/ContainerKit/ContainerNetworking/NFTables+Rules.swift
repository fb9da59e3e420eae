// The rules for a list of networks.
extension NFTables {
    /// Raised when the rules change, so that those of an earlier version are laid anew.
    private static let version = 2

    /// Every rule, in the order of its chain; none when there are no networks.
    static func rules(for networks: [FirewallNetwork]) -> [NFTablesRule] {
        guard !networks.isEmpty else { return [] }
        let text = networks.map(\.summary).joined(separator: "\n") + "\n\(version)"
        let mark = text.utf8.reduce(UInt32(0x811c_9dc5)) { ($0 ^ UInt32($1)) &* 0x0100_0193 }
        let rules = early(networks) + translation(networks) + input(networks) + forward(networks)
        return rules.map {
            var rule = $0
            // Each rule says which list of networks it was made for.
            rule.comment += " #" + String(mark, radix: 16)
            return rule
        }
    }

    /// A comment without the mark.
    static func words(_ comment: String) -> Substring {
        comment.lastIndex(of: "#").map { comment[..<$0].dropLast() } ?? comment[...]
    }

    private static func early(_ networks: [FirewallNetwork]) -> [NFTablesRule] {
        let bridges = networks.map(\.bridge)
        // By the address first: it is what tells nearly every packet apart, at the least cost.
        return [
            // Also against others on the local network, who would reach ports that are published on 127.0.0.1 alone.
            NFTablesRule(chain: .early, comment: "drop what comes for the host's loopback from elsewhere") {
                $0.family(isIPv6: false)
                $0.loopback(isSource: false)
                $0.interface(.inputName, is: "lo", isEqual: false)
                $0.verdict(.drop)
            },
            NFTablesRule(chain: .early, comment: "drop what pretends to come from the host's loopback") {
                $0.family(isIPv6: false)
                $0.loopback(isSource: true)
                $0.interface(.inputName, isIn: bridges)
                $0.verdict(.drop)
            },
        ]
    }

    private static func translation(_ networks: [FirewallNetwork]) -> [NFTablesRule] {
        let bridges = networks.map(\.bridge)
        let masquerading = networks.filter { $0.masquerades && !$0.isInternal }.map(\.bridge)
        var rules = [NFTablesChain.prerouting, .output].map { chain in
            NFTablesRule(chain: chain, comment: "look up published ports") {
                $0.loadRoute(result: 3, flags: 2)
                $0.compare([UInt8](native: UInt32(2)))  // RTN_LOCAL
                $0.verdict(.jump(NFTablesChain.ports.name))
            }
        }
        for map in PortMap.allCases {
            if map == .ofAddressIPv6 {
                rules.append(
                    NFTablesRule(chain: .ports, comment: "leave ::1, which cannot be translated") {
                        $0.family(isIPv6: true)
                        $0.loadPayload(base: 1, offset: 24, length: 16)
                        $0.compare(IPv6Address(1).bytes)
                        $0.verdict(.leave)
                    })
            }
            rules.append(
                NFTablesRule(chain: .ports, comment: map.words) {
                    $0.family(isIPv6: map.isIPv6)
                    map.loadKey(&$0)
                    $0.translate(by: map.rawValue)
                    $0.redirect(isIPv6: map.isIPv6)
                })
        }
        rules += [
            NFTablesRule(chain: .postrouting, comment: "look for containers that reach their own network by a port") {
                $0.interface(.outputName, isIn: bridges)
                $0.wasRedirected()
                $0.verdict(.jump(NFTablesChain.hairpin.name))
            },
            NFTablesRule(chain: .postrouting, comment: "masquerade the host's loopback") {
                $0.interface(.outputName, isIn: bridges)
                $0.family(isIPv6: false)
                $0.loopback(isSource: true)
                $0.masquerade()
            },
        ]
        if !masquerading.isEmpty {
            rules.append(
                NFTablesRule(chain: .postrouting, comment: "masquerade what leaves networks") {
                    $0.interface(.inputName, isIn: masquerading)
                    $0.interface(.outputName, isIn: bridges, isInverted: true)
                    $0.masquerade()
                })
        }
        // By the source, since a frame that stays on a bridge has no interface in here.
        for network in networks {
            for subnet in network.subnets {
                rules.append(
                    NFTablesRule(chain: .hairpin, comment: "masquerade \(subnet)") {
                        $0.interface(.outputName, is: network.bridge, isEqual: true)
                        $0.source(in: subnet)
                        $0.masquerade()
                    })
            }
        }
        return rules
    }

    private static func input(_ networks: [FirewallNetwork]) -> [NFTablesRule] {
        let sealed = networks.filter { !$0.isGatewayReachable }.map(\.bridge)
        if sealed.isEmpty { return [] }
        return [
            NFTablesRule(chain: .input, comment: "accept answers of networks without a gateway") {
                $0.interface(.inputName, isIn: sealed)
                $0.isEstablished()
                $0.verdict(.accept)
            },
            NFTablesRule(chain: .input, comment: "drop from networks without a gateway, but for names") {
                $0.interface(.inputName, isIn: sealed)
                // Without neighbour discovery there is no IPv6 at all.
                $0.loadMeta(.transport)
                $0.compare([58], isEqual: false)  // IPPROTO_ICMPV6
                $0.loadPayload(base: 2, offset: 2, length: 2)
                $0.compare([0, 53], isEqual: false)
                $0.verdict(.drop)
            },
        ]
    }

    private static func forward(_ networks: [FirewallNetwork]) -> [NFTablesRule] {
        let bridges = networks.map(\.bridge)
        var rules: [NFTablesRule] = []
        func add(
            _ comment: String, when list: [String], _ verdict: NFTablesRuleBody.Verdict,
            _ body: @escaping @Sendable (inout NFTablesRuleBody) -> Void
        ) {
            if list.isEmpty { return }
            rules.append(
                NFTablesRule(chain: .forward, comment: comment) {
                    body(&$0)
                    $0.verdict(verdict)
                })
        }
        // First what nearly every packet is.
        add("accept answers to networks", when: bridges, .accept) {
            $0.interface(.outputName, isIn: bridges)
            $0.isEstablished()
        }
        add("accept answers of networks", when: bridges, .accept) {
            $0.interface(.inputName, isIn: bridges)
            $0.isEstablished()
        }
        // On hosts with br_netfilter frames that stay on a bridge come by here too.
        let quiet = networks.filter { !$0.allowsTrafficBetweenContainers }.map(\.bridge)
        add("accept published ports on networks without traffic between containers", when: quiet, .accept) {
            $0.staysOn(quiet)
            $0.wasRedirected()
        }
        add("drop between containers", when: quiet, .drop) { $0.staysOn(quiet) }
        add("accept between containers", when: bridges, .accept) { $0.staysOn(bridges) }
        let inner = networks.filter(\.isInternal).map(\.bridge)
        add("drop from internal networks", when: inner, .drop) { $0.interface(.inputName, isIn: inner) }
        add("drop to internal networks", when: inner, .drop) { $0.interface(.outputName, isIn: inner) }
        add("drop sources that are not of their network", when: bridges, .drop) {
            $0.interface(.inputName, isIn: bridges)
            $0.loadRoute(result: 1, flags: 1 | 8 | 32)
            $0.compare([0, 0, 0, 0])
        }
        let careful = networks.filter { !$0.reachesLinkLocal }.map(\.bridge)
        add("drop to link-local addresses", when: careful, .drop) {
            $0.interface(.inputName, isIn: careful)
            $0.family(isIPv6: false)
            $0.loadPayload(base: 1, offset: 16, length: 2)
            $0.compare([169, 254])
        }
        add("accept to published ports", when: bridges, .accept) {
            $0.interface(.outputName, isIn: bridges)
            $0.wasRedirected()
        }
        add("drop to networks from outside and from each other", when: bridges, .drop) {
            $0.interface(.outputName, isIn: bridges)
        }
        add("accept from networks to the outside", when: bridges, .accept) {
            $0.interface(.inputName, isIn: bridges)
        }
        return rules
    }
}
