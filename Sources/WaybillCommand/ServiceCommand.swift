import ArgumentParser

/// A command that serves until it is told to stop.
protocol ServiceCommand: ParsableCommand {
  /// Refuses what the parser takes and the service cannot do, as far as that can be known before anything is read or bound.
  /// Called before the command runs.
  func check() throws(CommandError)
}
