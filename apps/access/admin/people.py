from copy import copy
from functools import partial
from urllib.parse import urlencode

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.admin import TabularInline
from unfold.decorators import action
from unfold.forms import AdminPasswordChangeForm, UserChangeForm, UserCreationForm

from apps.access import grants, people
from apps.access.admin.refusals import RefusalsAsMessages, words_of
from apps.access.admin.signin import SignInButtons
from apps.access.admin_permissions import ActionPermissions
from apps.access.models import Grant, User
from apps.access.permissions import AccessAction
from apps.access.signin import sessions
from apps.common.admin import DeskAdmin
from apps.common.errors import DomainError


class GrantForm(forms.ModelForm):
    """Who holds which role is fixed: take the role and give another."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            for name in ("role", "kind"):
                self.fields[name].disabled = True


class PasswordForm(AdminPasswordChangeForm):
    """Sets the password of ``user`` in the name of ``actor``, whose own session ``keep`` goes on."""

    def __init__(self, user, *args, actor, keep, **kwargs):
        super().__init__(user, *args, **kwargs)
        self.actor, self.keep = actor, keep

    def save(self, commit=True):
        password = self.cleaned_data["password1"] if self.cleaned_data["set_usable_password"] else ""
        self.user = people.set_password(self.user, actor=self.actor, password=password, keep=self.keep)
        return self.user


class GrantInline(ActionPermissions, TabularInline):
    """Which roles a person holds or waits for, and until when. What is deleted here is taken back."""

    view_action = add_action = change_action = AccessAction.MANAGE_USERS
    model = Grant
    form = GrantForm
    fk_name = "user"
    extra = 0
    fields = ["role", "kind", "not_before", "not_after", "reason", "ticket_ref", "state"]
    readonly_fields = ["state"]

    def get_queryset(self, request):
        return super().get_queryset(request).live().select_related("role", "user")

    def has_delete_permission(self, request, obj=None):
        return self.has_change_permission(request, obj)


@admin.register(User)
class UserAdmin(SignInButtons, RefusalsAsMessages, ActionPermissions, DjangoUserAdmin, DeskAdmin):
    """People: their names, language and the roles they hold."""

    view_action = add_action = change_action = AccessAction.MANAGE_USERS

    form, add_form, change_password_form = UserChangeForm, UserCreationForm, PasswordForm
    list_display = ["username", "display_name", "email", "is_active", "last_login"]
    list_filter = ["is_active", "grants__role", "vendor"]
    search_fields = ["username", "display_name", "email"]
    inlines = [GrantInline]
    fieldsets = [
        (None, {"fields": ["username", "password"]}),
        (
            _("Person"),
            {"fields": ["display_name", "first_name", "last_name", "email", "vendor", "locale", "zone"]},
        ),
        (_("Sign-in"), {"fields": ["is_active", "is_staff", "is_superuser", "last_login", "date_joined"]}),
    ]
    readonly_fields = ["last_login", "date_joined"]
    actions_detail = ["reach"]

    @action(description=_("What may they do?"), icon="policy", url_path="reach")
    def reach(self, request, object_id):
        user = self.get_object(request, object_id)
        return redirect(f"{reverse('console-reach')}?{urlencode({'user': user.username if user else ''})}")

    def get_readonly_fields(self, request, obj=None):
        fields = super().get_readonly_fields(request, obj)
        return fields if request.user.is_superuser else [*fields, "is_superuser"]

    def has_change_permission(self, request, obj=None):
        locked = obj is not None and obj.is_superuser and not request.user.is_superuser
        return not locked and super().has_change_permission(request, obj)

    def save_model(self, request, obj, form, change):
        people.store(obj, actor=request.user, changed=form.changed_data)

    def user_change_password(self, request, id, form_url=""):
        """Django's page, which stores nothing itself: the service does, and has it on record."""
        page, key = copy(self), request.session.session_key
        form = partial(PasswordForm, actor=request.user, keep=key or "")
        page.change_password_form = form  # type: ignore[assignment]
        try:
            answer = super(UserAdmin, page).user_change_password(request, id, form_url)
        except DomainError as error:
            messages.error(request, words_of(error))
            return redirect(request.path)
        sessions.moved(key, request.session)
        return answer

    def save_formset(self, request, form, formset, change):
        formset.save(commit=False)
        for grant in formset.new_objects:
            given = {name: getattr(grant, name) for name in GrantInline.fields if name != "state"}
            grants.give_role(actor=request.user, user=grant.user, **given)
        for grant, names in formset.changed_objects:
            changes = {name: getattr(grant, name) for name in names}
            grants.change_grant(grant, actor=request.user, **changes)
        for grant in formset.deleted_objects:
            grants.revoke_grant(grant, actor=request.user)
