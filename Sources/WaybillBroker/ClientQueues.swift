/// The requests of all clients: a queue for each client, which have their turns one after the other, and how much of the
/// shared bounds each client has used up.
///
/// A client is admitted while what it has is no more than what is still free. So a client that is alone may have half of
/// a bound; two that take what they can get, a third each; and there is always room for one that has nothing yet.
struct ClientQueues {
  private struct Entry {
    let client: ClientID
    /// The requests that wait, the oldest first; not those that came back.
    var queue = IndexList()
    /// How many requests wait, with those that came back.
    var waiting = 0
    /// How many requests are not over.
    var requests = 0
    /// The bytes of the requests that are not over.
    var bytes = 0
  }

  private let maxWaiting: Int
  private let maxBytes: Int
  private var clients = HandleTable<Entry>(firstUse: 0)
  /// The clients that have requests, and those that had some of late: most ask again at once.
  private var slots: [ClientID: Int] = [:]
  /// How many clients to keep before those without requests are dropped: twice as many as the last time left, so that
  /// dropping them costs each client that comes next to nothing.
  private var maxClients = minClients
  private static let minClients = 64
  /// Clients whose queue is not empty, the one whose turn is next in front.
  private var turns = IndexList()
  private var turnLinks = IndexList.Links()
  /// Requests that came back from a worker. They go before all others.
  private var returned = IndexList()
  private var returnedLinks = IndexList.Links()
  /// Where requests are in the queue of their client.
  private var queueLinks = IndexList.Links()
  /// How many requests wait.
  private(set) var waiting = 0
  /// The bytes of all requests that are not over.
  private(set) var bytes = 0

  init(maxWaiting: Int, maxBytes: Int) {
    self.maxWaiting = maxWaiting
    self.maxBytes = maxBytes
  }

  /// How many clients have requests that are not over.
  private(set) var clientCount = 0

  /// The request that is next.
  var first: Int? {
    returned.first ?? turns.first.flatMap { clients[$0].queue.first }
  }

  /// Makes room for a request of a client.
  ///
  /// - Returns: The slot of the client.
  mutating func admit(_ client: ClientID, bytes size: Int) throws(DispatchError) -> Int {
    let freePlaces = maxWaiting - waiting
    let freeBytes = maxBytes - bytes
    guard freePlaces > 0, size <= freeBytes else { throw .queueFull }
    let slot: Int
    if let known = slots[client] {
      slot = known
      guard clients[slot].waiting <= freePlaces, clients[slot].bytes <= freeBytes else { throw .shareUsed }
    } else {
      if clients.count >= maxClients { dropIdleClients() }
      slot = clients.insert(Entry(client: client)).slot
      slots[client] = slot
    }
    if clients[slot].requests == 0 { clientCount += 1 }
    clients[slot].requests += 1
    clients[slot].bytes += size
    bytes += size
    return slot
  }

  /// Gives up the room of a request that is over and does not wait.
  mutating func release(_ slot: Int, bytes size: Int) {
    bytes -= size
    clients[slot].bytes -= size
    clients[slot].requests -= 1
    if clients[slot].requests == 0 { clientCount -= 1 }
  }

  private mutating func dropIdleClients() {
    for slot in slots.values where clients[slot].requests == 0 {
      slots[clients[slot].client] = nil
      clients.remove(slot: slot)
    }
    maxClients = max(Self.minClients, 2 * clients.count)
  }

  /// Lets a request wait behind the others of its client.
  mutating func append(_ request: Int, of slot: Int) {
    clients[slot].waiting += 1
    waiting += 1
    if clients[slot].queue.isEmpty { turns.append(slot, in: &turnLinks) }
    clients[slot].queue.append(request, in: &queueLinks)
  }

  /// Lets a request that came back wait before those that did not.
  mutating func takeBack(_ request: Int, of slot: Int) {
    clients[slot].waiting += 1
    waiting += 1
    returned.append(request, in: &returnedLinks)
  }

  /// Takes out a waiting request that is given to a worker. If it was its client's turn, the next client is in front now.
  mutating func dispatch(_ request: Int, of slot: Int) {
    let isTurn = !returnedLinks.contains(request)
    remove(request, of: slot)
    guard isTurn, !clients[slot].queue.isEmpty else { return }
    turns.remove(slot, in: &turnLinks)
    turns.append(slot, in: &turnLinks)
  }

  /// Takes out a waiting request that is over.
  mutating func remove(_ request: Int, of slot: Int) {
    clients[slot].waiting -= 1
    waiting -= 1
    guard !returnedLinks.contains(request) else { return returned.remove(request, in: &returnedLinks) }
    clients[slot].queue.remove(request, in: &queueLinks)
    if clients[slot].queue.isEmpty { turns.remove(slot, in: &turnLinks) }
  }
}
