from enum import StrEnum

from apps.access.registry import register_actions


class RobotAction(StrEnum):
    """What a role may allow about the robot. Only the robot itself answers."""

    ANSWER = "robot:AnswerSession"
    READ = "robot:ReadTurn"


register_actions(
    RobotAction,
    supervisor={RobotAction.READ},
    manager={RobotAction.READ},
    auditor={RobotAction.READ},
)
