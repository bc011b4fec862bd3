/// The date and time of RFC 3339, such as `2019-04-02T14:17:46.123Z`, checked to the letter.
enum Timestamp {
  /// Whether `text` is one: all parts there, each within its range, the day within its month, a leap second only where
  /// one can be.
  static func isValid(_ text: String) -> Bool {
    var rest = Substring(text).utf8
    guard let year = number(4, &rest), take("-", &rest), let month = number(2, &rest), take("-", &rest),
      let day = number(2, &rest), take("Tt", &rest), let hour = number(2, &rest), take(":", &rest),
      let minute = number(2, &rest), take(":", &rest), let second = number(2, &rest)
    else { return false }
    if take(".", &rest) {
      let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      guard !digits.isEmpty else { return false }
      rest = rest.dropFirst(digits.count)
    }
    guard let offset = offset(&rest), rest.isEmpty, 1...12 ~= month, day >= 1, day <= days(month, of: year),
      hour <= 23, minute <= 59
    else { return false }
    // A leap second is the last of a day in UTC.
    let minuteOfDay = (hour * 60 + minute - offset + 2 * 1440) % 1440
    return second <= 59 || (second == 60 && minuteOfDay == 1439)
  }

  /// Minutes that the time is ahead of UTC.
  private static func offset(_ rest: inout Substring.UTF8View) -> Int? {
    if take("Zz", &rest) { return 0 }
    let sign = take("+", &rest) ? 1 : -1
    guard sign == 1 || take("-", &rest), let hour = number(2, &rest), take(":", &rest), let minute = number(2, &rest),
      hour <= 23, minute <= 59
    else { return nil }
    return sign * (hour * 60 + minute)
  }

  private static func days(_ month: Int, of year: Int) -> Int {
    switch month {
    case 2: year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28
    case 4, 6, 9, 11: 30
    default: 31
    }
  }

  private static func number(_ digits: Int, _ rest: inout Substring.UTF8View) -> Int? {
    let taken = rest.prefix(digits)
    guard taken.count == digits, taken.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
    rest = rest.dropFirst(digits)
    return taken.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  private static func take(_ any: StaticString, _ rest: inout Substring.UTF8View) -> Bool {
    guard let first = rest.first, any.withUTF8Buffer({ $0.contains(first) }) else { return false }
    rest = rest.dropFirst()
    return true
  }
}
