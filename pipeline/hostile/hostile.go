// Package hostile holds texts that the world may put into any cell, title or flag and that must stay texts everywhere: in
// SQL, in pages, on terminals, in logs, in files. One list for all tests; what is found to bite is added here.
package hostile

import "strings"

// Texts returns the texts. Those that would ask something of the network if they were more than text ask base.
func Texts(base string) []string {
	return []string{
		`<script>document.title="pwned";fetch("` + base + `script")</script>`,
		`</title></style></script><script src="` + base + `src.js"></script>`,
		`"><img src="` + base + `img" onerror="document.title='pwned'">`,
		`'><svg onload="document.title='pwned'"><use href="` + base + `use"/></svg>`,
		`<link rel=stylesheet href="` + base + `css"><iframe src="` + base + `frame"></iframe>`,
		`<style>@import url(` + base + `import);*{background:url(` + base + `bg)}</style>`,
		`<meta http-equiv=refresh content="0;url=` + base + `refresh">`,
		`<a href="javascript:alert(1)" autofocus onfocus=alert(1)>x</a> javascript:alert(1) data:text/html,<script>alert(1)</script>`,
		`{{.}} {{template "page.html"}} ${x} %s%n`,
		"NUL\x00 bell\a esc\x1b[31m \u202Egnp.exe\u202C \u2066\u200f\u200eend",
		"bad utf-8 \xff\xfe, lone surrogate \xed\xa0\x80, 👩‍👩‍👧",
		strings.Repeat("长", 10_000),
		"line\r\nbreak\ttab '; DROP TABLE x; --",
		`https://user:pass@evil.example/ http:///nohost HTTP://EVIL.example/"onmouseover="alert(1)`,

		`=cmd|'/C calc'!A0`, `@SUM(1)`, `+1`, `-2+3`, "\t=1+1", "\r=1+1", `＝1+1`,
		"`id` $(id) | id; id & id", `back\slash \' \" \`, `'; DROP TABLE customers; --`, `x' OR '1'='1`, `{x:Identifier} file('/etc/passwd')`,
		`../../etc/passwd`, `..\..\windows\win.ini`, "a/b\\c:d*e?f", "CON",
		"Subject\r\nBcc: everybody@evil.example", "[link](javascript:alert(1)) ![x](" + base + "markdown)",
		"title\x1b]0;pwned\a \u009b31m \u0085next\u2028line\u2029paragraph", "\ufeffbom \u00ad soft", "z\u0335\u0321a\u0336\u0322lgo", "null", "NaN", "\\N", "0", " ", "True",
	}
}

// Commands are the beginnings of what moves the cursor, the colours or the reading direction of a terminal: nothing that a person reads may
// hold one that comes from a text.
func Commands() []string {
	return []string{"\x00", "\a", "\b", "\x1b", "\x7f", "\u0085", "\u009b", "\u202a", "\u202b", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2028", "\u2029"}
}
