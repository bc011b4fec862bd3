internal import Glibc

/// Gives the calling thread, and the threads that it starts from now on, a tenth of the share of others where there is
/// not a core for each.
package func lowerThreadPriority() {
  // On Linux a nice value is a thread's own, and new threads inherit it.
  _ = nice(10)
}
