import pytest
from django.core.files.storage import default_storage

from apps.customers.models import Customer
from apps.customers.privacy import registry
from apps.customers.privacy.stripping import files_of
from apps.customers.tests.privacy_world import EMAIL, SIGN, erased, marked, somebody, tables_with

pytestmark = pytest.mark.django_db


def test_nothing_of_an_erased_customer_is_left_in_any_table_or_file():
    world = marked(somebody())
    subject = registry.subject_of(world.customer)
    files = [
        file.name
        for kind in registry.kinds()
        for rows in kind.rows
        for file in files_of(rows, kind.owners_of(subject).values("pk"))
    ]
    assert tables_with(SIGN, EMAIL)
    assert len(files) >= 5

    erasure = erased(world.customer)

    assert (erasure.state, erasure.error) == ("done", "")
    left = tables_with(SIGN, EMAIL)
    assert left == set(), left
    assert [name for name in files if default_storage.exists(name)] == []
    assert Customer.objects.get(pk=world.customer.pk).actor_label == f"Deleted customer #{world.customer.pk}"
