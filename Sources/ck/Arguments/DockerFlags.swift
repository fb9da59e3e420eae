/// The flags of docker 28 for the commands that we have. What we do not have is refused by name.
enum DockerFlags {
    /// Of every command that moves an image.
    static let progress = "+progress="
    /// Why a flag that several commands of docker's have is not there.
    static let contentTrust = ["disable-content-trust": "ck does not do Docker Content Trust (notary)"]

    static let logs = FlagTable(
        """
        +details +follow,f +since= +tail,n= +timestamps,t +until=
        """)

    static let images = FlagTable(
        """
        +all,a +digests +filter,f= +format= +no-trunc +quiet,q +tree
        """)

    static let rmi = FlagTable(
        """
        +force,f +no-prune +platform=
        """)

    /// Not docker's but podman's: `podman system reset`.
    static let reset = FlagTable("+force,f")

    static let commit = FlagTable(
        """
        +author,a= +change,c= +message,m= +pause,p!
        """)

    static let importImage = FlagTable(
        """
        +change,c= +message,m= +platform=
        """)

    static let save = FlagTable(
        """
        +output,o= +platform=
        """)

    static let load = FlagTable(
        """
        +input,i= +platform= +quiet,q
        """, own: progress)

    static let history = FlagTable(
        """
        +format= +human,H! +no-trunc +platform= +quiet,q
        """)

    static let pull = FlagTable(
        """
        +all-tags,a disable-content-trust! +platform= +quiet,q
        """, own: progress, reasons: contentTrust)

    static let push = FlagTable(
        """
        +all-tags,a disable-content-trust! +platform= +quiet,q
        """, own: progress, reasons: contentTrust)

    static let tag = FlagTable("")

    static let login = FlagTable(
        """
        +password,p= +password-stdin +username,u=
        """)

    static let logout = FlagTable("")

    static let search = FlagTable(
        """
        +filter,f= +format= +limit= +no-trunc
        """)

    static let imageInspect = FlagTable(
        """
        +format,f= +platform=
        """)

    /// `--dry-run` is ours.
    static let imagePrune = FlagTable("+all,a +filter= +force,f +dry-run")

    /// Ours.
    static let imageTree = FlagTable("+no-trunc +format=")
    /// Ours.
    static let imageDiff = FlagTable("+format=")

    static let export = FlagTable("+output,o=")

    static let info = FlagTable("format,f=", reasons: noTemplate)

    static let version = FlagTable("format,f=", reasons: noTemplate)

    private static let noTemplate = ["format": "it prints text only yet"]
}
