extension DockerFlags {
    static let attach = FlagTable(
        """
        +detach-keys= +no-stdin +sig-proxy!
        """)
}
