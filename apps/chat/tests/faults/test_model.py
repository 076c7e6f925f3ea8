"""The protocol as a state machine: whatever clients do in whatever order, the server does what the model says."""

import time
from dataclasses import dataclass
from typing import Any
from uuid import UUID, uuid5

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from apps.chat.tests.faults.desk import FaultDesk
from apps.chat.tests.faults.devices import Device

pytestmark = pytest.mark.faults_long  # many in all

EXAMPLES, STEPS = 12, 25
VISITOR, AGENT = "/ws/visitor/", "/ws/agent/"
PLACES = {"phone": VISITOR, "laptop": VISITOR, "office": AGENT, "home": AGENT}
NAMESPACE = UUID("5b0c2b1e-0f0e-4c53-9a4e-6d0a8d0d2f11")
bodies = st.sampled_from(["Hi", "Where is my parcel?", "鞋子 👟", "<b>&amp;</b>", "x" * 8_000])
places = st.sampled_from(sorted(PLACES))


@dataclass(frozen=True)
class Sent:
    """A line that was stored."""

    place: str
    ref: str
    kind: str
    body: str
    seq: int


class ChatMachine(RuleBasedStateMachine):
    """One chat with two devices on each side."""

    desk: FaultDesk
    pool: list[dict[str, Any]]
    sent = Bundle("sent")
    dead = Bundle("dead")

    @initialize()
    def begin(self) -> None:
        if not self.pool:
            self.pool.extend(self.desk.ask("pairs", count=EXAMPLES))
        self.chat = self.pool.pop()
        self.session, self.last, self.over, self.refs = self.chat["session"], self.chat["last_seq"], False, 0
        self.notes: set[int] = set()
        self.read = {VISITOR: 0, AGENT: 0}
        self.devices: dict[str, Device] = {}

    def device(self, place: str, cursor: int | None = None) -> Device:
        """The device, connected first when it is not."""
        if place not in self.devices:
            path = PLACES[place]
            token = self.chat["visitor_token" if path == VISITOR else "agent_token"]
            url = self.desk.urls()[len(place) % 2]
            cursor = self.last if cursor is None else cursor
            self.devices[place] = Device(url, path, token, self.session, cursor)
        return self.devices[place]

    def new_ref(self) -> str:
        self.refs += 1
        return str(uuid5(NAMESPACE, f"{self.session} {self.refs}"))

    def put_send(self, place: str, ref: str, kind: str, body: str) -> dict:
        device = self.device(place)
        device.put(type="send", session=self.session, ref=ref, kind=kind, body=body)
        return device.answer("ack", "nack", ref=ref)

    # Writing

    @rule(target=sent, place=places, body=bodies, note=st.booleans())
    def send(self, place: str, body: str, note: bool) -> Any:
        kind = "note" if note and PLACES[place] == AGENT else "text"
        if self.over:
            return self._send_after_the_end(place, body)
        ref = self.new_ref()
        ack = self.put_send(place, ref, kind, body)
        self.last += 1
        assert (ack["type"], ack["seq"]) == ("ack", self.last)
        self.notes |= {self.last} if kind == "note" else set()
        return Sent(place, ref, kind, body, self.last)

    def _send_after_the_end(self, place: str, body: str) -> Any:
        if PLACES[place] == VISITOR:
            assert self.put_send(place, self.new_ref(), "text", body)["code"] == "session_closed"
        return Sent(place, "", "", "", 0)

    @rule(line=sent)
    def repeat(self, line: Sent) -> None:
        if line.ref and not (self.over and PLACES[line.place] == AGENT):
            assert self.put_send(line.place, line.ref, line.kind, line.body)["seq"] == line.seq

    @rule(line=sent)
    def send_other_content(self, line: Sent) -> None:
        if line.ref and not (self.over and PLACES[line.place] == AGENT):
            assert self.put_send(line.place, line.ref, line.kind, line.body[:50] + "!")["code"] == "conflict"

    @rule(line=sent)
    def cancel_what_was_stored(self, line: Sent) -> None:
        if line.ref and not (self.over and PLACES[line.place] == AGENT):
            device = self.device(line.place)
            device.put(type="cancel", session=self.session, ref=line.ref)
            assert device.answer("ack", "cancelled", "nack", ref=line.ref)["seq"] == line.seq

    @rule(target=dead, place=places)
    def cancel_what_never_came(self, place: str) -> Any:
        if self.over:
            return ("phone", "")
        ref, device = self.new_ref(), self.device(place)
        device.put(type="cancel", session=self.session, ref=ref)
        device.answer("cancelled", ref=ref)
        return (place, ref)

    @rule(buried=dead, body=bodies)
    def late_copy(self, buried: tuple[str, str], body: str) -> None:
        place, ref = buried
        if ref and not (self.over and PLACES[place] == AGENT):
            assert self.put_send(place, ref, "text", body)["code"] == "cancelled"

    # Marks

    @rule(place=places, kind=st.sampled_from(["received", "read"]), back=st.integers(0, 3))
    def mark(self, place: str, kind: str, back: int) -> None:
        if self.over and PLACES[place] == AGENT:
            return  # the chat has left the agents' sockets
        device = self.device(place)
        device.reach(self.end_for(PLACES[place]))
        seq = max(0, device.cursor - back)
        device.put(type=kind, session=self.session, seq=seq)
        device.put(type="ping")
        device.answer("pong")
        if kind == "read":
            self.read[PLACES[place]] = max(self.read[PLACES[place]], seq)

    # Coming and going

    @rule(place=places)
    def disconnect(self, place: str) -> None:
        if place in self.devices:
            self.devices.pop(place).vanish()

    @rule(place=places, share=st.floats(0, 1))
    def resume(self, place: str, share: float) -> None:
        self.disconnect(place)
        self.device(place, cursor=int(share * self.last))

    @rule(chance=st.integers(0, 9))
    def end(self, chance: int) -> None:
        if self.over or chance:
            return
        phone = self.device("phone")
        phone.put(type="end", session=self.session)
        phone.answer("session", session=self.session, status="closed")
        self.over = True
        self.last = self.desk.sql("SELECT last_seq FROM chat_chatsession WHERE id = %s", self.chat["pk"])[0][
            0
        ]
        for place in ("office", "home"):  # what they follow has left them
            self.disconnect(place)

    # What holds at any time

    def end_for(self, path: str) -> int:
        """The last seq that one side sees."""
        hidden = self.notes if path == VISITOR else set()
        return max(seq for seq in range(self.last + 1) if seq not in hidden)

    @invariant()
    def each_device_shows_the_log_from_its_cursor(self) -> None:
        for place, device in getattr(self, "devices", {}).items():
            seqs = [frame["seq"] for frame in device.shown]
            assert seqs == sorted(set(seqs))
            assert not (PLACES[place] == VISITOR and self.notes & set(seqs))

    def teardown(self) -> None:
        if not hasattr(self, "devices"):
            return
        rows = self.desk.sql(
            "SELECT seq, body, internal FROM chat_message WHERE session_id = %s ORDER BY seq", self.chat["pk"]
        )
        assert [row[0] for row in rows] == list(range(1, self.last + 1))
        for place, device in self.devices.items():
            if PLACES[place] == AGENT and self.over:
                continue
            visible = [(seq, body) for seq, body, internal in rows if PLACES[place] == AGENT or not internal]
            device.reach(self.end_for(PLACES[place]))
            shown = [(frame["seq"], frame["body"]) for frame in device.shown]
            assert shown == visible[len(visible) - len(shown) :]
            device.vanish()
        self.marks_become(self.read[VISITOR], self.read[AGENT])

    def marks_become(self, customer: int, agent: int) -> None:
        """Marks are written many at a time, a moment later."""
        query = "SELECT customer_read_seq, agent_read_seq FROM chat_chatsession WHERE id = %s"
        until = time.monotonic() + 5
        while (marks := self.desk.sql(query, self.chat["pk"])) != [(customer, agent)]:
            assert time.monotonic() < until, f"{marks} where {(customer, agent)} was confirmed"
            time.sleep(0.02)


@pytest.mark.usefixtures("desk")
def test_server_does_what_the_model_says(fault_desk):
    machine = type("Machine", (ChatMachine,), {"desk": fault_desk, "pool": []})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            derandomize=True,
            deadline=None,
            database=None,
            phases=[Phase.generate],  # shrinking would wait for each answer that does not come
            suppress_health_check=list(HealthCheck),
        ),
    )
