import Operations

/// The metrics of all services. `docs/operations.md` has them in a table.
enum Metric {
  static let build = MetricFamily(
    "waybill_build_info", .gauge, ["version", "commit", "role", "traits"], "1, with what runs.")
  static let ready = MetricFamily("waybill_ready", .gauge, "Whether the service is ready: 1 or 0.")
  static let refusedConnections = MetricFamily(
    "waybill_refused_connections_total", .counter, ["reason"],
    "Connections and requests of those who are not let in.")
  static let unreadReplies = MetricFamily(
    "waybill_unread_reply_bytes", .gauge, "Bytes of large replies that clients have yet to read.")

  static let unreadLimit = MetricFamily(
    "waybill_unread_reply_limit_bytes", .gauge, "Bytes that may be unread, by the memory of the process.")

  static let requests = MetricFamily(
    "waybill_requests_total", .counter, ["method", "code"], "Requests that were answered, OK or by an error.")
  static let requestSeconds = MetricFamily(
    "waybill_request_seconds", .histogram, "Time from the bytes of a request to those of its reply.")
  static let replyBytes = MetricFamily("waybill_reply_bytes", .histogram, "Sizes of replies.")
  static let images = MetricFamily("waybill_images", .gauge, "Images that are listed.")
  static let imageChanges = MetricFamily(
    "waybill_image_changes_total", .counter, ["change"], "Images that were added to the list, changed or removed.")
  static let listBuilds = MetricFamily(
    "waybill_list_builds_total", .counter,
    "How often the whole list was written, once for each state that is asked for.")
  static let listBytes = MetricFamily("waybill_list_bytes", .gauge, "Memory of whole lists.")
  static let poolJoined = MetricFamily(
    "waybill_pool_joined", .gauge, ["broker"], "Whether the worker is in the pool of a broker: 1 or 0.")

  static let sourceState = MetricFamily(
    "waybill_source_state", .gauge, ["source", "state"], "1 for the state that a source is in, else 0.")
  static let sourceImages = MetricFamily("waybill_source_images", .gauge, ["source"], "Images of a source.")
  static let sourceLeftOut = MetricFamily(
    "waybill_source_left_out_images", .gauge, ["source"], "Images of a source that cannot be read, and are not listed.")
  static let sourceAge = MetricFamily(
    "waybill_source_age_seconds", .gauge, ["source"], "Time since the last good reading of a source.")
  static let sourceReadings = MetricFamily(
    "waybill_source_readings_total", .counter, ["source"],
    "Readings of a source: looks at a store, questions to a runtime, readings of all that etcd has.")
  static let sourceReadingSeconds = MetricFamily(
    "waybill_source_reading_seconds_total", .counter, ["source"], "Time that readings of a source took.")
  static let sourceFailures = MetricFamily(
    "waybill_source_failures_total", .counter, ["source"], "Readings of a source that failed.")
  static let nodes = MetricFamily("waybill_nodes", .gauge, ["state"], "Nodes of the cluster, by state.")
  static let nodeImages = MetricFamily(
    "waybill_node_images", .gauge, "Images of all nodes together, each as often as nodes hold it.")

  static let brokerWorkers = MetricFamily("waybill_broker_workers", .gauge, ["state"], "Workers of the pool, by state.")
  static let brokerQueued = MetricFamily("waybill_broker_queued_requests", .gauge, "Requests that wait for a worker.")
  static let brokerQueueLimit = MetricFamily(
    "waybill_broker_queue_limit_requests", .gauge, "Requests that may wait for a worker, by --queue.")
  static let brokerInFlight = MetricFamily(
    "waybill_broker_requests_in_flight", .gauge, "Requests that are with a worker.")
  static let brokerAnswered = MetricFamily(
    "waybill_broker_answered_total", .counter, "Answers of workers that were handed to clients.")
  static let brokerRefused = MetricFamily(
    "waybill_broker_refused_total", .counter, ["code"], "Requests that the broker answered itself, by an error.")
  static let brokerDropped = MetricFamily(
    "waybill_broker_dropped_total", .counter, ["reason"],
    "Answers that were dropped: the client was gone, had left too much unread, or had its answer.")
  static let brokerRedispatched = MetricFamily(
    "waybill_broker_redispatched_total", .counter, "Requests that were given to one more worker.")
  static let brokerInvalid = MetricFamily(
    "waybill_broker_invalid_messages_total", .counter, "Messages that do not keep to the protocol.")
  static let brokerLosses = MetricFamily(
    "waybill_broker_worker_losses_total", .counter, ["reason"], "Workers that went without a word.")

  static let published = MetricFamily(
    "waybill_publisher_listed", .gauge, "Whether etcd has the newest record of the node: 1 or 0.")
  static let publications = MetricFamily(
    "waybill_publisher_records_total", .counter, "Records of the node that were put into etcd.")
  static let publisherFailures = MetricFamily(
    "waybill_publisher_failures_total", .counter, "How often a member of etcd did not do what was asked of it.")
}
