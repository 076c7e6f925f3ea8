from enum import StrEnum


class SignInAction(StrEnum):
    """Deeds of the door, as the audit names them. Nobody is granted them: they happen."""

    SIGN_IN = "access:SignIn"
    SIGN_IN_FAILED = "access:SignInFailed"
    SIGN_OUT = "access:SignOut"
    LOCK_OUT = "access:LockOut"
    UNLOCK = "access:Unlock"
    ADD_FACTOR = "access:AddFactor"
    REMOVE_FACTOR = "access:RemoveFactor"
    RENEW_CODES = "access:RenewRecoveryCodes"
    END_SESSION = "access:EndSession"
    CHANGE_PASSWORD = "access:ChangePassword"
    ASK_PASSWORD_LINK = "access:AskPasswordLink"
    INVITE = "access:InviteUser"
    LINK_IDENTITY = "access:LinkIdentity"
    UNLINK_IDENTITY = "access:UnlinkIdentity"
    MAP_ROLE = "access:MapRole"
