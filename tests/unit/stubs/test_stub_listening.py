import socket

from cabanas_perf.stubs.server import listen


def test_connections_to_the_stubs_never_wait_for_acknowledgements():
    with listen(0) as listening, socket.create_connection(listening.getsockname()):
        connection, _ = listening.accept()
        with connection:
            assert connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
