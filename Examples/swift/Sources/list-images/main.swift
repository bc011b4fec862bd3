import ImageAPI
import WaybillClient

let client = Client(endpoints: [CommandLine.arguments.dropFirst().first ?? "tcp://127.0.0.1:5555"])
let reply = try await client.listImages(ListImagesRequest(image: "busybox"))
if case .images(let list) = reply {
  for image in list.images { print(image.id, image.repoTags, image.size) }
}
