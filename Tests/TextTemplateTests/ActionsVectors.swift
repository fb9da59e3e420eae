extension Vector {
    static let actions: [Vector] = [
        Vector(
            "{{.}}",
            prints: #"""
                map[a:1.5 big:1e+21 d4:0.0001 d5:1e-05 d7:1e-07 d9:1.5e-09 deep:map[a:map[b:[map[c:d]]]] e:[] e17:\#
                1.2345678901234568e+17 em:map[] l:[p q] l2:[p 1 [z 2]] m:map[b:x q:<&> u:0.5] n:<nil> neg:-2.5 s:[\#
                x 2.5 true <nil>] str:héllo t:true x20:1e+20 x5:100000 x6:1e+06]
                """#),
        Vector(
            "{{.a}} {{.str}} {{.t}} {{.n}} {{.zz}} {{.zz.y}} {{.e}} {{.em}} {{.s}} {{.m}}",
            prints: #"""
                1.5 héllo true <no value> <no value> <no value> [] map[] [x 2.5 true <nil>] map[b:x q:<&> u:0.5]
                """#),
        Vector("{{.deep.a.b}} {{(index .deep.a.b 0).c}} {{.deep.nope.b.c}}", prints: "[map[c:d]] d <no value>"),
        Vector(#"a  {{- " x " -}}  b"#, prints: "a x b"),
        Vector(" {{ .a -}}   x", prints: " 1.5x"),
        Vector("{{- 3}}", prints: "3"),
        Vector("{{- 3 -}} x", prints: "3x"),
        Vector("{{/* x */}}a{{- /* y */ -}}  b", prints: "ab"),
        Vector("{{range .s}}[{{.}}]{{end}}", prints: "[x][2.5][true][<no value>]"),
        Vector("{{range $i,$e := .s}}{{$i}}={{$e}},{{end}}", prints: "0=x,1=2.5,2=true,3=<no value>,"),
        Vector("{{range $i := .s}}{{$i}};{{end}}", prints: "x;2.5;true;<no value>;"),
        Vector("{{range $k,$v := .m}}{{$k}}={{$v}},{{end}}", prints: "b=x,q=<&>,u=0.5,"),
        Vector("{{range 3}}{{.}}{{end}}", prints: "012"),
        Vector("{{range $i := 3}}{{$i}}{{end}}", prints: "012"),
        Vector("{{range 0}}{{else}}e{{end}}{{range -3}}{{else}}e{{end}}", prints: "ee"),
        Vector("{{range .n}}a{{else}}b{{end}}", prints: "b"),
        Vector("{{range .zz}}a{{else}}none{{end}}", prints: "none"),
        Vector("{{range .e}}a{{else}}none{{end}}", prints: "none"),
        Vector("{{range .em}}a{{else}}none{{end}}", prints: "none"),
        Vector("{{range $i, $_ := .s}}{{if $i}},{{end}}{{$i}}{{end}}", prints: "0,1,2,3"),
        Vector("{{range .s}}{{if eq . nil}}N{{continue}}{{end}}{{.}}{{end}}", prints: "x2.5trueN"),
        Vector("{{range .s}}{{.}}{{break}}{{end}}.", prints: "x."),
        Vector(
            #"""
            {{$l := .l}}{{range $x := $l}}{{range $y := $l}}{{$x}}{{$y}} {{if eq $y "p"}}{{continue}}{{end}}{{\#
            break}}{{end}}|{{end}}
            """#,
            prints: "pp pq |qp qq |"),
        Vector("{{$x := 1}}{{range $i, $e := .s}}{{$x = $i}}{{end}}{{$x}}", prints: "3"),
        Vector("{{$i := 9}}{{$e := 9}}{{range $i, $e = .l}}{{end}}{{$i}}{{$e}}", prints: "1q"),
        Vector("{{$x := 5}}{{$x}}{{$x = 6}}{{$x}}", prints: "56"),
        Vector("{{$x := 1}}{{$y := $x}}{{with 5}}{{$x = 7}}{{end}}{{$x}}{{$y}}", prints: "71"),
        Vector(#"{{$x := "a" | upper}}{{$x | lower}}"#, prints: "a"),
        Vector("{{$x := .m}}{{$x.q}} {{with $y := .m}}{{$y.b}}{{.b}}{{end}}", prints: "<&> xx"),
        Vector("{{if $y := 3}}{{$y}}{{end}}{{if $y := 0}}{{else}}{{$y}}{{end}}", prints: "30"),
        Vector("{{if .e}}a{{else if .em}}b{{else if .str}}c{{else}}d{{end}}", prints: "c"),
        Vector(
            #"""
            {{if .n}}a{{else}}b{{end}}{{if .zz}}a{{else}}b{{end}}{{if .m}}a{{end}}{{if 0.0}}a{{else}}b{{end}}{\#
            {if ""}}a{{else}}b{{end}}{{if .s}}a{{end}}
            """#,
            prints: "bbabba"),
        Vector("{{with .n}}a{{else}}b{{end}}{{with .zz}}a{{else with .a}}c{{.}}{{end}}", prints: "bc1.5"),
        Vector("{{with .m}}{{.q}}{{with .b}}{{.}}{{end}}{{end}}", prints: "<&>x"),
        Vector(#"{{(.m).q}} {{(index .s 0)}} {{(1)}} {{((("x")))}} {{(.m).b | upper}}"#, prints: "<&> x 1 x X"),
        Vector(
            #"{{.s | len}} {{"a" | printf "%s %s" "b"}} {{"abc" | upper | printf "%s-%d" "x"}}"#,
            prints: "4 b a x-%!d(string=ABC)"),
        Vector("{{.a | }}", prints: "1.5"),
        Vector(#"{{upper ($y := "a")}}{{$y}}"#, prints: "Aa"),
        Vector(#"{{if and (eq 1 1) (or false "x")}}y{{end}}"#, prints: "y"),
        Vector(#"{{1 | and 2}} {{and true .nope}} {{or .nope}} {{or .nope "d"}}"#, prints: "1 <no value> <no value> d"),
        Vector("{{and false .s.x}}", prints: "false"),
        Vector(
            "{{print .nope}} {{.nope.a | print}} {{print .n}} {{json .n}} {{json .nope}}",
            prints: "<nil> <nil> <nil> null null"),
        Vector(
            #"""
            {{index . "n"}} {{index . "zz"}} {{index .m "nope"}} {{index . "m" "q"}} {{index .s 0}} {{index .s\#
            }} {{index .s 3}}
            """#,
            prints: "<no value> <no value> <no value> <&> x [x 2.5 true <nil>] <no value>"),
        Vector(#"{{ .a | printf "%v"}}x{{"{{"}}}}{{`}}`}}"#, prints: "1.5x{{}}}}"),
        Vector("{{.str}}}} }", prints: "héllo}} }"),
        Vector(
            #"{{"a" | print "b" "c"}} {{true | not}} {{not}}"#,
            fails: #"template: :1:41: executing "" at <not>: wrong number of args for not: want 1 got 0"#),
        Vector(
            #"""
            {{eq .n nil}} {{eq .zz nil}} {{eq .a nil}} {{eq nil .a}} {{eq .m nil}} {{eq .n .n}} {{eq .nope "x"\#
            }} {{eq "x" .nope}} {{ne .nope nil}}
            """#,
            prints: "true true false false false true false false false"),
        Vector("{{\n.str\n|\nupper}}", prints: "HÉLLO"),
        Vector("x\n {{- .t -}} \n y", prints: "xtruey"),
        Vector("{{if .t}}\na\n{{end}}", prints: "\na\n"),
        Vector("{{with .m}}\n{{.q}}{{end}}", prints: "\n<&>"),
    ]
}
