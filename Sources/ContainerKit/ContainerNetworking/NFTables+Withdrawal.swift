import ContainerSystem

extension NFTables {
    /// The transaction that takes ports back, for somebody else to send when they are there for certain: where one of
    /// them is not, nothing happens.
    /// - Throws: `ContainerError` for ports that cannot be published.
    public func withdrawal(of ports: [PublishedPort]) throws(ContainerError) -> NetlinkBatch {
        NetlinkBatch([NFTablesMessage.batchBegin()] + (try deletions(ports)) + [NFTablesMessage.batchEnd])
    }
}
