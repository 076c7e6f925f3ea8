"""A wire between a browser and the desk that loses bytes or breaks: offline emulation leaves open sockets alone."""

import contextlib
import socket
import struct
import threading

ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: close with a reset, as a broken wire does


class Network:
    """Forwards connections to the desk at ``port``; a browser that is given ``base_url`` knows no other way."""

    def __init__(self, port: int) -> None:
        self._target = ("127.0.0.1", port)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._cut = False
        self._deaf = False
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    def lose_answers(self) -> None:
        """From now on the desk hears the browser, and nothing comes back; no end is told."""
        self._deaf = True

    def hear(self) -> None:
        """New connections work; those that lost bytes stay as they are, open and useless."""
        self._deaf = False

    def cut(self) -> None:
        """Break every connection, and let no new one live."""
        self._cut = True
        self._reset_all()

    def mend(self) -> None:
        """New connections work. Those that lost bytes are broken: nobody could make sense of them."""
        self._reset_all()
        self._cut = self._deaf = False

    def close(self) -> None:
        self.cut()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # closed
            while True:
                self._connect(self._listener.accept()[0])

    def _connect(self, browser: socket.socket) -> None:
        if self._cut:
            return _abort(browser)
        desk = socket.create_connection(self._target)
        with self._lock:
            self._open |= {browser, desk}
        for source, target in ((browser, desk), (desk, browser)):
            threading.Thread(target=self._pump, args=(source, target, source is desk), daemon=True).start()

    def _pump(self, source: socket.socket, target: socket.socket, answers: bool) -> None:
        lost = False
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                lost = lost or (answers and self._deaf)
                if not lost:
                    target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def _reset_all(self) -> None:
        with self._lock:
            broken, self._open = self._open, set()
        for end in broken:
            _abort(end)


def _abort(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        end.shutdown(socket.SHUT_RDWR)  # wakes the thread that reads it
    end.close()
