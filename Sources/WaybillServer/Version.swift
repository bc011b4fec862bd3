/// The version of waybill, as `CHANGELOG.md` has it.
package let version = "0.1.0"
