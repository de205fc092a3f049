package kafkatest

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
)

// Node is one process of a real cluster, broker and controller at once.
type Node struct {
	id             int
	port           int
	controllerPort int
	doors          []Door
	dir            string
	jars           string

	mu     sync.Mutex
	cmd    *exec.Cmd
	exited chan struct{} // closed when the process is gone
}

// Addr is where the node's broker listens, as host:port.
func (n *Node) Addr() string { return loopback(n.port) }

// Log is the file with the node's log.
func (n *Node) Log() string { return filepath.Join(n.dir, "broker.log") }

// Kill ends the process at once, as a crash of its machine would, and returns
// when it is gone. Its data stays.
func (n *Node) Kill() {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd == nil {
		return
	}
	_ = n.cmd.Process.Kill() // an error means that it is gone already
	<-n.exited
	n.cmd = nil
}

// Freeze stops the process where it is: its connections stay and nothing is
// answered, as when its machine is paused.
func (n *Node) Freeze() { n.signal(syscall.SIGSTOP) }

func (n *Node) signal(s syscall.Signal) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd != nil {
		_ = n.cmd.Process.Signal(s) // an error means that it is gone
	}
}

// alive reports whether the process still runs.
func (n *Node) alive() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd == nil {
		return false
	}
	select {
	case <-n.exited:
		return false
	default:
		return true
	}
}

// format writes the metadata that a node's directory must hold before its first
// start.
func (n *Node) format(clusterID, props string) error {
	if err := os.MkdirAll(n.dir, 0o755); err != nil {
		return fmt.Errorf("make directory of node %d: %w", n.id, err)
	}
	for name, text := range map[string]string{"server.properties": props, "log4j2.xml": logConfig} {
		if err := os.WriteFile(filepath.Join(n.dir, name), []byte(text), 0o600); err != nil {
			return fmt.Errorf("write configuration of node %d: %w", n.id, err)
		}
	}
	cmd := n.java("kafka.tools.StorageTool", "format", "-t", clusterID, "-c", "server.properties")
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("format node %d: %w\n%s", n.id, err, out)
	}
	return nil
}

// start runs the broker; it does not wait until it answers.
func (n *Node) start() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.cmd != nil {
		return fmt.Errorf("start node %d: it runs", n.id)
	}
	log, err := os.OpenFile(n.Log(), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("open log of node %d: %w", n.id, err)
	}
	cmd, exited := n.java("kafka.Kafka", "server.properties"), make(chan struct{})
	cmd.Stdout, cmd.Stderr = log, log
	DieWithParent(cmd)
	started := make(chan error)
	go func() {
		// The kernel sends the signal of DieWithParent when the thread that started
		// the process ends, so this thread lives as long as the process.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		defer log.Close()
		err := cmd.Start()
		started <- err
		if err == nil {
			_ = cmd.Wait() // how it ended is in its log
			close(exited)
		}
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start node %d: %w", n.id, err)
	}
	n.cmd, n.exited = cmd, exited
	return nil
}

// java makes a command with flags for a short life on a small machine.
func (n *Node) java(args ...string) *exec.Cmd {
	flags := []string{
		"-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData", "-Xshare:auto",
		"-Djava.awt.headless=true", "-Dlog4j2.configurationFile=log4j2.xml",
		"-cp", filepath.Join(n.jars, "*"),
	}
	cmd := exec.Command("java", append(flags, args...)...)
	cmd.Dir = n.dir
	return cmd
}
