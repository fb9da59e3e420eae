extension Vector {
    static let printf: [Vector] = [
        Vector(
            #"{{printf "%v %v %.2f %s %q %x %T" .a .t .a .str .str .str .m}}"#,
            prints: #"1.5 true 1.50 héllo "héllo" 68c3a96c6c6f map[string]interface {}"#),
        Vector(
            #"""
            {{printf "%.3g|%8.2f|%-8.1f|%+.0f|%e|%08.3f|%g|%.1f|%.0f" 1234.5 3.14159 2.0 2.5 12345.678 -3.1415\#
            9 1e21 0.25 0.5}}
            """#,
            prints: "1.23e+03|    3.14|2.0     |+2|1.234568e+04|-003.142|1e+21|0.2|0"),
        Vector(
            #"""
            {{printf "%.2e|%10d|%-5d|%05d|%+d|%x|%X|%o|%b|%c|%q|%U|%#x" 1.0 42 42 42 42 255 255 8 5 65 65 0x1F\#
            600 255}}
            """#,
            prints: "1.00e+00|        42|42   |00042|+42|ff|FF|10|101|A|'A'|U+1F600|0xff"),
        Vector(
            #"""
            {{printf "%s|%10s|%-10s|%.2s|%q|%x|% x|%X|%#q|%+q|%v" "héy" "héy" "héy" "héy" "h\"é\n" "hi" "hi" "\#
            hi" "a" "é" "z"}}
            """#,
            prints: #"héy|       héy|héy       |hé|"h\"é\n"|6869|68 69|6869|`a`|"\u00e9"|z"#),
        Vector(#"{{printf "%t|%v|%s|%d" true false true true}}"#, prints: "true|false|%!s(bool=true)|%!d(bool=true)"),
        Vector(
            #"""
            {{printf "%d"}}|{{printf "x" 1 "a"}}|{{printf "%z" 1}}|{{printf "%"}}|{{printf "%!" 1}}|{{printf "\#
            %%"}}|{{printf "%s" nil}}|{{printf "%v" nil}}|{{printf "%d" nil}}
            """#,
            prints: #"""
                %!d(MISSING)|x%!(EXTRA int=1, string=a)|%!z(int=1)|%!(NOVERB)|%!!(int=1)|%|%!s(<nil>)|<nil>|%!d(<n\#
                il>)
                """#),
        Vector(
            #"{{printf "%s|%d|%v|%q|%5v|%T" .s .s .s .s .s .s}}"#,
            prints: #"""
                [x %!s(float64=2.5) %!s(bool=true) <nil>]|[%!d(string=x) %!d(float64=2.5) %!d(bool=true) <nil>]|[x\#
                 2.5 true <nil>]|["x" %!q(float64=2.5) %!q(bool=true) <nil>]|[    x   2.5  true <nil>]|[]interface\#
                 {}
                """#),
        Vector(
            #"{{printf "%s|%v|%+v|%q" .m .m .m .m}}"#,
            prints: #"""
                map[b:x q:<&> u:%!s(float64=0.5)]|map[b:x q:<&> u:0.5]|map[b:x q:<&> u:0.5]|map["b":"x" "q":"<&>"\#
                 "u":%!q(float64=0.5)]
                """#),
        Vector(
            #"{{printf "%*d|%-*d|%.*f|%[2]d %[1]d|%[3]v" 5 42 5 42 2 3.14159 }}"#,
            prints: "   42|42   |3.14|42 5|5"),
        Vector(#"{{printf "%[2]d %[1]d" 1 2}} {{printf "%[5]d" 1}}"#, prints: "2 1 %!d(BADINDEX)"),
        Vector(
            #"""
            {{printf "%6.2f%%" 12.345}} {{printf "%3c|%-3c|" 65 66}} {{printf "%t" "x"}} {{printf "%5t" true}}\#
             {{printf "%e" 5}} {{printf "%s" 5}} {{printf "%f" "x"}}
            """#,
            prints: " 12.35%   A|B  | %!t(string=x)  true %!e(int=5) %!s(int=5) %!f(string=x)"),
        Vector("{{printf 5}}", fails: #"template: :1:9: executing "" at <5>: expected string; found 5"#),
        Vector(
            "{{printf}}",
            fails: #"""
                template: :1:2: executing "" at <printf>: wrong number of args for printf: want at least 1 got 0
                """#),
        Vector(#"{{printf "%v" .zz}}"#, prints: "<nil>"),
        Vector(
            #"{{printf "%05s|%5q|%x|%08b|% d|%+.1e" "ab" "a" "é" 5 7 12345.0}}"#,
            prints: #"000ab|  "a"|c3a9|00000101| 7|+1.2e+04"#),
        Vector(
            #"{{printf "%6.3v|%.3v|%10v|%-10v|" 3.14159 "abcdef" "é" true}}"#,
            prints: "  3.14|abc|         é|true      |"),
        Vector(
            #"{{printf "%p" 1}} {{printf "%w" 1}} {{printf "%s %s" "a"}} {{printf "é%dü" 1}} {{printf "%é" 1}}"#,
            prints: "%!p(int=1) %!w(int=1) a %!s(MISSING) é1ü %!é(int=1)"),
        Vector(
            #"{{printf "%q" .str}} {{printf "%q" "\u2028\u00a0\x7f\u0001😀\u200b"}} {{printf "%+q" "😀é"}}"#,
            prints: #""héllo" "\u2028\u00a0\x7f\x01😀\u200b" "\U0001f600\u00e9""#),
        Vector(
            #"{{printf "%5.1f|%-8v|%08d|%+v|%x" 3.14159 .s -42 .m -255}}"#,
            prints: "  3.1|[x        2.5      true     <nil>]|-0000042|map[b:x q:<&> u:0.5]|-ff"),
        Vector(#"{{printf "% x|%#x|%#X" "héy" "hi" "hi"}}"#, prints: "68 c3 a9 79|0x6869|0X6869"),
        Vector(#"{{printf "%#o %#b %O" 8 5 8}}"#, prints: "010 0b101 0o10"),
        Vector(#"{{printf "%c %q %U %#U" 0x1F600 10 233 233}}"#, prints: #"😀 '\n' U+00E9 U+00E9 'é'"#),
        Vector(
            #"{{printf "%06.2f|%-06d|%+06d|%6s|%-6s|%.0e" 3.14159 42 42 "é" "é" 12345.0}}"#,
            prints: "003.14|42    |+00042|     é|é     |1e+04"),
        Vector(#"{{printf "%10.3s|%.10s|%.0s|%.s" "abcdef" "abc" "abc" "abc"}}"#, prints: "       abc|abc||"),
        Vector(
            #"""
            {{printf "%!d"}} {{printf "%-"}} {{printf "%5"}} {{printf "%.*f" 2 1.5}} {{printf "%*d" "a" 5}} {{\#
            printf "%[x]d" 1}} {{printf "%[1]d %d" 1 2}} {{printf "%[3]*.[2]*[1]f" 12.0 2 6}}
            """#,
            prints: "%!!(MISSING)d %!(NOVERB) %!(NOVERB) 1.50 %!(BADWIDTH)5 %!d(BADINDEX) 1 2  12.00"),
        Vector(
            #"""
            {{printf "%v %v" true}} {{printf "a%%b"}} {{printf "%s" (index .s 3)}} {{printf "%d %s" (len .s) .\#
            zz}}
            """#,
            prints: "true %!v(MISSING) a%b %!s(<nil>) 4 %!s(<nil>)"),
        Vector(
            #"{{printf "%t" .s}} {{printf "%v" "a" "b"}}"#,
            prints: "[%!t(string=x) %!t(float64=2.5) true <nil>] a%!(EXTRA string=b)"),
        Vector(
            #"{{printf "%T %T %T %T %T %T" 1 1.5 "a" true nil .s}}"#,
            prints: "int float64 string bool <nil> []interface {}"),
        Vector(#"{{printf "%.3d|%8.3d|%-8.3d|%+.3d" 5 5 5 5}}"#, prints: "005|     005|005     |+005"),
        Vector(#"{{printf "%g %G %E %F" 1e-7 1e-7 1e-7 1e-7}}"#, prints: "1e-07 1E-07 1.000000E-07 0.000000"),
        Vector(#"{{printf "%.3g %.10g %g %.3g" 100.0 123.0 0.0 0.00001234}}"#, prints: "100 123 0 1.23e-05"),
        Vector(
            #"{{printf "%6d|%6v|%6t|%-6q|" "a" nil true "b"}}"#,
            prints: #"%!d(string=     a)| <nil>|  true|"b"   |"#),
        Vector(
            #"{{printf "%.15f %.20f %.1f %.0f %.0f" 0.1 0.1 0.05 1.5 2.5}}"#,
            prints: "0.100000000000000 0.10000000000000000555 0.1 2 2"),
        Vector(
            #"{{printf "%.3f %.2f %f %.10e" 1e15 123456789.125 1e-9 3.141592653589793}}"#,
            prints: "1000000000000000.000 123456789.12 0.000000 3.1415926536e+00"),
        Vector(
            #"{{printf "%v %.0f %.1f" 1.7976931348623157e308 1e22 5e-324}}"#,
            prints: "1.7976931348623157e+308 10000000000000000000000 0.0"),
        Vector(#"{{printf "%8.3e|%+g|% g|%+f" 123.456 1.0 2.0 -0.5}}"#, prints: "1.235e+02|+1| 2|-0.500000"),
        Vector(
            #"{{printf "%x" "a\x00b"}} {{printf "%.1x" "abc"}} {{printf "%10x|%-10x|" "ab" "ab"}}"#,
            prints: "610062 61       6162|6162      |"),
        Vector(
            #"{{printf "%d %d" 1}} {{printf "%d" 1 2 3}} {{printf "%*d" 5}} {{printf "%.*d" -1 5}}"#,
            prints: "1 %!d(MISSING) 1%!(EXTRA int=2, int=3) %!d(MISSING) %!(BADPREC)5"),
        Vector(#"{{printf "%-05d|%+-5d|%- 5d|" 1 2 3}}"#, prints: "1    |+2   | 3   |"),
        Vector(
            #"{{printf "%20.5s|%-20.5s|" "日本語テキスト" "日本語テキスト"}}"#,
            prints: "               日本語テキ|日本語テキ               |"),
    ]
}
