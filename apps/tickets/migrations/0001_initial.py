import datetime
import uuid

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import apps.common.ids
import apps.tickets.models.messages
import apps.tickets.models.ticket


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("chat", "0001_initial"),
        ("customers", "0001_initial"),
        ("inboxes", "0001_initial"),
        ("routing", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(
            "CREATE SEQUENCE tickets_ticket_number START 1001", "DROP SEQUENCE tickets_ticket_number"
        ),
        migrations.CreateModel(
            name="SlaPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=80, unique=True, verbose_name="name")),
                (
                    "position",
                    models.PositiveSmallIntegerField(db_index=True, default=0, verbose_name="position"),
                ),
                ("is_active", models.BooleanField(default=True, verbose_name="active")),
                (
                    "channel",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("web", "Web form"),
                            ("chat", "Chat"),
                            ("email", "E-mail"),
                            ("api", "API"),
                            ("console", "Console"),
                        ],
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                (
                    "customer_level",
                    models.CharField(
                        blank=True,
                        choices=[("regular", "Regular"), ("vip", "VIP")],
                        max_length=8,
                        verbose_name="customer level",
                    ),
                ),
                ("tag", models.CharField(blank=True, max_length=40, verbose_name="tag")),
                (
                    "warn_percent",
                    models.PositiveSmallIntegerField(
                        default=75,
                        help_text="How much of a target is used up when we warn.",
                        verbose_name="warn at (%)",
                    ),
                ),
                (
                    "calendar",
                    models.ForeignKey(
                        blank=True,
                        help_text="The clocks run in its hours only. Without one they run day and night.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sla_policies",
                        to="routing.servicecalendar",
                        verbose_name="calendar",
                    ),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="sla_policies",
                        to="routing.queue",
                        verbose_name="queue",
                    ),
                ),
            ],
            options={
                "verbose_name": "SLA policy",
                "verbose_name_plural": "SLA policies",
                "ordering": ["position", "pk"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("warn_percent__range", (1, 99))), name="sla_policy_warns_before"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SlaTarget",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "priority",
                    models.CharField(
                        choices=[
                            ("low", "Low"),
                            ("normal", "Normal"),
                            ("high", "High"),
                            ("urgent", "Urgent"),
                        ],
                        max_length=8,
                        verbose_name="priority",
                    ),
                ),
                (
                    "first_response",
                    models.DurationField(
                        blank=True,
                        help_text="hh:mm:ss, e.g. 01:00:00",
                        null=True,
                        verbose_name="first response within",
                    ),
                ),
                (
                    "resolution",
                    models.DurationField(
                        blank=True,
                        help_text="hh:mm:ss, e.g. 16:00:00",
                        null=True,
                        verbose_name="solved within",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="targets",
                        to="tickets.slapolicy",
                        verbose_name="policy",
                    ),
                ),
            ],
            options={
                "verbose_name": "SLA target",
                "verbose_name_plural": "SLA targets",
                "constraints": [
                    models.UniqueConstraint(fields=("policy", "priority"), name="sla_target_once"),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("first_response", None),
                                ("first_response__gt", datetime.timedelta(0)),
                                _connector="OR",
                            ),
                            models.Q(
                                ("resolution", None),
                                ("resolution__gt", datetime.timedelta(0)),
                                _connector="OR",
                            ),
                        ),
                        name="sla_target_positive",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Ticket",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "number",
                    models.BigIntegerField(
                        db_default=apps.tickets.models.ticket.NextNumber(),
                        editable=False,
                        unique=True,
                        verbose_name="number",
                    ),
                ),
                (
                    "public_id",
                    models.CharField(
                        default=apps.common.ids.public_id, editable=False, max_length=22, unique=True
                    ),
                ),
                ("ref", models.UUIDField(editable=False, null=True, unique=True)),
                ("content_hash", models.CharField(editable=False, max_length=32)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("new", "New"),
                            ("open", "Open"),
                            ("pending", "Waiting for the customer"),
                            ("on_hold", "On hold"),
                            ("solved", "Solved"),
                            ("closed", "Closed"),
                        ],
                        default="new",
                        max_length=8,
                        verbose_name="status",
                    ),
                ),
                (
                    "priority",
                    models.CharField(
                        choices=[
                            ("low", "Low"),
                            ("normal", "Normal"),
                            ("high", "High"),
                            ("urgent", "Urgent"),
                        ],
                        default="normal",
                        max_length=8,
                        verbose_name="priority",
                    ),
                ),
                ("subject", models.CharField(max_length=200, verbose_name="subject")),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40),
                        default=list,
                        size=None,
                        verbose_name="tags",
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[
                            ("web", "Web form"),
                            ("chat", "Chat"),
                            ("email", "E-mail"),
                            ("api", "API"),
                            ("console", "Console"),
                        ],
                        max_length=8,
                        verbose_name="channel",
                    ),
                ),
                ("locale", models.CharField(default="en", max_length=16, verbose_name="language")),
                ("order_no", models.CharField(blank=True, max_length=64, verbose_name="order number")),
                ("version", models.PositiveIntegerField(default=1, verbose_name="version")),
                ("created_at", models.DateTimeField(verbose_name="created at")),
                ("updated_at", models.DateTimeField(verbose_name="updated at")),
                ("first_response_at", models.DateTimeField(null=True, verbose_name="first response at")),
                ("solved_at", models.DateTimeField(null=True, verbose_name="solved at")),
                ("closed_at", models.DateTimeField(null=True, verbose_name="closed at")),
                ("last_seq", models.PositiveIntegerField(default=0)),
                ("last_message_at", models.DateTimeField(null=True, verbose_name="last message")),
                ("last_preview", models.CharField(blank=True, max_length=160)),
                (
                    "last_author_kind",
                    models.CharField(
                        blank=True,
                        choices=[("customer", "Customer"), ("user", "Agent"), ("system", "System")],
                        max_length=8,
                    ),
                ),
                (
                    "sla_state",
                    models.CharField(
                        choices=[
                            ("none", "No target"),
                            ("ok", "In time"),
                            ("paused", "Paused"),
                            ("warned", "Due soon"),
                            ("breached", "Overdue"),
                        ],
                        default="none",
                        max_length=8,
                        verbose_name="SLA",
                    ),
                ),
                ("next_due_at", models.DateTimeField(null=True, verbose_name="due")),
                ("search", django.contrib.postgres.search.SearchVectorField(editable=False, null=True)),
                (
                    "assignee",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="assignee",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="customers.customer",
                        verbose_name="customer",
                    ),
                ),
                (
                    "follows",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="followers",
                        to="tickets.ticket",
                        verbose_name="follow-up of",
                    ),
                ),
                (
                    "inbox",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="inboxes.inbox",
                        verbose_name="inbox",
                    ),
                ),
                (
                    "queue",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="routing.queue",
                        verbose_name="queue",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="chat.chatsession",
                        verbose_name="chat",
                    ),
                ),
            ],
            options={
                "verbose_name": "ticket",
                "verbose_name_plural": "tickets",
                "indexes": [
                    models.Index(fields=["-updated_at", "-id"], name="ticket_by_activity"),
                    models.Index(fields=["queue", "status", "-updated_at"], name="ticket_by_queue"),
                    models.Index(fields=["assignee", "status", "-updated_at"], name="ticket_by_assignee"),
                    models.Index(fields=["customer", "-id"], name="ticket_by_customer"),
                    models.Index(
                        condition=models.Q(("order_no", ""), _negated=True),
                        fields=["order_no"],
                        name="ticket_by_order",
                    ),
                    models.Index(
                        condition=models.Q(("status__in", ("new", "open", "pending", "on_hold"))),
                        fields=["next_due_at", "id"],
                        name="ticket_by_due",
                    ),
                    models.Index(
                        condition=models.Q(("status", "solved")), fields=["solved_at"], name="ticket_solved"
                    ),
                    django.contrib.postgres.indexes.GinIndex(fields=["tags"], name="ticket_tags"),
                    django.contrib.postgres.indexes.GinIndex(fields=["search"], name="ticket_search"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("status__in", ["new", "open", "pending", "on_hold", "solved", "closed"])
                        ),
                        name="ticket_status_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority__in", ["low", "normal", "high", "urgent"])),
                        name="ticket_priority_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("channel__in", ["web", "chat", "email", "api", "console"])),
                        name="ticket_channel_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sla_state__in", ["none", "ok", "paused", "warned", "breached"])),
                        name="ticket_sla_state_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("subject", ""), _negated=True), name="ticket_has_subject"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("solved_at__isnull", False), ("status__in", ("solved", "closed"))),
                            models.Q(
                                models.Q(("status__in", ("solved", "closed")), _negated=True),
                                ("solved_at", None),
                            ),
                            _connector="OR",
                        ),
                        name="ticket_done_has_solved_at",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("closed_at__isnull", False), ("status", "closed")),
                            models.Q(models.Q(("status", "closed"), _negated=True), ("closed_at", None)),
                            _connector="OR",
                        ),
                        name="ticket_closed_has_closed_at",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="SlaClock",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "metric",
                    models.CharField(
                        choices=[("first_response", "First response"), ("resolution", "Resolution")],
                        max_length=14,
                        verbose_name="target",
                    ),
                ),
                ("target", models.DurationField(verbose_name="within")),
                ("warn_percent", models.PositiveSmallIntegerField(default=75)),
                ("started_at", models.DateTimeField(verbose_name="started at")),
                ("resumed_at", models.DateTimeField()),
                ("elapsed", models.DurationField(default=datetime.timedelta)),
                ("warn_due_at", models.DateTimeField(null=True)),
                ("due_at", models.DateTimeField(null=True, verbose_name="due")),
                ("paused_at", models.DateTimeField(null=True, verbose_name="paused at")),
                ("warned_at", models.DateTimeField(null=True, verbose_name="warned at")),
                ("breached_at", models.DateTimeField(null=True, verbose_name="overdue since")),
                ("stopped_at", models.DateTimeField(null=True, verbose_name="met or given up at")),
                (
                    "calendar",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="routing.servicecalendar",
                    ),
                ),
                (
                    "policy",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="clocks",
                        to="tickets.slapolicy",
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="clocks",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "SLA clock",
                "verbose_name_plural": "SLA clocks",
                "indexes": [
                    models.Index(
                        condition=models.Q(("breached_at", None), ("paused_at", None), ("stopped_at", None)),
                        fields=["due_at"],
                        name="sla_clock_due",
                    ),
                    models.Index(
                        condition=models.Q(
                            ("breached_at", None),
                            ("paused_at", None),
                            ("stopped_at", None),
                            ("warned_at", None),
                        ),
                        fields=["warn_due_at"],
                        name="sla_clock_warn_due",
                    ),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("ticket", "metric"), name="sla_clock_once"),
                    models.CheckConstraint(
                        condition=models.Q(("metric__in", ["first_response", "resolution"])),
                        name="sla_clock_metric_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target__gt", datetime.timedelta(0))),
                        name="sla_clock_target_positive",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("paused_at", None), ("due_at", None), _connector="OR"),
                        name="sla_clock_paused_has_no_due",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TicketMessage",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("seq", models.PositiveIntegerField(verbose_name="number")),
                ("ref", models.UUIDField()),
                ("content_hash", models.CharField(max_length=32)),
                (
                    "kind",
                    models.CharField(
                        choices=[("reply", "Reply"), ("note", "Internal note"), ("event", "System line")],
                        max_length=8,
                        verbose_name="kind",
                    ),
                ),
                (
                    "author_kind",
                    models.CharField(
                        choices=[("customer", "Customer"), ("user", "Agent"), ("system", "System")],
                        max_length=8,
                        verbose_name="author",
                    ),
                ),
                ("author_name", models.CharField(blank=True, max_length=150, verbose_name="name")),
                ("body", models.TextField(blank=True, verbose_name="text")),
                ("html", models.TextField(blank=True)),
                ("payload", models.JSONField(default=dict)),
                (
                    "via",
                    models.CharField(
                        choices=[
                            ("web", "Web form"),
                            ("chat", "Chat"),
                            ("email", "E-mail"),
                            ("api", "API"),
                            ("console", "Console"),
                        ],
                        max_length=8,
                        verbose_name="through",
                    ),
                ),
                ("at", models.DateTimeField(verbose_name="at")),
                (
                    "author_customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ticket_messages",
                        to="customers.customer",
                    ),
                ),
                (
                    "author_user",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="ticket_messages",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "ticket message",
                "verbose_name_plural": "ticket messages",
                "constraints": [
                    models.UniqueConstraint(fields=("ticket", "seq"), name="ticket_message_one_seq"),
                    models.UniqueConstraint(fields=("ticket", "ref"), name="ticket_message_one_ref"),
                    models.CheckConstraint(
                        condition=models.Q(("seq__gte", 1)), name="ticket_message_seq_from_one"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("kind__in", ["reply", "note", "event"])),
                        name="ticket_message_kind_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("author_customer", None),
                                ("author_kind", "user"),
                                ("author_user__isnull", False),
                            ),
                            models.Q(("author_kind", "customer"), ("author_user", None)),
                            models.Q(
                                ("author_customer", None), ("author_kind", "system"), ("author_user", None)
                            ),
                            _connector="OR",
                        ),
                        name="ticket_message_author_matches",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("author_kind", "customer"), _negated=True),
                            ("kind", "reply"),
                            _connector="OR",
                        ),
                        name="ticket_message_customer_replies",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TicketAttachment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "uploader_kind",
                    models.CharField(
                        choices=[("customer", "Customer"), ("user", "Agent"), ("system", "System")],
                        max_length=8,
                    ),
                ),
                ("uploader_id", models.BigIntegerField(null=True)),
                ("file", models.FileField(upload_to=apps.tickets.models.messages.stored_name)),
                ("name", models.CharField(max_length=150, verbose_name="name")),
                ("mime", models.CharField(max_length=80, verbose_name="type")),
                ("size", models.PositiveIntegerField(verbose_name="bytes")),
                ("width", models.PositiveIntegerField(null=True)),
                ("height", models.PositiveIntegerField(null=True)),
                ("created_at", models.DateTimeField()),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="attachments",
                        to="tickets.ticketmessage",
                    ),
                ),
            ],
            options={
                "verbose_name": "ticket attachment",
                "verbose_name_plural": "ticket attachments",
                "indexes": [
                    models.Index(
                        condition=models.Q(("message", None)),
                        fields=["created_at"],
                        name="ticket_file_unsent",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="TicketParticipant",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("email", models.EmailField(max_length=254, verbose_name="e-mail address")),
                ("name", models.CharField(blank=True, max_length=120, verbose_name="name")),
                ("verified", models.BooleanField(default=False, verbose_name="verified")),
                ("added_at", models.DateTimeField(verbose_name="added at")),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="participants",
                        to="tickets.ticket",
                    ),
                ),
            ],
            options={
                "verbose_name": "participant",
                "verbose_name_plural": "participants",
                "constraints": [
                    models.UniqueConstraint(fields=("ticket", "email"), name="ticket_participant_once"),
                ],
            },
        ),
        migrations.CreateModel(
            name="TicketView",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                (
                    "filters",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text='E.g. {"status": ["new", "open"], "assignee": "me", "sla": ["breached"]}',
                        verbose_name="filters",
                    ),
                ),
                ("order", models.CharField(default="activity", max_length=12, verbose_name="order")),
                ("position", models.PositiveSmallIntegerField(default=0, verbose_name="position")),
                (
                    "owner",
                    models.ForeignKey(
                        blank=True,
                        help_text="Empty: shared with everybody.",
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ticket_views",
                        to=settings.AUTH_USER_MODEL,
                        verbose_name="owner",
                    ),
                ),
            ],
            options={
                "verbose_name": "ticket view",
                "verbose_name_plural": "ticket views",
                "ordering": ["position", "name", "pk"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("owner", "name"), name="ticket_view_name_once", nulls_distinct=False
                    ),
                ],
            },
        ),
    ]
