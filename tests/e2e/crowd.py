"""Many readers of event streams in one thread: what each was sent, by seq.

They reconnect by themselves with the last id, as browsers do.  Neighbours:
sse.py reads a single stream, strictly.
"""
import array
import re
import select
import socket
import time

from server import DEADLINE

EVENT = re.compile(rb"(?:event: ([\w.]+)\n)?id: ([0-9a-f]+-(\d+))\n")
AGAIN = 0.05  # seconds until a refused reader tries once more


class Reader:
    """One stream of one kind of event, over any number of connections."""

    def __init__(self, kind, small):
        self.kind = kind.encode()
        self.small = small  # a kernel buffer that is soon full
        self.seqs = array.array("Q")
        self.id = None
        self.gaps = 0
        self.opened = 0
        self.sock = None
        self.have = b""

    def connect(self, port, path):
        self.sock = socket.socket()
        if self.small:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        self.sock.connect(("127.0.0.1", port))
        last = b"" if self.id is None else b"Last-Event-ID: %s\r\n" % self.id
        self.sock.sendall(b"GET %s HTTP/1.1\r\nHost: localhost\r\n%s\r\n"
                          % (path.encode(), last))
        self.sock.setblocking(False)
        self.have = b""
        self.opened += 1

    def read(self):
        """Take in what there is; False when the stream is over."""
        try:
            piece = self.sock.recv(1 << 18)
        except BlockingIOError:
            return True
        except OSError:
            return False
        # A frame is one chunk, so no chunk's size stands within an event.
        whole, mark, self.have = (self.have + piece).rpartition(b"\n\n")
        for name, ident, seq in EVENT.findall(whole + mark):
            self.id = ident
            if name == self.kind:
                self.seqs.append(int(seq))
        self.gaps += whole.count(b"event: gap\n")
        return piece != b""

    def close(self):
        if self.sock is not None:
            self.sock.close()
        self.sock = None


class Crowd:
    """Readers of one path; `stalled` more, which read only in the end."""

    def __init__(self, server, path, kind, readers, stalled=0):
        self.server, self.path = server, path
        self.readers = [Reader(kind, False) for _ in range(readers)]
        self.stalled = [Reader(kind, True) for _ in range(stalled)]
        self.poll = select.epoll()
        self.by_fd = {}
        self.away = []
        for reader in self.readers:
            self._join(reader)
        for reader in self.stalled:
            reader.connect(server.port, path)

    def __enter__(self):
        return self

    def __exit__(self, *exc):
        for reader in self.readers + self.stalled:
            reader.close()
        self.poll.close()

    def _join(self, reader):
        try:
            reader.connect(self.server.port, self.path)
        except OSError:  # nobody listens, for now
            reader.close()
            self.away.append(reader)
            return
        self.by_fd[reader.sock.fileno()] = reader
        self.poll.register(reader.sock, select.EPOLLIN)

    def _rejoin(self):
        away, self.away = self.away, []
        for reader in away:
            self._join(reader)

    def release(self):
        """Let the stalled ones read, from now on like all others."""
        for reader in self.stalled:
            self.by_fd[reader.sock.fileno()] = reader
            self.poll.register(reader.sock, select.EPOLLIN)
        self.readers += self.stalled
        self.stalled = []

    def turn(self):
        for fd, _ in self.poll.poll(AGAIN):
            reader = self.by_fd[fd]
            if not reader.read():
                self.poll.unregister(fd)
                del self.by_fd[fd]
                reader.close()
                self.away.append(reader)
        self._rejoin()

    def until(self, condition, what):
        """Read on until all readers meet a condition."""
        last, until = None, time.monotonic() + DEADLINE
        while not all(condition(r) for r in self.readers):
            self.turn()
            now = sum(len(r.seqs) for r in self.readers), len(self.away)
            if now != last:
                last, until = now, time.monotonic() + DEADLINE
            assert time.monotonic() < until, f"never happened: {what}"
