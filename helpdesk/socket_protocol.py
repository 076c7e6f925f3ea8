"""How uvicorn speaks WebSocket for the desk: ``--ws helpdesk.socket_protocol:SocketProtocol``."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

RESTARTING = 1001


class SocketProtocol(WebSocketsSansIOProtocol):
    """As uvicorn's own, but a restart is 1001, which the chat protocol promises its clients, and not 1012."""

    def shutdown(self) -> None:
        if self.close_sent or not self.handshake_complete:
            return super().shutdown()
        self.stop_keepalive()
        self.queue.put_nowait({"type": "websocket.disconnect", "code": RESTARTING})
        self.conn.send_close(RESTARTING)
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.transport.close()
        return None
