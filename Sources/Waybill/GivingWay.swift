internal import Glibc

/// Lets the calling thread give way to those that answer where there is not a core for each: it has a tenth of their share.
package func giveWayToReaders() {
  // Linux takes it for the thread's, not the process's.
  _ = nice(10)
}
