import ImageAPI
import Testing

@Suite struct ImageUserTests {
  @Test(
    "The user of a configuration is a uid, a name or nobody in particular",
    arguments: [
      ("", .unspecified), (":", .unspecified), (":1000", .unspecified), (":group", .unspecified),
      ("0", .uid(0)), ("0:0", .uid(0)), ("1000", .uid(1_000)), ("1000:1000", .uid(1_000)), ("1000:group", .uid(1_000)),
      ("010", .uid(10)), ("-1", .uid(-1)), ("9223372036854775807", .uid(.max)), ("-9223372036854775808", .uid(.min)),
      ("9223372036854775808", .name("9223372036854775808")), ("4294967296", .uid(4_294_967_296)),
      ("nobody", .name("nobody")), ("user:group", .name("user")), ("root", .name("root")), ("0x10", .name("0x10")),
      ("1_000", .name("1_000")), ("1e3", .name("1e3")), (" 1000", .name(" 1000")), ("1000 ", .name("1000 ")),
      ("٣", .name("٣")), ("a:b:c", .name("a")), ("0\u{301}", .name("0\u{301}")), ("-", .name("-")),
      ("1000:\u{301}1000", .uid(1_000)), ("\n", .name("\n")),
    ] as [(String, ImageUser)])
  func configured(text: String, user: ImageUser) {
    #expect(ImageUser(configUser: text) == user)
  }
}
