import pytest

from apps.notifications.tests.mailbox import running_mailbox


@pytest.fixture(scope="session")
def mailbox_server():
    with running_mailbox() as server:
        yield server


@pytest.fixture
def mailbox(mailbox_server, settings):
    """A mail server that the desk sends through."""
    settings.SMTP_URL = mailbox_server.smtp_url
    return mailbox_server
