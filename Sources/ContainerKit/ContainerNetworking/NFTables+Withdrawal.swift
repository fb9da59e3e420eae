import ContainerSystem

extension NFTables {
    /// One transaction.
    public func withdrawal(of ports: [PublishedPort]) throws(ContainerError) -> NetlinkBatch {
        NetlinkBatch([NFTablesMessage.batchBegin()] + (try deletions(ports)) + [NFTablesMessage.batchEnd])
    }
}
