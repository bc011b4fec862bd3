import Foundation
import Logging
import Operations
import Testing

@Suite struct LogFormTests {
  private let time = Date(timeIntervalSince1970: 1_795_881_723.463)

  private func line(_ form: LogForm, _ message: String, _ metadata: Logger.Metadata = [:]) -> String {
    form.line(.warning, message, metadata, at: time)
  }

  @Test func textForPeople() {
    let plain = line(.text(isColoured: false), "lost", ["b": "2", "a": "1"])
    #expect(plain.firstMatch(of: /^2026-11-28T\d\d:\d\d:03[+-]\d{4} warning waybill: a=1 b=2 lost\n$/) != nil)
    #expect(line(.text(isColoured: true), "lost").contains(" \u{1b}[33mwarning\u{1b}[0m waybill: lost\n"))
  }

  @Test func aLineOfTheJournal() {
    #expect(line(.journal, "lost", ["a": "1"]) == "<4>a=1 lost\n")
    // Its first characters would be the next line's priority.
    #expect(line(.journal, "one\n<0>two\n") == "<4>one <0>two\n")
    let priorities = Logger.Level.allCases.map { LogForm.journal.line($0, "x", at: time).prefix(3) }
    #expect(priorities == ["<7>", "<7>", "<6>", "<5>", "<4>", "<3>", "<2>"])
  }

  @Test func anObjectOfJSON() throws {
    let text = line(.json, "a \"b\"\n\u{1b}[31m", ["key": "\u{0}ü\\"])
    #expect(text.hasSuffix("}\n") && text.split(separator: "\n").count == 1)
    #expect(text.hasPrefix("{\"time\":\"2026-11-28T16:02:03.463Z\",\"level\":\"warning\",\"message\":"))
    let object = try JSONDecoder().decode([String: String].self, from: Data(text.utf8))
    #expect(object["message"] == "a \"b\"\n\u{1b}[31m" && object["key"] == "\u{0}ü\\")
  }
}
