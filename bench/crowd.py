"""Many idle miners in one process, on core 1.

usage: crowd.py PORT COUNT
Subscribes and authorises COUNT connections, says `ready`, then drains them for ever. For every round of notifies it
prints `round SECONDS`: from the first to the last of COUNT connections that got one.
"""

import resource
import select
import socket
import sys
import time

PORT, COUNT = int(sys.argv[1]), int(sys.argv[2])
HELLO = (
    b'{"id":1,"method":"mining.configure","params":[["version-rolling"],{"version-rolling.mask":"1fffe000"}]}\n'
    b'{"id":2,"method":"mining.subscribe","params":["bench/1.0"]}\n'
    b'{"id":3,"method":"mining.authorize","params":["bench.idle","x"]}\n'
)


def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    poll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    served: set[int] = set()
    started = 0.0
    greeted = 0

    def drain(timeout: float) -> None:
        nonlocal started, greeted
        for fd, _ in poll.poll(timeout):
            data = sockets[fd].recv(65536)
            if not data:
                sys.exit("a connection was closed")
            if b'"mining.notify","params"' in data or b'"method":"mining.notify"' in data:
                if fd not in served:
                    if not served:
                        started = time.monotonic()
                    served.add(fd)
                if len(served) == COUNT:
                    if greeted:
                        print(f"round {time.monotonic() - started:.4f}", flush=True)
                    else:
                        greeted = 1
                        print("ready", flush=True)
                    served.clear()

    for index in range(COUNT):
        connection = socket.create_connection(("127.0.0.1", PORT), 30)
        connection.sendall(HELLO)
        connection.setblocking(False)
        sockets[connection.fileno()] = connection
        poll.register(connection, select.EPOLLIN)
        if index % 50 == 0:
            drain(0)
    while True:
        drain(1)


if __name__ == "__main__":
    main()
