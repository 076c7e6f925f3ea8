import json
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.access.policies import document as documents
from apps.access.policies.conditions import KEYS, OPERATORS, SPELLED, glob
from apps.access.policies.decisions import Bundle, PolicySet
from apps.access.policies.resources import Extent, Resource
from apps.access.tests import policy_oracle

NOW = datetime(2026, 11, 11, 8, tzinfo=UTC)
ACTIONS = ["chat:ReadSession", "chat:AcceptSession", "tickets:ReadTicket", "refunds:RequestRefund"]
OPERATIONS = ["refunds:RequestRefund", "chat:AcceptSession", "chat:acceptsession", "refunds:Request*"]
SLUGS = ["shoes", "shoes-vip", "hats", "web"]
RESOURCES = [
    "*",
    "acs:helpdesk:*:*:*",
    "acs:helpdesk:*:*:member/*",
    "acs:helpdesk:*:*:queue/shoes/*",
    "acs:helpdesk:*:*:queue/sho?s*/*",
    "acs:helpdesk:*:*:inbox/web",
    "acs:helpdesk:*:*:session/*",
    "acs:helpdesk:*:*:refund/*",
]
CONDITIONS = [
    {"IpAddress": {"acs:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]}},
    {"NotIpAddress": {"acs:SourceIp": "10.1.0.0/16"}},
    {"Bool": {"acs:MFAPresent": "true"}},
    {"Bool": {"acs:mfapresent": ["false"]}},
    {"DateLessThan": {"acs:CurrentTime": "2026-11-11T16:00:01+08:00"}},
    {"DateGreaterThanEquals": {"acs:CurrentTime": "2026-11-11T16:00:00+08:00"}},
    {"StringLike": {"acs:PrincipalName": ["mei*", "?o"]}},
    {"StringNotEquals": {"helpdesk:Vendor": "acme"}},
    {"StringEqualsIgnoreCase": {"helpdesk:Vendor": "ACME"}, "Bool": {"acs:MFAPresent": "true"}},
]
AMOUNTS = [
    {"NumericLessThan": {"helpdesk:Amount": "500"}},
    {"NumericGreaterThanEquals": {"helpdesk:Amount": ["500", "20"]}},
    {"NumericNotEquals": {"helpdesk:Amount": "500"}},
]


def some(texts):
    return st.sampled_from(texts) | st.lists(st.sampled_from(texts), min_size=1, max_size=3)


@st.composite
def statements(draw):
    reading = draw(st.booleans())
    actions = [*ACTIONS, "chat:*", "*", "*:Read*", "c?at:ReadSession"] if reading else OPERATIONS
    found = {
        "Effect": draw(st.sampled_from(["Allow", "Allow", "Deny"])),
        "Action": draw(some(actions)),
        "Resource": draw(some(RESOURCES)),
    }
    condition = draw(st.none() | st.sampled_from(CONDITIONS if reading else CONDITIONS + AMOUNTS))
    return found | ({"Condition": condition} if condition else {})


policies = st.builds(
    lambda parts: {"Version": "1", "Statement": parts}, st.lists(statements(), min_size=1, max_size=5)
)
situations = st.fixed_dictionaries(
    {
        "acs:sourceip": st.sampled_from(["10.0.0.1", "10.1.2.3", "203.0.113.9", "2001:db8::1", None]),
        "acs:currenttime": st.sampled_from([NOW, NOW.replace(hour=7), NOW.replace(hour=9)]),
        "acs:mfapresent": st.booleans(),
        "acs:principalname": st.sampled_from(["mei", "bo", "Li"]),
        "helpdesk:vendor": st.sampled_from(["", "acme"]),
        "helpdesk:source": st.sampled_from(["http", "socket", "task", "command", ""]),
    }
)
objects = st.fixed_dictionaries(
    {
        "kind": st.sampled_from(["session", "refund", "queue"]),
        "queue": st.none() | st.sampled_from(SLUGS),
        "inbox": st.none() | st.sampled_from(SLUGS),
        "member": st.booleans(),
        "amount": st.sampled_from([None, "12.50", "500", "800"]),
    }
)


def resource_of(asked):
    amount = {"helpdesk:amount": Decimal(asked["amount"])} if asked["amount"] else {}
    return Resource(
        Extent.ONE,
        asked["kind"],
        slug_of=asked.get,
        is_member=lambda: asked["member"],
        attributes=amount,
    )


def ask(parts, action, resource, known):
    bundles = tuple(Bundle(str(at), documents.parse(part)) for at, part in enumerate(parts))
    return PolicySet(bundles).decide(action, resource, known).allowed


@settings(max_examples=400, deadline=None)
@given(policies, st.sampled_from(ACTIONS), objects, situations)
def test_the_decision_is_the_oracles(document, action, asked, known):
    resource = resource_of(asked)

    told = policy_oracle.answer(document, action, asked, known | resource.attributes)

    assert ask([document], action, resource, known) is told


@pytest.mark.parametrize(
    ("source", "allowed"), [("http", False), ("socket", False), ("task", True), ("command", True), ("", True)]
)
def test_a_call_from_an_unknown_address_comes_from_outside_of_every_network(source, allowed):
    everything = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    outside = everything | {"Effect": "Deny", "Condition": {"NotIpAddress": {"acs:SourceIp": "0.0.0.0/0"}}}
    resource = resource_of({"kind": "session", "queue": None, "inbox": None, "member": True, "amount": None})
    known = {"acs:sourceip": None, "helpdesk:source": source}

    document = {"Version": "1", "Statement": [everything, outside]}

    assert ask([document], "chat:ReadSession", resource, known) is allowed


@settings(max_examples=150, deadline=None)
@given(policies, policies, st.sampled_from(ACTIONS), objects, situations)
def test_the_order_of_policies_does_not_matter_and_a_denial_never_widens(one, other, action, asked, known):
    resource = resource_of(asked)
    denials = [part | {"Effect": "Deny"} for part in other["Statement"]]
    narrowed = {"Version": "1", "Statement": one["Statement"] + denials}

    assert ask([one, other], action, resource, known) is ask([other, one], action, resource, known)
    assert ask([narrowed], action, resource, known) <= ask([one], action, resource, known)


@settings(max_examples=150, deadline=None)
@given(policies, policies, st.sampled_from(ACTIONS), objects, situations)
def test_what_narrows_a_session_never_widens_it(role, narrowing, action, asked, known):
    resource = resource_of(asked)
    session = Bundle("role", documents.parse(role), documents.parse(narrowing))

    allowed = PolicySet((session,)).decide(action, resource, known).allowed

    assert allowed is (ask([role], action, resource, known) and ask([narrowing], action, resource, known))


@settings(max_examples=150, deadline=None)
@given(policies, st.sampled_from(ACTIONS), objects, situations)
def test_who_may_everywhere_may_here_and_who_may_here_may_somewhere(document, action, asked, known):
    resource = resource_of(asked)
    here = ask([document], action, resource, known)

    assert ask([document], action, Resource(Extent.EVERYTHING), known) <= here
    assert here <= ask([document], action, Resource(Extent.SOMETHING), known)


GOOD = {"Effect": "Allow", "Action": ["chat:ReadSession"], "Resource": "*"}


@pytest.mark.parametrize(
    ("part", "path"),
    [
        ({"Effect": "Maybe"}, "$.Statement[0].Effect"),
        ({"Action": "chat:FlySession"}, "$.Statement[0].Action"),
        ({"Action": ["chat:ReadSession", "chаt:*"]}, "$.Statement[0].Action[1]"),  # a Cyrillic а
        ({"Action": []}, "$.Statement[0].Action"),
        ({"Action": "ch*"}, "$.Statement[0].Action"),
        ({"NotAction": "chat:*"}, "$.Statement[0].NotAction"),
        ({"Resource": "queue/shoes/*"}, "$.Statement[0].Resource"),
        ({"Resource": ["*", "acs:helpdesk:*:*:queue/shoes/session/1"]}, "$.Statement[0].Resource[1]"),
        ({"Resource": "acs:helpdesk:cn-hangzhou:*:*"}, "$.Statement[0].Resource"),
        ({"Resource": "acs:oss:*:*:*"}, "$.Statement[0].Resource"),
        ({"Resource": 7}, "$.Statement[0].Resource"),
        ({"Resource": f"acs:helpdesk:*:*:queue/{'?' * 51}/*"}, "$.Statement[0].Resource"),
        ({"Sid": "\x00"}, "$.Statement[0].Sid"),
        ({"Sid": "\ud800"}, "$.Statement[0].Sid"),
        (
            {"Condition": {"StringLike": {"acs:PrincipalName": "\x00"}}},
            "$.Statement[0].Condition.StringLike.acs:PrincipalName",
        ),
        ({"Condition": {}}, "$.Statement[0].Condition"),
        ({"Condition": {"Sometimes": {"acs:SourceIp": "::1"}}}, "$.Statement[0].Condition.Sometimes"),
        ({"Condition": {"Bool": {"acs:Mood": "true"}}}, "$.Statement[0].Condition.Bool.acs:Mood"),
        ({"Condition": {"Bool": {"acs:SourceIp": "true"}}}, "$.Statement[0].Condition.Bool.acs:SourceIp"),
        (
            {"Condition": {"IpAddress": {"acs:SourceIp": ["::1", "10.0.0.300"]}}},
            "$.Statement[0].Condition.IpAddress.acs:SourceIp[1]",
        ),
        (
            {"Condition": {"DateLessThan": {"acs:CurrentTime": "2027-01-01T00:00:00"}}},
            "$.Statement[0].Condition.DateLessThan.acs:CurrentTime",
        ),
        (
            {"Condition": {"NumericLessThan": {"helpdesk:Amount": "500"}}},  # of what is read
            "$.Statement[0].Condition.NumericLessThan.helpdesk:Amount",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_fault_is_named_by_its_path(part, path):
    with pytest.raises(documents.Malformed) as caught:
        documents.parse({"Version": "1", "Statement": [GOOD | part]})

    assert path in [problem.path for problem in caught.value.problems]


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ([], "$"),
        (None, "$"),
        ({"Version": "2", "Statement": [GOOD]}, "$.Version"),
        ({"Version": "1"}, "$.Statement"),
        ({"Version": "1", "Statement": []}, "$.Statement"),
        ({"Version": "1", "Statement": ["Allow"]}, "$.Statement[0]"),
        ({"Version": "1", "Statement": [GOOD], "Id": "x"}, "$.Id"),
        ({"Version": "1", "Statement": [GOOD] * 200}, "$"),
    ],
    ids=range(8),
)
def test_what_is_no_document_is_refused(document, path):
    assert [problem.path for problem in documents.problems_of(document)] == [path]


@settings(max_examples=200, deadline=None)
@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(max_size=12)
        | st.sampled_from(RESOURCES + ACTIONS),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["Version", "Statement", "Effect", "Action", "Resource", "Condition", "Bool", "x"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=12,
    )
)
def test_any_json_is_either_read_or_refused(document):
    problems = documents.problems_of(document)

    if not problems:
        assert documents.parse(document)
    assert all(problem.path.startswith("$") and problem.detail for problem in problems)


def test_operators_and_keys_have_their_spelling():
    assert SPELLED.keys() == OPERATORS.keys() | KEYS.keys()


def test_a_document_is_read_in_the_order_of_the_grammar():
    stored = {
        "Statement": [{"Resource": "*", "Sid": "A", "Action": "chat:*", "Effect": "Allow"}],
        "Version": "1",
    }

    text = documents.as_text(stored)

    assert list(json.loads(text)) == ["Version", "Statement"]
    assert list(json.loads(text)["Statement"][0]) == ["Sid", "Effect", "Action", "Resource"]
    assert json.loads(text) == stored


@settings(max_examples=300, deadline=None)
@given(st.text("ab:*?", max_size=8), st.text("ab:", max_size=8))
def test_a_pattern_matches_what_a_plain_reading_matches(pattern, text):
    def plain(rest, left):
        if not rest:
            return not left
        if rest[0] == "*":
            return plain(rest[1:], left) or bool(left and left[0] != ":" and plain(rest, left[1:]))
        return (
            bool(left)
            and (rest[0] == left[0] or (rest[0] == "?" and left[0] != ":"))
            and plain(rest[1:], left[1:])
        )

    assert bool(glob(pattern, stop=":").fullmatch(text)) is plain(pattern, text)


@pytest.mark.timeout(10)
@pytest.mark.parametrize("pattern", ["*" * 6000 + "b", "*a" * 2000 + "*b", "?*" * 2000 + "b"])
def test_a_hostile_pattern_takes_no_time(pattern):
    assert not glob(pattern).fullmatch("a" * 150)
