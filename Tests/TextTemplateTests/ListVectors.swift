extension Vector {
    /// Formats of `docker volume ls`.
    static let lists: [Vector] = [
        Vector(
            #"table {{.Name}}\t{{.Driver}}"#,
            prints: """
                VOLUME NAME          DRIVER\n\
                a-rather-long-name   nfs\n\
                tab                  bed       ä·…\n\
                web                  local\n\
                日本                 e\u{301}\n
                """),
        Vector(
            "",
            prints: """
                DRIVER    VOLUME NAME\n\
                nfs       a-rather-long-name\n\
                ä·…       tab       bed\n\
                local     web\n\
                e\u{301}         日本\n
                """),
        Vector(
            "json",
            prints: """
                {"Availability":"N/A","Driver":"nfs","Group":"N/A","Labels":"","Links":"N/A","Mountpoint":"/m",\
                "Name":"a-rather-long-name","Scope":"global","Size":"N/A","Status":"N/A"}\n\
                {"Availability":"N/A","Driver":"ä·…","Group":"N/A","Labels":"","Links":"N/A","Mountpoint":"v\
                \\u000bt","Name":"tab\\tbed","Scope":"f\\fg","Size":"N/A","Status":"N/A"}\n\
                {"Availability":"N/A","Driver":"local","Group":"N/A","Labels":"a=1,b=x\
                \\u003cy\\u003e\\u0026z","Links":"N/A","Mountpoint":"/var/lib/x","Name":"web","Scope":"local","\
                Size":"N/A","Status":"N/A"}\n\
                {"Availability":"N/A","Driver":"e\u{301}","Group":"N/A","Labels":"a=two\\nlines","Links":"N/A",\
                "Mountpoint":"","Name":"日本","Scope":"😀","Size":"N/A","Status":"N/A"}\n
                """),
        Vector(
            #"{{.Name}}\t{{.Driver}}"#,
            prints: """
                a-rather-long-name\tnfs\n\
                tab\tbed\tä·…\n\
                web\tlocal\n\
                日本\te\u{301}\n
                """),
        Vector(
            #"{{.Name}}\n{{.Driver}}"#,
            prints: """
                a-rather-long-name\n\
                nfs\n\
                tab\tbed\n\
                ä·…\n\
                web\n\
                local\n\
                日本\n\
                e\u{301}\n
                """),
        Vector(
            #"table {{.Label "a"}}\t{{.Label "com.x.foo-bar_baz"}}|"#,
            prints: """
                a         foo bar baz|\n\
                          |\n\
                          |\n\
                1         |\n\
                two\n\
                lines     |\n
                """),
        Vector(
            #"table {{.Name}}\t{{.Foo}}"#,
            fails:
                #"template: :1:12: executing "" at <.Foo>: can't evaluate field Foo in type *formatter.volumeContext"#),
        Vector(
            #"table {{upper .Name}}\t{{json .Driver}}\t{{truncate .Name 3}}\t{{pad .Scope 1 2}}|"#,
            prints: """
                VOLUME NAME          DRIVER    VOLUME NAME    SCOPE  |\n\
                A-RATHER-LONG-NAME   "nfs"     a-r            global  |\n\
                TAB                  BED       "ä·…"         tab        f\n\
                g  |\n\
                WEB       "local"   web        local  |\n\
                日本      "e\u{301}"       日         😀  |\n
                """),
        Vector(
            "{{.Label}}",
            fails:
                #"template: :1:2: executing "" at <.Label>: wrong number of args for Label: want 1 got 0"#),
        Vector(
            #"{{.Label "a" "b"}}"#,
            fails:
                #"template: :1:2: executing "" at <.Label>: wrong number of args for Label: want 1 got 2"#),
        Vector(
            "{{.Label 5}}",
            fails:
                #"template: :1:9: executing "" at <5>: expected string; found 5"#),
        Vector(
            #"{{.Name "x"}}"#,
            fails:
                #"template: :1:2: executing "" at <.Name>: wrong number of args for Name: want 0 got 1"#),
        Vector(
            #"table {{printf "%.3s" .Name}}\t{{.Driver}}"#,
            prints: """
                VOL       DRIVER\n\
                a-r       nfs\n\
                tab       ä·…\n\
                web       local\n\
                日本      e\u{301}\n
                """),
        Vector(
            "tableau {{.Driver}}",
            prints: """
                au DRIVER\n\
                au nfs\n\
                au ä·…\n\
                au local\n\
                au e\u{301}\n
                """),
        Vector(
            "table{{.Driver}}",
            prints: """
                DRIVER\n\
                nfs\n\
                ä·…\n\
                local\n\
                e\u{301}\n
                """),
        Vector(
            "table  {{.Driver}}  ",
            prints: """
                DRIVER\n\
                nfs\n\
                ä·…\n\
                local\n\
                e\u{301}\n
                """),
        Vector(
            " {{.Driver}} ",
            prints: """
                nfs\n\
                ä·…\n\
                local\n\
                e\u{301}\n
                """),
        Vector(
            "json ",
            prints: """
                json\n\
                json\n\
                json\n\
                json\n
                """),
        Vector(
            "table json",
            prints: """
                json\n\
                json\n\
                json\n\
                json\n\
                json\n
                """),
        Vector(
            #"table {{slice .Name 0 3}}\t{{.Name}}"#,
            prints: """
                VOL       VOLUME NAME\n\
                a-r       a-rather-long-name\n\
                tab       tab       bed\n\
                web       web\n\
                日        日本\n
                """),
        Vector(
            #"table {{if eq .Scope "local"}}UP{{else}}DOWN{{end}}\t{{.Name}}"#,
            prints: """
                DOWN      VOLUME NAME\n\
                DOWN      a-rather-long-name\n\
                DOWN      tab       bed\n\
                UP        web\n\
                DOWN      日本\n
                """),
        Vector(
            #"table {{index (split .Driver "-") 0}}\t{{.Driver}}"#,
            prints: """
                68        DRIVER\n\
                nfs       nfs\n\
                ä·…       ä·…\n\
                local     local\n\
                e\u{301}         e\u{301}\n
                """),
        Vector(
            #"table {{len .Name}}\t{{.Driver}}"#,
            prints: """
                11        DRIVER\n\
                18        nfs\n\
                7         ä·…\n\
                3         local\n\
                6         e\u{301}\n
                """),
        Vector(
            #"table {{.Driver}}\t{{.Mountpoint}}\t"#,
            prints: """
                DRIVER    MOUNTPOINT   \n\
                nfs       /m           \n\
                ä·…       v            t         \n\
                local     /var/lib/x   \n\
                e\u{301}                      \n
                """),
        Vector(
            #"table {{.Driver}}\n{{.Name}}\tx\ty"#,
            prints: """
                DRIVER\n\
                VOLUME NAME   x         y\n\
                nfs\n\
                a-rather-long-name   x         y\n\
                ä·…\n\
                tab       bed       x         y\n\
                local\n\
                web       x         y\n\
                e\u{301}\n\
                日本      x         y\n
                """),
        Vector(
            #"table {{.Driver}}\t日本\t{{.Mountpoint}}|"#,
            prints: """
                DRIVER    日本      MOUNTPOINT|\n\
                nfs       日本      /m|\n\
                ä·…       日本      v         t|\n\
                local     日本      /var/lib/x|\n\
                e\u{301}         日本      |\n
                """),
        Vector(
            #"{{json .Name}}\\t"#,
            prints: """
                "a-rather-long-name"\\\t\n\
                "tab\\tbed"\\\t\n\
                "web"\\\t\n\
                "日本"\\\t\n
                """),
        Vector(
            "{{.Name}",
            fails:
                "template: :1: bad character U+007D '}'"),
        Vector(
            "table {{.",
            fails:
                #"template: :1: illegal number syntax: ".""#),
        Vector(
            #"table {{.Name}}\t{{.Scope}}\t{{.Mountpoint}}\t|"#,
            prints: """
                VOLUME NAME          SCOPE     MOUNTPOINT   |\n\
                a-rather-long-name   global    /m           |\n\
                tab                  bed       f\n\
                g         v         t            |\n\
                web       local     /var/lib/x   |\n\
                日本      😀                     |\n
                """),
        Vector(
            #"table {{.Scope}}\t{{.Driver}}"#,
            prints: """
                SCOPE     DRIVER\n\
                global    nfs\n\
                f\n\
                g         ä·…\n\
                local     local\n\
                😀        e\u{301}\n
                """),
        Vector(
            #"table {{.Driver}}\t{{.Scope}}\t{{.Labels}}"#,
            prints: """
                DRIVER    SCOPE     LABELS\n\
                nfs       global    \n\
                ä·…       f\n\
                g         \n\
                local     local     a=1,b=x<y>&z\n\
                e\u{301}         😀        a=two\n\
                lines\n
                """),
        Vector(
            #"table a\tb\nc\td\te\nf\ng\th"#,
            prints: """
                a         b\n\
                c         d         e\n\
                f\n\
                g         h\n\
                a         b\n\
                c         d         e\n\
                f\n\
                g         h\n\
                a         b\n\
                c         d         e\n\
                f\n\
                g         h\n\
                a         b\n\
                c         d         e\n\
                f\n\
                g         h\n\
                a         b\n\
                c         d         e\n\
                f\n\
                g         h\n
                """),
        Vector(
            #"table {{.Label "a"}}\t{{.Driver}}"#,
            prints: """
                a         DRIVER\n\
                          nfs\n\
                          ä·…\n\
                1         local\n\
                two\n\
                lines     e\u{301}\n
                """),
        Vector(
            #"table {{.Name}}{{"\t"}}{{.Driver}}"#,
            prints: """
                VOLUME NAME          DRIVER\n\
                a-rather-long-name   nfs\n\
                tab                  bed       ä·…\n\
                web                  local\n\
                日本                 e\u{301}\n
                """),
        Vector(
            #"{{range split .Labels ","}}{{.}};{{end}}"#,
            prints: """
                ;\n\
                ;\n\
                a=1;b=x<y>&z;\n\
                a=two\n\
                lines;\n
                """),
        Vector(
            #"table \t\t{{.Driver}}\t\t{{.Driver}}"#,
            prints: """
                                    DRIVER              DRIVER\n\
                                    nfs                 nfs\n\
                                    ä·…                 ä·…\n\
                                    local               local\n\
                                    e\u{301}                   e\u{301}\n
                """),
        Vector(
            #"table {{with .Name}}{{.}}{{end}}\t{{.Labels}}"#,
            prints: """
                VOLUME NAME          LABELS\n\
                a-rather-long-name   \n\
                tab                  bed       \n\
                web                  a=1,b=x<y>&z\n\
                日本                 a=two\n\
                lines\n
                """),
        Vector(
            #"table {{title .Driver}}\t{{lower .Driver}}\t{{join (split .Driver "o") "0"}}"#,
            prints: """
                DRIVER    DRIVER    DRIVER\n\
                Nfs       nfs       nfs\n\
                Ä·…       ä·…       ä·…\n\
                Local     local     l0cal\n\
                E\u{301}         e\u{301}         e\u{301}\n
                """),
        Vector(
            #"{{join (split .Driver "o") "0"}}"#,
            prints: """
                nfs\n\
                ä·…\n\
                l0cal\n\
                e\u{301}\n
                """),
        Vector(
            "table {{.Size}} {{.Nope | print}}",
            fails:
                #"template: :1:12: executing "" at <.Nope>: can't evaluate field Nope in type *formatter.volumeContext"#
        ),
    ]
}
