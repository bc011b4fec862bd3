internal import GRPCCore

extension ServiceDescriptor {
  static let imageService = ServiceDescriptor(package: "runtime.v1", service: "ImageService")
  static let runtimeService = ServiceDescriptor(package: "runtime.v1", service: "RuntimeService")
}

extension MethodDescriptor {
  static let listImages = MethodDescriptor(service: .imageService, method: "ListImages", type: .unary)
  static let streamImages = MethodDescriptor(service: .imageService, method: "StreamImages", type: .serverStreaming)
  static let imageStatus = MethodDescriptor(service: .imageService, method: "ImageStatus", type: .unary)
  static let imageFsInfo = MethodDescriptor(service: .imageService, method: "ImageFsInfo", type: .unary)
  static let version = MethodDescriptor(service: .runtimeService, method: "Version", type: .unary)
  static let status = MethodDescriptor(service: .runtimeService, method: "Status", type: .unary)

  /// What only a runtime can do, up to version 1.36 of CRI.
  static let ofRuntimes =
    ["PullImage", "RemoveImage"].map { MethodDescriptor(service: .imageService, method: $0) }
    + [
      "RunPodSandbox", "StopPodSandbox", "RemovePodSandbox", "PodSandboxStatus", "ListPodSandbox",
      "StreamPodSandboxes", "CreateContainer", "StartContainer", "StopContainer", "RemoveContainer", "ListContainers",
      "StreamContainers", "ContainerStatus", "UpdateContainerResources", "ReopenContainerLog", "ExecSync", "Exec",
      "Attach", "PortForward", "ContainerStats", "ListContainerStats", "StreamContainerStats", "PodSandboxStats",
      "ListPodSandboxStats", "StreamPodSandboxStats", "UpdateRuntimeConfig", "CheckpointContainer",
      "GetContainerEvents", "ListMetricDescriptors", "ListPodSandboxMetrics", "StreamPodSandboxMetrics",
      "RuntimeConfig", "UpdatePodSandboxResources",
    ].map { MethodDescriptor(service: .runtimeService, method: $0) }
}
