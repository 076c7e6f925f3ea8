"""The parts of the bench that need no server: frames, figures, the table."""

import json
import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode
from websockets.streams import StreamReader

from apps.chat.bench import framing
from apps.chat.bench.figures import CpuClock, fdatasync_ms, median, milliseconds, percentile, ratio, spread
from apps.chat.bench.report import as_json, as_text

OPENED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"
SIZES = st.sampled_from([0, 1, 125, 126, 127, 65_535, 65_536, 70_000])


def parsed(data: bytes) -> Frame:
    """What the library of our servers reads, masks required."""
    reader = StreamReader()
    reader.feed_data(data)
    reader.feed_eof()
    parser = Frame.parse(reader.read_exact, mask=True, max_size=None)
    with pytest.raises(StopIteration) as result:
        next(parser)
    return result.value.value


def from_server(payload: bytes) -> bytes:
    return Frame(Opcode.TEXT, payload).serialize(mask=False)


@given(SIZES)
def test_a_server_reads_what_the_generator_writes(size):
    payload = b"x" * size

    frame = parsed(framing.encode(payload))

    assert (frame.opcode, frame.data, frame.fin) == (Opcode.TEXT, payload, True)


@given(st.lists(st.binary(max_size=300) | SIZES.map(bytes), max_size=8), st.data())
def test_frames_are_the_same_however_the_network_cuts_them(payloads, data):
    stream = OPENED + b"".join(from_server(payload) for payload in payloads)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=12)))
    decoder = framing.Decoder()

    pieces = [stream[start:end] for start, end in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    frames = [frame for piece in pieces for frame in decoder.feed(piece)]

    assert frames == [(framing.TEXT, payload) for payload in payloads]


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 403 Forbidden\r\n\r\n",
        OPENED + struct.pack("!BB", framing.TEXT, 1) + b"x",  # the first of several pieces
        OPENED + framing.encode(b"masked"),
    ],
)
def test_what_the_generator_cannot_read_ends_the_round(data):
    with pytest.raises(framing.Refused):
        framing.Decoder().feed(data)


def test_percentiles_are_values_that_were_measured():
    values = [float(number) for number in range(1, 101)]

    assert [percentile(values, share) for share in (0.5, 0.99, 1.0, 0.0)] == [50.0, 99.0, 100.0, 1.0]
    assert percentile([7.0], 0.99) == 7.0
    assert percentile([], 0.5) is None
    assert milliseconds([0.002, 0.001, 0.003]) == {"p50": 2.0, "p99": 3.0, "max": 3.0}


def test_ratios_need_both_sides():
    assert ratio(3, 2) == 1.5
    assert ratio(None, 2) is None
    assert ratio(3, 0) is None
    assert median([None, 3.0, 1.0]) == 2.0
    assert median([None]) is None
    assert spread([2.0, None, 1.0]) == [1.0, 2.0]


def test_the_disk_and_the_processor_are_measured(tmp_path):
    clock = CpuClock({})
    clock.start()

    assert fdatasync_ms(tmp_path, times=3) > 0
    used = clock.stop()
    assert used["cpu_s"]["generator"] >= 0
    assert used["foreign_cores"] >= 0


def measured(rate: float, **more) -> dict:
    times = dict.fromkeys(("ack_p50_ms", "ack_p99_ms", "delivered_p50_ms", "delivered_p99_ms"), 1.0)
    cost = {"cpu_s_per_1000": 0.5, "cpu_s_per_1000_of": {"web": 0.5}}
    return {"msgs_per_s": rate, **times, **cost, "foreign_cores": 0.0, "violations": 0, **more}


def sample(ours: float, bare: float, floor: float) -> dict:
    parts = {"ours": measured(ours), "bare": measured(bare), "floor": measured(floor)}
    return {"fdatasync_ms": 0.1, "load_1m": 0.5, **parts}


def report(*samples, **more) -> dict:
    found = {"samples": {20: list(samples)}, "stored": [], "idle": None, "isolation": "none", **more}
    return as_json(found, {"cores": 2})


def test_ratios_are_of_rounds_that_ran_side_by_side():
    found = report(sample(300, 100, 600), sample(100, 50, 100), sample(200, 200, 400))

    [one] = found["rounds"]
    assert (one["ratio_bare"], one["ratio_bare_range"]) == (2.0, [1.0, 3.0])
    assert (one["ratio_floor"], one["ratio_floor_range"]) == (0.5, [0.5, 1.0])
    assert one["ours"]["msgs_per_s"] == 200
    assert not one["steady"]  # a floor of 100 beside one of 400


def test_violations_of_every_measurement_count():
    bad = sample(300, 100, 600) | {"ours": measured(300, violations=2, first_violations=["lost", "doubled"])}
    idle = measured(
        200,
        violations=1,
        first_violations=["late"],
        idle=5,
        idle_kb_per_socket=40,
        connects_per_s=9,
        connect_cpu_ms=4,
    )

    found = report(bad, idle=idle)

    assert found["violations"] == 3
    assert found["first_violations"] == ["lost", "doubled", "late"]
    assert found["idle_kb_per_socket"] == 40
    assert "4 ms of processor to open one" in as_text(found)
    assert "3 violations" in as_text(found)
    assert json.loads(json.dumps(found)) == found
