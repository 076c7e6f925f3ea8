from apps.routing.admin import calendars, queues, rules, work

__all__ = ["calendars", "queues", "rules", "work"]
