extension Vector {
    static let functions: [Vector] = [
        Vector(
            #"""
            {{eq 1 2 1}} {{eq "a" "a"}} {{ne 1 2}} {{lt 1 2}} {{le 2 2}} {{gt "b" "a"}} {{ge 1.5 1.5}} {{lt "a\#
            " "b"}} {{gt 1 2}}
            """#,
            prints: "true true true true true true true true false"),
        Vector(
            "{{eq 1 1.0}}",
            fails: #"""
                template: :1:2: executing "" at <eq 1 1.0>: error calling eq: incompatible types for comparison
                """#),
        Vector(
            #"{{eq 1 "a"}}"#,
            fails: #"""
                template: :1:2: executing "" at <eq 1 "a">: error calling eq: incompatible types for comparison
                """#),
        Vector("{{eq true true}} {{eq true false}} {{eq .t true}} {{eq .a 1.5}}", prints: "true false true true"),
        Vector(
            "{{lt true false}}",
            fails: #"""
                template: :1:2: executing "" at <lt true false>: error calling lt: invalid type for comparison
                """#),
        Vector(
            "{{lt .n 1}}",
            fails: #"template: :1:2: executing "" at <lt .n 1>: error calling lt: invalid type for comparison"#),
        Vector(
            "{{lt .nope 1}}",
            fails: #"template: :1:2: executing "" at <lt .nope 1>: error calling lt: invalid type for comparison"#),
        Vector(
            #"{{lt 1 "a"}}"#,
            fails: #"""
                template: :1:2: executing "" at <lt 1 "a">: error calling lt: incompatible types for comparison
                """#),
        Vector(
            "{{le 1 1.0}}",
            fails: #"""
                template: :1:2: executing "" at <le 1 1.0>: error calling le: incompatible types for comparison
                """#),
        Vector(
            "{{eq 1}}",
            fails: #"template: :1:2: executing "" at <eq 1>: error calling eq: missing argument for comparison"#),
        Vector(
            "{{eq}}",
            fails: #"template: :1:2: executing "" at <eq>: wrong number of args for eq: want at least 1 got 0"#),
        Vector("{{ne 1}}", fails: #"template: :1:2: executing "" at <ne>: wrong number of args for ne: want 2 got 1"#),
        Vector(
            "{{eq 1 .s}}",
            fails: #"""
                template: :1:2: executing "" at <eq 1 .s>: error calling eq: incompatible types for comparison
                """#),
        Vector(
            "{{eq .s 1}}",
            fails: #"""
                template: :1:2: executing "" at <eq .s 1>: error calling eq: incompatible types for comparison
                """#),
        Vector(#"{{and 1 0 2}} {{or 0 "" "x"}} {{not 0}} {{not "a"}}"#, prints: "0 x true false"),
        Vector(
            "{{and}}",
            fails: #"template: :1:2: executing "" at <and>: wrong number of args for and: want at least 1 got 0"#),
        Vector(
            "{{and true .s.x}}",
            fails: #"template: :1:13: executing "" at <.s.x>: can't evaluate field x in type interface {}"#),
        Vector(#"{{len .s}} {{len .m}} {{len .str}} {{len "日本"}} {{len .e}} {{len ""}}"#, prints: "4 3 6 6 0 0"),
        Vector(
            "{{len .n}}",
            fails: #"template: :1:2: executing "" at <len .n>: error calling len: len of nil pointer"#),
        Vector(
            "{{len .a}}",
            fails: #"template: :1:2: executing "" at <len .a>: error calling len: len of type float64"#),
        Vector(
            "{{len true}}",
            fails: #"template: :1:2: executing "" at <len true>: error calling len: len of type bool"#),
        Vector("{{len 3}}", fails: #"template: :1:2: executing "" at <len 3>: error calling len: len of type int"#),
        Vector(#"{{index .str 1}} {{index "abc" 0}}"#, prints: "195 97"),
        Vector(
            "{{index .s 9}}",
            fails: #"template: :1:2: executing "" at <index .s 9>: error calling index: index out of range: 9"#),
        Vector(
            #"{{index .s "x"}}"#,
            fails: #"""
                template: :1:2: executing "" at <index .s "x">: error calling index: cannot index slice/array with\#
                 type string
                """#),
        Vector(
            "{{index .m 1}}",
            fails: #"""
                template: :1:2: executing "" at <index .m 1>: error calling index: value has type int; should be s\#
                tring
                """#),
        Vector(
            "{{index .a 1}}",
            fails: #"""
                template: :1:2: executing "" at <index .a 1>: error calling index: can't index item of type float6\#
                4
                """#),
        Vector(
            "{{index .n 1}}",
            fails: #"template: :1:2: executing "" at <index .n 1>: error calling index: index of untyped nil"#),
        Vector(
            "{{index .s 1.0}}",
            fails: #"""
                template: :1:2: executing "" at <index .s 1.0>: error calling index: cannot index slice/array with\#
                 type float64
                """#),
        Vector(
            "{{index .s -1}}",
            fails: #"template: :1:2: executing "" at <index .s -1>: error calling index: index out of range: -1"#),
        Vector(
            "{{index .s nil}}",
            fails: #"""
                template: :1:2: executing "" at <index .s nil>: error calling index: cannot index slice/array with\#
                 nil
                """#),
        Vector(
            "{{index}}",
            fails: #"""
                template: :1:2: executing "" at <index>: wrong number of args for index: want at least 1 got 0
                """#),
        Vector(
            "{{index .m nil}}",
            fails: #"""
                template: :1:2: executing "" at <index .m nil>: error calling index: value is nil; should be of ty\#
                pe string
                """#),
        Vector(
            #"{{index .zz "a"}}"#,
            fails: #"template: :1:2: executing "" at <index .zz "a">: error calling index: index of untyped nil"#),
        Vector(
            #"""
            {{slice .s 1}} {{slice .s 1 2}} {{slice .s 0 1 2}} {{slice .s}} {{slice .str 1 3}} {{slice "abc" 1\#
            }} {{slice "abc" 3}} {{slice "日本" 0 3}}
            """#,
            prints: "[2.5 true <nil>] [2.5] [x] [x 2.5 true <nil>] é bc  日"),
        Vector(
            "{{slice .s 9}}",
            fails: #"template: :1:2: executing "" at <slice .s 9>: error calling slice: index out of range: 9"#),
        Vector(
            "{{slice .str 1 2 3}}",
            fails: #"""
                template: :1:2: executing "" at <slice .str 1 2 3>: error calling slice: cannot 3-index slice a st\#
                ring
                """#),
        Vector(
            "{{slice .s 2 1}}",
            fails: #"""
                template: :1:2: executing "" at <slice .s 2 1>: error calling slice: invalid slice index: 2 > 1
                """#),
        Vector(
            #"{{slice .s "a"}}"#,
            fails: #"""
                template: :1:2: executing "" at <slice .s "a">: error calling slice: cannot index slice/array with\#
                 type string
                """#),
        Vector(
            "{{slice .a 1}}",
            fails: #"""
                template: :1:2: executing "" at <slice .a 1>: error calling slice: can't slice item of type float6\#
                4
                """#),
        Vector(
            "{{slice .m 1}}",
            fails: #"""
                template: :1:2: executing "" at <slice .m 1>: error calling slice: can't slice item of type map[st\#
                ring]interface {}
                """#),
        Vector(
            "{{slice .s 0 2 1}}",
            fails: #"""
                template: :1:2: executing "" at <slice .s 0 2 1>: error calling slice: invalid slice index: 2 > 1
                """#),
        Vector(
            "{{slice .zz 1}}",
            fails: #"template: :1:2: executing "" at <slice .zz 1>: error calling slice: slice of untyped nil"#),
        Vector(
            "{{slice .s 0 1 2 3}}",
            fails: #"""
                template: :1:2: executing "" at <slice .s 0 1 2 3>: error calling slice: too many slice indexes: 4
                """#),
        Vector(
            #"{{html "<a href=\"x\">&'"}} {{js "<a'\"\n=&>"}} {{urlquery "a b&c/é~-_."}}"#,
            prints: #"""
                &lt;a href=&#34;x&#34;&gt;&amp;&#39; \u003Ca\'\"\u000A\u003D\u0026\u003E a+b%26c%2F%C3%A9~-_.
                """#),
        Vector(
            #"{{html .n .a "x"}} {{html .zz}} {{js "a/b é\u2028 \t"}} {{urlquery 1 "a"}} {{html "a" "b" 1 2}}"#,
            prints: #"&lt;no value&gt;1.5x &lt;no value&gt; a/b é\u2028 \u0009 1a ab1 2"#),
        Vector(
            #"""
            {{split "a,b,c" ","}} {{json (split "a" "")}} {{json (split "héy" "")}} {{split "" ","}} {{len (sp\#
            lit "" ",")}} {{split "aXXbXX" "XX" | len}}
            """#,
            prints: #"[a b c] ["a"] ["h","é","y"] [] 1 3"#),
        Vector(#"{{join (split "a,b,c" ",") "-"}} {{join .zz " "}}|{{join nil ","}}|"#, prints: "a-b-c ||"),
        Vector(
            #"""
            {{title "hello world"}} {{title "foo-bar baz_qux"}} {{title "éa ñb"}} {{title "a_b-c.d e2f it's"}}\#
             {{title ""}} {{title "ǆ"}}
            """#,
            prints: "Hello World Foo-Bar Baz_qux Éa Ñb A_b-C.D E2f It'S  ǅ"),
        Vector(
            #"{{upper "héé"}} {{lower "ABC É"}} {{upper "ßŉ"}} {{lower "İ"}} {{upper "日本"}}"#,
            prints: "HÉÉ abc é ßŉ i 日本"),
        Vector(#"[{{pad "x" 2 3}}] [{{pad "" 2 3}}] [{{pad "é" 1 0}}]"#, prints: "[  x   ] [] [ é]"),
        Vector(
            #"{{pad "x" -1 3}}"#,
            fails: #"""
                template: :1:2: executing "" at <pad "x" -1 3>: error calling pad: strings: negative Repeat count
                """#),
        Vector(
            #"""
            {{truncate "hello" 3}} {{truncate "he" 5}} {{truncate "hé" 3}} {{truncate "abc" 0}}|{{truncate ""\#
             0}}|{{truncate "日本" 3}}
            """#,
            prints: "hel he hé ||日"),
        Vector(
            #"{{truncate "x" -1}}"#,
            fails: #"""
                template: :1:2: executing "" at <truncate "x" -1>: error calling truncate: runtime error: slice bo\#
                unds out of range [:-1]
                """#),
        Vector(#"{{truncate 3 "x"}}"#, fails: #"template: :1:11: executing "" at <3>: expected string; found 3"#),
        Vector(#"{{println "a" 1 nil}}|{{println}}|{{println "a"}}"#, prints: "a 1 <nil>\n|\n|a\n"),
        Vector(
            #"""
            {{print "a" "b" 1 2 "c" 3 nil true}}|{{print 1 2}}|{{print}}|{{print nil}}|{{print "a" 1 2 "b" tru\#
            e false nil nil 1.5}}
            """#,
            prints: "ab1 2c3 <nil> true|1 2||<nil>|a1 2btrue false <nil> <nil> 1.5"),
        Vector(
            #"{{json .s}} {{json .m}} {{json nil}} {{json "a"}} {{json 1.0}} {{json true}} {{.str | json | json}}"#,
            prints: #"["x",2.5,true,null] {"b":"x","q":"<&>","u":0.5} null "a" 1 true "\"héllo\"""#),
        Vector(
            #"{{json "\u0000\u001f\u007f\b\f\n\r\t\u2028\u2029<>&\\\"/é😀"}}"#,
            prints: "\"\\u0000\\u001f\u{7f}\\b\\f\\n\\r\\t\\u2028\\u2029<>&\\\\\\\"/é😀\""),
        Vector(
            "{{json .str .a}}",
            fails: #"template: :1:2: executing "" at <json>: wrong number of args for json: want 1 got 2"#),
        Vector("{{upper 5}}", fails: #"template: :1:8: executing "" at <5>: expected string; found 5"#),
        Vector(
            "{{upper .a}}",
            fails: #"template: :1:8: executing "" at <.a>: wrong type for value; expected string; got float64"#),
        Vector("{{upper nil}}", fails: #"template: :1:8: executing "" at <nil>: cannot assign nil to string"#),
        Vector("{{upper .zz}}", fails: #"template: :1:8: executing "" at <.zz>: invalid value; expected string"#),
        Vector(
            "{{upper .n}}",
            fails: #"template: :1:8: executing "" at <.n>: wrong type for value; expected string; got interface {}"#),
        Vector(
            "{{upper}}",
            fails: #"template: :1:2: executing "" at <upper>: wrong number of args for upper: want 1 got 0"#),
        Vector(
            #"{{upper "a" "b"}}"#,
            fails: #"template: :1:2: executing "" at <upper>: wrong number of args for upper: want 1 got 2"#),
        Vector(#"{{pad "a" "b" 1}}"#, fails: #"template: :1:10: executing "" at <"b">: expected integer; found "b""#),
        Vector(#"{{pad "a" 1.5 1}}"#, fails: #"template: :1:10: executing "" at <1.5>: expected integer; found 1.5"#),
        Vector(
            #"{{pad "a" .a 1}}"#,
            fails: #"template: :1:10: executing "" at <.a>: wrong type for value; expected int; got float64"#),
        Vector(
            #"{{pad "a" true 1}}"#,
            fails: #"template: :1:10: executing "" at <true>: expected integer; found true"#),
        Vector(#"{{pad "a" nil 1}}"#, fails: #"template: :1:10: executing "" at <nil>: cannot assign nil to int"#),
        Vector(
            "{{5 | upper}}",
            fails: #"template: :1:6: executing "" at <upper>: wrong type for value; expected string; got int"#),
        Vector(
            "{{.s | upper}}",
            fails: #"""
                template: :1:7: executing "" at <upper>: wrong type for value; expected string; got []interface {}
                """#),
        Vector("{{.zz | upper}}", fails: #"template: :1:8: executing "" at <upper>: invalid value; expected string"#),
        Vector(
            #"{{join "a" ","}}"#,
            fails: #"template: :1:7: executing "" at <"a">: can't handle "a" for arg of type []string"#),
        Vector(
            #"{{join .m ","}}"#,
            fails: #"""
                template: :1:7: executing "" at <.m>: wrong type for value; expected []string; got map[string]inte\#
                rface {}
                """#),
        Vector(
            #"{{join .s " "}}"#,
            fails: #"""
                template: :1:7: executing "" at <.s>: wrong type for value; expected []string; got []interface {}
                """#),
        Vector(
            #"{{join 5 ","}}"#,
            fails: #"template: :1:7: executing "" at <5>: can't handle 5 for arg of type []string"#),
        Vector("{{upper (upper 5)}}", fails: #"template: :1:15: executing "" at <5>: expected string; found 5"#),
        Vector("{{upper (print .a)}}", prints: "1.5"),
        Vector(
            "{{ .m.q | upper | len .x5 }}",
            fails: #"template: :1:18: executing "" at <len>: wrong number of args for len: want 1 got 2"#),
        Vector(
            "{{index .m (len 5)}}",
            fails: #"template: :1:12: executing "" at <len 5>: error calling len: len of type int"#),
        Vector(
            "{{$x := 5 | upper}}",
            fails: #"template: :1:12: executing "" at <upper>: wrong type for value; expected string; got int"#),
        Vector(
            "{{with $x := upper 5}}{{end}}",
            fails: #"template: :1:19: executing "" at <5>: expected string; found 5"#),
        Vector(
            "{{$x := 1}}{{$x = upper 5}}",
            fails: #"template: :1:24: executing "" at <5>: expected string; found 5"#),
        Vector(
            "{{(upper .m | lower).x}}",
            fails: #"""
                template: :1:9: executing "" at <.m>: wrong type for value; expected string; got map[string]interf\#
                ace {}
                """#),
    ]
}
