"""The chat: limits of one connection and of one upload."""

from helpdesk.settings.environment import env

# How late a message may be whose wake-up was lost, beside the second that it gets to come by itself.
CHAT_SWEEP_S = 5
CHAT_RESPONSE_TARGET_S = env.int("CHAT_RESPONSE_TARGET_S", default=90)
# What one connection may do on average, and at once.
CHAT_FRAMES_PER_S = env.int("CHAT_FRAMES_PER_S", default=500)
CHAT_FRAMES_BURST = env.int("CHAT_FRAMES_BURST", default=1500)
CHAT_SENDS_PER_S = env.int("CHAT_SENDS_PER_S", default=100)
CHAT_SENDS_BURST = env.int("CHAT_SENDS_BURST", default=400)
# What all sockets of one address may send together; a whole office, or the shop's own proxy, may stand behind one.
CHAT_IP_FRAMES_PER_S = env.int("CHAT_IP_FRAMES_PER_S", default=5_000)
CHAT_IP_FRAMES_BURST = 3 * CHAT_IP_FRAMES_PER_S
CHAT_OPEN_PER_MINUTE = env.int("CHAT_OPEN_PER_MINUTE", default=1200)  # new visits from one address
CHAT_UPLOADS_PER_MINUTE = env.int("CHAT_UPLOADS_PER_MINUTE", default=60)  # into one chat
UPLOAD_MAX_BYTES = env.int("UPLOAD_MAX_BYTES", default=10 * 1024 * 1024)
