from enum import StrEnum

from apps.access.registry import register_actions


class ChatAction(StrEnum):
    """What a role may allow in chats. Without ``Any``: own chats and those of served or supervised queues."""

    READ = "chat:ReadSession"
    READ_ANY = "chat:ReadSessionAny"
    ACCEPT = "chat:AcceptSession"
    SEND = "chat:SendMessage"
    NOTE = "chat:WriteNote"
    TRANSFER = "chat:TransferSession"
    TRANSFER_ANY = "chat:TransferSessionAny"
    CLOSE = "chat:CloseSession"
    CLOSE_ANY = "chat:CloseSessionAny"
    SEE_PREVIEW = "chat:SeeTypingPreview"
    JOIN_SILENT = "chat:JoinSilent"
    JOIN_WHISPER = "chat:JoinWhisper"
    JOIN_BARGE = "chat:JoinBarge"
    JOIN_TAKEOVER = "chat:JoinTakeover"
    MANAGE_RULES = "chat:ManageTerminationRules"


AGENT = {
    ChatAction.READ,
    ChatAction.ACCEPT,
    ChatAction.SEND,
    ChatAction.NOTE,
    ChatAction.TRANSFER,
    ChatAction.CLOSE,
    ChatAction.SEE_PREVIEW,
}
JOIN = {ChatAction.JOIN_SILENT, ChatAction.JOIN_WHISPER, ChatAction.JOIN_BARGE, ChatAction.JOIN_TAKEOVER}

ANY_SESSION = {ChatAction.READ_ANY, ChatAction.TRANSFER_ANY, ChatAction.CLOSE_ANY}

register_actions(
    ChatAction,
    agent=AGENT,
    supervisor=AGENT | JOIN,
    manager=AGENT | JOIN | ANY_SESSION | {ChatAction.MANAGE_RULES},
    auditor={ChatAction.READ, ChatAction.READ_ANY},
    api_client=AGENT,
)
