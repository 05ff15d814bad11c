"""The ruler for a broadcast: nothing but accept, then send() the same bytes to every socket.

usage: sendloop.py PORT COUNT BYTES
Waits for COUNT connections and their hello, answers each with one notify, then every second sends BYTES to all and
prints `sent WALL_S CPU_S`, ten times.
"""

import resource
import socket
import sys
import time

PORT, COUNT, SIZE = (int(argument) for argument in sys.argv[1:4])


def main() -> None:
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    listener = socket.create_server(("127.0.0.1", PORT), backlog=8192)
    line = b'{"id":null,"method":"mining.notify","params":["' + b"0" * (SIZE - 51) + b'"]}\n'
    peers = []
    while len(peers) < COUNT:
        peer, _ = listener.accept()
        peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if peer.recv(4096):  # else somebody who only looked whether we listen
            peer.send(line)
            peers.append(peer)
    for _ in range(10):
        time.sleep(1)
        wall, cpu = time.perf_counter(), time.process_time()
        for peer in peers:
            peer.send(line)
        print(f"sent {time.perf_counter() - wall:.4f} {time.process_time() - cpu:.4f}", flush=True)


if __name__ == "__main__":
    main()
