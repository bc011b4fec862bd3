// What a gRPC server in Go comes to: CRI's ListImages, with the images in memory and each reply encoded anew.
//
// The messages are those of runtime.v1, as far as a list needs them, written down by hand: Debian has gRPC for Go, but
// not the code that is generated for CRI.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"log"
	"net"
	"os"

	"google.golang.org/grpc"
)

type ListImagesRequest struct{}

type ListImagesResponse struct {
	Images []*Image `protobuf:"bytes,1,rep,name=images,proto3"`
}

type Image struct {
	ID          string      `json:"id" protobuf:"bytes,1,opt,name=id,proto3"`
	RepoTags    []string    `json:"repo_tags" protobuf:"bytes,2,rep,name=repo_tags,proto3"`
	RepoDigests []string    `json:"repo_digests" protobuf:"bytes,3,rep,name=repo_digests,proto3"`
	Size        uint64      `json:"size" protobuf:"varint,4,opt,name=size,proto3"`
	UID         *Int64Value `json:"uid" protobuf:"bytes,5,opt,name=uid,proto3"`
	Username    string      `json:"username" protobuf:"bytes,6,opt,name=username,proto3"`
}

type Int64Value struct {
	Value int64 `json:"value" protobuf:"varint,1,opt,name=value,proto3"`
}

func (*ListImagesRequest) Reset()         {}
func (*ListImagesRequest) String() string { return "" }
func (*ListImagesRequest) ProtoMessage()  {}

func (*ListImagesResponse) Reset()         {}
func (*ListImagesResponse) String() string { return "" }
func (*ListImagesResponse) ProtoMessage()  {}

func (*Image) Reset()         {}
func (*Image) String() string { return "" }
func (*Image) ProtoMessage()  {}

func (*Int64Value) Reset()         {}
func (*Int64Value) String() string { return "" }
func (*Int64Value) ProtoMessage()  {}

func main() {
	address := flag.String("listen", "", "where to serve: host:port")
	path := flag.String("images", "", "a file with the images as JSON")
	flag.Parse()

	file, err := os.ReadFile(*path)
	if err != nil {
		log.Fatal(err)
	}
	var images []*Image
	if err := json.Unmarshal(file, &images); err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}

	listImages := func(_ interface{}, _ context.Context, decode func(interface{}) error, _ grpc.UnaryServerInterceptor) (interface{}, error) {
		if err := decode(&ListImagesRequest{}); err != nil {
			return nil, err
		}
		return &ListImagesResponse{Images: images}, nil
	}
	server := grpc.NewServer()
	server.RegisterService(&grpc.ServiceDesc{
		ServiceName: "runtime.v1.ImageService",
		HandlerType: (*interface{})(nil),
		Methods:     []grpc.MethodDesc{{MethodName: "ListImages", Handler: listImages}},
	}, nil)
	log.Fatal(server.Serve(listener))
}
