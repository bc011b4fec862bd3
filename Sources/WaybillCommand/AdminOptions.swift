import ArgumentParser
import Connections
import Diagnostics
import Glibc
import Logging
import Operations
import ServiceLifecycle

/// Where monitors and people look at a service.
struct AdminOptions: ParsableArguments {
  @Option(
    help: """
      Where to answer HTTP for those who watch: HOST:PORT, such as 127.0.0.1:9555, with /metrics for Prometheus, /livez, \
      /readyz, /status, and a page at /. Whoever reaches it may read it. (default: nowhere)
      """)
  var admin: String?

  func validate() throws {
    guard let admin else { return }
    do throws(EndpointError) {
      _ = try Endpoint(listeningAt: "tcp://\(admin)")
    } catch {
      throw ValidationError("--admin is HOST:PORT, such as 127.0.0.1:9555, not \(quoted(admin)): \(error.reason).")
    }
  }

  /// What answers there, for the service that a report is of; none if it is to answer nowhere.
  func services(for report: some ServiceReport, logger: Logger) throws(CommandError) -> [any Service] {
    guard let admin, case .tcp(let host, let port)? = (try? Endpoint(listeningAt: "tcp://\(admin)"))?.place else {
      return []
    }
    do throws(HTTPServerError) {
      let server = try HTTPServer(host: host, port: port == "*" ? "0" : port) { report.reply(at: $0) }
      logger.notice("answering HTTP", metadata: [LogKey.address: "\(server.address)"])
      return [AdminService(server: server)]
    } catch {
      let remedy = error.code == EADDRINUSE ? ": another process has it; choose another port" : ""
      let code: CommandError.Code =
        switch error.code {
        case EACCES, EPERM: .noPermission
        case EADDRNOTAVAIL: .usage
        default: .system
        }
      throw CommandError(message: "--admin \(admin): \(error)\(remedy)", code: code)
    }
  }
}

/// Answers HTTP until all other services have stopped, so that one sees that they are about to.
private struct AdminService: Service {
  let server: HTTPServer

  func run() async throws {
    await withTaskCancellationOrGracefulShutdownHandler {
      await server.run()
    } onCancelOrGracefulShutdown: {
      server.stop()
    }
  }
}
