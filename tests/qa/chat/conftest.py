"""A customer's end of the chat socket, open and silent."""

from collections.abc import AsyncIterator

import pytest_asyncio

from tests.qa.chat_socket import Socket

LEAK = "water is dripping from the indoor unit"


@pytest_asyncio.fixture
async def socket() -> AsyncIterator[Socket]:
    """Give a socket that has said nothing yet."""
    socket = await Socket().open()
    yield socket
    await socket.leave()


@pytest_asyncio.fixture
async def other() -> AsyncIterator[Socket]:
    """Give a second one."""
    socket = await Socket().open()
    yield socket
    await socket.leave()
