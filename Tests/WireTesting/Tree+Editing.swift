extension Tree {
  /// Its nodes and itself, each before what is in it; the key of a pair before its value.
  var nodes: [Tree] {
    switch self {
    case .array(let elements): [self] + elements.flatMap(\.nodes)
    case .map(let pairs): [self] + pairs.flatMap { $0.0.nodes + $0.1.nodes }
    default: [self]
    }
  }

  /// The tree with another node in the place of one of its ``nodes``.
  func replacing(_ index: Int, with node: Tree) -> Tree {
    guard index > 0 else { return index == 0 ? node : self }
    var next = index - 1
    func replaced(_ child: Tree) -> Tree {
      defer { next -= child.nodes.count }
      return 0..<child.nodes.count ~= next ? child.replacing(next, with: node) : child
    }
    switch self {
    case .array(let elements): return .array(elements.map(replaced))
    case .map(let pairs): return .map(pairs.map { (replaced($0.0), replaced($0.1)) })
    default: return self
    }
  }

  var pairs: [(Tree, Tree)]? {
    guard case .map(let pairs) = self else { return nil }
    return pairs
  }

  var isText: Bool {
    guard case .text = self else { return false }
    return true
  }

  /// Whether it is a map whose keys are anybody's; the grammar writes but one of them.
  var isAnnotations: Bool {
    guard case .text("a")? = pairs?.first?.0 else { return false }
    return true
  }
}
