internal import NIOCore
internal import NIOPosix

/// Runs tasks on the threads of event loops: each on the one where it was resumed, which is that of its connection.
///
/// What hops between threads costs more than it answers.
final class EventLoopExecutor: TaskExecutor {
  private let threads: MultiThreadedEventLoopGroup

  init(_ threads: MultiThreadedEventLoopGroup) {
    self.threads = threads
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? threads.next()
    loop.execute { [self] in job.runSynchronously(on: asUnownedTaskExecutor()) }
  }
}
