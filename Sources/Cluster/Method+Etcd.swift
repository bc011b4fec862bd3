internal import GRPCCore

extension ServiceDescriptor {
  fileprivate static let kv = ServiceDescriptor(package: "etcdserverpb", service: "KV")
  fileprivate static let watch = ServiceDescriptor(package: "etcdserverpb", service: "Watch")
  fileprivate static let lease = ServiceDescriptor(package: "etcdserverpb", service: "Lease")
  fileprivate static let auth = ServiceDescriptor(package: "etcdserverpb", service: "Auth")
}

extension MethodDescriptor {
  static let range = MethodDescriptor(service: .kv, method: "Range", type: .unary)
  static let txn = MethodDescriptor(service: .kv, method: "Txn", type: .unary)
  static let watch = MethodDescriptor(service: .watch, method: "Watch", type: .bidirectionalStreaming)
  static let leaseGrant = MethodDescriptor(service: .lease, method: "LeaseGrant", type: .unary)
  static let leaseRevoke = MethodDescriptor(service: .lease, method: "LeaseRevoke", type: .unary)
  static let leaseKeepAlive = MethodDescriptor(
    service: .lease, method: "LeaseKeepAlive", type: .bidirectionalStreaming)
  static let leaseTimeToLive = MethodDescriptor(service: .lease, method: "LeaseTimeToLive", type: .unary)
  static let authenticate = MethodDescriptor(service: .auth, method: "Authenticate", type: .unary)
}
