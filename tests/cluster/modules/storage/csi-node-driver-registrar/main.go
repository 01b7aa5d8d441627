// Command csi-node-driver-registrar announces a CSI driver's socket to the kubelet.
//
// It stands in for the upstream program of this name, which is not published as a Go module, and takes the two of
// its flags that a deployment needs.
package main

import (
	"context"
	"errors"
	"flag"
	"io/fs"
	"log"
	"net"
	"os"
	"time"

	"github.com/container-storage-interface/spec/lib/go/csi"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	registerapi "k8s.io/kubelet/pkg/apis/pluginregistration/v1"
)

type server struct {
	registerapi.UnimplementedRegistrationServer
	info *registerapi.PluginInfo
}

func (s server) GetInfo(context.Context, *registerapi.InfoRequest) (*registerapi.PluginInfo, error) {
	return s.info, nil
}

func (s server) NotifyRegistrationStatus(_ context.Context, status *registerapi.RegistrationStatus) (*registerapi.RegistrationStatusResponse, error) {
	if !status.PluginRegistered {
		log.Fatalf("the kubelet refused the driver: %s", status.Error)
	}
	return &registerapi.RegistrationStatusResponse{}, nil
}

func main() {
	address := flag.String("csi-address", "/csi/csi.sock", "the driver's socket as this container sees it")
	kubeletPath := flag.String("kubelet-registration-path", "", "the driver's socket as the kubelet sees it")
	flag.Int("v", 0, "accepted for compatibility")
	flag.Parse()

	name := driverName(*address)
	socket := "/registration/" + name + "-reg.sock"
	if err := os.Remove(socket); err != nil && !errors.Is(err, fs.ErrNotExist) {
		log.Fatal(err)
	}
	listener, err := net.Listen("unix", socket)
	if err != nil {
		log.Fatal(err)
	}
	registrar := grpc.NewServer()
	registerapi.RegisterRegistrationServer(registrar, server{info: &registerapi.PluginInfo{
		Type: registerapi.CSIPlugin, Name: name, Endpoint: *kubeletPath, SupportedVersions: []string{"1.0.0"},
	}})
	log.Printf("announcing %s", name)
	log.Fatal(registrar.Serve(listener))
}

// driverName asks the driver for its name, waiting for it to come up.
func driverName(address string) string {
	connection, err := grpc.NewClient("unix://"+address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	info, err := csi.NewIdentityClient(connection).GetPluginInfo(ctx, &csi.GetPluginInfoRequest{}, grpc.WaitForReady(true))
	if err != nil {
		log.Fatalf("no answer from the driver at %s: %v", address, err)
	}
	return info.GetName()
}
