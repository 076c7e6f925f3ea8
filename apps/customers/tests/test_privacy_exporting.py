import hashlib
import json
import zipfile
from datetime import timedelta
from io import BytesIO

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.utils import timezone

from apps.access.tests.factories import StaffFactory, VendorFactory
from apps.audit.models import AuditEvent
from apps.common.errors import AccessDenied, Invalid
from apps.customers.models import CustomerExport
from apps.customers.privacy import exporting, registry
from apps.customers.privacy.archive import Archive
from apps.customers.privacy.errors import AlreadyErased, ExportGone, ExportOpen
from apps.customers.tests.factories import CustomerFactory
from apps.customers.tests.privacy_world import SIGN, erased, marked, somebody

pytestmark = pytest.mark.django_db


@pytest.fixture
def manager():
    return StaffFactory(role="manager")


def asked(customer, manager):
    return exporting.request_export(customer, actor=manager, confirm=customer.public_id)


def built(customer, manager):
    export = asked(customer, manager)
    assert exporting.build_export(export.pk)
    export.refresh_from_db()
    return export


def test_a_copy_has_every_personal_field_and_every_file(manager):
    world = marked(somebody())

    export = built(world.customer, manager)

    assert (export.state, export.error, export.kinds_done) == ("ready", "", export.kinds_total)
    with exporting.open_export(export, actor=manager) as file, zipfile.ZipFile(file) as archive:
        everything = b"\n".join(archive.read(name) for name in archive.namelist()).decode()
        index = json.loads(archive.read("index.json"))
        overview = archive.read("overview.html").decode()
        for name in archive.namelist():
            if name.endswith(".json"):
                json.loads(archive.read(name))
    secret = {(rows.label, name) for kind in registry.kinds() for rows in kind.rows for name in rows.secret}
    missing = {place for place, mark in world.marks.items() if place not in secret and mark not in everything}
    assert missing == set(), missing
    assert index["records"] == export.records > 20
    assert index["files"] == export.files >= 4
    assert SIGN in overview
    assert "<h2>Chats</h2>" in overview


def test_the_overview_is_in_the_customers_language_and_escaped(manager):
    customer = CustomerFactory(name="<b>Ann</b>", locale="zh-hans")

    export = built(customer, manager)

    with (
        exporting.open_export(export, actor=manager) as file,
        zipfile.ZipFile(BytesIO(file.read())) as archive,
    ):
        page = archive.read("overview.html").decode()
    assert 'lang="zh-hans"' in page
    assert "&lt;b&gt;Ann" in page
    assert "<b>Ann" not in page


def test_a_copy_is_asked_for_twice_and_by_those_who_may(manager):
    customer = CustomerFactory()

    with pytest.raises(Invalid):
        exporting.request_export(customer, actor=manager, confirm="")
    with pytest.raises(AccessDenied):
        asked(customer, StaffFactory(role="agent"))
    asked(customer, manager)
    with pytest.raises(ExportOpen):
        asked(customer, manager)


def test_nobody_of_a_partner_takes_data_out():
    with pytest.raises(AccessDenied):
        asked(CustomerFactory(), StaffFactory(role="manager", vendor=VendorFactory()))


def test_fetching_is_on_record_and_ends_with_its_time(manager):
    export = built(CustomerFactory(), manager)
    path = export.file.name

    exporting.open_export(export, actor=manager).close()
    assert AuditEvent.objects.filter(action="customers:DownloadExport", actor_id=manager.pk).count() == 1
    later = timezone.now() + timedelta(days=8)
    with pytest.raises(ExportGone):
        exporting.open_export(export, actor=manager, now=later)
    with pytest.raises(AccessDenied):
        exporting.open_export(export, actor=StaffFactory(role="supervisor"))

    assert exporting.sweep_exports(now=later) == []

    export.refresh_from_db()
    assert (export.state, export.file.name) == ("expired", "")
    assert not default_storage.exists(path)


def test_a_copy_whose_worker_died_is_built_again_and_given_up_at_last(manager):
    export = asked(CustomerFactory(), manager)
    now = timezone.now()
    CustomerExport.objects.update(state="building", attempts=1, locked_until=now + timedelta(minutes=5))

    assert not exporting.build_export(export.pk)
    assert exporting.sweep_exports(now=now + timedelta(minutes=6)) == [export.pk]

    CustomerExport.objects.update(attempts=3)
    assert exporting.sweep_exports(now=now + timedelta(minutes=6)) == []
    export.refresh_from_db()
    assert export.state == "failed"


def test_a_worker_that_was_given_up_takes_nothing_from_the_one_that_followed(manager, monkeypatch):
    export = asked(CustomerFactory(), manager)
    build = Archive.build

    def overtaken(self, *args, **options):
        monkeypatch.setattr(Archive, "build", build)
        CustomerExport.objects.update(locked_until=None)
        assert exporting.build_export(export.pk)
        return build(self, *args, **options)

    monkeypatch.setattr(Archive, "build", overtaken)
    exporting.build_export(export.pk)

    export.refresh_from_db()
    with exporting.open_export(export, actor=manager) as file:
        assert hashlib.sha256(file.read()).hexdigest() == export.digest
    assert (export.state, export.attempts) == ("ready", 2)
    assert AuditEvent.objects.filter(action="customers:BuiltExport").count() == 1
    assert [name for name in default_storage.listdir("privacy")[1] if export.public_id in name] == [
        f"{export.public_id}.zip"
    ]


def test_a_failure_of_a_worker_that_was_given_up_is_not_that_of_the_next(manager, monkeypatch):
    export = asked(CustomerFactory(), manager)

    def overtaken(self, *args, **options):
        CustomerExport.objects.update(attempts=2, locked_until=timezone.now() + timedelta(minutes=5))
        raise OSError

    monkeypatch.setattr(Archive, "build", overtaken)
    exporting.build_export(export.pk)

    export.refresh_from_db()
    assert (export.state, export.error) == ("building", "")


def test_the_file_that_a_dead_worker_left_is_replaced(manager):
    export = asked(CustomerFactory(), manager)
    left = default_storage.save(f"privacy/{export.public_id}.zip", ContentFile(b"half"))

    exporting.build_export(export.pk)

    export.refresh_from_db()
    assert export.file.name == left
    with export.file.open() as file:
        assert zipfile.is_zipfile(file)


def test_every_file_tells_that_the_worker_lives(manager, monkeypatch):
    export, told = asked(somebody(), manager), []
    update = exporting._mine

    def counted(row):
        told.append(row)
        return update(row)

    monkeypatch.setattr(exporting, "_mine", counted)
    exporting.build_export(export.pk)

    export.refresh_from_db()
    assert len(told) == export.kinds_total + export.files + 1


def test_of_an_erased_customer_there_is_no_copy(manager):
    customer = CustomerFactory()
    erased(customer)

    with pytest.raises(AlreadyErased):
        asked(customer, manager)
