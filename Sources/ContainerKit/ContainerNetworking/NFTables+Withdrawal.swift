extension NFTables {
    /// The transaction that takes ports back, for somebody else to send when they are there for certain: where one of
    /// them is not, nothing happens.
    public func withdrawal(of ports: [PublishedPort]) -> NetlinkBatch {
        NetlinkBatch([NFTablesMessage.batchBegin()] + deletions(ports) + [NFTablesMessage.batchEnd])
    }
}
