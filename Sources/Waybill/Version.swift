/// The version of waybill, as `CHANGELOG.md` has it.
public let version = "0.1.0"
