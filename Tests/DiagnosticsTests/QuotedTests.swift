import Diagnostics
import Testing

@Suite struct QuotedTests {
  @Test(
    "What a message shows of a value disturbs no terminal and no log",
    arguments: [
      ("busybox", #""busybox""#), ("", #""""#), ("a\nb\r\tc\0", #""a\nb\r\tc\0""#), ("\u{1b}[31m", #""\u{1B}[31m""#),
      ("\u{9b}31m", #""\u{009B}31m""#), ("\u{7f}", #""\u{7F}""#), ("a\u{202e}b", #""a\u{202E}b""#),
      ("a\u{2028}b", #""a\u{2028}b""#), ("\u{feff}", #""\u{FEFF}""#), ("e\u{301}", #""e\u{0301}""#),
      (#"a"b\c"#, #""a\"b\\c""#), ("it's", #""it's""#), ("größe 圖像", #""größe 圖像""#),
    ] as [(String, String)])
  func shown(text: String, shown: String) {
    #expect(quoted(text) == shown)
  }

  @Test("Text is escaped once, however often it is escaped, and keeps its quotes and backslashes")
  func escapedTwice() {
    let text = "a\"b\\c\u{1b}[31m\n\u{202e}"
    #expect(text.escaped == #"a"b\c\u{1B}[31m\n\u{202E}"#)
    #expect(text.escaped.escaped == text.escaped)
  }

  @Test("A long value is cut off after 80 characters")
  func cut() {
    let eighty = String(repeating: "x", count: 80)
    #expect(quoted(eighty) == "\"\(eighty)\"")
    #expect(quoted(eighty + "x") == "\"\(eighty)…\"")
    #expect(quoted(String(repeating: "x", count: 10_000_000)) == "\"\(eighty)…\"")
    #expect(quoted(String(repeating: "\u{301}", count: 1_000_000)).utf8.count < 800)
  }
}
