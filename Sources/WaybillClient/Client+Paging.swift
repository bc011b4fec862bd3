public import ImageAPI

extension Client {
  /// Lists images page by page, so that no reply is large, and gives the list when it is whole.
  ///
  /// All pages are of one state: each after the first is asked for by the etag of the first. When the images change
  /// between two pages, or the pages come from workers that differ, what was gathered is dropped, and the list is asked
  /// for at once.
  ///
  /// - Parameters:
  ///   - image: As in `ListImagesRequest.image`.
  ///   - node: As in `ListImagesRequest.node`.
  ///   - listsNodes: As in `ListImagesRequest.listsNodes`.
  ///   - etag: The etag of the list that the caller holds already.
  ///   - pageSize: The most images in a page.
  /// - Returns: The whole list, or that nothing changed.
  /// - Throws: ``ClientError``.
  public func listAllImages(
    image: String = "", node: String? = nil, listsNodes: Bool = false, ifNoneMatch etag: String? = nil,
    pageSize: Int = 10_000
  ) async throws(ClientError) -> ListImagesReply {
    var request = ListImagesRequest(
      image: image, node: node, listsNodes: listsNodes, ifNoneMatch: etag, limit: pageSize)
    let first = try await listImages(request)
    guard case .images(var list) = first else { return first }
    request.ifNoneMatch = nil
    request.ifMatch = list.etag
    while let last = list.resumption {
      request.resumption = last
      // A page that does not lead on would have the same page asked for without end.
      guard let page = try await page(request), page.etag == list.etag, page.resumption.map({ $0 > last }) ?? true
      else {
        return try await listImages(ListImagesRequest(image: image, node: node, listsNodes: listsNodes))
      }
      list.images += page.images
      list.resumption = page.resumption
      list.gaps = page.gaps
    }
    return .images(list)
  }

  /// Lists the nodes of a cluster page by page, so that no reply is large, and gives the list when it is whole and of one
  /// state.
  ///
  /// - Parameter pageSize: The most nodes in a page.
  /// - Returns: All nodes.
  /// - Throws: ``ClientError``.
  public func listAllNodes(pageSize: Int = 10_000) async throws(ClientError) -> NodeList {
    var request = ListNodesRequest(limit: pageSize)
    var list = try await nodes(request)
    while let last = list.resumption {
      request.resumption = last
      let page = try await nodes(request)
      guard page.etag == list.etag, page.resumption.map({ $0 > last }) ?? true else {
        return try await nodes(ListNodesRequest())
      }
      list.nodes += page.nodes
      list.resumption = page.resumption
      list.gaps = page.gaps
    }
    return list
  }

  private func nodes(_ request: ListNodesRequest) async throws(ClientError) -> NodeList {
    guard case .nodes(let list) = try await listNodes(request) else {
      throw .refused(APIError(.internal, "the reply is not waybill's: it says that nothing changed, unasked"))
    }
    return list
  }

  /// A page; nil where the images are not those of the first page any more.
  private func page(_ request: ListImagesRequest) async throws(ClientError) -> ListImagesReply.ImageList? {
    do throws(ClientError) {
      guard case .images(let page) = try await listImages(request) else { return nil }
      return page
    } catch {
      guard error.reply?.code == .failedPrecondition else { throw error }
      return nil
    }
  }
}
