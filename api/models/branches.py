"""Branches, and who belongs to them."""

from datetime import datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from api.models.base import Code, Model, Text, View


class NewBranch(Model):
    model_config = ConfigDict(json_schema_extra={"examples": [{"code": "north", "name": "North Street"}]})

    code: Code
    name: Text


class BranchView(View):
    code: str
    name: str
    created_at: datetime


class BranchesView(View):
    branches: list[BranchView]


class UserBranches(Model):
    """`branch` null: head office, which sees the loans of all. Others see their branch's, and what they are granted."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"branch": "north", "further_branches": ["main"]}]})

    branch: Code | None
    further_branches: Annotated[tuple[Code, ...], Field(max_length=200)] = ()
    every_branch: bool = False

    @property
    def codes(self) -> set[str]:
        return {*self.further_branches, *([self.branch] if self.branch else ())}

    def claimed_for(self, user_id: str) -> "UserPosting":
        return UserPosting(user_id=user_id, **self.model_dump())


class UserPosting(UserBranches):
    user_id: str
