/// A date and time of RFC 3339, such as `2019-04-02T14:17:46.123Z`.
struct Timestamp: Sendable, Hashable {
  /// Seconds since the year 0, in UTC.
  private let seconds: Int
  /// Nanoseconds; what is finer is dropped.
  private let nanoseconds: Int

  /// Reads `text`, to the letter: all parts there, each within its range, the day within its month, a leap second only
  /// where one can be. Nil for anything else.
  init?(_ text: String) {
    var rest = Substring(text).utf8
    guard let year = Self.number(4, &rest), Self.take("-", &rest), let month = Self.number(2, &rest),
      Self.take("-", &rest), let day = Self.number(2, &rest), Self.take("Tt", &rest),
      let hour = Self.number(2, &rest), Self.take(":", &rest), let minute = Self.number(2, &rest),
      Self.take(":", &rest), let second = Self.number(2, &rest)
    else { return nil }
    var nanoseconds = 0
    if Self.take(".", &rest) {
      let digits = rest.prefix { UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }
      guard !digits.isEmpty else { return nil }
      rest = rest.dropFirst(digits.count)
      for digit in (digits.map { Int($0 - UInt8(ascii: "0")) } + Array(repeating: 0, count: 9)).prefix(9) {
        nanoseconds = nanoseconds * 10 + digit
      }
    }
    guard let offset = Self.offset(&rest), rest.isEmpty, 1...12 ~= month, day >= 1, day <= Self.days(month, of: year),
      hour <= 23, minute <= 59
    else { return nil }
    // A leap second is the last of a day in UTC.
    let minuteOfDay = (hour * 60 + minute - offset + 2 * 1440) % 1440
    guard second <= 59 || (second == 60 && minuteOfDay == 1439) else { return nil }
    let leapDays = year == 0 ? 0 : (year - 1) / 4 - (year - 1) / 100 + (year - 1) / 400 + 1
    let dayOfYear = (1..<month).reduce(day) { $0 + Self.days($1, of: year) }
    seconds = ((year * 365 + leapDays + dayOfYear) * 1440 + hour * 60 + minute - offset) * 60 + second
    self.nanoseconds = nanoseconds
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

extension Timestamp: Comparable {
  static func < (first: Timestamp, second: Timestamp) -> Bool {
    (first.seconds, first.nanoseconds) < (second.seconds, second.nanoseconds)
  }
}
