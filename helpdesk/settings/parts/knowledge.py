"""The knowledge base: how customers' words are matched with it."""

from helpdesk.settings.environment import env

# Off: by words alone, which saves some 150 MB a process and finds a tenth less.
KNOWLEDGE_ENCODER = env.bool("KNOWLEDGE_ENCODER", default=True)
