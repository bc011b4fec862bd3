internal import FileReading

/// Why an archive as a whole cannot be read.
enum ArchiveError: Error, Hashable {
  /// The operating system has nothing to read, or something else than a file.
  case file(FileError)
  /// It is no archive of this kind; a clause that goes on from the file's name.
  case wrongKind(String)
  /// It makes no sense, perhaps because it is only half-written; a clause that goes on from the file's name.
  case broken(String)
}
