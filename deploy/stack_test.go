package deploy

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"

	"muster/consumer/kafkatest"
)

// stack runs services of the compose file as processes of this machine: the program of the
// image, the very command, variables and mounted files. What differs is where things are:
// service:port becomes a loopback address, a path inside a container one in a directory of
// the service's own.
type stack struct {
	t       *testing.T
	project *types.Project
	dir     string
	// at are the loopback addresses by service:port.
	at map[string]string
}

// newStack gives every address of the compose file a place, those in at the given one.
func newStack(t *testing.T, at map[string]string) *stack {
	t.Helper()
	s := &stack{t: t, project: composeFile(t), dir: t.TempDir(), at: at}
	for name, service := range s.project.Services {
		for _, port := range listeners(t, service) {
			s.at[name+":"+port] = freeAddress(t)
		}
	}
	return s
}

// freeAddress is a loopback address that nobody listens on.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// localise rewrites what a service is told so that it holds on this machine.
func (s *stack) localise(service types.ServiceConfig, text string) string {
	text = everywhere.ReplaceAllStringFunc(text, func(listen string) string {
		if at, ok := s.at[service.Name+strings.TrimPrefix(listen, "0.0.0.0")]; ok {
			return at
		}
		return listen
	})
	text = address.ReplaceAllStringFunc(text, func(a string) string {
		if at, ok := s.at[a]; ok {
			return at
		}
		return a
	})
	for _, v := range service.Volumes {
		path := regexp.MustCompile(`(^|[\s=:"])` + regexp.QuoteMeta(v.Target) + `\b`)
		text = path.ReplaceAllString(text, "${1}"+s.path(service, v.Target))
	}
	return text
}

// path is where a service finds what is at a path of its container.
func (s *stack) path(service types.ServiceConfig, target string) string {
	return filepath.Join(s.dir, service.Name, filepath.FromSlash(target))
}

// process is a running service.
type process struct {
	name   string
	cmd    *exec.Cmd
	exited chan struct{}
	log    string
}

// start runs a service of the compose file by a program of this machine, and ends it with
// the test. The arguments beyond those of the compose file are the last ones.
func (s *stack) start(name, program string, beyond ...string) *process {
	s.t.Helper()
	service, ok := s.project.Services[name]
	if !ok {
		s.t.Fatalf("docker-compose.yml has no service %s", name)
	}
	s.mount(service)
	arguments := []string(service.Command)
	if arguments == nil && service.Build != nil {
		_, arguments = command(dockerfile(s.t)[service.Build.Target])
	}
	var args []string
	for _, a := range arguments {
		args = append(args, s.localise(service, a))
	}
	p := &process{name: name, exited: make(chan struct{}), log: filepath.Join(s.dir, name+".log")}
	log, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	p.cmd = exec.Command(program, append(args, beyond...)...)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.Dir = s.dir
	p.cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	for _, variable := range environment(service) {
		p.cmd.Env = append(p.cmd.Env, s.localise(service, variable))
	}
	kafkatest.DieWithParent(p.cmd)
	started := make(chan error)
	go func() {
		runtime.LockOSThread() // the kernel watches the thread that starts a process
		defer runtime.UnlockOSThread()
		defer log.Close()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // stop and finish judge how it ended
			close(p.exited)
		}
	}()
	if err := <-started; err != nil {
		s.t.Fatalf("start %s: %v", name, err)
	}
	s.t.Cleanup(func() {
		_ = p.cmd.Process.Kill() // an error means that it is gone
		<-p.exited
		if s.t.Failed() {
			s.t.Logf("%s said at last:\n%s", name, p.tail())
		}
	})
	return p
}

// image starts a service by the program of the target it is built as.
func (s *stack) image(name string, beyond ...string) *process {
	s.t.Helper()
	program, _ := command(dockerfile(s.t)[s.project.Services[name].Build.Target])
	return s.start(name, filepath.Join(programs(s.t), filepath.Base(program)), beyond...)
}

// mount puts the files that a service mounts where it will look for them.
func (s *stack) mount(service types.ServiceConfig) {
	s.t.Helper()
	for _, v := range service.Volumes {
		target := s.path(service, v.Target)
		if v.Type == types.VolumeTypeVolume {
			if err := os.MkdirAll(target, 0o700); err != nil {
				s.t.Fatal(err)
			}
			continue
		}
		text, err := os.ReadFile(v.Source)
		if err != nil {
			s.t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o700); err != nil {
			s.t.Fatal(err)
		}
		if err := os.WriteFile(target, []byte(s.localise(service, string(text))), 0o600); err != nil {
			s.t.Fatal(err)
		}
	}
}

// finish waits for a service that ends by itself.
func (p *process) finish(t *testing.T) {
	t.Helper()
	<-p.exited
	if code := p.cmd.ProcessState.ExitCode(); code != 0 {
		t.Fatalf("%s ended with status %d:\n%s", p.name, code, p.tail())
	}
}

// stop asks a service to end, as docker compose and Kubernetes do, and waits.
func (p *process) stop(t *testing.T) {
	t.Helper()
	if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatalf("stop %s: %v", p.name, err)
	}
	p.finish(t)
}

func (p *process) tail() string {
	text, err := os.ReadFile(p.log)
	if err != nil {
		return fmt.Sprint(err)
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	return string(bytes.Join(lines[max(0, len(lines)-20):], []byte("\n")))
}
