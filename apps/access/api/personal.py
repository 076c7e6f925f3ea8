from typing import Any

from apps.access import viewing


class PersonalFields:
    """Serializer mixin: the ``personal`` fields of a row as the caller may see them, uncovered ones whole.

    Needs the row's model among ``viewing.sources``. ``named`` are other fields that repeat one: ``{"display_name":
    "name"}``.
    """

    personal: tuple[str, ...] = ()
    named: dict[str, str] = {}

    def to_representation(self, instance: Any) -> dict[str, Any]:
        data = super().to_representation(instance)  # type: ignore[misc]
        if viewing.is_masked():
            data |= {name: viewing.shown(instance, name) for name in self.personal if data.get(name)}
            data |= {name: data[of] for name, of in self.named.items() if data[of]}
        return data
