"""The wire format of `/ws/desk/` (docs/desk.md): strict decoding of an agent's frames, server frames as types."""

from qa.desk_protocol.decoding import MAX_LISTED, decode
from qa.desk_protocol.server import VERSION, encode

__all__ = ["MAX_LISTED", "VERSION", "decode", "encode"]
