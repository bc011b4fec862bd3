internal import CBuild

/// The version of waybill, as `CHANGELOG.md` has it.
package let version = "0.1.0"

/// The commit that this program was built from, abbreviated; empty where the build was not told.
package let commit = String(cString: build_commit())
