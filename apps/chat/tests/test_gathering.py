"""Writes of one turn of the loop leave together, and nothing is lost at an end."""

import asyncio

import pytest

from helpdesk import gathering
from helpdesk.gathering import Gathering


class Pipe:
    """Notes what is done to it."""

    def __init__(self):
        self.done, self.ended = [], False

    def write(self, data):
        self.done.append(data)

    def close(self):
        self.done.append("close")
        self.ended = True

    def abort(self):
        self.done.append("abort")
        self.ended = True

    def is_closing(self):
        return self.ended

    def get_write_buffer_size(self):
        return 7


@pytest.fixture
async def pipe():
    return Pipe()


@pytest.fixture
async def transport(pipe):
    return Gathering(pipe, asyncio.get_running_loop())


async def test_what_is_written_in_one_turn_leaves_at_once(pipe, transport):
    transport.write(b"a")
    transport.write(b"b")
    assert pipe.done == []
    await asyncio.sleep(0)
    transport.write(b"c")
    await asyncio.sleep(0)

    assert pipe.done == [b"ab", b"c"]


async def test_much_does_not_wait_for_the_turn_to_end(pipe, transport, monkeypatch):
    monkeypatch.setattr(gathering, "FULL", 3)
    transport.write(b"abcd")
    transport.write(b"e")
    assert pipe.done == [b"abcd"]
    await asyncio.sleep(0)

    assert pipe.done == [b"abcd", b"e"]


async def test_an_end_comes_after_what_was_written(pipe, transport):
    transport.write(b"a")
    transport.close()
    await asyncio.sleep(0)

    assert pipe.done == [b"a", "close"]


async def test_hanging_up_comes_instead(pipe, transport):
    transport.write(b"a")
    transport.abort()
    await asyncio.sleep(0)

    assert pipe.done == ["abort"]


async def test_a_peer_that_left_meanwhile_gets_nothing(pipe, transport):
    transport.write(b"a")
    pipe.ended = True
    await asyncio.sleep(0)

    assert pipe.done == []


async def test_the_rest_is_the_transports_own(transport):
    assert transport.get_write_buffer_size() == 7
