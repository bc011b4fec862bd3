// Makes each call of CRI that waybill answers, by gRPC for Go: cri_client SOCKET [NAME]. Prints JSON:
//
//	{"list": [ID…], "stream": [ID…], "status": ID, "used": BYTES, "runtime": NAME, "ready": BOOL, "pull": CODE}
//
// The messages are those of runtime.v1, written down by hand: Debian has gRPC for Go, but not the code that is generated for
// CRI.
package main

import (
	"context"
	"encoding/json"
	"io"
	"log"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/status"
)

type ImageSpec struct {
	Image string `protobuf:"bytes,1,opt,name=image,proto3"`
}

type ImageFilter struct {
	Image *ImageSpec `protobuf:"bytes,1,opt,name=image,proto3"`
}

type ListRequest struct {
	Filter *ImageFilter `protobuf:"bytes,1,opt,name=filter,proto3"`
}

type StatusRequest struct {
	Image *ImageSpec `protobuf:"bytes,1,opt,name=image,proto3"`
}

type Empty struct{}

type Image struct {
	ID string `protobuf:"bytes,1,opt,name=id,proto3"`
}

type ListResponse struct {
	Images []*Image `protobuf:"bytes,1,rep,name=images,proto3"`
}

type StatusResponse struct {
	Image *Image `protobuf:"bytes,1,opt,name=image,proto3"`
}

type Usage struct {
	UsedBytes *Value `protobuf:"bytes,3,opt,name=used_bytes,proto3"`
}

type Value struct {
	Value uint64 `protobuf:"varint,1,opt,name=value,proto3"`
}

type FsInfoResponse struct {
	Images []*Usage `protobuf:"bytes,1,rep,name=image_filesystems,proto3"`
}

type VersionResponse struct {
	Name string `protobuf:"bytes,2,opt,name=runtime_name,proto3"`
}

type Condition struct {
	Type   string `protobuf:"bytes,1,opt,name=type,proto3"`
	Status bool   `protobuf:"varint,2,opt,name=status,proto3"`
}

type RuntimeStatus struct {
	Conditions []*Condition `protobuf:"bytes,1,rep,name=conditions,proto3"`
}

type RuntimeResponse struct {
	Status *RuntimeStatus `protobuf:"bytes,1,opt,name=status,proto3"`
}

func (*ImageSpec) Reset()                {}
func (*ImageSpec) String() string        { return "" }
func (*ImageSpec) ProtoMessage()         {}
func (*ImageFilter) Reset()              {}
func (*ImageFilter) String() string      { return "" }
func (*ImageFilter) ProtoMessage()       {}
func (*ListRequest) Reset()              {}
func (*ListRequest) String() string      { return "" }
func (*ListRequest) ProtoMessage()       {}
func (*StatusRequest) Reset()            {}
func (*StatusRequest) String() string    { return "" }
func (*StatusRequest) ProtoMessage()     {}
func (*Empty) Reset()                    {}
func (*Empty) String() string            { return "" }
func (*Empty) ProtoMessage()             {}
func (*Image) Reset()                    {}
func (*Image) String() string            { return "" }
func (*Image) ProtoMessage()             {}
func (*ListResponse) Reset()             {}
func (*ListResponse) String() string     { return "" }
func (*ListResponse) ProtoMessage()      {}
func (*StatusResponse) Reset()           {}
func (*StatusResponse) String() string   { return "" }
func (*StatusResponse) ProtoMessage()    {}
func (*Usage) Reset()                    {}
func (*Usage) String() string            { return "" }
func (*Usage) ProtoMessage()             {}
func (*Value) Reset()                    {}
func (*Value) String() string            { return "" }
func (*Value) ProtoMessage()             {}
func (*FsInfoResponse) Reset()           {}
func (*FsInfoResponse) String() string   { return "" }
func (*FsInfoResponse) ProtoMessage()    {}
func (*VersionResponse) Reset()          {}
func (*VersionResponse) String() string  { return "" }
func (*VersionResponse) ProtoMessage()   {}
func (*Condition) Reset()                {}
func (*Condition) String() string        { return "" }
func (*Condition) ProtoMessage()         {}
func (*RuntimeStatus) Reset()            {}
func (*RuntimeStatus) String() string    { return "" }
func (*RuntimeStatus) ProtoMessage()     {}
func (*RuntimeResponse) Reset()          {}
func (*RuntimeResponse) String() string  { return "" }
func (*RuntimeResponse) ProtoMessage()   {}

const images, runtime = "/runtime.v1.ImageService/", "/runtime.v1.RuntimeService/"

func ids(images []*Image) []string {
	found := []string{}
	for _, image := range images {
		found = append(found, image.ID)
	}
	return found
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func main() {
	name := ""
	if len(os.Args) > 2 {
		name = os.Args[2]
	}
	context, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	connection, err := grpc.Dial("unix:"+os.Args[1], grpc.WithInsecure())
	check(err)
	request := &ListRequest{Filter: &ImageFilter{Image: &ImageSpec{Image: name}}}
	said := map[string]interface{}{}

	list := &ListResponse{}
	check(connection.Invoke(context, images+"ListImages", request, list))
	said["list"] = ids(list.Images)

	stream, err := connection.NewStream(context, &grpc.StreamDesc{ServerStreams: true}, images+"StreamImages")
	check(err)
	check(stream.SendMsg(request))
	check(stream.CloseSend())
	streamed := []*Image{}
	for {
		part := &ListResponse{}
		if err = stream.RecvMsg(part); err == io.EOF {
			break
		}
		check(err)
		streamed = append(streamed, part.Images...)
	}
	said["stream"] = ids(streamed)

	found := &StatusResponse{}
	check(connection.Invoke(context, images+"ImageStatus", &StatusRequest{Image: &ImageSpec{Image: said["list"].([]string)[0]}}, found))
	said["status"] = found.Image.ID

	usage := &FsInfoResponse{}
	check(connection.Invoke(context, images+"ImageFsInfo", &Empty{}, usage))
	said["used"] = usage.Images[0].UsedBytes.Value

	version := &VersionResponse{}
	check(connection.Invoke(context, runtime+"Version", &Empty{}, version))
	said["runtime"] = version.Name

	conditions := &RuntimeResponse{}
	check(connection.Invoke(context, runtime+"Status", &Empty{}, conditions))
	said["ready"] = conditions.Status.Conditions[0].Status

	said["pull"] = status.Code(connection.Invoke(context, images+"PullImage", &StatusRequest{}, &Empty{})).String()
	check(json.NewEncoder(os.Stdout).Encode(said))
}
