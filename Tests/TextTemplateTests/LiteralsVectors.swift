extension Vector {
    static let literals: [Vector] = [
        Vector(
            #"""
            {{true}} {{false}} {{1}} {{1.0}} {{1e3}} {{0x10}} {{0b11}} {{0o17}} {{017}} {{1_000}} {{'a'}} {{.5\#
            }} {{1e100}} {{-3}}
            """#,
            prints: "true false 1 1 1000 16 3 15 15 1000 97 0.5 1e+100 -3"),
        Vector(
            "{{1000000.0}} {{20.5}} {{1e20}} {{123456789.5}} {{0.1}} {{1e-5}} {{100000.0}} {{-0.0}}",
            prints: "1e+06 20.5 1e+20 1.234567895e+08 0.1 1e-05 100000 -0"),
        Vector(
            #"""
            {{0x7fffffffffffffff}} {{-9223372036854775808}} {{1.e3}} {{0x1p4}} {{0x1.8p1}} {{+5}} {{1_0.5}} {{\#
            09.5}} {{0_7}} {{00}} {{0}}
            """#,
            prints: "9223372036854775807 -9223372036854775808 1000 16 3 5 10.5 9.5 7 0 0"),
        Vector(
            #"{{'\n'}} {{'\x41'}} {{'é'}} {{'\''}} {{'"'}} {{'\u00e9'}} {{'\101'}} {{'日'}}"#,
            prints: "10 65 233 39 34 233 65 26085"),
        Vector(#"{{"\x41\u00e9\101\U0001F600\\ \""}} {{`a\b"c`}} {{"a\tb"}}"#, prints: "AéA😀\\ \" a\\b\"c a\tb"),
        Vector(
            "{{9999999999999999999}}",
            fails: #"template: :1:2: executing "" at <9999999999999999999>: 9999999999999999999 overflows int"#),
        Vector("{{99999999999999999999}}", fails: #"template: :1: integer overflow: "99999999999999999999""#),
        Vector("{{08}}", fails: #"template: :1: integer overflow: "08""#),
        Vector("{{1x}}", fails: #"template: :1: bad number syntax: "1x""#),
        Vector("{{1__0}}", fails: #"template: :1: illegal number syntax: "1__0""#),
        Vector("{{0x}}", fails: #"template: :1: illegal number syntax: "0x""#),
        Vector("{{0x1.5}}", fails: #"template: :1: illegal number syntax: "0x1.5""#),
        Vector("{{1e}}", fails: #"template: :1: illegal number syntax: "1e""#),
        Vector("{{1e400}}", fails: #"template: :1: illegal number syntax: "1e400""#),
        Vector("{{.5.}}", fails: "template: :1: unexpected <.> in operand"),
        Vector("{{0b2}}", fails: #"template: :1: bad number syntax: "0b2""#),
        Vector("{{_1}}", fails: #"template: :1: function "_1" not defined"#),
        Vector("{{.E7}}", prints: "<no value>"),
        Vector("{{5.}} {{+.5e1}} {{0x1.ep3}}", prints: "5 5 15"),
        Vector("{{1_}}", fails: #"template: :1: illegal number syntax: "1_""#),
        Vector("{{'ab'}}", fails: "template: :1: malformed character constant: 'ab'"),
        Vector("{{''}}", fails: "template: :1: invalid syntax"),
        Vector("{{'}}", fails: "template: :1: unterminated character constant"),
        Vector(#"{{'\q'}}"#, fails: "template: :1: invalid syntax"),
        Vector(#"{{"\q"}}"#, fails: "template: :1: invalid syntax"),
        Vector(#"{{"\x4"}}"#, fails: "template: :1: invalid syntax"),
        Vector(#"{{"\ud800"}}"#, fails: "template: :1: invalid syntax"),
        Vector(#"{{"\400"}}"#, fails: "template: :1: invalid syntax"),
        Vector(#"{{"a"#, fails: "template: :1: unterminated quoted string"),
        Vector("{{`a", fails: "template: :1: unterminated raw quoted string"),
        Vector(#"{{"a\"#, fails: "template: :1: unterminated quoted string"),
        Vector(
            "{{.x5}} {{.x6}} {{.x20}} {{.d4}} {{.d5}} {{.d7}} {{.d9}} {{.big}} {{.neg}} {{.e17}}",
            prints: "100000 1e+06 1e+20 0.0001 1e-05 1e-07 1.5e-09 1e+21 -2.5 1.2345678901234568e+17"),
        Vector(
            "{{json .}}",
            prints: #"""
                {"a":1.5,"big":1e+21,"d4":0.0001,"d5":0.00001,"d7":1e-7,"d9":1.5e-9,"deep":{"a":{"b":[{"c":"d"}]}}\#
                ,"e":[],"e17":123456789012345680,"em":{},"l":["p","q"],"l2":["p",1,["z",2]],"m":{"b":"x","q":"<&>"\#
                ,"u":0.5},"n":null,"neg":-2.5,"s":["x",2.5,true,null],"str":"héllo","t":true,"x20":100000000000000\#
                000000,"x5":100000,"x6":1000000}
                """#),
        Vector(#"{{pad "a" 1.0 1}}"#, prints: " a "),
        Vector(
            #"{{pad "a" 1e0 1}}|{{pad "a" 'a' 0}}"#,
            prints: #"""
                 a |\#
                                                                                                                 a
                """#),
    ]
}
